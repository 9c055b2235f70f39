//! The recorded output: `run-N/transcript.000001`, `.000002`, …, and when it came.
//!
//! # Invariants
//!
//! 1. Concatenated in order, the segments are the newest part of what the program wrote,
//!    except for stretches that could not be written. Those are marked in the index of
//!    times.
//! 2. What is on disk never exceeds the cap, but for the copy of one segment while it is
//!    compressed: the oldest goes before a new one is begun.
//! 3. Every byte is either in a segment or counted as dropped.
//! 4. No failure reaches the caller: recording stops, one note is made, and after some
//!    time or some more output it is tried again.
//! 5. The segment that is open is never compressed.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use app_model::TerminalSize;
use app_sys::private;
use app_wire::record::segment_name;

use crate::limits;
use crate::notes::Notes;
use crate::segments::Segments;
use crate::timing::Timing;

/// Records one run's output.
#[derive(Debug)]
pub(crate) struct Transcript {
    dir: PathBuf,
    cap: u64,
    /// Most bytes of a segment, and of its index of times.
    segment: u64,
    timing_most: u64,
    closed: Segments,
    /// The newest segment that was begun, and the bytes in it.
    newest: u32,
    filled: u64,
    timing: Timing,
    state: State,
    gap: Option<Gap>,
    dropped: u64,
}

#[derive(Debug)]
enum State {
    Recording(File),
    /// The next segment is made when there is something to write.
    Between,
    /// A write failed; tried again when `left` more bytes have gone by, or then.
    Failed {
        left: u64,
        until_ms: u64,
    },
}

/// Output that could not be written, since then.
#[derive(Debug)]
struct Gap {
    since_ms: u64,
    lost: u64,
    /// The note, if there was no room for it either.
    note: Option<String>,
}

impl Transcript {
    /// A recording into `dir` of at most `cap` bytes, of a terminal of this size. The
    /// first segment is made at once, so that somebody who follows it finds it.
    pub(crate) fn new(dir: &Path, cap: u64, size: TerminalSize, notes: &Notes) -> Self {
        let segment = (cap / 4).clamp(limits::SEGMENT_LEAST, limits::SEGMENT);
        let mut this = Self {
            dir: dir.into(),
            cap,
            segment,
            timing_most: segment / limits::TIMING_SHARE,
            closed: Segments::new(dir),
            newest: 0,
            filled: 0,
            timing: Timing::new(size),
            state: State::Between,
            gap: None,
            dropped: 0,
        };
        if this.records()
            && let Err(error) = this.begin_segment()
        {
            this.fail(&error, this.timing.now_ms(), notes);
        }
        this
    }

    /// Records `bytes`, which the program wrote now.
    pub(crate) fn write(&mut self, mut bytes: &[u8], notes: &Notes) {
        let now_ms = self.timing.now_ms();
        while !bytes.is_empty() {
            let count = match self.write_some(bytes, now_ms, notes) {
                Ok(count) => count,
                Err(error) => {
                    self.fail(&error, now_ms, notes);
                    0
                }
            };
            bytes = &bytes[count..];
            if !self.records() || self.is_waiting(now_ms) {
                self.skip(bytes.len() as u64);
                return;
            }
        }
    }

    /// The terminal has another size from now on.
    pub(crate) fn resize(&mut self, size: TerminalSize) {
        if self.records() {
            let now_ms = self.timing.now_ms();
            self.timing.resize(self.filled, now_ms, size);
        }
    }

    /// Bytes that are not, or no longer, in a segment.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// There will be no more output.
    pub(crate) fn close(&mut self, notes: &Notes) {
        self.mark_gap(notes);
        if matches!(self.state, State::Recording(_)) {
            self.end_segment();
        }
    }

    /// Whether there is something to compress.
    pub(crate) fn has_unsealed(&self) -> bool {
        self.closed.has_unsealed()
    }

    /// Compresses a piece of a closed segment.
    pub(crate) fn seal_some(&mut self) {
        self.closed.seal_some();
    }

    fn records(&self) -> bool {
        self.cap >= 2 * limits::SEGMENT_LEAST
    }

    /// Whether it failed, and it is not yet time to try again.
    fn is_waiting(&self, now_ms: u64) -> bool {
        matches!(self.state, State::Failed { left: 1.., until_ms } if now_ms < until_ms)
    }

    fn write_some(&mut self, bytes: &[u8], now_ms: u64, notes: &Notes) -> io::Result<usize> {
        if !self.records() || self.is_waiting(now_ms) {
            return Ok(0);
        }
        let State::Recording(file) = &mut self.state else {
            self.begin_segment()?;
            return Ok(0);
        };
        if self.gap.is_none() {
            self.timing.output(self.filled, now_ms);
        }
        let room = usize::try_from(self.segment.saturating_sub(self.filled)).unwrap_or(usize::MAX);
        let count = match file.write(&bytes[..bytes.len().min(room)]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(0),
            done => done?,
        };
        if self.gap.is_some() {
            // Only now is there room for more than the mark.
            self.mark_gap(notes);
            self.timing.output(self.filled, now_ms);
        }
        self.filled += count as u64;
        if self.filled >= self.segment || self.timing.is_full(self.timing_most) {
            self.end_segment();
        }
        Ok(count)
    }

    fn end_segment(&mut self) {
        self.closed.push(self.newest, self.filled, self.timing.length());
        self.state = State::Between;
    }

    /// Opens the next segment (invariant 2); after a failure, the same one again.
    fn begin_segment(&mut self) -> io::Result<()> {
        if self.newest == 0 || matches!(self.state, State::Between) {
            let most = self.cap.saturating_sub(self.segment + self.timing_most);
            self.dropped += self.closed.shrink_to(most);
            self.newest += 1;
            self.filled = 0;
            self.timing.begin(&self.dir, self.newest);
        }
        let file = private::open_append(&self.dir.join(segment_name(self.newest)))?;
        self.filled = file.metadata()?.len();
        self.state = State::Recording(file);
        Ok(())
    }

    fn fail(&mut self, error: &io::Error, now_ms: u64, notes: &Notes) {
        if self.gap.is_none() {
            let note = format!("the transcript has a gap: {error}");
            let note = notes.try_add(&note).is_err().then_some(note);
            self.gap = Some(Gap { since_ms: now_ms, lost: 0, note });
        }
        let until_ms = now_ms + limits::TRANSCRIPT_RETRY_MS;
        self.state = State::Failed { left: limits::TRANSCRIPT_RETRY, until_ms };
    }

    fn skip(&mut self, count: u64) {
        self.dropped += count;
        if let Some(gap) = &mut self.gap {
            gap.lost += count;
        }
        if let State::Failed { left, .. } = &mut self.state {
            *left = left.saturating_sub(count);
        }
    }

    fn mark_gap(&mut self, notes: &Notes) {
        if let Some(Gap { since_ms, lost, note }) = self.gap.take() {
            self.timing.gap(self.filled, since_ms, lost);
            note.iter().for_each(|note| notes.add(note));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use app_wire::record::timing::{Header, Kind, Mark, Place};
    use app_wire::record::timing_name;

    use super::*;

    /// The marks of a segment.
    fn marks(dir: &Path, number: u32) -> Vec<Mark> {
        let bytes = fs::read(dir.join(timing_name(number))).unwrap();
        let (header, length) = Header::decode(&bytes).unwrap();
        let (mut place, mut rest) = (Place::after(&header), &bytes[length..]);
        std::iter::from_fn(|| place.decode(&mut rest)).collect()
    }

    fn full_disk() -> State {
        // Every write to /dev/full fails as on a full disk.
        State::Recording(File::options().write(true).open("/dev/full").unwrap())
    }

    /// Everything that is on disk of it.
    fn on_disk(dir: &Path) -> u64 {
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
    }

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
        let mut transcript = Transcript::new(dir.path(), cap, TerminalSize::DEFAULT, &notes);
        let written = numbered(20_000);
        for piece in written.chunks(777) {
            transcript.write(piece, &notes);
            let total = on_disk(dir.path());
            assert!(total <= cap, "{total} bytes are over the cap");
        }
        let files = kept(dir.path());
        let all: Vec<u8> = files.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
        assert!(written.ends_with(&all));
        assert!(all.len() as u64 >= cap / 2, "{} bytes were kept", all.len());
        assert_eq!(transcript.dropped() + all.len() as u64, written.len() as u64);
        let (_, full) = files.split_last().unwrap();
        assert!(full.iter().all(|(_, bytes)| bytes.len() as u64 == transcript.segment));
        assert!(!dir.path().join("holder.log").exists());
    }

    #[test]
    fn a_disk_that_is_full_for_a_while_leaves_a_gap_and_one_note() {
        let dir = tempfile::tempdir().unwrap();
        let notes = Notes::new(dir.path().join("holder.log"));
        let mut transcript = Transcript::new(dir.path(), 64 << 20, TerminalSize::DEFAULT, &notes);
        transcript.write(b"before ", &notes);
        transcript.state = full_disk();
        let lost = usize::try_from(limits::TRANSCRIPT_RETRY).unwrap() + 10;
        transcript.write(&vec![b'x'; lost], &notes);
        transcript.write(b"after", &notes);
        assert_eq!(kept(dir.path()), [("transcript.000001".into(), b"before after".to_vec())]);
        assert_eq!(transcript.dropped(), lost as u64);
        let log = fs::read_to_string(dir.path().join("holder.log")).unwrap();
        assert_eq!(log.lines().count(), 1, "{log}");
        let marks: Vec<_> = marks(dir.path(), 1).iter().map(|it| (it.offset, it.kind)).collect();
        let gap = (7, Kind::Gap { lost: lost as u64 });
        assert_eq!(marks, [(0, Kind::Output), gap, (7, Kind::Output)]);
    }

    #[test]
    fn a_disk_that_stays_full_is_one_gap_and_one_note_however_often_it_is_tried() {
        let dir = tempfile::tempdir().unwrap();
        let notes = Notes::new(dir.path().join("holder.log"));
        let mut transcript = Transcript::new(dir.path(), 64 << 20, TerminalSize::DEFAULT, &notes);
        let lost = usize::try_from(limits::TRANSCRIPT_RETRY).unwrap();
        for _ in 0..3 {
            transcript.state = full_disk();
            transcript.write(&vec![b'x'; lost], &notes);
        }
        transcript.close(&notes);
        let log = fs::read_to_string(dir.path().join("holder.log")).unwrap();
        assert_eq!(log.lines().count(), 1, "{log}");
        let last = marks(dir.path(), 1).pop().unwrap();
        assert_eq!((last.offset, last.kind), (0, Kind::Gap { lost: 3 * lost as u64 }));
    }

    #[test]
    fn a_little_output_is_recorded_again_when_some_time_has_passed() {
        let dir = tempfile::tempdir().unwrap();
        let notes = Notes::new(dir.path().join("holder.log"));
        let mut transcript = Transcript::new(dir.path(), 64 << 20, TerminalSize::DEFAULT, &notes);
        transcript.state = full_disk();
        transcript.write(b"lost", &notes);
        let State::Failed { until_ms, .. } = &mut transcript.state else { unreachable!() };
        assert!(*until_ms >= limits::TRANSCRIPT_RETRY_MS);
        *until_ms = 0;
        transcript.write(b"kept", &notes);
        assert_eq!(kept(dir.path()), [("transcript.000001".into(), b"kept".to_vec())]);
        assert_eq!(transcript.dropped(), 4);
    }

    #[test]
    fn closed_segments_are_compressed_and_so_more_of_them_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let notes = Notes::new(dir.path().join("holder.log"));
        let cap = 8 * limits::SEAL_LEAST;
        let mut transcript = Transcript::new(dir.path(), cap, TerminalSize::DEFAULT, &notes);
        let written = numbered(20_000);
        for piece in written.chunks(777) {
            transcript.write(piece, &notes);
            while transcript.has_unsealed() {
                transcript.seal_some();
            }
            assert!(on_disk(dir.path()) <= cap);
        }
        let open = format!("transcript.{:06}", transcript.newest);
        assert!(dir.path().join(&open).exists(), "the open one is as it is");
        transcript.close(&notes);
        assert_eq!(transcript.dropped(), 0, "compressed, all of it fits");
        let all: Vec<u8> = kept(dir.path())
            .into_iter()
            .flat_map(|(name, bytes)| match name.ends_with(".zst") {
                true => zstd::decode_all(&bytes[..]).unwrap(),
                false => bytes,
            })
            .collect();
        assert!(all == written);
    }

    #[test]
    fn a_segment_ends_when_its_index_is_full() {
        let dir = tempfile::tempdir().unwrap();
        let notes = Notes::new(dir.path().join("holder.log"));
        let cap = 8 * limits::SEGMENT_LEAST;
        let mut transcript = Transcript::new(dir.path(), cap, TerminalSize::DEFAULT, &notes);
        for _ in 0..1_500 {
            transcript.write(b"x", &notes);
            transcript.resize(TerminalSize::DEFAULT);
        }
        assert!(transcript.newest >= 5, "{transcript:?}");
        assert!(on_disk(dir.path()) <= cap);
        let kept = kept(dir.path()).len() as u64;
        assert!(kept >= 5, "{kept}");
    }

    #[test]
    fn a_cap_of_nothing_records_nothing_and_counts_all() {
        let dir = tempfile::tempdir().unwrap();
        let notes = Notes::new(dir.path().join("holder.log"));
        let mut transcript = Transcript::new(dir.path(), 0, TerminalSize::DEFAULT, &notes);
        transcript.write(b"12345", &notes);
        assert_eq!((kept(dir.path()), transcript.dropped()), (vec![], 5));
    }
}
