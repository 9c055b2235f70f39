//! `rm`: forgets sessions, then deletes their records.

use std::time::Duration;

use app_sys::{clock, fault};
use app_wire::control::{ErrorCode, Failure, Reply, Target};
use tracing::warn;

use super::resolve::{resolve_all, row_of};
use super::stop::{below, end_leftovers, stop_all};
use crate::ledger;
use crate::recover::bury;
use crate::server::failure::{failure, of_shutdown, of_store};
use crate::service::Service;

pub(in crate::server) async fn handle(
    service: &Service,
    targets: &[Target],
    force: bool,
) -> Result<Reply, Failure> {
    let ids = resolve_all(service, targets).await?;
    let mut live = Vec::new();
    for &id in &ids {
        live.extend(service.supervisor.get(id).await.map_err(of_shutdown)?);
    }
    let tasks = below(service, &ids).await?;
    for &id in &tasks {
        live.extend(service.supervisor.get(id).await.map_err(of_shutdown)?);
    }
    // All or nothing: one that is live keeps the others as well.
    if let (Some(running), false) = (live.first(), force) {
        let name = row_of(service, running.id).await?.view.name;
        let what = if tasks.contains(&running.id) { "task" } else { "session" };
        return Err(Failure {
            hint: Some(format!(
                "Stop it first with `appctl stop {0}`, or use `appctl rm --force {0}`.",
                running.id
            )),
            ..failure(ErrorCode::Conflict, format!("the {what} `{name}` is live"))
        });
    }
    if let Some(stubborn) = stop_all(service, &live, Duration::ZERO).await?.first() {
        return Err(failure(ErrorCode::Failed, format!("the session {stubborn} does not end")));
    }
    for id in ids {
        end_leftovers(service, id).await?;
        let (at, dir) = (clock::wall_ms(), service.config.places.session_dir(id));
        let removed = service.store.with(move |registry| {
            registry.remove(id, at)?;
            Ok(ledger::disown(&dir))
        });
        if let Err(refused) = removed.await.map_err(|error| of_store(&error))? {
            // It is deleted as a whole soon, or at the next start.
            let error = &refused as &dyn std::error::Error;
            warn!(session = %id, error, "a registry made anew would find it again");
        }
        fault::point("remove.committed");
        // Before its directory goes: what is gone stays gone, whatever happens.
        service.disk.settle().await;
        bury(service, id).await;
    }
    Ok(Reply::Done)
}
