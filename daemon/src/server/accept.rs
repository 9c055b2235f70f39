//! Accepting clients.
//!
//! # Invariants
//!
//! 1. One task per connection, no more of them than there is room for in the
//!    [`Budget`](crate::budget::Budget); more clients wait in the kernel's queue.
//! 2. An error of `accept` (no descriptors left, say) is waited out, never spun on.

use std::sync::Arc;
use std::time::Duration;

use app_sys::socket;
use interprocess::local_socket::tokio::{Listener, Stream};
use interprocess::local_socket::traits::tokio::Listener as _;
use tokio::sync::Semaphore;
use tracing::{debug, warn};

use crate::server::connection;
use crate::service::Service;

/// Pause after an `accept` that failed.
const PAUSE: Duration = Duration::from_millis(100);

/// Accepts clients until the daemon is to end.
pub async fn run(listener: Listener, service: Service) {
    let places = Arc::new(Semaphore::new(service.config.budget.clients));
    loop {
        let place = tokio::select! {
            place = places.clone().acquire_owned() => place,
            () = service.end.cancelled() => return,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = service.end.cancelled() => return,
        };
        match accepted {
            Ok(stream) if is_ours(&stream) => {
                let service = service.clone();
                tokio::spawn(async move {
                    connection::serve(stream, service).await;
                    drop(place);
                });
            }
            Ok(_) => warn!("a client of another user was turned away"),
            Err(error) => {
                warn!(error = &error as &dyn std::error::Error, "cannot accept clients");
                tokio::time::sleep(PAUSE).await;
            }
        }
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
