//! What a run left on disk, or is still writing: transcript, screens, exit record.
//!
//! ```text
//!   sessions/<id>/run-N/transcript.000001 …   the output, oldest segments dropped first
//!                       timing.000001 …       when it came
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
//! 3. The holder may compress a segment, or drop the oldest, at any moment.

mod lines;
mod recording;
mod segment;
mod times;
mod transcript;

pub(crate) use lines::LineSearch;
pub(crate) use recording::{Beginning, Item, Moment, Recording};
pub(crate) use transcript::{Position, Transcript};

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use app_model::{ExitRecord, RunNumber, SessionView};
use app_wire::record::{sealed_name, segment_name, segment_number, timing_name};

use crate::exit::Code;
use crate::report::Explain;

/// Bytes per read.
const PIECE: usize = 64 << 10;

/// Most bytes of a small file (screen, exit record) that are read.
const MAX_SMALL_FILE: u64 = 64 << 20;

/// Segments that may be missing between two that are listed: while one is compressed, a
/// look at the directory may see neither form of it.
const MOST_UNLISTED: u32 = 64;

/// A record cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    /// The system refused.
    #[error("cannot read `{}`", .path.display())]
    Read { path: PathBuf, source: io::Error },
    /// There is no such run, or it was pruned.
    #[error("session {session} has no record of run {run}")]
    NoRun { session: app_model::SessionId, run: RunNumber },
    /// The run has left output and no times.
    #[error("nobody knows when run {run} of session {session} wrote what")]
    NoTimes { session: app_model::SessionId, run: RunNumber, tty: bool },
}

impl Explain for RecordError {
    fn code(&self) -> Code {
        match self {
            Self::Read { .. } | Self::NoRun { .. } => Code::Failed,
            Self::NoTimes { .. } => Code::Conflict,
        }
    }

    fn because(&self) -> Vec<String> {
        match self {
            Self::Read { source, .. } => vec![source.to_string()],
            Self::NoRun { .. } => vec![],
            Self::NoTimes { tty: false, .. } => {
                vec!["it ran without a terminal and wrote its log by itself".into()]
            }
            Self::NoTimes { tty: true, .. } => vec!["its times were not recorded".into()],
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Read { .. } => None,
            Self::NoRun { session, .. } => {
                Some(format!("`appctl show {session}` says which run is the newest."))
            }
            Self::NoTimes { session, run, .. } => {
                Some(format!("Read all it wrote: `appctl logs {session} --run {run}`."))
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

    /// The directory at this path.
    pub(crate) fn at(path: &Path) -> Self {
        Self(path.to_path_buf())
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

    /// The segments of the transcript that are kept, by number. One that is listed may be
    /// gone when it is opened.
    fn segments(&self) -> Result<Vec<u32>, RecordError> {
        let mut numbers = self.listed().map_err(|source| self.failed(source))?;
        numbers.sort_unstable();
        numbers.dedup();
        let mut whole = Vec::with_capacity(numbers.len());
        for number in numbers {
            let next = whole.last().map_or(number, |&last| last + 1);
            if number - next <= MOST_UNLISTED {
                whole.extend(next..number);
            }
            whole.push(number);
        }
        while let Some(before) = whole.first().and_then(|first| first.checked_sub(1))
            && self.has_segment(before)
        {
            whole.insert(0, before);
        }
        Ok(whole)
    }

    fn listed(&self) -> io::Result<Vec<u32>> {
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut numbers = Vec::new();
        for entry in entries {
            numbers.extend(entry?.file_name().to_str().and_then(segment_number));
        }
        Ok(numbers)
    }

    fn has_segment(&self, number: u32) -> bool {
        self.segment(number).exists() || self.sealed(number).exists()
    }

    fn segment(&self, number: u32) -> PathBuf {
        self.0.join(segment_name(number))
    }

    fn sealed(&self, number: u32) -> PathBuf {
        self.0.join(sealed_name(number))
    }

    fn timing(&self, number: u32) -> PathBuf {
        self.0.join(timing_name(number))
    }

    fn failed(&self, source: io::Error) -> RecordError {
        RecordError::Read { path: self.0.clone(), source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_files_are_nothing_and_an_exit_record_is_read() {
        let temp = tempfile::tempdir().unwrap();
        let dir = RunDir(temp.path().to_path_buf());
        assert!(dir.screen().unwrap().is_none() && !dir.has_ended() && dir.exit().is_none());
        let record = r#"{"session":"7c5dcf5d","run":1,"exit":{"code":3},"started_at_ms":1,
                         "ended_at_ms":5,"elapsed_ms":4,"boot_id":"b"}"#;
        fs::write(dir.0.join("exit"), record).unwrap();
        assert_eq!(dir.exit().unwrap().exit, app_model::Exit::Code(3));
    }

    #[test]
    fn a_segment_that_a_look_at_the_directory_missed_is_looked_for() {
        let temp = tempfile::tempdir().unwrap();
        let dir = RunDir(temp.path().to_path_buf());
        for number in [4, 7] {
            fs::write(dir.segment(number), "x").unwrap();
        }
        fs::write(dir.sealed(4), "x").unwrap();
        fs::write(dir.0.join("transcript.000009.zst.new"), "x").unwrap();
        assert_eq!(dir.segments().unwrap(), [4, 5, 6, 7]);
        assert!(!dir.has_segment(5) && dir.has_segment(4));
    }
}
