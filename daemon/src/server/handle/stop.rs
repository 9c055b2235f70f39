//! `stop` and `kill`: ends runs, and answers when they are over.

use std::collections::HashSet;
use std::time::Duration;

use app_model::SessionId;
use app_model::session::{DEFAULT_GRACE, INSIST_EVERY, STOP_MARGIN};
use app_sys::clock;
use app_wire::control::{ErrorCode, Failure, Reply, Stopped, Target};

use super::resolve::{resolve_all, view_of};
use crate::server::failure::{failure, of_shutdown, of_store, of_up};
use crate::service::Service;
use crate::session::{SessionHandle, UpError};

pub(in crate::server) async fn handle(
    service: &Service,
    targets: &[Target],
    grace_ms: Option<u32>,
    keep_tasks: bool,
) -> Result<Reply, Failure> {
    let grace = grace_ms.map_or(DEFAULT_GRACE, |ms| Duration::from_millis(ms.into()));
    let ids = resolve_all(service, targets).await?;
    let mut asked = Vec::new();
    let mut down = Vec::new();
    for &id in &ids {
        stay_down(service, id).await?;
        match service.supervisor.get(id).await.map_err(of_shutdown)? {
            Some(live) => asked.push(live),
            None => {
                // It may have ended by itself just before.
                stay_down(service, id).await?;
                down.push(id);
            }
        }
    }
    if !keep_tasks {
        for id in planned_below(service, &ids).await? {
            stay_down(service, id).await?;
        }
        for id in below(service, &ids).await? {
            // One that ended in between is not worth a word: nobody named it.
            asked.extend(service.supervisor.get(id).await.map_err(of_shutdown)?);
        }
    }
    let survivors = stop_all(service, &asked, grace).await?;
    if let Some(stubborn) = survivors.first() {
        return Err(Failure {
            hint: Some("The daemon goes on insisting; see `appctl daemon logs`.".into()),
            ..failure(ErrorCode::Failed, format!("the session {stubborn} has not ended yet"))
        });
    }
    let mut stopped = Stopped { ended: vec![], were_down: vec![], leftovers: 0 };
    for live in asked {
        stopped.ended.push(view_of(service, live.id).await?);
    }
    for id in down {
        stopped.leftovers += end_leftovers(service, id).await?;
        stopped.were_down.push(view_of(service, id).await?);
    }
    Ok(Reply::Stopped(stopped))
}

/// Ends what the runs of a session that is over have left behind in their scopes, and says
/// how many processes that were.
pub(super) async fn end_leftovers(service: &Service, id: SessionId) -> Result<u32, Failure> {
    // Resumed in the meantime: then it is that run's scope as well.
    if service.supervisor.get(id).await.map_err(of_shutdown)?.is_some() {
        return Ok(0);
    }
    Ok(u32::try_from(service.scopes.end(id).await).unwrap_or(u32::MAX))
}

/// The live tasks of these sessions, and theirs, each once: stopping means the tree.
pub(super) async fn below(service: &Service, ids: &[SessionId]) -> Result<Vec<SessionId>, Failure> {
    let mut found: Vec<SessionId> = Vec::new();
    for &id in ids {
        let live = service.store.with(move |registry| registry.live_below(id)).await;
        found.extend(live.map_err(|error| of_store(&error))?);
    }
    let mut seen: HashSet<_> = ids.iter().copied().collect();
    found.retain(|&id| seen.insert(id));
    Ok(found)
}

/// Sessions below these that may come back.
pub(super) async fn planned_below(
    service: &Service,
    ids: &[SessionId],
) -> Result<Vec<SessionId>, Failure> {
    let mut found = Vec::new();
    for &id in ids {
        let planned = service.store.with(move |registry| registry.planned_below(id)).await;
        found.extend(planned.map_err(|error| of_store(&error))?);
    }
    Ok(found)
}

/// A session that does not run is not started again by itself, and not woken.
pub(super) async fn stay_down(service: &Service, id: SessionId) -> Result<(), Failure> {
    let at = clock::wall_ms();
    let stayed = service.store.with(move |registry| registry.stay_down(id, at)).await;
    stayed.map(drop).map_err(|error| of_store(&error))
}

/// Asks all of them at once and waits until they are over. Returns those that are not,
/// when even insisting has not helped.
pub(super) async fn stop_all(
    service: &Service,
    sessions: &[SessionHandle],
    grace: Duration,
) -> Result<Vec<SessionId>, Failure> {
    for session in sessions {
        match session.down(grace).await {
            // Gone: it ended by itself, which is as good, unless a policy wants it back.
            Ok(()) | Err(UpError::Gone) => stay_down(service, session.id).await?,
            Err(refused) => return Err(of_up(&refused, &session.id.to_string())),
        }
    }
    let limit = grace + STOP_MARGIN + INSIST_EVERY * 2;
    let all = futures_util::future::join_all(sessions.iter().map(SessionHandle::over));
    if tokio::time::timeout(limit, all).await.is_ok() {
        return Ok(vec![]);
    }
    let alive = sessions.iter().filter(|session| !session.live().over);
    Ok(alive.map(|session| session.id).collect())
}
