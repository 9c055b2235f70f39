//! A run's output, read on from any place in it.

use std::io;

use super::lines::{LineSearch, line_start};
use super::segment::{ReadAt as _, Segment};
use super::{PIECE, RecordError, RunDir};

/// A place in a transcript. Later ones are greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    /// Zero is before the first.
    pub(super) segment: u32,
    pub(super) offset: u64,
}

/// Some output, and where it begins.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(super) at: Position,
    pub(crate) bytes: Vec<u8>,
}

/// A place in a transcript, from which it is read on.
pub(crate) struct Transcript {
    dir: RunDir,
    next: Position,
    /// The segment of that place, if it was opened.
    segment: Option<Segment>,
}

impl Transcript {
    /// From this place on.
    pub(crate) fn at(dir: &RunDir, next: Position) -> Self {
        Self { dir: dir.clone(), next, segment: None }
    }

    /// The beginning of what is kept.
    pub(crate) fn beginning(dir: &RunDir) -> Self {
        Self::at(dir, Position::default())
    }

    /// Whether the oldest output is no longer kept.
    pub(crate) fn lost_its_beginning(dir: &RunDir) -> bool {
        dir.segments().is_ok_and(|segments| segments.first().is_some_and(|&first| first > 1))
    }

    pub(super) fn dir(&self) -> &RunDir {
        &self.dir
    }

    /// The next piece; nothing when there is no more for now.
    pub(crate) fn read(&mut self) -> Result<Option<Piece>, RecordError> {
        loop {
            if self.segment.is_none() && !self.open()? {
                return Ok(None);
            }
            if let Some(piece) = self.read_here()? {
                return Ok(Some(piece));
            }
            let Some(later) = self.later()? else { return Ok(None) };
            // What was written between our read and the look is still in this one.
            if let Some(piece) = self.read_here()? {
                return Ok(Some(piece));
            }
            *self = Self::at(&self.dir, Position { segment: later, offset: 0 });
        }
    }

    /// Opens the segment of the next place, or the first one after it that is kept.
    fn open(&mut self) -> Result<bool, RecordError> {
        loop {
            if self.next.segment > 0 {
                self.segment = Segment::open(&self.dir, self.next.segment)?;
            }
            if self.segment.is_some() {
                return Ok(true);
            }
            match self.later()? {
                Some(segment) => self.next = Position { segment, offset: 0 },
                None => return Ok(false),
            }
        }
    }

    fn read_here(&mut self) -> Result<Option<Piece>, RecordError> {
        let Some(segment) = &mut self.segment else { return Ok(None) };
        let (mut bytes, at) = (vec![0; PIECE], self.next);
        let count = segment.read_at(&mut bytes, at.offset).map_err(|e| self.dir.failed(e))?;
        bytes.truncate(count);
        self.next.offset += count as u64;
        Ok((count > 0).then_some(Piece { at, bytes }))
    }

    fn later(&self) -> Result<Option<u32>, RecordError> {
        Ok(self.dir.segments()?.into_iter().find(|&number| number > self.next.segment))
    }
}

impl Position {
    /// Where the last `lines` lines begin.
    pub(crate) fn of_last_lines(dir: &RunDir, lines: usize) -> Result<Self, RecordError> {
        let mut search = LineSearch::new(lines);
        for number in dir.segments()?.into_iter().rev() {
            let found = look(dir, number, |segment| search.look_back(segment))?;
            if let Some(offset) = found.flatten() {
                return Ok(Self { segment: number, offset });
            }
        }
        Ok(Self::default())
    }

    /// Where the line begins that this is in.
    pub(super) fn line_start(self, dir: &RunDir) -> Result<Self, RecordError> {
        let Self { segment, offset } = self;
        let found = look(dir, segment, |segment| line_start(segment, offset))?;
        Ok(Self { segment, offset: found.unwrap_or(offset) })
    }
}

/// Looks for something in a segment, if it is kept.
fn look<T>(
    dir: &RunDir,
    number: u32,
    f: impl FnOnce(&mut Segment) -> io::Result<T>,
) -> Result<Option<T>, RecordError> {
    let Some(mut segment) = Segment::open(dir, number)? else { return Ok(None) };
    f(&mut segment).map(Some).map_err(|error| dir.failed(error))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::record::segment::tests::sealed;

    fn run_dir(segments: &[(u32, &str)]) -> (tempfile::TempDir, RunDir) {
        let temp = tempfile::tempdir().unwrap();
        let dir = RunDir(temp.path().to_path_buf());
        for (number, text) in segments {
            fs::write(dir.segment(*number), text).unwrap();
        }
        (temp, dir)
    }

    fn seal(dir: &RunDir, number: u32) {
        let plain = fs::read(dir.segment(number)).unwrap();
        fs::write(dir.sealed(number), sealed(&plain, 1_000)).unwrap();
        fs::remove_file(dir.segment(number)).unwrap();
    }

    fn all(mut transcript: Transcript) -> String {
        let mut text = Vec::new();
        while let Some(piece) = transcript.read().unwrap() {
            text.extend(piece.bytes);
        }
        String::from_utf8(text).unwrap()
    }

    fn last(dir: &RunDir, lines: usize) -> String {
        all(Transcript::at(dir, Position::of_last_lines(dir, lines).unwrap()))
    }

    #[test]
    fn segments_are_read_in_order_and_gaps_are_skipped() {
        let (_temp, dir) = run_dir(&[(3, "c\n"), (4, "d\n"), (7, "e\n")]);
        assert_eq!(all(Transcript::beginning(&dir)), "c\nd\ne\n");
        assert!(Transcript::lost_its_beginning(&dir));
        assert_eq!(all(Transcript::at(&dir, Position { segment: 2, offset: 1 })), "c\nd\ne\n");
    }

    #[test]
    fn what_comes_later_is_read_later() {
        let (_temp, dir) = run_dir(&[]);
        let mut transcript = Transcript::beginning(&dir);
        let mut read = || transcript.read().unwrap().map(|piece| (piece.at, piece.bytes));
        assert_eq!(read(), None);
        fs::write(dir.segment(1), "a").unwrap();
        assert_eq!(read(), Some((Position { segment: 1, offset: 0 }, b"a".to_vec())));
        assert_eq!(read(), None);
        fs::write(dir.segment(1), "ab").unwrap();
        assert_eq!(read(), Some((Position { segment: 1, offset: 1 }, b"b".to_vec())));
        fs::write(dir.segment(2), "c").unwrap();
        assert_eq!(read(), Some((Position { segment: 2, offset: 0 }, b"c".to_vec())));
    }

    #[test]
    fn segments_that_are_compressed_under_a_reader_are_read_once_and_whole() {
        let text: String = (0..20_000).map(|n| format!("line {n}\n")).collect();
        let (first, second) = text.split_at(text.len() / 2);
        let (_temp, dir) = run_dir(&[(1, first), (2, second), (3, "the end\n")]);
        let mut transcript = Transcript::beginning(&dir);
        let mut read = transcript.read().unwrap().unwrap().bytes;
        seal(&dir, 1);
        read.extend(transcript.read().unwrap().unwrap().bytes);
        seal(&dir, 2);
        let rest = all(transcript);
        assert_eq!(String::from_utf8(read).unwrap() + &rest, text.clone() + "the end\n");
        assert_eq!(all(Transcript::beginning(&dir)), text + "the end\n");
        assert_eq!(last(&dir, 2), "line 19999\nthe end\n");
        assert!(last(&dir, 15_001).starts_with("line 5000\n"));
    }

    #[test]
    fn the_last_lines_are_found_from_the_end_over_segments() {
        let (_temp, dir) = run_dir(&[(1, "1\n2\n3"), (2, "3\n4\n5\n")]);
        for sealing in [false, true] {
            if sealing {
                seal(&dir, 1);
            }
            assert_eq!(last(&dir, 0), "");
            assert_eq!(last(&dir, 1), "5\n");
            assert_eq!(last(&dir, 2), "4\n5\n");
            assert_eq!(last(&dir, 3), "33\n4\n5\n");
            assert_eq!(last(&dir, 4), "2\n33\n4\n5\n");
            assert_eq!(last(&dir, 5), "1\n2\n33\n4\n5\n");
            assert_eq!(last(&dir, 99), "1\n2\n33\n4\n5\n");
        }
    }

    #[test]
    fn a_line_without_an_end_counts() {
        let (_temp, dir) = run_dir(&[(1, "1\n2\n3")]);
        assert_eq!(last(&dir, 1), "3");
        assert_eq!(last(&dir, 2), "2\n3");
    }

    #[test]
    fn long_transcripts_are_searched_in_pieces() {
        let text: String = (0..40_000).map(|n| format!("line {n}\n")).collect();
        let (_temp, dir) = run_dir(&[(1, &text)]);
        let last = last(&dir, 20_000);
        assert!(last.starts_with("line 20000\n") && last.ends_with("line 39999\n"));
    }
}
