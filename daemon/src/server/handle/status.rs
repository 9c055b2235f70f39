//! `daemon status`.

use app_sys::clock;
use app_wire::control::{DaemonStatus, Failure, HELLO, Reply};

use crate::server::failure::of_store;
use crate::service::Service;

pub(in crate::server) async fn handle(service: &Service) -> Result<Reply, Failure> {
    let live = service.store.with(|registry| registry.live_count()).await;
    let places = &service.config.places;
    Ok(Reply::Status(DaemonStatus {
        pid: std::process::id(),
        version: env!("CARGO_PKG_VERSION").into(),
        protocol: HELLO.newest.0,
        sessions: live.map_err(|error| of_store(&error))?,
        socket: places.control_socket().display().to_string(),
        state_dir: places.state.display().to_string(),
        up_ms: clock::boot_ms().saturating_sub(service.started_boot_ms),
    }))
}
