//! Accepting clients.
//!
//! # Invariants
//!
//! 1. One task per connection, no more of them than there is room for; more clients wait in
//!    the kernel's queue.
//! 2. An error of `accept` (no descriptors left, say) is waited out, never spun on.

use std::io;
use std::time::Duration;

use app_sys::socket;
use interprocess::local_socket::tokio::{Listener, Stream};
use interprocess::local_socket::traits::tokio::Listener as _;
use tokio::sync::OwnedSemaphorePermit;
use tracing::{debug, warn};

use crate::server::authority::Caller;
use crate::server::connection;
use crate::service::Service;

/// Pause after an `accept` that failed.
const PAUSE: Duration = Duration::from_millis(100);

/// Accepts clients on the control socket until the daemon is to end.
pub async fn run(listener: Listener, service: Service) {
    loop {
        let place = tokio::select! {
            place = service.clients.clone().acquire_owned() => place,
            () = service.end.cancelled() => return,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = service.end.cancelled() => return,
        };
        let places = place.into_iter().collect();
        take(accepted, places, &service, Caller::Person).await;
    }
}

/// The places of one client, in each of the rooms that it takes one of.
pub(super) type Places = Vec<OwnedSemaphorePermit>;

/// Serves a client of this user in a task of its own, which has its places until it is done.
pub(super) async fn take(
    accepted: io::Result<Stream>,
    places: Places,
    service: &Service,
    caller: Caller,
) {
    match accepted {
        Ok(stream) if is_ours(&stream) => {
            let service = service.clone();
            tokio::spawn(async move {
                connection::serve(stream, service, caller).await;
                drop(places);
            });
        }
        Ok(_) => warn!("a client of another user was turned away"),
        Err(error) => {
            warn!(error = &error as &dyn std::error::Error, "cannot accept clients");
            tokio::time::sleep(PAUSE).await; // Invariant 2.
        }
    }
}

/// Turns a client away, if it is one of this user.
pub(super) async fn turn_away(stream: Stream) {
    if is_ours(&stream) {
        connection::refuse(stream).await;
    }
}

fn is_ours(stream: &Stream) -> bool {
    let Stream::UdSocket(stream) = stream;
    match socket::check_peer(stream.inner()) {
        Ok(()) => true,
        Err(refused) => {
            debug!(error = &refused as &dyn std::error::Error, "not ours");
            false
        }
    }
}
