//! Real coding agents, and a model that says what the test wants to hear.
//!
//! ```text
//!   Rig ─── Home                     the usual private installation
//!    ├───── Network                  a network with nothing in it but this machine itself
//!    └───── Api ◄── HTTP ── agent    answers as the words of the prompt say ([`script`])
//!             ▲                ▲
//!        the test waits    Claude | Codex | Gemini | Opencode: configuration, hooks, and how
//!        for requests and  each is spoken to
//!        lets answers go on
//! ```
//!
//! # Invariants
//!
//! 1. No agent reaches anything but [`Api`]: its network is empty where this user may make
//!    one, and in every case its configuration names no other address.
//! 2. Nothing of the person who runs the tests is read: an agent's home, configuration and
//!    temporary files lie in the [`Home`](crate::Home).
//! 3. An answer that is held waits for the test, not for time.

pub mod agent;
pub mod api;
pub mod claude;
pub mod codex;
pub mod gemini;
pub mod hooks;
pub mod network;
pub mod opencode;
pub mod record;
pub mod rig;
pub mod script;

pub use agent::Agent;
pub use api::{Api, Asked};
pub use claude::Claude;
pub use codex::Codex;
pub use gemini::Gemini;
pub use hooks::Hooks;
pub use opencode::Opencode;
pub use record::Record;
pub use rig::Rig;
