//! Ending what is left in a session's scopes.
//!
//! # Invariants
//!
//! 1. A process is signalled by its identity, and only while it is in the scope: what has
//!    its pid now may be somebody else.
//! 2. A holder is spared: it may still be at work on the records of its run.

use std::time::Duration;

use app_model::SessionId;
use app_sys::poll;
use app_sys::process::{self, Identity, Pid, Process, Signal};

use super::enforced::scope_of;
use super::names;
use super::systemd::{Manager, ManagerError};

/// Times that a scope is looked at for who is new in it.
const ROUNDS: usize = 50;

/// How long a process that was killed may take to be gone before it is looked at again.
const GONE_LIMIT: Duration = Duration::from_millis(500);

/// What a holder's process is called.
const HOLDER: &str = "appd-holder";

/// Ends them, and returns how many there were.
pub(super) async fn end(manager: &Manager, session: SessionId) -> Result<usize, ManagerError> {
    let mut ended = 0;
    for unit in manager.units(&names::patterns(session)).await? {
        if names::is_of(session, &unit) {
            ended += end_unit(manager, session, &unit).await?;
        }
    }
    Ok(ended)
}

async fn end_unit(
    manager: &Manager,
    session: SessionId,
    unit: &str,
) -> Result<usize, ManagerError> {
    let mut ended = 0;
    for _ in 0..ROUNDS {
        let all: Vec<_> =
            manager.processes(unit).await?.into_iter().filter_map(process_with).collect();
        let (holders, left): (Vec<_>, Vec<_>) = all.into_iter().partition(|it| it.name == HOLDER);
        if left.is_empty() {
            break;
        }
        if holders.is_empty() {
            manager.kill_all(unit).await?;
        } else {
            left.iter().for_each(|one| kill(session, unit, &one.identity));
        }
        ended += left.len();
        gone(left).await;
    }
    Ok(ended)
}

fn process_with(pid: u32) -> Option<Process> {
    Pid::new(pid).and_then(process::process_of).filter(|process| !process.zombie)
}

fn kill(session: SessionId, unit: &str, identity: &Identity) {
    // Invariant 1. After the identity was taken: who is in the scope now has it.
    if scope_of(session, identity.pid.as_u32()).as_deref() != Some(unit) {
        return;
    }
    if let Err(error) = process::signal(identity, Signal::KILL) {
        tracing::warn!(pid = %identity.pid, %error, "could not be ended");
    }
}

/// Waits for processes to end, away from the loop.
async fn gone(left: Vec<Process>) {
    let waited = tokio::task::spawn_blocking(move || {
        for process in left {
            // One that cannot be watched, or takes longer, is looked for again.
            if let Ok(Some(watch)) = process::watch_exit(&process.identity) {
                poll::readable(&watch, Some(GONE_LIMIT)).ok();
            }
        }
    });
    drop(waited.await);
}
