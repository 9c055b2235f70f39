//! Telling a person: takes due notices from the registry, one at a time, and shows them.
//!
//! # Invariants
//!
//! 1. A notice is claimed in the registry before it is shown, so it is shown at most
//!    once whatever dies in between.
//! 2. A desktop that hangs, or is not there, delays notices and nothing else.

mod desktop;

use std::sync::Arc;

use app_registry::{NoticeOutcome, PendingNotice};
use app_sys::clock;
use tokio::sync::Notify;
use tracing::{error, info, warn};

use crate::store::Store;

/// Shows notices until the daemon ends. `due` wakes it; it looks once at the start, for
/// those that became due while no daemon was there.
pub async fn run(store: Store, due: Arc<Notify>) {
    loop {
        while let Some(pending) = claim(&store).await {
            show(&store, pending).await;
        }
        due.notified().await;
    }
}

async fn claim(store: &Store) -> Option<PendingNotice> {
    let at = clock::wall_ms();
    match store.with(move |registry| registry.claim_notice(at)).await {
        Ok(claimed) => claimed,
        Err(refused) => {
            error!(error = &refused as &dyn std::error::Error, "notices cannot be read");
            None
        }
    }
}

async fn show(store: &Store, pending: PendingNotice) {
    let PendingNotice { session, run, notice } = pending;
    let outcome = match desktop::show(&notice).await {
        Ok(()) => {
            info!(%session, %run, title = notice.title, "the desktop shows a notice");
            NoticeOutcome::Sent
        }
        Err(refused) => {
            let error = &refused as &dyn std::error::Error;
            warn!(%session, %run, title = notice.title, error, "a notice reached nobody");
            NoticeOutcome::Failed(explained(&refused))
        }
    };
    let at = clock::wall_ms();
    let settled =
        store.with(move |registry| registry.settle_notice(session, run, &outcome, at)).await;
    if let Err(refused) = settled {
        error!(%session, error = &refused as &dyn std::error::Error, "a notice stays unsettled");
    }
}

/// An error with everything that led to it, on one line.
fn explained(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
