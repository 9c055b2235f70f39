//! Hooks of coding agents: what they say, and how they come into an agent's settings.
//!
//! ```text
//!   agent ──event JSON──► event ──► translate ──► Report, Report, …
//!   settings text ──► install: install, uninstall, status ──► settings text
//! ```
//!
//! Text in, text out: who calls reads, writes and sends.
//!
//! # Invariants
//!
//! 1. Whatever an agent sends leads to reports, to none, or to an error; never to a panic.
//! 2. Every text in a report is printable and has at most
//!    [`MAX_TEXT`](app_model::report::MAX_TEXT) characters.
//! 3. Settings belong to their owner: what is taken out is what was put in, and a file
//!    that is not understood is left alone.

mod agent;
mod event;
mod install;
mod translate;

pub use agent::{Agent, UnknownAgent};
pub use event::{EventError, MAX_EVENT, parse};
pub use install::{
    Edit, EditError, Env, Form, MAX_SETTINGS, Place, Scope, Status, install, is_read, places,
    session_settings, status, uninstall,
};
pub use translate::translate;
