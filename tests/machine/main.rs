//! Machines that are slow, hang, lose their power or start anew.
//!
//! Needs root: file systems are mounted, and block devices get limits.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a failed step is a failed check, and says so by its panic"
)]

mod hangs;
mod power;
mod slow;
