//! The desktop's own notifications: D-Bus on Linux (Desktop Notifications Specification
//! 1.2), Notification Center on macOS. `notify-rust` speaks to both.
//!
//! # Invariants
//!
//! 1. A session has one bubble: its next notice replaces the one before.
//! 2. A number of a bubble means something to the server that gave it, and to no other: when
//!    that server is gone, so is all that is known of its bubbles.

#[cfg(not(target_os = "macos"))]
mod bubbles;
#[cfg(not(target_os = "macos"))]
mod link;
#[cfg(not(target_os = "macos"))]
mod listen;
#[cfg(not(target_os = "macos"))]
mod look;
#[cfg(target_os = "macos")]
mod macos;

use std::time::Duration;

#[cfg(not(target_os = "macos"))]
use link::Server as Way;
#[cfg(target_os = "macos")]
use macos::Center as Way;

use super::channels::Parcel;
use crate::service::Service;

/// How long the desktop may take. A bus that accepts and never answers is common enough.
const LIMIT: Duration = Duration::from_secs(2);

/// The name under which the desktop files our notices.
const APP_NAME: &str = "appctl";

/// Why the desktop did not show a notice.
#[derive(Debug, thiserror::Error)]
pub(super) enum DesktopError {
    /// It says so.
    #[error("the desktop did not take it")]
    Refused(#[from] notify_rust::error::Error),
    /// There is no bus, or nobody on it who shows notices.
    #[cfg(not(target_os = "macos"))]
    #[error("there is no desktop to take it")]
    NotThere(#[from] zbus::Error),
    /// It said nothing.
    #[error("the desktop said nothing for {LIMIT:?}")]
    Silent,
}

/// The desktop, and the bubbles that are on it.
#[derive(Debug, Default)]
pub(super) struct Desktop {
    way: Way,
}

impl Desktop {
    /// Shows a notice, or says why not, within [`LIMIT`]. Its buttons use `service` later.
    pub(super) async fn show(
        &self,
        service: &Service,
        parcel: &Parcel,
    ) -> Result<(), DesktopError> {
        match tokio::time::timeout(LIMIT, self.way.show(service, parcel)).await {
            Ok(shown) => shown,
            Err(_) => Err(DesktopError::Silent),
        }
    }
}
