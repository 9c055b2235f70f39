//! `daemon stop`: ends the daemon, and the sessions only when that was asked for.

use app_model::session::DEFAULT_GRACE;
use app_wire::control::{ErrorCode, Failure, Reply};
use tracing::info;

use super::stop::{stay_down, stop_all};
use crate::server::failure::{failure, of_shutdown, of_store};
use crate::service::Service;

pub(in crate::server) async fn handle(service: &Service, sessions: bool) -> Result<Reply, Failure> {
    if sessions {
        let live = service.supervisor.all().await.map_err(of_shutdown)?;
        let planned = service.store.with(|registry| registry.planned()).await;
        for (id, _) in planned.map_err(|error| of_store(&error))? {
            stay_down(service, id).await?;
        }
        if let Some(stubborn) = stop_all(service, &live, DEFAULT_GRACE).await?.first() {
            return Err(Failure {
                hint: Some("The daemon was not stopped; it goes on insisting.".into()),
                ..failure(ErrorCode::Failed, format!("the session {stubborn} does not end"))
            });
        }
    }
    info!(sessions, "asked to end");
    service.end.cancel();
    Ok(Reply::Done)
}
