//! Starting is recovering: an empty machine is the easy case.
//!
//! 1. Every run of which the registry does not know an end is looked for: its holder is
//!    adopted, or its record is read, or it is lost. Requests are answered only after
//!    that, so that nobody is shown what is no longer true.
//! 2. Directories of sessions that were removed, or never began, are deleted, in the
//!    background. So are names brought there that are newer in the registry.
//!
//! Nothing here takes time that grows with the sessions that ended.

use std::collections::BTreeSet;
use std::time::Duration;

use app_model::SessionId;
use app_model::event::kind;
use app_sys::fault;
use tracing::{info, warn};

use crate::door;
use crate::ledger;
use crate::service::Service;
use crate::session::{Begin, SessionHandle};
use crate::store::StoreError;
use crate::supervisor::ShuttingDown;

/// How long the start waits for all holders together to report. One that takes longer
/// is adopted when it does.
const ADOPT_LIMIT: Duration = Duration::from_secs(2);

/// How many events before the last are looked at for what was begun and not done.
const LAST_EVENTS: u64 = 100;

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
    fault::point("adopt.begun");
    let live = service.store.with(|registry| registry.live_runs()).await?;
    let known = live.iter().map(|run| run.session).collect();
    let places = service.config.places.clone();
    // Before anybody can start another session. What it leaves, the next daemon takes away.
    drop(tokio::task::spawn_blocking(move || door::close_all_but(&places, &known)).await);
    let mut handles = Vec::with_capacity(live.len());
    for run in live {
        handles.push(service.supervisor.enter(run.session, Begin::Adopt(run)).await?);
    }
    let all = futures_util::future::join_all(handles.iter().map(|handle| handle.settled()));
    if tokio::time::timeout(ADOPT_LIMIT, all).await.is_err() {
        warn!("some holders have not reported yet; they are adopted when they do");
    }
    fault::point("adopt.done");
    let alive = handles.iter().filter(|handle| !handle.live().over).count();
    info!(looked_for = handles.len(), alive, "took over");
    tokio::spawn(clear_away(service.clone(), handles));
    Ok(())
}

/// Deletes what belongs to no session: at once, and again when it is known which runs that
/// were asked for never began.
async fn clear_away(service: Service, newborn: Vec<SessionHandle>) {
    bury_all(&service).await;
    rename_on_disk(&service).await;
    let unknown: Vec<_> = newborn.into_iter().filter(|handle| !handle.live().settled).collect();
    if !unknown.is_empty() {
        futures_util::future::join_all(unknown.iter().map(SessionHandle::settled)).await;
        bury_all(&service).await;
    }
}

/// Brings names to the session directories that the last daemon had only in the registry
/// when it died.
async fn rename_on_disk(service: &Service) {
    let places = service.config.places.clone();
    // Both on the registry's thread: nobody renames one in between.
    let done = service.store.with(move |registry| {
        let since = registry.newest_event().saturating_sub(LAST_EVENTS);
        let events = registry.events_after(since)?;
        let renamed = events.iter().filter(|event| event.kind == kind::SESSION_RENAMED);
        for id in renamed.filter_map(|event| event.session).collect::<BTreeSet<_>>() {
            let Some(row) = registry.session(id)? else { continue };
            if let Err(refused) = ledger::rename(&places, id, row.view.name) {
                warn!(session = %id, error = &refused as &dyn std::error::Error, "an old name");
            }
        }
        Ok(())
    });
    if let Err(refused) = done.await {
        warn!(error = &refused as &dyn std::error::Error, "names on disk may be old");
    }
}

async fn bury_all(service: &Service) {
    match service.store.with(|registry| registry.tombstones()).await {
        Ok(gone) => {
            for id in gone {
                bury(service, id).await;
            }
        }
        Err(refused) => {
            warn!(error = &refused as &dyn std::error::Error, "what was removed stays on disk");
        }
    }
}

/// Deletes the directory of a session that was removed. What fails now is done at the
/// next start.
pub async fn bury(service: &Service, id: SessionId) {
    let dir = service.config.places.session_dir(id);
    let deleted = tokio::task::spawn_blocking(move || ledger::delete(&dir)).await;
    match deleted {
        Ok(Ok(())) => {
            fault::point("remove.deleted");
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
