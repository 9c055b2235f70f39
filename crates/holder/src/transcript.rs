//! The recorded output: `run-N/transcript.000001`, `.000002`, …, raw bytes.
//!
//! # Invariants
//!
//! 1. Concatenated in order, the segments are the newest part of what the program wrote,
//!    except for stretches that could not be written. All segments but the last have the
//!    same size.
//! 2. Their total never exceeds the cap: the oldest goes before a new one is begun.
//! 3. Every byte is either in a segment or counted as dropped.
//! 4. No failure reaches the caller: recording stops, one note is made, and after some
//!    more output it is tried again.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use app_sys::private;

use crate::limits;
use crate::notes::Notes;

/// The name of segment `number` in `dir`.
pub(crate) fn segment_path(dir: &Path, number: u32) -> PathBuf {
    dir.join(format!("transcript.{number:06}"))
}

/// Records one run's output.
#[derive(Debug)]
pub(crate) struct Transcript {
    dir: PathBuf,
    cap: u64,
    segment: u64,
    /// The oldest segment that is kept, and the newest that was begun.
    oldest: u32,
    newest: u32,
    /// Bytes in the newest segment.
    filled: u64,
    state: State,
    dropped: u64,
}

#[derive(Debug)]
enum State {
    Recording(File),
    /// The next segment is made when there is something to write.
    Between,
    /// A write failed; tried again when `left` more bytes have gone by.
    Failed {
        left: u64,
    },
}

impl Transcript {
    /// A recording into `dir` of at most `cap` bytes. The first segment is made at once,
    /// so that somebody who follows it finds it.
    pub(crate) fn new(dir: &Path, cap: u64, notes: &Notes) -> Self {
        let segment = (cap / 2).clamp(limits::SEGMENT_LEAST, limits::SEGMENT);
        let mut this = Self {
            dir: dir.into(),
            cap,
            segment,
            oldest: 1,
            newest: 0,
            filled: 0,
            state: State::Between,
            dropped: 0,
        };
        if this.records()
            && let Err(error) = this.begin_segment()
        {
            this.fail(&error, notes);
        }
        this
    }

    /// Records `bytes`, which the program wrote next.
    pub(crate) fn write(&mut self, mut bytes: &[u8], notes: &Notes) {
        while !bytes.is_empty() {
            let count = match self.write_some(bytes) {
                Ok(count) => count,
                Err(error) => {
                    self.fail(&error, notes);
                    0
                }
            };
            bytes = &bytes[count..];
            if !self.records() || matches!(self.state, State::Failed { .. }) {
                self.skip(bytes.len() as u64);
                return;
            }
        }
    }

    /// Bytes that are not, or no longer, in a segment.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    fn records(&self) -> bool {
        self.cap >= limits::SEGMENT_LEAST
    }

    fn write_some(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.records() {
            return Ok(0);
        }
        match &mut self.state {
            State::Failed { left: 1.. } => Ok(0),
            State::Failed { left: 0 } | State::Between => {
                self.begin_segment()?;
                Ok(0)
            }
            State::Recording(file) => {
                let room = usize::try_from(self.segment - self.filled).unwrap_or(usize::MAX);
                let count = match file.write(&bytes[..bytes.len().min(room)]) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
                    done => done?,
                };
                self.filled += count as u64;
                if self.filled >= self.segment {
                    self.state = State::Between;
                }
                Ok(count)
            }
        }
    }

    /// Makes room (invariant 2), then opens the next segment; after a failure, the same
    /// one again, unless it is full.
    fn begin_segment(&mut self) -> io::Result<()> {
        if self.newest == 0 || self.filled >= self.segment {
            let kept = u64::from(self.newest + 1 - self.oldest) * self.segment;
            if kept + self.segment > self.cap && self.oldest <= self.newest {
                let path = segment_path(&self.dir, self.oldest);
                self.dropped += fs::metadata(&path).map_or(0, |found| found.len());
                self.oldest += 1;
                // Gone already is as good.
                fs::remove_file(path).ok();
            }
            self.newest += 1;
            self.filled = 0;
        }
        let file = private::open_append(&segment_path(&self.dir, self.newest))?;
        self.filled = file.metadata()?.len();
        self.state = State::Recording(file);
        Ok(())
    }

    fn fail(&mut self, error: &io::Error, notes: &Notes) {
        if !matches!(self.state, State::Failed { .. }) {
            notes.add(&format!("the transcript has a gap: {error}"));
        }
        self.state = State::Failed { left: limits::TRANSCRIPT_RETRY };
    }

    fn skip(&mut self, count: u64) {
        self.dropped += count;
        if let State::Failed { left } = &mut self.state {
            *left = left.saturating_sub(count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(dir: &Path) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<_> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.file_name().to_string_lossy().starts_with("transcript."))
            .map(|e| (e.file_name().into_string().unwrap(), fs::read(e.path()).unwrap()))
            .collect();
        files.sort();
        files
    }

    fn numbered(count: usize) -> Vec<u8> {
        (0..count).flat_map(|n| format!("{n:07}\n").into_bytes()).collect()
    }

    #[test]
    fn the_newest_output_is_kept_whole_and_the_rest_is_counted() {
        let dir = tempfile::tempdir().unwrap();
        let notes = Notes::new(dir.path().join("holder.log"));
        let cap = 4 * limits::SEGMENT_LEAST + 100;
        let mut transcript = Transcript::new(dir.path(), cap, &notes);
        let written = numbered(20_000);
        for piece in written.chunks(777) {
            transcript.write(piece, &notes);
            let total: usize = kept(dir.path()).iter().map(|(_, bytes)| bytes.len()).sum();
            assert!(total as u64 <= cap, "{total} bytes are over the cap");
        }
        let files = kept(dir.path());
        let all: Vec<u8> = files.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
        assert!(written.ends_with(&all));
        assert!(all.len() as u64 + limits::SEGMENT >= cap / 2);
        assert_eq!(transcript.dropped() + all.len() as u64, written.len() as u64);
        let (_, full) = files.split_last().unwrap();
        assert!(full.iter().all(|(_, bytes)| bytes.len() as u64 == transcript.segment));
        assert!(!dir.path().join("holder.log").exists());
    }

    #[test]
    fn a_disk_that_is_full_for_a_while_leaves_a_gap_and_one_note() {
        let dir = tempfile::tempdir().unwrap();
        let notes = Notes::new(dir.path().join("holder.log"));
        let mut transcript = Transcript::new(dir.path(), 64 << 20, &notes);
        transcript.write(b"before ", &notes);
        // Every write to /dev/full fails as on a full disk.
        transcript.state = State::Recording(File::options().write(true).open("/dev/full").unwrap());
        let lost = usize::try_from(limits::TRANSCRIPT_RETRY).unwrap() + 10;
        transcript.write(&vec![b'x'; lost], &notes);
        transcript.write(b"after", &notes);
        assert_eq!(kept(dir.path()), [("transcript.000001".into(), b"before after".to_vec())]);
        assert_eq!(transcript.dropped(), lost as u64);
        let log = fs::read_to_string(dir.path().join("holder.log")).unwrap();
        assert_eq!(log.lines().count(), 1, "{log}");
    }

    #[test]
    fn a_cap_of_nothing_records_nothing_and_counts_all() {
        let dir = tempfile::tempdir().unwrap();
        let notes = Notes::new(dir.path().join("holder.log"));
        let mut transcript = Transcript::new(dir.path(), 0, &notes);
        transcript.write(b"12345", &notes);
        assert_eq!((kept(dir.path()), transcript.dropped()), (vec![], 5));
    }
}
