//! What needs root: the daemon as a service of a real systemd, and sessions in a sandbox.
//!
//! Needs root: `systemd --user` gets namespaces of its own.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    reason = "a failed step is a failed check, and says so by its panic"
)]

mod oom;
mod reboot;
mod sandbox;
mod scopes;
mod service;
