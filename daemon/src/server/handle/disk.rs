//! Work on a session's directory, away from the loop: a disk may be slow.

use app_wire::control::Failure;

use crate::ledger::LedgerError;
use crate::server::failure::{caused, of_ledger};

/// Does `work` on a thread that may wait.
pub(super) async fn on_disk<W, T>(work: W) -> Result<T, Failure>
where
    W: FnOnce() -> Result<T, LedgerError> + Send + 'static,
    T: Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| of_ledger(&error)),
        Err(panic) => Err(caused("the session's directory could not be used", &panic)),
    }
}
