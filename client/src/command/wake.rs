//! Waking: a session that sleeps goes on where it was before anything else is done with it.
//!
//! # Invariants
//!
//! 1. A session that cannot be woken stays asleep, and the error says why.
//! 2. Nothing is typed into a program that has not shown that it reads.

use std::time::Duration;

use app_model::{Phase, SessionId, SessionView, TerminalSize, Turn};
use app_sys::poll;
use app_wire::control::{Awaited, Reply, Request};

use super::context::exactly;
use crate::connect::{AskError, Daemon};
use crate::exit::Code;
use crate::report::{Explain, Report};

/// How long it may take to wake one that is just falling asleep: the daemon's own limit on that
/// and on the start, and some more.
const WAKE_LIMIT: Duration = Duration::from_secs(70);

/// How long a program that was woken may take until it waits for its next turn.
const READS_LIMIT: Duration = Duration::from_secs(60);

/// How long an agent is left alone once it says that it waits: some say so by a hook before
/// their input line takes anything, and nothing tells when it does.
const SETTLE: Duration = Duration::from_secs(2);

/// Why nothing was typed.
#[derive(Debug, thiserror::Error)]
enum WakeError {
    #[error("session {id} was woken, and has not shown within {} s that it reads",
        READS_LIMIT.as_secs())]
    Slow { id: SessionId },
    #[error("session {id} was woken, and ended before it read anything")]
    Ended { id: SessionId },
}

impl Explain for WakeError {
    fn code(&self) -> Code {
        Code::Conflict
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Slow { id } => {
                format!("Nothing was typed. See it with `appctl attach {id}`, or send again.")
            }
            Self::Ended { id } => format!("Nothing was typed. Read `appctl logs {id}`."),
        })
    }
}

/// The session, awake if it slept or was about to; its program has the terminal that is told.
pub(super) fn awake(
    daemon: &mut Daemon,
    view: SessionView,
    size: Option<TerminalSize>,
) -> Result<SessionView, AskError> {
    // One that is being stopped stays as it is, unless that is to let it sleep.
    if !matches!(view.phase, Phase::Asleep | Phase::Stopping) {
        return Ok(view);
    }
    let request = Request::Wake { target: exactly(view.id), size };
    match daemon.ask_within(&request, Some(WAKE_LIMIT))? {
        Reply::Resumed(resumed) if resumed.run == view.run => Ok(view),
        Reply::Resumed(resumed) => {
            Ok(SessionView { run: resumed.run, phase: Phase::Running, exit: None, ..view })
        }
        _ => Err(AskError::OffTopic),
    }
}

/// Wakes the session if it sleeps, and returns when its program takes what is typed.
pub(super) fn until_it_reads(daemon: &mut Daemon, view: SessionView) -> Result<(), Report> {
    let (id, run) = (view.id, view.run);
    let view = awake(daemon, view, None)?;
    if view.run == run {
        return Ok(());
    }
    let request = Request::WaitFor { target: exactly(id), what: Awaited::Idle };
    match daemon.ask_within(&request, Some(READS_LIMIT)) {
        Ok(Reply::Session(view)) if view.turn == Turn::Idle => {
            // A wait that fails is a shorter one.
            poll::wait(&mut [], Some(SETTLE)).ok();
            Ok(())
        }
        Ok(Reply::Session(_)) => Err(WakeError::Ended { id }.into()),
        Ok(_) => Err(AskError::OffTopic.into()),
        Err(error) if error.is_silence() => Err(WakeError::Slow { id }.into()),
        Err(error) => Err(error.into()),
    }
}
