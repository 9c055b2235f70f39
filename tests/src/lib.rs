//! The harness of the end-to-end tests: real programs in a private home.
//!
//! ```text
//!   Home ── appctl ARGS ──► Outcome          one command, its output and exit code
//!    │
//!    ├── Terminal ── PTY ── appctl attach    a person's terminal, with a screen model
//!    │                                       that shares no code with the product
//!    ├── Bus ── Mock | desktop::{Dunst, Xfce} a private desktop
//!    └── peer::{Control, Hold}               the two protocols, byte by byte
//!
//!   Machine ── shell ──► Outcome             a kernel, a systemd and a disk of its own
//! ```
//!
//! # Invariants
//!
//! 1. Nothing of the machine's own installation is used or touched: every directory the
//!    programs know lies in a temporary one, and their environment is made from nothing.
//! 2. Tests wait for facts, never for time. Every wait has a bound with a name, asks for
//!    what *is* (not for what changed), and says on failure what it saw last.
//! 3. When a [`Home`] is dropped, every process that carries its runtime directory in
//!    its environment is gone. One that is not is killed, and fails the test.
//! 4. A missing program is a failure, never a test that is skipped.

// Processes are found and held as Linux shows them.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a failed step is a failed check, and says so on the test's own output"
)]

pub mod agents;
pub mod audit;
pub mod binaries;
pub mod bus;
pub mod desktop;
pub mod disk;
pub mod follow;
pub mod guest;
pub mod home;
pub mod hung;
pub mod inside;
pub mod machine;
pub mod manager;
pub mod outcome;
pub mod past;
pub mod peer;
pub mod pressure;
pub mod process;
pub mod registry;
pub mod screen;
pub mod session;
pub mod stand_in;
pub mod terminal;
pub mod volume;
pub mod wait;

pub use bus::{Bus, Mock};
pub use follow::Follow;
pub use guest::Guest;
pub use home::Home;
pub use hung::HungMount;
pub use machine::Machine;
pub use manager::Manager;
pub use outcome::Outcome;
pub use screen::Screen;
pub use session::Session;
pub use terminal::{Terminal, size};
pub use volume::Volume;
