//! Accepting the programs inside of sessions, each on the socket of its session.
//!
//! # Invariants
//!
//! 1. A socket is served for as long as its session is live, and not before the daemon knows
//!    what is true.
//! 2. The programs of one session take no more than their share of the room that there is for
//!    those of all, and these nothing of the person's. Who only might ask takes none.
//! 3. How much a session is trusted is read where it is written down, once; what cannot be
//!    read is not trusted.

use std::sync::Arc;

use app_model::{SessionId, Trust};
use interprocess::local_socket::tokio::Listener;
use interprocess::local_socket::traits::tokio::Listener as _;
use interprocess::os::unix::uds_local_socket;
use tokio::sync::{OnceCell, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use crate::door::Door;
use crate::ledger;
use crate::server::accept;
use crate::server::authority::Caller;
use crate::service::Service;

/// Clients of one session at the same time (invariant 2).
const CLIENTS: usize = 32;

/// Serves the sockets that sessions get, once it is `open`, until the daemon is to end.
pub async fn run(mut doors: mpsc::Receiver<Door>, service: Service, open: CancellationToken) {
    while let Some(door) = doors.recv().await {
        let (service, open) = (service.clone(), open.clone());
        tokio::spawn(async move {
            let over = door.session.clone();
            tokio::select! {
                () = watch(door, &service, open) => {}
                () = over.over() => {}
                () = service.end.cancelled() => {}
            }
        });
    }
}

/// Accepts the programs inside one session.
async fn watch(door: Door, service: &Service, open: CancellationToken) {
    let Door { session, listener } = door;
    let listener = uds_local_socket::Listener::from(listener).try_into();
    let listener: Listener = match listener {
        Ok::<uds_local_socket::tokio::Listener, _>(listener) => listener.into(),
        Err(error) => {
            warn!(session = %session.id, %error, "nobody listens inside the session");
            return;
        }
    };
    open.cancelled().await; // Invariant 1.
    let own = Arc::new(Semaphore::new(CLIENTS));
    let known = OnceCell::new();
    loop {
        // Nobody closes a room.
        let mut places: Vec<_> = own.clone().acquire_owned().await.into_iter().collect();
        let accepted = listener.accept().await;
        // Taken when somebody is there, and not waited for with their descriptor in hand.
        let shared = service.inside.clone().try_acquire_owned().ok();
        let accepted = match (accepted, &shared) {
            (Ok(stream), None) => {
                debug!(session = %session.id, "turned away: too many inside of sessions");
                accept::turn_away(stream).await;
                continue;
            }
            (accepted, _) => accepted,
        };
        places.extend(shared);
        let trust = *known.get_or_init(|| trust_of(service, session.id)).await;
        let caller = Caller::Inside { session: session.id, trust };
        accept::take(accepted, places, service, caller).await;
    }
}

async fn trust_of(service: &Service, id: SessionId) -> Trust {
    let dir = service.config.places.session_dir(id);
    let read = tokio::task::spawn_blocking(move || ledger::read_spec(&dir)).await;
    match read {
        Ok(Ok(spec)) => spec.trust,
        Ok(Err(error)) => {
            warn!(session = %id, error = &error as &dyn std::error::Error, "it is not trusted");
            Trust::Report
        }
        Err(panic) => {
            warn!(session = %id, error = &panic as &dyn std::error::Error, "it is not trusted");
            Trust::Report
        }
    }
}
