//! A run's output with its times: what was written when, and what happened to the
//! terminal in between.
//!
//! # Invariants
//!
//! 1. Output is the same as without times, byte for byte; it is only cut where another
//!    time begins.
//! 2. Times never run backwards. Output without one has that of the output before it.

use app_wire::record::timing::{Header, Kind, Mark};

use super::times::Times;
use super::transcript::Piece;
use super::{Position, RecordError, RunDir, Transcript};

/// When something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Milliseconds since the run began.
    pub(crate) elapsed_ms: u64,
    /// Milliseconds since the Unix epoch, by the clock of that time.
    pub(crate) wall_ms: i64,
}

impl Moment {
    fn of(header: &Header, elapsed_ms: u64) -> Self {
        Self { elapsed_ms, wall_ms: header.wall_at(elapsed_ms) }
    }
}

/// What happened next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// The program wrote this. No time is known when there are none at all.
    Output {
        /// When.
        at: Option<Moment>,
        /// What.
        bytes: Vec<u8>,
    },
    /// The terminal got another size.
    Resize {
        /// When.
        at: Moment,
        /// Rows.
        rows: u16,
        /// Columns.
        cols: u16,
    },
    /// Output could not be recorded.
    Gap {
        /// Since when.
        at: Moment,
        /// How much.
        lost: u64,
    },
}

/// How a recording begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Beginning {
    /// When.
    pub(crate) at: Moment,
    /// Rows of the terminal.
    pub(crate) rows: u16,
    /// Columns of the terminal.
    pub(crate) cols: u16,
}

/// A place in a run's output, from which it is read on.
pub(crate) struct Recording {
    transcript: Transcript,
    /// What was read, of which so much was passed on; it begins where the rest does.
    piece: Option<Piece>,
    taken: usize,
    /// Of the segment that is being read.
    times: Option<(u32, Times)>,
    now: Option<Moment>,
    /// Rows and columns of the terminal, as far as is known.
    size: Option<(u16, u16)>,
}

impl Recording {
    /// From this place on.
    pub(crate) fn at(dir: &RunDir, position: Position) -> Self {
        let transcript = Transcript::at(dir, position);
        Self { transcript, piece: None, taken: 0, times: None, now: None, size: None }
    }

    /// How what is kept of it begins; nothing when no times were recorded.
    pub(crate) fn beginning(dir: &RunDir) -> Result<Option<Beginning>, RecordError> {
        for number in dir.segments()? {
            if let Some(header) = Times::open(dir, number).header() {
                let Header { elapsed_ms, rows, cols, .. } = *header;
                return Ok(Some(Beginning { at: Moment::of(header, elapsed_ms), rows, cols }));
            }
        }
        Ok(None)
    }

    /// Where the line begins to which the first output since then belongs; the end, if
    /// there was none. The beginning is that of all.
    pub(crate) fn since(dir: &RunDir, wall_ms: i64) -> Result<Position, RecordError> {
        let numbers = dir.segments()?;
        let is_before = |number: &u32| {
            Times::open(dir, *number).header().is_some_and(|header| header.wall_ms <= wall_ms)
        };
        let first = numbers.iter().rposition(is_before).unwrap_or(0);
        for &segment in &numbers[first..] {
            if let Some(offset) = first_since(Times::open(dir, segment), wall_ms) {
                let line = Position { segment, offset }.line_start(dir)?;
                let all = line.offset == 0 && numbers.first() == Some(&segment);
                return Ok(if all { Position::default() } else { line });
            }
        }
        Position::of_last_lines(dir, 0)
    }

    /// What happened next; nothing when there is no more for now.
    pub(crate) fn next(&mut self) -> Result<Option<Item>, RecordError> {
        loop {
            if self.piece.is_none() {
                self.piece = self.transcript.read()?;
            }
            // The marks are looked at after the bytes, which are written after the marks.
            let Some(at) = self.piece.as_ref().map(|piece| piece.at) else {
                return Ok(self.happened(u64::MAX));
            };
            if self.times.as_ref().is_none_or(|(segment, _)| *segment != at.segment) {
                if let Some(item) = self.happened(u64::MAX) {
                    return Ok(Some(item));
                }
                if let Some(item) = self.enter(at) {
                    return Ok(Some(item));
                }
            }
            if let Some(item) = self.happened(at.offset) {
                return Ok(Some(item));
            }
            if let Some(bytes) = self.cut() {
                return Ok(Some(Item::Output { at: self.now, bytes }));
            }
        }
    }

    /// Goes on with the times of another segment, from there on. Its header tells of a
    /// resize that could not be marked.
    fn enter(&mut self, at: Position) -> Option<Item> {
        let mut times = Times::open(self.transcript.dir(), at.segment);
        let header = times.header().copied();
        let before = self.size;
        if let Some(header) = header {
            self.now = self.now.or(Some(Moment::of(&header, header.elapsed_ms)));
            self.size = Some((header.rows, header.cols));
            while let Some(mark) = times.peek().filter(|mark| mark.offset < at.offset) {
                self.now = Some(Moment::of(&header, mark.at_ms));
                times.pass();
            }
        }
        self.times = Some((at.segment, times));
        let (header, (rows, cols)) = (header?, self.size?);
        let at = Moment::of(&header, header.elapsed_ms);
        before.is_some_and(|before| before != (rows, cols)).then_some(Item::Resize {
            at,
            rows,
            cols,
        })
    }

    /// What happened up to this offset and is no output.
    fn happened(&mut self, offset: u64) -> Option<Item> {
        let (_, times) = self.times.as_mut()?;
        while let Some(Mark { at_ms, kind, .. }) = times.peek().filter(|it| it.offset <= offset) {
            let at = Moment::of(times.header()?, at_ms);
            times.pass();
            match kind {
                Kind::Output => self.now = Some(at),
                Kind::Resize { rows, cols } => {
                    self.size = Some((rows, cols));
                    return Some(Item::Resize { at, rows, cols });
                }
                Kind::Gap { lost } => return Some(Item::Gap { at, lost }),
            }
        }
        None
    }

    /// Takes the bytes up to the next mark off the piece.
    fn cut(&mut self) -> Option<Vec<u8>> {
        let next = self.times.as_mut().and_then(|(_, times)| times.peek());
        let piece = self.piece.as_mut()?;
        let rest = &piece.bytes[self.taken..];
        let length = next.map_or(u64::MAX, |mark| mark.offset - piece.at.offset);
        let length = usize::try_from(length).unwrap_or(usize::MAX).min(rest.len());
        let bytes = rest[..length].to_vec();
        piece.at.offset += length as u64;
        self.taken += length;
        if self.taken == piece.bytes.len() {
            (self.piece, self.taken) = (None, 0);
        }
        Some(bytes)
    }
}

/// Where the first output since then is, if any is in this segment. Both clocks are read in
/// whole milliseconds, so what is found on the wall's may be one too early.
fn first_since(mut times: Times, wall_ms: i64) -> Option<u64> {
    let header = *times.header()?;
    while let Some(mark) = times.peek() {
        if mark.kind == Kind::Output && header.wall_at(mark.at_ms) >= wall_ms.saturating_sub(1) {
            return Some(mark.offset);
        }
        times.pass();
    }
    None
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::record::times::tests::{HEADER, index, index_after};

    /// When, where, what.
    type Marks<'a> = &'a [(u64, u64, Kind)];

    /// The first segments of a run: text, and when it came.
    fn run_dir(segments: &[(&str, Marks<'_>)]) -> (tempfile::TempDir, RunDir) {
        let temp = tempfile::tempdir().unwrap();
        let dir = RunDir(temp.path().to_path_buf());
        for (number, (text, marks)) in (1..).zip(segments) {
            fs::write(dir.segment(number), text).unwrap();
            fs::write(dir.timing(number), index(marks)).unwrap();
        }
        (temp, dir)
    }

    fn moment(elapsed_ms: u64) -> Moment {
        Moment::of(&HEADER, elapsed_ms)
    }

    fn output(elapsed_ms: u64, text: &str) -> Item {
        Item::Output { at: Some(moment(elapsed_ms)), bytes: text.into() }
    }

    fn all(recording: &mut Recording) -> Vec<Item> {
        std::iter::from_fn(|| recording.next().unwrap()).collect()
    }

    const RESIZE: Kind = Kind::Resize { rows: 50, cols: 200 };

    #[test]
    fn output_is_cut_where_another_time_begins_and_what_happened_stands_between() {
        let first = [(5, 0, Kind::Output), (900, 4, RESIZE), (1_000, 4, Kind::Output)];
        let second =
            [(1_500, 0, Kind::Output), (2_000, 2, Kind::Gap { lost: 77 }), (2_500, 2, RESIZE)];
        let (_temp, dir) = run_dir(&[("one\ntwo\n", &first), ("3\n", &[])]);
        let header = Header { rows: 50, cols: 200, ..HEADER };
        fs::write(dir.timing(2), index_after(header, &second)).unwrap();
        let items = all(&mut Recording::at(&dir, Position::default()));
        let resize = |ms| Item::Resize { at: moment(ms), rows: 50, cols: 200 };
        assert_eq!(
            items,
            [
                output(5, "one\n"),
                resize(900),
                output(1_000, "two\n"),
                output(1_500, "3\n"),
                Item::Gap { at: moment(2_000), lost: 77 },
                resize(2_500),
            ]
        );
        let from = Position { segment: 1, offset: 6 };
        assert_eq!(all(&mut Recording::at(&dir, from))[0], output(1_000, "o\n"));
        let beginning = Recording::beginning(&dir).unwrap().unwrap();
        assert_eq!(beginning, Beginning { at: moment(0), rows: 24, cols: 80 });
    }

    #[test]
    fn a_resize_that_could_not_be_marked_is_known_from_the_next_segment() {
        let (_temp, dir) = run_dir(&[("a", &[(5, 0, Kind::Output)]), ("b", &[]), ("c", &[])]);
        let header = Header { elapsed_ms: 50, wall_ms: HEADER.wall_ms + 50, rows: 50, cols: 200 };
        for number in [2, 3] {
            let marks = [(60, 0, Kind::Output)];
            fs::write(dir.timing(number), index_after(header, &marks)).unwrap();
        }
        let items = all(&mut Recording::at(&dir, Position::default()));
        let resize = Item::Resize { at: moment(50), rows: 50, cols: 200 };
        assert_eq!(items, [output(5, "a"), resize, output(60, "b"), output(60, "c")]);
    }

    #[test]
    fn what_comes_later_has_its_own_time() {
        let (_temp, dir) = run_dir(&[("a", &[(5, 0, Kind::Output)])]);
        let mut recording = Recording::at(&dir, Position::default());
        assert_eq!(all(&mut recording), [output(5, "a")]);
        // The mark comes first, and the bytes may take their time.
        let marks = [(5, 0, Kind::Output), (70, 1, Kind::Output)];
        fs::write(dir.timing(1), index(&marks)).unwrap();
        assert_eq!(all(&mut recording), []);
        fs::write(dir.segment(1), "ab").unwrap();
        assert_eq!(all(&mut recording), [output(70, "b")]);
    }

    #[test]
    fn without_times_there_is_the_output() {
        let (_temp, dir) = run_dir(&[]);
        fs::write(dir.segment(1), "text").unwrap();
        let mut recording = Recording::at(&dir, Position::default());
        assert_eq!(all(&mut recording), [Item::Output { at: None, bytes: b"text".into() }]);
        assert_eq!(Recording::beginning(&dir).unwrap(), None);
    }

    #[test]
    fn output_since_a_time_begins_with_the_line_it_is_in() {
        let first = [(0, 0, Kind::Output), (1_000, 6, Kind::Output), (2_000, 8, Kind::Output)];
        let (_temp, dir) = run_dir(&[("one\ntwo\nthree\n", &first), ("four\n", &[])]);
        let header = Header { elapsed_ms: 2_500, wall_ms: HEADER.wall_ms + 2_500, ..HEADER };
        let second = [(3_000, 0, Kind::Output)];
        fs::write(dir.timing(2), index_after(header, &second)).unwrap();
        let since = |ms| {
            let position = Recording::since(&dir, HEADER.wall_ms + ms).unwrap();
            let items = all(&mut Recording::at(&dir, position)).into_iter();
            let bytes = items.flat_map(|item| match item {
                Item::Output { bytes, .. } => bytes,
                Item::Resize { .. } | Item::Gap { .. } => vec![],
            });
            String::from_utf8(bytes.collect()).unwrap()
        };
        assert_eq!(since(-50), "one\ntwo\nthree\nfour\n");
        assert_eq!(since(2), "two\nthree\nfour\n");
        assert_eq!(since(1_001), "two\nthree\nfour\n");
        assert_eq!(since(1_002), "three\nfour\n");
        assert_eq!(since(2_002), "four\n");
        assert_eq!(since(3_002), "");
    }
}
