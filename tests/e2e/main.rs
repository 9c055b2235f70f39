//! End-to-end tests: the real programs, driven as people and scripts drive them.
//!
//! One binary with one module per area. Each test has a home of its own, so they run in
//! any order and beside each other. A name is a sentence; what was once broken tells
//! its story first.

// The harness is for Linux.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed step is a failed check, and says so by its panic"
)]

mod asleep;
mod attach;
mod attach_modes;
mod comeback;
mod crash;
mod daemon;
mod dashboard;
mod doctor;
mod elapsed;
mod environment;
mod events;
mod frames;
mod handover;
mod harness;
mod hooks;
mod hostile;
mod inside;
mod killed;
mod ls;
mod manage;
mod no_tty;
mod notices;
mod notices_terminal;
mod output;
mod pause;
mod peek;
mod places;
mod pressure;
mod programs;
mod prune;
mod refused;
mod registry;
mod resume;
mod rollup;
mod scopes;
mod secrets;
mod select;
mod send;
mod start;
mod state;
mod stop;
mod tasks;
mod transcript;
mod usage;
mod versions;
mod wait;
