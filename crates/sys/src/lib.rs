//! Where the kernel is: terminals, processes, sockets, locks, clocks and directories.
//!
//! Every other crate is safe Rust and the same on Linux and macOS; what is neither has
//! its home here. A module describes the thing for both systems; `linux.rs` and
//! `macos.rs` are twins that hold what differs, under the same names.
//!
//! # Invariants
//!
//! 1. This is the only crate with `unsafe`, and every use of it says why it is sound.
//! 2. Every descriptor made here is close-on-exec from its first instant where the
//!    system can do that, so no child inherits what it was not given.
//! 3. A process is named by pid *and* start time before it is signalled: a pid alone
//!    may have been given to somebody else.
//! 4. Nothing waits without a limit that the caller chose.

pub mod clock;
pub mod durable;
pub mod fault;
pub mod inherited;
pub mod lock;
pub mod memory;
pub mod places;
pub mod poll;
pub mod pressure;
pub mod private;
pub mod process;
pub mod pty;
pub mod read_ahead;
pub mod signals;
pub mod socket;
pub mod spawn;
pub mod tty;
pub mod watch;

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod os;
#[cfg(target_os = "macos")]
#[path = "macos.rs"]
mod os;
