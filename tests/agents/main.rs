//! Real coding agents in sessions, with a model that says what the test wants to hear.
//!
//! They are not part of this repository: `cargo xtask agents` fetches them and runs this,
//! and `cargo xtask test` does too. Elsewhere these tests are ignored, and counted so.
//!
//! What the agents tell of themselves is written down in `docs/AGENT_EVENTS.md`; what a test here
//! finds changed must be changed there.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a failed step is a failed check")]

mod asleep;
mod both;
mod claude;
mod codex;
mod gemini;
mod installed;
mod opencode;
mod state;
mod truth;
