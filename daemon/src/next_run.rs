//! What the next run of a session is to run: what the one before ran or, of an agent whose
//! conversation is known, what goes on with that.
//!
//! # Invariants
//!
//! 1. It is in the session's directory before a process depends on it: before the next run is
//!    started, and before the last one is put to sleep.

use app_model::conversation::going_on;
use app_model::{Spec, TerminalSize};
use app_registry::SessionRow;
use app_sys::fault;

use crate::ledger::{self, LedgerError};
use crate::service::Service;

/// Why there is no next run.
#[derive(Debug, thiserror::Error)]
pub enum NextRunError {
    /// The session's directory could not be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// It has to go on where it was, and cannot: started anew it would say its first prompt
    /// again.
    #[error("it is not known how its conversation is gone on with")]
    NoWayOn,
    /// A thread broke off.
    #[error("the work on the session's directory broke off")]
    BrokeOff(#[from] tokio::task::JoinError),
}

/// How the next run has to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// Where the last one was if that can be, else as that began.
    AsItCan,
    /// Where the last one was.
    WhereItWas,
}

/// Writes down what the next run of this session is to run, with the size of the terminal that
/// will look at it if there is one.
pub async fn prepare(
    service: &Service,
    row: &SessionRow,
    beginning: Beginning,
    size: Option<TerminalSize>,
) -> Result<(), NextRunError> {
    let places = service.config.places.clone();
    let id = row.view.id;
    let (agent, goes_on) = (row.view.agent.clone(), row.goes_on.clone());
    let prepared = tokio::task::spawn_blocking(move || {
        let before = ledger::read_spec(&places.session_dir(id))?;
        let mut spec = before.clone();
        let knows_on = go_on(&mut spec, agent.as_deref(), goes_on.as_deref());
        if !knows_on && beginning == Beginning::WhereItWas {
            return Err(NextRunError::NoWayOn);
        }
        if let (Some(size), Some(had)) = (size, &mut spec.terminal) {
            *had = size.at_least_one();
        }
        if spec != before {
            ledger::write_spec(&places, id, &spec)?;
            fault::point("next.spec-written");
        }
        Ok(())
    });
    prepared.await?
}

/// Has the spec go on with this conversation, and says whether it does.
fn go_on(spec: &mut Spec, agent: Option<&str>, id: Option<&str>) -> bool {
    let Some(argv) = id.and_then(|id| going_on(agent, &spec.argv, id)) else { return false };
    spec.argv = argv;
    true
}
