//! When the output of one segment came, read mark by mark, also while marks are added.
//!
//! # Invariants
//!
//! 1. Times that are missing, damaged or of a later release are no error: the output is
//!    worth more than when it came.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use app_wire::record::timing::{Header, HeaderError, Mark, Place};

use super::RunDir;

/// Bytes per read.
const PIECE: usize = 16 << 10;

/// The index of one segment.
pub(super) struct Times {
    path: PathBuf,
    state: State,
}

enum State {
    /// Not there, or not all of its header.
    Awaited,
    Open(Open),
    /// It cannot be read, now or later.
    Unreadable,
}

struct Open {
    file: File,
    header: Header,
    place: Place,
    /// What was read and is no whole mark yet, and where in the file it ends.
    bytes: Vec<u8>,
    taken: usize,
    end: u64,
    next: Option<Mark>,
}

impl Times {
    /// The index of segment `number`.
    pub(super) fn open(dir: &RunDir, number: u32) -> Self {
        let mut this = Self { path: dir.timing(number), state: State::Awaited };
        this.wait();
        this
    }

    /// How it begins.
    pub(super) fn header(&self) -> Option<&Header> {
        match &self.state {
            State::Open(open) => Some(&open.header),
            State::Awaited | State::Unreadable => None,
        }
    }

    /// The next mark; nothing if there is none for now.
    pub(super) fn peek(&mut self) -> Option<Mark> {
        self.wait();
        match &mut self.state {
            State::Open(open) => open.peek(),
            State::Awaited | State::Unreadable => None,
        }
    }

    /// Goes on behind the mark that was looked at.
    pub(super) fn pass(&mut self) {
        if let State::Open(open) = &mut self.state {
            open.next = None;
        }
    }

    /// Looks for the index if it was not there yet.
    fn wait(&mut self) {
        if !matches!(self.state, State::Awaited) {
            return;
        }
        let Ok(file) = File::open(&self.path) else { return };
        let mut bytes = vec![0; PIECE];
        let Ok(count) = file.read_at(&mut bytes, 0) else { return };
        bytes.truncate(count);
        self.state = match Header::decode(&bytes) {
            Ok((header, length)) => State::Open(Open {
                file,
                header,
                place: Place::after(&header),
                bytes: Vec::new(),
                taken: 0,
                end: length as u64,
                next: None,
            }),
            Err(HeaderError::Short) => State::Awaited,
            Err(HeaderError::Magic | HeaderError::Version(_)) => State::Unreadable,
        };
    }
}

impl Open {
    fn peek(&mut self) -> Option<Mark> {
        loop {
            if self.next.is_some() {
                return self.next;
            }
            let mut rest = &self.bytes[self.taken..];
            self.next = self.place.decode(&mut rest);
            self.taken = self.bytes.len() - rest.len();
            if self.next.is_none() && !self.fill() {
                return None;
            }
        }
    }

    /// Reads on; whether there was anything.
    fn fill(&mut self) -> bool {
        self.bytes.drain(..self.taken);
        self.taken = 0;
        let whole = self.bytes.len();
        if whole > PIECE {
            return false; // No mark is that long.
        }
        self.bytes.resize(whole + PIECE, 0);
        let count = self.file.read_at(&mut self.bytes[whole..], self.end).unwrap_or(0);
        self.bytes.truncate(whole + count);
        self.end += count as u64;
        count > 0
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::fs;

    use app_wire::record::timing::Kind;

    use super::*;

    pub(in crate::record) const HEADER: Header =
        Header { elapsed_ms: 0, wall_ms: 1_000_000, rows: 24, cols: 80 };

    /// An index with these marks: when, where, what.
    pub(in crate::record) fn index(marks: &[(u64, u64, Kind)]) -> Vec<u8> {
        index_after(HEADER, marks)
    }

    /// The same behind another header.
    pub(in crate::record) fn index_after(header: Header, marks: &[(u64, u64, Kind)]) -> Vec<u8> {
        let (mut bytes, mut place) = (header.encode().to_vec(), Place::after(&header));
        for &(at_ms, offset, kind) in marks {
            place.encode(Mark { at_ms, offset, kind }, &mut bytes);
        }
        bytes
    }

    fn offsets(times: &mut Times) -> Vec<u64> {
        let next = || times.peek().inspect(|_| times.pass()).map(|mark| mark.offset);
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn marks_are_read_as_they_come_also_in_pieces() {
        let temp = tempfile::tempdir().unwrap();
        let dir = RunDir(temp.path().to_path_buf());
        let mut times = Times::open(&dir, 1);
        assert_eq!(times.peek(), None);
        let marks: Vec<_> = (1..20_000).map(|n| (n * 10, n * 300, Kind::Output)).collect();
        let bytes = index(&marks);
        let mut seen = Vec::new();
        for cut in [20, 29, 30, 31, 100, 30_000, bytes.len()] {
            fs::write(dir.timing(1), &bytes[..cut]).unwrap();
            seen.extend(offsets(&mut times));
        }
        assert_eq!(seen, marks.iter().map(|mark| mark.1).collect::<Vec<_>>());
    }

    #[test]
    fn what_cannot_be_read_has_no_times_and_no_error() {
        let temp = tempfile::tempdir().unwrap();
        let dir = RunDir(temp.path().to_path_buf());
        let mut later = index(&[(1, 1, Kind::Output)]);
        later[4] = 9;
        for bytes in [&b"something else"[..], &later, &[0xff; 100]] {
            fs::write(dir.timing(1), bytes).unwrap();
            let mut times = Times::open(&dir, 1);
            assert!(times.peek().is_none() && times.header().is_none());
        }
    }
}
