//! `pause` and `continue`: processes stand still, or go on.

use std::time::Duration;

use app_model::Phase;
use app_wire::control::{ErrorCode, Failure, Reply, Target};

use super::resolve::{resolve_all, row_of, view_of};
use crate::server::failure::{failure, of_shutdown, of_up};
use crate::service::Service;
use crate::session::SessionHandle;

/// How long a holder may take to stop or wake its processes.
const LIMIT: Duration = Duration::from_secs(5);

pub(in crate::server) async fn handle(
    service: &Service,
    targets: &[Target],
    paused: bool,
) -> Result<Reply, Failure> {
    let mut live = Vec::new();
    // All or none: nothing is done before everything can be.
    for id in resolve_all(service, targets).await? {
        let handle = service.supervisor.get(id).await.map_err(of_shutdown)?;
        let name = row_of(service, id).await?.view.name;
        match handle {
            Some(handle) if handle.live().phase != Phase::Stopping => live.push((handle, name)),
            Some(_) => {
                let message = format!("the session `{name}` is being stopped");
                return Err(failure(ErrorCode::Conflict, message));
            }
            None => {
                let message = format!("the session `{name}` is not live");
                return Err(failure(ErrorCode::Conflict, message));
            }
        }
    }
    let mut views = Vec::with_capacity(live.len());
    for (handle, _) in &live {
        handle.pause(paused).map_err(|refused| of_up(&refused, &handle.id.to_string()))?;
    }
    for (handle, name) in live {
        stands(&handle, &name, paused).await?;
        views.push(view_of(service, handle.id).await?);
    }
    Ok(Reply::Stood(views))
}

/// Waits until its holder has seen to it.
async fn stands(handle: &SessionHandle, name: &str, paused: bool) -> Result<(), Failure> {
    // The phase, which is written down by the time it shows.
    let is_so = |live: &crate::session::Live| {
        live.over || ((live.phase == Phase::Paused) == paused && live.phase != Phase::Starting)
    };
    let mut changes = handle.changes();
    match tokio::time::timeout(LIMIT, changes.wait_for(is_so)).await {
        Ok(Ok(live)) if !live.over => Ok(()),
        // Over, or its actor is gone, which is the same.
        Ok(_) => Err(failure(ErrorCode::Conflict, format!("the session `{name}` has ended"))),
        Err(_) => Err(Failure {
            hint: Some("A session that an older release has started cannot be paused.".into()),
            ..failure(ErrorCode::Failed, format!("the holder of `{name}` has not done it"))
        }),
    }
}
