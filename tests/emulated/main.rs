//! The programs on a whole machine: its kernel enforces limits, it starts anew, it loses its power.
//!
//! Beside the gate, as each test boots one in an emulator: `cargo xtask machine`.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed step is a failed check, and says so by its panic"
)]

mod limits;
mod pause;
mod power;
mod reboot;
mod service;
