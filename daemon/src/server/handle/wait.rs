//! `wait`: answers when runs are over.

use app_model::{Phase, SessionId};
use app_wire::control::{Failure, Reply, Target};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use super::resolve::{resolve_all, view_of};
use crate::server::failure::{of_shutdown, of_store};
use crate::service::Service;

pub(in crate::server) async fn handle(
    service: &Service,
    targets: &[Target],
    any: bool,
) -> Result<Reply, Failure> {
    let ids = resolve_all(service, targets).await?;
    let mut waiting: FuturesUnordered<_> = ids.iter().map(|&id| ended(service, id)).collect();
    let mut over = Vec::new();
    while let Some(id) = waiting.next().await {
        over.push(id?);
        if any {
            break;
        }
    }
    let mut views = Vec::new();
    for id in ids.into_iter().filter(|id| over.contains(id)) {
        views.push(view_of(service, id).await?);
    }
    Ok(Reply::Ended(views))
}

async fn ended(service: &Service, id: SessionId) -> Result<SessionId, Failure> {
    let mut events = service.store.newest_event();
    loop {
        events.mark_unchanged();
        if let Some(live) = service.supervisor.get(id).await.map_err(of_shutdown)? {
            live.over().await;
        }
        let row = service.store.with(move |registry| registry.session(id)).await;
        let row = row.map_err(|error| of_store(&error))?;
        // Sleep is no end: what comes after it is waited for. Removed is over.
        if row.is_none_or(|row| row.view.phase != Phase::Asleep) {
            return Ok(id);
        }
        if events.changed().await.is_err() {
            return Ok(id);
        }
    }
}
