//! What a run left on disk, or is still writing: transcript, screens, exit record.
//!
//! ```text
//!   sessions/<id>/run-N/transcript.000001 …   the output, oldest segments dropped first
//!                       screen                the last screen, as bytes for a terminal
//!                       screen.txt            the same as text
//!                       exit                  how it ended; there when it has
//! ```
//!
//! # Invariants
//!
//! 1. Memory does not grow with the size of a transcript: it is read in pieces, and from
//!    its end where only the end is wanted.
//! 2. A segment is left only when a later one exists and nothing more is in it: the
//!    holder finishes one before it begins the next.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use app_model::{ExitRecord, RunNumber, SessionView};

use crate::report::Explain;

/// Bytes per read.
const PIECE: usize = 64 << 10;

/// Most bytes of a small file (screen, exit record) that are read.
const MAX_SMALL_FILE: u64 = 64 << 20;

const SEGMENT_PREFIX: &str = "transcript.";

/// A record cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    /// The system refused.
    #[error("cannot read `{}`", .path.display())]
    Read { path: PathBuf, source: io::Error },
    /// There is no such run, or it was pruned.
    #[error("session {session} has no record of run {run}")]
    NoRun { session: app_model::SessionId, run: RunNumber },
}

impl Explain for RecordError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Read { .. } => None,
            Self::NoRun { session, .. } => {
                Some(format!("`appctl show {session}` says which run is the newest."))
            }
        }
    }
}

/// The directory of one run.
#[derive(Clone, Debug)]
pub(crate) struct RunDir(PathBuf);

impl RunDir {
    /// The directory of a session's run.
    pub(crate) fn of(view: &SessionView, run: RunNumber) -> Self {
        Self(view.dir.to_path().join(format!("run-{run}")))
    }

    /// The directory itself, to be watched.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Whether there is anything.
    pub(crate) fn exists(&self) -> bool {
        self.0.is_dir()
    }

    /// Whether the run is over: its holder has left the record.
    pub(crate) fn has_ended(&self) -> bool {
        self.0.join("exit").exists()
    }

    /// How the run ended, if it has and the record can be read.
    pub(crate) fn exit(&self) -> Option<ExitRecord> {
        let bytes = self.small_file("exit").ok()??;
        serde_json::from_slice(&bytes).ok()
    }

    /// The last screen as bytes for a terminal.
    pub(crate) fn screen(&self) -> Result<Option<Vec<u8>>, RecordError> {
        self.small_file("screen")
    }

    /// The last screen as text.
    pub(crate) fn screen_text(&self) -> Result<Option<Vec<u8>>, RecordError> {
        self.small_file("screen.txt")
    }

    fn small_file(&self, name: &str) -> Result<Option<Vec<u8>>, RecordError> {
        let path = self.0.join(name);
        let failed = |source| RecordError::Read { path: path.clone(), source };
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let mut bytes = Vec::new();
        file.take(MAX_SMALL_FILE).read_to_end(&mut bytes).map_err(failed)?;
        Ok(Some(bytes))
    }

    /// The segments of the transcript that are kept, by number.
    fn segments(&self) -> io::Result<Vec<u32>> {
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut numbers = Vec::new();
        for entry in entries {
            let name = entry?.file_name();
            let number = name.to_str().and_then(|name| name.strip_prefix(SEGMENT_PREFIX));
            numbers.extend(number.and_then(|number| number.parse::<u32>().ok()));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn segment(&self, number: u32) -> PathBuf {
        self.0.join(format!("{SEGMENT_PREFIX}{number:06}"))
    }
}

/// A place in a transcript, from which it is read on.
pub(crate) struct Transcript {
    dir: RunDir,
    /// The segment that is being read.
    number: u32,
    file: Option<File>,
    /// Where in the first segment to begin.
    offset: u64,
}

impl Transcript {
    /// The beginning of what is kept.
    pub(crate) fn beginning(dir: &RunDir) -> Self {
        Self { dir: dir.clone(), number: 0, file: None, offset: 0 }
    }

    /// The beginning of the last `lines` lines.
    pub(crate) fn last_lines(dir: &RunDir, lines: usize) -> Result<Self, RecordError> {
        let failed = |source| RecordError::Read { path: dir.0.clone(), source };
        let mut search = LineSearch::new(lines);
        for number in dir.segments().map_err(failed)?.into_iter().rev() {
            let path = dir.segment(number);
            let found = File::open(&path).and_then(|mut file| search.look_back(&mut file));
            let found = found.map_err(|source| RecordError::Read { path, source })?;
            if let Some(offset) = found {
                let before = number.saturating_sub(1);
                return Ok(Self { dir: dir.clone(), number: before, file: None, offset });
            }
        }
        Ok(Self::beginning(dir))
    }

    /// Whether the oldest output is no longer kept.
    pub(crate) fn lost_its_beginning(dir: &RunDir) -> bool {
        dir.segments().is_ok_and(|segments| segments.first().is_some_and(|&first| first > 1))
    }

    /// The next piece; nothing when there is no more for now.
    pub(crate) fn read(&mut self) -> Result<Option<Vec<u8>>, RecordError> {
        let failed = |source| RecordError::Read { path: self.dir.0.clone(), source };
        let mut piece = vec![0; PIECE];
        loop {
            let later = match &mut self.file {
                Some(file) => {
                    let (count, later) =
                        read_or_later(file, &mut piece, &self.dir, self.number).map_err(failed)?;
                    if count > 0 {
                        piece.truncate(count);
                        return Ok(Some(piece));
                    }
                    later
                }
                None => next_segment(&self.dir, self.number).map_err(failed)?,
            };
            let Some(number) = later else {
                return Ok(None);
            };
            let mut file = File::open(self.dir.segment(number)).map_err(failed)?;
            file.seek(SeekFrom::Start(std::mem::take(&mut self.offset))).map_err(failed)?;
            (self.number, self.file) = (number, Some(file));
        }
    }
}

/// Reads on; at the end, the number of the next segment if there is one (invariant 2).
fn read_or_later(
    file: &mut File,
    piece: &mut [u8],
    dir: &RunDir,
    number: u32,
) -> io::Result<(usize, Option<u32>)> {
    match file.read(piece)? {
        0 => match next_segment(dir, number)? {
            // What was written between our read and the look is still in this one.
            Some(later) => Ok((file.read(piece)?, Some(later))),
            None => Ok((0, None)),
        },
        count => Ok((count, None)),
    }
}

fn next_segment(dir: &RunDir, after: u32) -> io::Result<Option<u32>> {
    Ok(dir.segments()?.into_iter().find(|&number| number > after))
}

/// Counts lines from the end.
pub(crate) struct LineSearch {
    wanted: usize,
    /// Nothing was looked at yet: the very last line end closes the last line.
    at_end: bool,
}

impl LineSearch {
    /// Looks for the beginning of the last `wanted` lines.
    pub(crate) fn new(wanted: usize) -> Self {
        Self { wanted, at_end: true }
    }

    /// The offset at which the wanted lines begin, if that is in this file.
    pub(crate) fn look_back(&mut self, file: &mut File) -> io::Result<Option<u64>> {
        let mut end = file.seek(SeekFrom::End(0))?;
        if self.wanted == 0 {
            return Ok(Some(end));
        }
        let mut piece = vec![0; PIECE];
        while end > 0 {
            let start = end.saturating_sub(PIECE as u64);
            let length = usize::try_from(end - start).unwrap_or(PIECE);
            file.seek(SeekFrom::Start(start))?;
            file.read_exact(&mut piece[..length])?;
            for index in (0..length).rev() {
                let closes_last = std::mem::take(&mut self.at_end);
                if piece[index] != b'\n' || closes_last {
                    continue;
                }
                self.wanted -= 1;
                if self.wanted == 0 {
                    return Ok(Some(start + index as u64 + 1));
                }
            }
            end = start;
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_dir(segments: &[(u32, &str)]) -> (tempfile::TempDir, RunDir) {
        let temp = tempfile::tempdir().unwrap();
        let dir = RunDir(temp.path().to_path_buf());
        for (number, text) in segments {
            fs::write(dir.segment(*number), text).unwrap();
        }
        (temp, dir)
    }

    fn all(mut transcript: Transcript) -> String {
        let mut text = Vec::new();
        while let Some(piece) = transcript.read().unwrap() {
            text.extend(piece);
        }
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn segments_are_read_in_order_and_gaps_are_skipped() {
        let (_temp, dir) = run_dir(&[(3, "c\n"), (4, "d\n"), (7, "e\n")]);
        assert_eq!(all(Transcript::beginning(&dir)), "c\nd\ne\n");
        assert!(Transcript::lost_its_beginning(&dir));
    }

    #[test]
    fn what_comes_later_is_read_later() {
        let (_temp, dir) = run_dir(&[]);
        let mut transcript = Transcript::beginning(&dir);
        assert_eq!(transcript.read().unwrap(), None);
        fs::write(dir.segment(1), "a").unwrap();
        assert_eq!(transcript.read().unwrap(), Some(b"a".to_vec()));
        assert_eq!(transcript.read().unwrap(), None);
        fs::write(dir.segment(2), "b").unwrap();
        assert_eq!(transcript.read().unwrap(), Some(b"b".to_vec()));
    }

    #[test]
    fn the_last_lines_are_found_from_the_end_over_segments() {
        let (_temp, dir) = run_dir(&[(1, "1\n2\n3"), (2, "3\n4\n5\n")]);
        let last = |lines| all(Transcript::last_lines(&dir, lines).unwrap());
        assert_eq!(last(0), "");
        assert_eq!(last(1), "5\n");
        assert_eq!(last(2), "4\n5\n");
        assert_eq!(last(3), "33\n4\n5\n");
        assert_eq!(last(4), "2\n33\n4\n5\n");
        assert_eq!(last(5), "1\n2\n33\n4\n5\n");
        assert_eq!(last(99), "1\n2\n33\n4\n5\n");
    }

    #[test]
    fn a_line_without_an_end_counts() {
        let (_temp, dir) = run_dir(&[(1, "1\n2\n3")]);
        assert_eq!(all(Transcript::last_lines(&dir, 1).unwrap()), "3");
        assert_eq!(all(Transcript::last_lines(&dir, 2).unwrap()), "2\n3");
    }

    #[test]
    fn long_transcripts_are_searched_in_pieces() {
        let text: String = (0..40_000).map(|n| format!("line {n}\n")).collect();
        let (_temp, dir) = run_dir(&[(1, &text)]);
        let last = all(Transcript::last_lines(&dir, 20_000).unwrap());
        assert!(last.starts_with("line 20000\n") && last.ends_with("line 39999\n"));
    }

    #[test]
    fn missing_files_are_nothing_and_an_exit_record_is_read() {
        let (_temp, dir) = run_dir(&[]);
        assert!(dir.screen().unwrap().is_none() && !dir.has_ended() && dir.exit().is_none());
        let record = r#"{"session":"7c5dcf5d","run":1,"exit":{"code":3},"started_at_ms":1,
                         "ended_at_ms":5,"elapsed_ms":4,"boot_id":"b"}"#;
        fs::write(dir.0.join("exit"), record).unwrap();
        assert_eq!(dir.exit().unwrap().exit, app_model::Exit::Code(3));
    }
}
