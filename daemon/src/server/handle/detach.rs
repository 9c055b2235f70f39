//! `detach`: lets go of all terminals attached to a session.

use app_wire::control::{ErrorCode, Failure, Reply, Target};

use super::resolve::{resolve, row_of};
use crate::server::failure::{failure, of_shutdown, of_up};
use crate::service::Service;

pub(in crate::server) async fn handle(
    service: &Service,
    target: &Target,
) -> Result<Reply, Failure> {
    let id = resolve(service, target).await?;
    let Some(live) = service.supervisor.get(id).await.map_err(of_shutdown)? else {
        let name = row_of(service, id).await?.view.name;
        return Err(failure(ErrorCode::Conflict, format!("the session `{name}` is not live")));
    };
    live.detach_all().map_err(|refused| of_up(&refused, &id.to_string()))?;
    Ok(Reply::Done)
}
