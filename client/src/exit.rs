//! Exit codes: what a script learns from `appctl` without reading its output.
//!
//! # Invariants
//!
//! 1. A number means one thing for ever; `docs/EXIT_CODES.md` is this module for readers.
//! 2. A verb that watches a program passes on the program's own code, so its general
//!    failure is 125 and not 1, which programs use.

use std::process::ExitCode;

use app_model::Exit;
use app_wire::control::ErrorCode;

/// What the process ends with when a command did what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Status(pub(crate) u8);

impl Status {
    /// All was done.
    pub(crate) const DONE: Self = Self(0);
    /// The person left a list without choosing, as by Ctrl-C.
    pub(crate) const NOTHING_CHOSEN: Self = Self(130);
    /// `wait --timeout` is over.
    pub(crate) const TIMED_OUT: Self = Self(124);
    /// What was asked about is not there: no daemon, for `daemon status`.
    pub(crate) const NO_DAEMON: Self = Self(69);

    /// The status of a program that ended while we watched.
    pub(crate) fn of(exit: Exit) -> Self {
        Self(exit.shell_code())
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status.0)
    }
}

/// Why a command did not do what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// It failed.
    Failed,
    /// The command makes no sense.
    Usage,
    /// There is no such session.
    NotFound,
    /// Several sessions match.
    Ambiguous,
    /// The session is in a state in which this cannot be done.
    Conflict,
    /// There is no daemon, and none could be started.
    NoDaemon,
    /// There is too much to do; try again.
    Busy,
    /// The two sides speak different protocol versions.
    Protocol,
    /// Not permitted.
    NotPermitted,
    /// The program could not be started; a shell would exit with this number.
    Launch(u8),
    /// Whoever read our output went away. Not worth a word.
    Unread,
}

impl Code {
    /// The word in `--json`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::NotFound => "not_found",
            Self::Ambiguous => "ambiguous",
            Self::Conflict => "conflict",
            Self::NoDaemon => "no_daemon",
            Self::Busy => "busy",
            Self::Protocol => "protocol",
            Self::NotPermitted => "not_permitted",
            Self::Launch(_) => "launch_failed",
            Self::Unread => "unread",
        }
    }

    /// The exit code. `watches` is whether the verb passes on a program's own code
    /// (invariant 2).
    pub(crate) fn status(self, watches: bool) -> Status {
        Status(match self {
            Self::Failed | Self::Conflict => {
                if watches {
                    125
                } else {
                    1
                }
            }
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Ambiguous => 4,
            Self::NoDaemon => 69,
            Self::Busy => 75,
            Self::Protocol => 76,
            Self::NotPermitted => 77,
            Self::Launch(code) => code,
            Self::Unread => 0,
        })
    }
}

impl From<ErrorCode> for Code {
    fn from(code: ErrorCode) -> Self {
        match code {
            ErrorCode::Failed => Self::Failed,
            ErrorCode::Usage => Self::Usage,
            ErrorCode::NotFound => Self::NotFound,
            ErrorCode::Ambiguous => Self::Ambiguous,
            ErrorCode::Conflict => Self::Conflict,
            ErrorCode::Busy => Self::Busy,
            ErrorCode::NotPermitted => Self::NotPermitted,
            ErrorCode::Launch(code) => Self::Launch(code),
        }
    }
}

#[cfg(test)]
mod tests {
    use app_model::Signal;

    use super::*;

    #[test]
    fn each_failure_has_the_number_that_scripts_know() {
        for (code, number) in [
            (Code::Failed, 1),
            (Code::Usage, 2),
            (Code::NotFound, 3),
            (Code::Ambiguous, 4),
            (Code::Conflict, 1),
            (Code::NoDaemon, 69),
            (Code::Busy, 75),
            (Code::Protocol, 76),
            (Code::NotPermitted, 77),
            (Code::Launch(127), 127),
        ] {
            assert_eq!(code.status(false), Status(number), "{code:?}");
        }
    }

    #[test]
    fn a_verb_that_watches_keeps_1_for_the_program() {
        assert_eq!(Code::Failed.status(true), Status(125));
        assert_eq!(Code::NotFound.status(true), Status(3));
        assert_eq!(Status::of(Exit::Code(1)), Status(1));
        assert_eq!(Status::of(Exit::Signal(Signal::TERM)), Status(143));
    }
}
