//! What is true of sessions, and what follows from it.
//!
//! Everything the three programs must agree on lives here: identities, what to run,
//! how a run ended, a session's life as a state machine, and the policies that turn
//! facts into words or decisions. Nothing here performs I/O, reads a clock or waits,
//! so every rule is checked by plain tests.
//!
//! # Invariants
//!
//! 1. No I/O, no async, no clock: time arrives as a parameter.
//! 2. Types that travel (wire) or rest on disk (spec, exit record) are plain data.
//!    On disk they are JSON and only ever gain optional fields; on the wire they are
//!    frozen by the golden tests of `app-wire`.

pub mod causes;
pub mod clocks;
pub mod conversation;
pub mod elapsed;
pub mod environment;
pub mod event;
pub mod evidence;
pub mod exit;
pub mod facts;
pub mod id;
pub mod idle;
pub mod keys;
pub mod limits;
pub mod look;
pub mod name;
pub mod notice;
pub mod plain;
pub mod reading;
pub mod report;
pub mod reset;
pub mod restart;
pub mod retention;
pub mod secret;
pub mod selector;
pub mod session;
pub mod settings;
pub mod signal;
pub mod spec;
pub mod task;
pub mod text;
pub mod trust;
pub mod view;

pub use causes::causes;
pub use clocks::Clocks;
pub use exit::{Exit, ExitRecord, Lost, Survivor};
pub use id::{RunNumber, SessionId};
pub use limits::{Limit, Limits};
pub use signal::Signal;
pub use spec::{Spec, TerminalSize};
pub use text::OsText;
pub use trust::Trust;
pub use view::{Kind, Phase, SessionView, Turn};
