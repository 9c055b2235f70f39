//! Starts sessions again whose policy says so, when the time has come.
//!
//! One task with one timer. What is planned is in the registry, so a daemon that is started
//! during a pause goes on with what is left of it.
//!
//! # Invariants
//!
//! 1. A run is started only while it is planned: the registry decides, in the transaction
//!    that writes the run down. A stop or a person's start that came first wins.
//! 2. Nothing is due, nothing wakes.

use std::time::Duration;

use app_model::SessionId;
use tokio::time::Instant;
use tracing::{debug, info, warn};

use crate::clocks::{clocks, wake};
use crate::next_run::{Beginning, prepare};
use crate::service::Service;
use crate::session::{Begin, By, UpError, UpOutcome};
use crate::store::StoreError;

/// Starts that are under way at once, so that a machine that was just started is not
/// brought down by all of them.
const AT_ONCE: usize = 4;

/// How long to wait when what was due could not even be tried.
const AFTER_TROUBLE: Duration = Duration::from_secs(30);

/// Runs until the daemon ends.
pub async fn run(service: Service) {
    loop {
        let wake_at = match round(&service).await {
            Ok(next) => next.map(|left| Instant::now() + left),
            Err(refused) => {
                let error = &refused as &dyn std::error::Error;
                warn!(error, "what is planned could not be looked up");
                Some(Instant::now() + AFTER_TROUBLE)
            }
        };
        tokio::select! {
            () = service.planned.notified() => {}
            () = wake(wake_at) => {}
            () = service.end.cancelled() => return,
        }
    }
}

/// Starts what is due. Returns how long until something else is.
async fn round(service: &Service) -> Result<Option<Duration>, StoreError> {
    let planned = service.store.with(|registry| registry.planned()).await?;
    let now = clocks();
    let (mut due, mut next) = (Vec::new(), None::<Duration>);
    for (id, when) in planned {
        let left = when.left(&now);
        if left.is_zero() && due.len() < AT_ONCE {
            due.push(id);
        } else {
            next = Some(next.map_or(left, |next| next.min(left)));
        }
    }
    let starts = due.iter().map(|&id| start(service, id));
    let all_tried = futures_util::future::join_all(starts).await.into_iter().all(|tried| tried);
    // What failed is planned anew; what could not be tried would be due again at once.
    Ok(if all_tried { next } else { Some(AFTER_TROUBLE) })
}

/// Starts the next run of a session, if it is still planned. Says whether that could be
/// tried.
async fn start(service: &Service, id: SessionId) -> bool {
    let row = match service.store.with(move |registry| registry.session(id)).await {
        Ok(Some(row)) => row,
        Ok(None) => return true,
        Err(refused) => {
            let error = &refused as &dyn std::error::Error;
            warn!(session = %id, error, "could not be started again");
            return false;
        }
    };
    if let Err(refused) = prepare(service, &row, Beginning::AsItCan, None).await {
        let error = &refused as &dyn std::error::Error;
        warn!(session = %id, error, "it is started again as it was first");
    }
    let begin = Begin::Next { run: row.view.run.next(), last: row.view.exit, by: By::Policy };
    let Ok(actor) = service.supervisor.enter(id, begin).await else { return false };
    match actor.up().await {
        Ok(UpOutcome::Started(run)) => {
            let attempt = row.view.comeback.attempts;
            info!(session = %id, %run, attempt, "started again by its policy");
            true
        }
        Ok(UpOutcome::WasLive(_)) | Err(UpError::Gone) => {
            debug!(session = %id, "somebody else was quicker");
            true
        }
        Err(UpError::Launch(failed)) => {
            warn!(session = %id, why = failed.message, "could not be started again");
            true
        }
        Err(refused @ (UpError::NeverStarted | UpError::NotRecorded(_) | UpError::Busy)) => {
            let error = &refused as &dyn std::error::Error;
            warn!(session = %id, error, "could not be started again");
            false
        }
    }
}
