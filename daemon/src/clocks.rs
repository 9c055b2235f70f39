//! Looking at both clocks at once, and waiting for a time.

use app_model::Clocks;
use app_sys::clock;
use tokio::time::{Instant, sleep_until};

/// What they show now.
pub fn clocks() -> Clocks {
    Clocks { wall_ms: clock::wall_ms(), boot_ms: clock::boot_ms(), boot_id: clock::boot_id() }
}

/// Waits until then, or for ever if there is no such time.
pub async fn wake(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
