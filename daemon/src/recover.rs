//! Starting is recovering: an empty machine is the easy case.
//!
//! 1. Directories of sessions that were removed are deleted, in the background.
//! 2. Every run of which the registry does not know an end is looked for: its holder is
//!    adopted, or its record is read, or it is lost. Requests are answered only after
//!    that, so that nobody is shown what is no longer true.
//!
//! Nothing here takes time that grows with the sessions that ended.

use std::time::Duration;

use app_model::SessionId;
use tracing::{info, warn};

use crate::ledger;
use crate::service::Service;
use crate::session::Begin;
use crate::store::StoreError;
use crate::supervisor::ShuttingDown;

/// How long the start waits for all holders together to report. One that takes longer
/// is adopted when it does.
const ADOPT_LIMIT: Duration = Duration::from_secs(2);

/// Why the daemon cannot take over.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// The registry cannot be read.
    #[error("the sessions that may be alive could not be listed")]
    Store(#[from] StoreError),
    /// It is being stopped already.
    #[error(transparent)]
    ShuttingDown(#[from] ShuttingDown),
}

/// Takes over what an earlier daemon left.
pub async fn recover(service: &Service) -> Result<(), RecoverError> {
    let gone = service.store.with(|registry| registry.tombstones()).await?;
    if !gone.is_empty() {
        tokio::spawn(bury_all(service.clone(), gone));
    }
    let live = service.store.with(|registry| registry.live_runs()).await?;
    let mut handles = Vec::with_capacity(live.len());
    for run in live {
        handles.push(service.supervisor.enter(run.session, Begin::Adopt(run)).await?);
    }
    let all = futures_util::future::join_all(handles.iter().map(|handle| handle.settled()));
    if tokio::time::timeout(ADOPT_LIMIT, all).await.is_err() {
        warn!("some holders have not reported yet; they are adopted when they do");
    }
    let alive = handles.iter().filter(|handle| !handle.live().over).count();
    info!(looked_for = handles.len(), alive, "took over");
    Ok(())
}

async fn bury_all(service: Service, gone: Vec<SessionId>) {
    for id in gone {
        bury(&service, id).await;
    }
}

/// Deletes the directory of a session that was removed. What fails now is done at the
/// next start.
pub async fn bury(service: &Service, id: SessionId) {
    let dir = service.config.places.session_dir(id);
    let deleted = tokio::task::spawn_blocking(move || ledger::delete(&dir)).await;
    match deleted {
        Ok(Ok(())) => {
            if let Err(refused) = service.store.with(move |registry| registry.bury(id)).await {
                warn!(session = %id, error = &refused as &dyn std::error::Error, "left a tombstone");
            }
        }
        Ok(Err(refused)) => {
            warn!(session = %id, error = &refused as &dyn std::error::Error, "left a directory");
        }
        Err(panic) => warn!(session = %id, error = &panic as &dyn std::error::Error, "left"),
    }
}
