//! The closed segments of a transcript: what they take on disk, which of them goes next,
//! and which is still to be compressed.
//!
//! # Invariants
//!
//! 1. What is counted is what is on disk, index of times included. For a moment there is
//!    the copy of one segment more, while it is compressed.
//! 2. A segment is compressed once; what does not work is not tried again.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};

use app_wire::record::{sealed_name, segment_name, timing_name};

use crate::limits;
use crate::seal::{Progress, Sealing};

/// One of them.
#[derive(Debug)]
struct Segment {
    number: u32,
    /// Bytes of output in it.
    output: u64,
    /// Bytes on disk.
    disk: u64,
    /// Of its index of times.
    timing: u64,
    /// It may get smaller.
    unsealed: bool,
}

/// All of them, oldest first.
#[derive(Debug)]
pub(crate) struct Segments {
    dir: PathBuf,
    list: VecDeque<Segment>,
    sealing: Option<(u32, Sealing)>,
}

impl Segments {
    /// None yet.
    pub(crate) fn new(dir: &Path) -> Self {
        Self { dir: dir.into(), list: VecDeque::new(), sealing: None }
    }

    /// One more was closed, with so much output and an index of that length.
    pub(crate) fn push(&mut self, number: u32, output: u64, timing: u64) {
        let unsealed = output >= limits::SEAL_LEAST;
        self.list.push_back(Segment { number, output, disk: output, timing, unsealed });
    }

    /// Removes the oldest until the rest takes no more than this, and says how much output
    /// went.
    pub(crate) fn shrink_to(&mut self, most: u64) -> u64 {
        let mut dropped = 0;
        while self.on_disk() > most
            && let Some(oldest) = self.list.pop_front()
        {
            dropped += oldest.output;
            self.sealing.take_if(|(number, _)| *number == oldest.number);
            for name in [segment_name, sealed_name, timing_name] {
                // One of the first two is not there, and gone already is as good.
                fs::remove_file(self.dir.join(name(oldest.number))).ok();
            }
        }
        dropped
    }

    fn on_disk(&self) -> u64 {
        self.list.iter().map(|segment| segment.disk + segment.timing).sum()
    }

    /// Whether there is one to compress.
    pub(crate) fn has_unsealed(&self) -> bool {
        self.list.iter().any(|segment| segment.unsealed)
    }

    /// Compresses a piece of one: of that which was begun, else of the newest, which will
    /// be kept longest.
    pub(crate) fn seal_some(&mut self) {
        let begun = self.sealing.take();
        let is_next = |segment: &Segment| match &begun {
            Some((number, _)) => segment.number == *number,
            None => segment.unsealed,
        };
        let Some(segment) = self.list.iter_mut().rfind(|segment| is_next(segment)) else { return };
        let number = segment.number;
        let sealing = match begun {
            Some((_, sealing)) => Ok(sealing),
            None => Sealing::begin(&self.dir, number),
        };
        let progress = sealing.and_then(|mut sealing| {
            let progress = sealing.step()?;
            self.sealing = (progress == Progress::More).then_some((number, sealing));
            Ok(progress)
        });
        match progress {
            Ok(Progress::More) => {}
            Ok(Progress::Sealed(disk)) => (segment.disk, segment.unsealed) = (disk, false),
            Ok(Progress::Incompressible) | Err(_) => segment.unsealed = false, // Invariant 2.
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn segment(segments: &mut Segments, dir: &Path, number: u32, length: usize) {
        fs::write(dir.join(segment_name(number)), "text of a log\r\n".repeat(length / 15)).unwrap();
        fs::write(dir.join(timing_name(number)), [0; 100]).unwrap();
        segments.push(number, (length / 15 * 15) as u64, 100);
    }

    #[test]
    fn the_oldest_goes_with_its_index_in_whatever_form_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let mut segments = Segments::new(dir.path());
        for number in 1..=3 {
            segment(&mut segments, dir.path(), number, 30_000);
        }
        while segments.has_unsealed() {
            segments.seal_some();
        }
        let sealed = ["transcript.000001.zst", "transcript.000002.zst", "transcript.000003.zst"];
        assert_eq!(files(dir.path())[3..], sealed);
        assert!(segments.on_disk() < 3 * 1_000, "{}", segments.on_disk());
        assert_eq!(segments.shrink_to(u64::MAX), 0);
        let most = segments.on_disk() - 1;
        assert_eq!(segments.shrink_to(most), 30_000);
        assert_eq!(files(dir.path()).len(), 4);
        assert_eq!(segments.shrink_to(0), 60_000);
        assert_eq!(files(dir.path()), Vec::<String>::new());
    }

    #[test]
    fn what_is_begun_is_finished_first_and_what_goes_meanwhile_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let mut segments = Segments::new(dir.path());
        segment(&mut segments, dir.path(), 1, 600_000);
        segments.seal_some();
        segment(&mut segments, dir.path(), 2, 600_000);
        for _ in 0..3 {
            segments.seal_some();
        }
        assert!(files(dir.path()).contains(&sealed_name(1)), "{:?}", files(dir.path()));
        segments.seal_some();
        assert!(files(dir.path()).contains(&(sealed_name(2) + ".new")));
        segments.shrink_to(0);
        assert_eq!(files(dir.path()), Vec::<String>::new());
        assert!(!segments.has_unsealed());
    }

    #[test]
    fn small_segments_stay_as_they_are_and_one_that_is_gone_is_not_looked_for_again() {
        let dir = tempfile::tempdir().unwrap();
        let mut segments = Segments::new(dir.path());
        segment(&mut segments, dir.path(), 1, 1_000);
        assert!(!segments.has_unsealed());
        segments.push(2, 1 << 20, 0);
        segments.seal_some();
        assert!(!segments.has_unsealed());
        assert_eq!(files(dir.path()), ["timing.000001", "transcript.000001"]);
    }
}
