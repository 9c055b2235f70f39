//! `events`: the journal from some point on, then what happens next.
//!
//! The journal is in the registry; a follower is only told that it has grown, and reads
//! on from where it was. So a slow one costs no memory and misses nothing that is kept.
//!
//! A reader that asks for what comes after an event that is yet to happen is told so by a gap
//! from the next number to that one, and hears from now on: its numbers are of a journal
//! that is no more, or it wants to know where the journal is.

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
    let newest_now = *newest.borrow_and_update();
    let mut seen = match since {
        Some(since) => since.min(newest_now),
        None if follow => newest_now,
        None => 0,
    };
    if let Some(since) = since {
        match gap(service, since, newest_now).await {
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

/// What a reader that stopped at `since` has missed for good, or has heard of elsewhere.
async fn gap(service: &Service, since: u64, newest: u64) -> Result<Option<Gap>, Failure> {
    if since > newest {
        return Ok(Some(Gap { from: newest + 1, to: since }));
    }
    let oldest = service.store.with(|registry| registry.oldest_event()).await;
    let oldest = oldest.map_err(|error| of_store(&error))?;
    Ok(oldest
        .filter(|&oldest| oldest > since + 1)
        .map(|oldest| Gap { from: since + 1, to: oldest - 1 }))
}
