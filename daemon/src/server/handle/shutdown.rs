//! `daemon stop`: ends the daemon, and the sessions only when that was asked for.

use app_model::session::DEFAULT_GRACE;
use app_wire::control::{ErrorCode, Failure, Reply};
use tracing::info;

use super::stop::stop_all;
use crate::server::failure::{failure, of_shutdown};
use crate::service::Service;

pub(in crate::server) async fn handle(service: &Service, sessions: bool) -> Result<Reply, Failure> {
    if sessions {
        let live = service.supervisor.all().await.map_err(of_shutdown)?;
        if let Some(stubborn) = stop_all(&live, DEFAULT_GRACE).await?.first() {
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
