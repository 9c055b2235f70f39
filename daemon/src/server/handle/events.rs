//! `events`: the journal from some point on, then what happens next.
//!
//! The journal is in the registry; a follower is only told that it has grown, and reads
//! on from where it was. So a slow one costs no memory and misses nothing that is kept.

use app_model::event::Event;
use app_wire::control::{Failure, Gap, Reply};

use crate::server::connection::{HungUp, Outbox};
use crate::server::failure::of_store;
use crate::service::Service;

pub(in crate::server) async fn handle(
    service: &Service,
    since: Option<u64>,
    follow: bool,
    outbox: &mut Outbox<'_>,
) -> Result<Reply, HungUp> {
    let mut newest = service.store.newest_event();
    let mut seen = match since {
        Some(since) => since,
        None if follow => *newest.borrow_and_update(),
        None => 0,
    };
    if let Some(since) = since {
        match gap(service, since).await {
            Ok(Some(gap)) => outbox.send(&Reply::Gap(gap)).await?,
            Ok(None) => {}
            Err(failed) => return Ok(Reply::Failed(failed)),
        }
    }
    loop {
        newest.borrow_and_update();
        loop {
            let page = match page(service, seen).await {
                Ok(page) => page,
                Err(failed) => return Ok(Reply::Failed(failed)),
            };
            let Some(last) = page.last() else { break };
            seen = last.seq;
            for event in page {
                outbox.send(&Reply::Event(event)).await?;
            }
        }
        if !follow || newest.changed().await.is_err() {
            return Ok(Reply::Done);
        }
    }
}

async fn page(service: &Service, seen: u64) -> Result<Vec<Event>, Failure> {
    let page = service.store.with(move |registry| registry.events_after(seen)).await;
    page.map_err(|error| of_store(&error))
}

/// What a reader that stopped at `since` has missed for good.
async fn gap(service: &Service, since: u64) -> Result<Option<Gap>, Failure> {
    let oldest = service.store.with(|registry| registry.oldest_event()).await;
    let oldest = oldest.map_err(|error| of_store(&error))?;
    Ok(oldest
        .filter(|&oldest| oldest > since + 1)
        .map(|oldest| Gap { from: since + 1, to: oldest - 1 }))
}
