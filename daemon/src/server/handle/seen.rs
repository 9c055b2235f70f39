//! A person looked at a session that ended.

use app_model::SessionId;
use app_wire::control::{Failure, Reply};

use crate::server::failure::of_store;
use crate::service::Service;

pub(in crate::server) async fn handle(
    service: &Service,
    session: SessionId,
) -> Result<Reply, Failure> {
    let seen = service.store.with(move |registry| registry.mark_seen(session)).await;
    seen.map_err(|error| of_store(&error))?;
    Ok(Reply::Done)
}
