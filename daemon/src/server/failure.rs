//! Errors of the daemon as the failures that clients are told.

use app_model::causes;
use app_wire::control::{ErrorCode, Failure};

use crate::ledger::LedgerError;
use crate::service::Service;
use crate::session::UpError;
use crate::store::StoreError;
use crate::supervisor::ShuttingDown;

/// A failure that is complete in one sentence.
pub(super) fn failure(code: ErrorCode, message: impl Into<String>) -> Failure {
    Failure { code, message: message.into(), because: vec![], hint: None, candidates: vec![] }
}

/// A failure with everything that led to it.
pub(super) fn caused(
    message: impl Into<String>,
    error: &(dyn std::error::Error + 'static),
) -> Failure {
    let mut because = vec![error.to_string()];
    because.extend(causes(error).map(ToString::to_string));
    because.dedup();
    Failure { because, ..failure(ErrorCode::Failed, message) }
}

/// The registry did not answer.
pub(super) fn of_store(error: &StoreError) -> Failure {
    let (code, hint) = match error {
        StoreError::Registry(refused) if refused.is_busy() => {
            (ErrorCode::Busy, "Another program holds it. Try again in a moment.")
        }
        StoreError::Registry(refused) if refused.is_damage() => {
            (ErrorCode::Busy, "Try again: it is made anew from the session directories.")
        }
        StoreError::Registry(_) | StoreError::Closed => {
            (ErrorCode::Failed, "See `appctl daemon logs`; sessions that run are not affected.")
        }
    };
    Failure { code, hint: Some(hint.into()), ..caused("the registry could not be used", error) }
}

/// Whether there is room for one more live session.
pub(super) fn room(service: &Service) -> Result<(), Failure> {
    let (live, most) = (*service.supervisor.count().borrow(), service.config.budget.sessions);
    if live < most {
        return Ok(());
    }
    Err(Failure {
        hint: Some(
            "Stop one, or raise the hard limit on open files (`ulimit -Hn`), then \
             `appctl daemon restart`."
                .into(),
        ),
        because: vec![format!("the limit on open files leaves the daemon room for {most}")],
        ..failure(ErrorCode::Failed, format!("too many sessions are live: {live}"))
    })
}

/// A session directory could not be used.
pub(super) fn of_ledger(error: &LedgerError) -> Failure {
    caused("the session's directory could not be used", error)
}

/// The daemon is about to end.
pub(super) fn of_shutdown(error: ShuttingDown) -> Failure {
    Failure {
        hint: Some("Try again: the next command starts a new daemon.".into()),
        ..failure(ErrorCode::Busy, error.to_string())
    }
}

/// A run could not be had; `command` is what should have run.
pub(super) fn of_up(error: &UpError, command: &str) -> Failure {
    match error {
        UpError::Launch(failed) => Failure {
            because: vec![failed.message.clone()],
            hint: launch_hint(failed.exit_code, failed.errno),
            ..failure(ErrorCode::Launch(failed.exit_code), format!("cannot start `{command}`"))
        },
        UpError::Busy => Failure {
            hint: Some("Try again in a moment.".into()),
            ..failure(ErrorCode::Busy, "too many requests wait for this session")
        },
        UpError::NeverStarted | UpError::NotRecorded(_) | UpError::Gone => Failure {
            hint: Some("See `appctl daemon logs`.".into()),
            ..caused(format!("cannot start `{command}`"), error)
        },
    }
}

fn launch_hint(exit_code: u8, errno: i32) -> Option<String> {
    use std::io::ErrorKind;

    let hint = match exit_code {
        125 => match std::io::Error::from_raw_os_error(errno).kind() {
            ErrorKind::NotFound => "Check that it is there; the next start looks again.",
            ErrorKind::WouldBlock => {
                "A limit is reached: on processes (`ulimit -u`, or the control group's), or on \
                 terminals (`sysctl kernel.pty.max`). End some, or raise it."
            }
            ErrorKind::StorageFull => "Make room: `df` shows which disk is full.",
            _ => return None,
        },
        127 => "Check the program's name, and PATH in the environment you start it from.",
        126 => "Check that the file is executable, and that you may use it.",
        _ => return None,
    };
    Some(hint.into())
}
