//! The only place that writes to standard output and standard error.
//!
//! # Invariants
//!
//! 1. A reader that goes away is not an error of ours: [`OutputError::Unread`] ends the
//!    command without a word.
//! 2. Colours only on a terminal that can show them, and never with `NO_COLOR`.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use app_sys::poll::{self, Interest};
use serde::Serialize;

use crate::attach::size_of_any;
use crate::exit::Code;
use crate::render::json::on_a_line;
use crate::report::{Explain, Report};

/// How long a terminal that takes no output is given to take a note.
const NOTE_LIMIT: Duration = Duration::from_secs(1);

/// Standard output could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutputError {
    /// The reader went away.
    #[error("nobody reads the output")]
    Unread,
    /// The system refused, say because the disk is full.
    #[error("cannot write to standard output")]
    Write(#[source] io::Error),
    /// A value has no form in JSON; our bug.
    #[error("cannot write the answer as JSON")]
    Json(#[source] serde_json::Error),
}

impl From<io::Error> for OutputError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Unread,
            _ => Self::Write(error),
        }
    }
}

impl Explain for OutputError {
    fn code(&self) -> Code {
        match self {
            Self::Unread => Code::Unread,
            Self::Write(_) | Self::Json(_) => Code::Failed,
        }
    }
}

/// The terminal's width: `COLUMNS` where it is set, else what the terminal says.
pub(crate) fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    columns
        .filter(|&columns| columns > 0)
        .unwrap_or_else(|| usize::from(size_of_any().unwrap_or_default().cols))
}

/// How this command writes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    /// `--json` was given.
    pub(crate) json: bool,
    /// Standard output is a terminal.
    pub(crate) terminal: bool,
    /// Colours may be used on standard output.
    pub(crate) colour: bool,
}

impl Output {
    /// Finds out what standard output is.
    pub(crate) fn new(json: bool) -> Self {
        let terminal = io::stdout().is_terminal();
        let colour = terminal && allows_colour(|name| std::env::var_os(name));
        Self { json, terminal, colour }
    }

    /// Whether a person reads this: a terminal, and no `--json`.
    pub(crate) fn for_person(self) -> bool {
        self.terminal && !self.json
    }

    /// Writes text as it is.
    pub(crate) fn text(self, text: &str) -> Result<(), OutputError> {
        self.bytes(text.as_bytes())
    }

    /// Writes text and a line end.
    pub(crate) fn line(self, line: &str) -> Result<(), OutputError> {
        self.bytes(format!("{line}\n").as_bytes())
    }

    /// Writes bytes as they are.
    pub(crate) fn bytes(self, bytes: &[u8]) -> Result<(), OutputError> {
        let mut out = io::stdout().lock();
        out.write_all(bytes)?;
        out.flush()?;
        Ok(())
    }

    /// Writes one JSON value on one line.
    pub(crate) fn json(self, value: &impl Serialize) -> Result<(), OutputError> {
        let mut text = on_a_line(value).map_err(OutputError::Json)?;
        text.push('\n');
        self.text(&text)
    }

    /// Tells a person something that is not the answer, on standard error. Left out when
    /// that is a terminal that takes nothing, as after Ctrl-S: it is no reason to hang.
    pub(crate) fn note(self, line: &str) {
        let stderr = io::stderr();
        let mut interests = [Interest::write(&stderr)];
        if stderr.is_terminal() && matches!(poll::wait(&mut interests, Some(NOTE_LIMIT)), Ok(0)) {
            return;
        }
        // Nobody is left to be told when standard error is gone.
        io::stderr().lock().write_all(format!("{line}\n").as_bytes()).ok();
    }

    /// Shows an error.
    pub(crate) fn error(self, report: &Report) {
        if report.code == Code::Unread {
            return; // Invariant 1.
        }
        let text = if self.json { report.json() } else { report.text(app_sys::clock::wall_ms()) };
        io::stderr().lock().write_all(text.as_bytes()).ok();
    }
}

fn allows_colour(env: impl Fn(&str) -> Option<std::ffi::OsString>) -> bool {
    let refused = env("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = env("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
    !refused && !dumb
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_color_and_dumb_terminals_are_honoured() {
        let with = |vars: &'static [(&str, &str)]| {
            allows_colour(|name| vars.iter().find(|(k, _)| *k == name).map(|(_, v)| v.into()))
        };
        assert!(with(&[("TERM", "xterm")]));
        assert!(with(&[("TERM", "xterm"), ("NO_COLOR", "")]));
        assert!(!with(&[("TERM", "xterm"), ("NO_COLOR", "1")]));
        assert!(!with(&[("TERM", "dumb")]));
        assert!(!with(&[]));
    }

    #[test]
    fn a_closed_pipe_is_not_worth_a_word() {
        let closed: OutputError = io::Error::from(io::ErrorKind::BrokenPipe).into();
        assert_eq!(Report::from(closed).code, Code::Unread);
        let full: OutputError = io::Error::from(io::ErrorKind::StorageFull).into();
        assert_eq!(Report::from(full).code, Code::Failed);
    }
}
