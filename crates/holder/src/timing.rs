//! Writes when output came: `run-N/timing.NNNNNN`, one beside each segment of the
//! transcript. `app_wire::record::timing` is what is in it.
//!
//! # Invariants
//!
//! 1. A mark is on disk whole or not at all, so that those behind it can be read.
//! 2. No failure reaches the caller: a mark that cannot be written is left out, and what
//!    it was about seems to have come with the output before.
//! 3. Output costs at most one small write per batch, and none within
//!    [`limits::COALESCE_MS`] of the one before.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use app_model::TerminalSize;
use app_sys::{clock, private};
use app_wire::record::timing::{HEADER_LEN, Header, Kind, MARK_MOST, Mark, Place};
use app_wire::record::timing_name;

use crate::limits;

/// The times of the segment that is open.
#[derive(Debug)]
pub(crate) struct Timing {
    /// Zero of the run's clock, on the one of this boot.
    started_boot_ms: u64,
    size: TerminalSize,
    path: PathBuf,
    /// Nothing while it cannot be written.
    file: Option<File>,
    written: u64,
    place: Place,
    /// When the output came that was marked last.
    marked_ms: Option<u64>,
}

impl Timing {
    /// The clock of the run starts now.
    pub(crate) fn new(size: TerminalSize) -> Self {
        Self {
            started_boot_ms: clock::boot_ms(),
            size,
            path: PathBuf::new(),
            file: None,
            written: 0,
            place: Place::default(),
            marked_ms: None,
        }
    }

    /// Milliseconds of the run.
    pub(crate) fn now_ms(&self) -> u64 {
        clock::boot_ms().saturating_sub(self.started_boot_ms)
    }

    /// A segment begins.
    pub(crate) fn begin(&mut self, dir: &Path, number: u32) {
        self.path = dir.join(timing_name(number));
        (self.file, self.written, self.marked_ms) = (None, 0, None);
        self.open().ok();
    }

    /// Bytes on disk.
    pub(crate) fn length(&self) -> u64 {
        self.written
    }

    /// Whether so many bytes may be too few: a gap and output may yet have to be marked.
    pub(crate) fn is_full(&self, most: u64) -> bool {
        self.written + 2 * MARK_MOST as u64 > most
    }

    /// Output comes, to be written at this offset.
    pub(crate) fn output(&mut self, offset: u64, at_ms: u64) {
        let near = |marked: u64| at_ms.saturating_sub(marked) < limits::COALESCE_MS;
        if !self.marked_ms.is_some_and(near) {
            self.mark(Mark { at_ms, offset, kind: Kind::Output });
        }
    }

    /// The terminal has another size from this offset on.
    pub(crate) fn resize(&mut self, offset: u64, at_ms: u64, size: TerminalSize) {
        self.size = size;
        self.mark(Mark { at_ms, offset, kind: Kind::Resize { rows: size.rows, cols: size.cols } });
    }

    /// So much was lost at this offset, from then on.
    pub(crate) fn gap(&mut self, offset: u64, at_ms: u64, lost: u64) {
        self.mark(Mark { at_ms, offset, kind: Kind::Gap { lost } });
        self.marked_ms = None;
    }

    fn mark(&mut self, mark: Mark) {
        if self.open().and_then(|()| self.write(mark)).is_ok() && mark.kind == Kind::Output {
            self.marked_ms = Some(mark.at_ms);
        }
    }

    /// Opens the file, unless it is.
    fn open(&mut self) -> io::Result<()> {
        if self.file.is_some() {
            return Ok(());
        }
        // What is there is of no use: it could not be written whole.
        fs::remove_file(&self.path).ok();
        let mut file = private::create_file(&self.path)?;
        let TerminalSize { rows, cols, .. } = self.size;
        let header = Header { elapsed_ms: self.now_ms(), wall_ms: clock::wall_ms(), rows, cols };
        file.write_all(&header.encode())?;
        (self.file, self.written) = (Some(file), HEADER_LEN as u64);
        self.place = Place::after(&header);
        Ok(())
    }

    fn write(&mut self, mark: Mark) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let (mut place, mut bytes) = (self.place, Vec::with_capacity(MARK_MOST));
        place.encode(mark, &mut bytes);
        if let Err(error) = file.write_all(&bytes) {
            if truncate(file, self.written).is_err() {
                self.file = None; // Invariant 1.
            }
            return Err(error);
        }
        self.written += bytes.len() as u64;
        self.place = place;
        Ok(())
    }
}

fn truncate(mut file: &File, length: u64) -> io::Result<()> {
    use std::io::{Seek as _, SeekFrom};
    file.set_len(length)?;
    file.seek(SeekFrom::Start(length)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(dir: &Path) -> (Header, Vec<Mark>) {
        let bytes = fs::read(dir.join("timing.000001")).unwrap();
        let (header, length) = Header::decode(&bytes).unwrap();
        let (mut place, mut rest) = (Place::after(&header), &bytes[length..]);
        let marks = std::iter::from_fn(|| place.decode(&mut rest)).collect();
        assert!(rest.is_empty(), "{rest:?}");
        (header, marks)
    }

    fn output(at_ms: u64, offset: u64) -> Mark {
        Mark { at_ms, offset, kind: Kind::Output }
    }

    const SIZE: TerminalSize = TerminalSize { rows: 50, cols: 132, xpixel: 0, ypixel: 0 };

    #[test]
    fn output_that_follows_at_once_is_not_marked_again_and_resizes_and_gaps_are() {
        let dir = tempfile::tempdir().unwrap();
        let mut timing = Timing::new(TerminalSize::DEFAULT);
        timing.begin(dir.path(), 1);
        let now = timing.now_ms() + 1_000;
        timing.output(0, now);
        timing.output(10, now + limits::COALESCE_MS - 1);
        timing.output(20, now + limits::COALESCE_MS);
        timing.resize(20, now + 100, SIZE);
        timing.gap(30, now + 100, 77);
        timing.output(30, now + 100);
        let (header, marks) = read(dir.path());
        assert_eq!((header.rows, header.cols), (24, 80));
        let resize = Mark { kind: Kind::Resize { rows: 50, cols: 132 }, ..output(now + 100, 20) };
        let gap = Mark { kind: Kind::Gap { lost: 77 }, ..output(now + 100, 30) };
        let again = output(now + limits::COALESCE_MS, 20);
        assert_eq!(marks, [output(now, 0), again, resize, gap, output(now + 100, 30)]);
        let file = fs::metadata(dir.path().join("timing.000001")).unwrap();
        assert_eq!(timing.length(), file.len());
    }

    #[test]
    fn what_cannot_be_written_is_left_out_and_the_rest_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let mut timing = Timing::new(TerminalSize::DEFAULT);
        // No such directory: it can be opened only once there is one.
        timing.begin(&dir.path().join("later"), 1);
        timing.output(0, 5_000);
        assert_eq!(timing.length(), 0);
        fs::create_dir(dir.path().join("later")).unwrap();
        timing.output(7, 6_000);
        // As on a full disk: this one can be neither written nor cut off.
        let good = timing.file.replace(File::options().write(true).open("/dev/full").unwrap());
        timing.output(8, 7_000);
        assert!(timing.file.is_none());
        timing.file = good;
        timing.output(9, 8_000);
        let (_, marks) = read(&dir.path().join("later"));
        assert_eq!(marks, [output(6_000, 7), output(8_000, 9)]);
    }
}
