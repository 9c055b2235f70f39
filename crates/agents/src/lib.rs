//! What is known of agents: how to recognise one, and what its terminal tells of its state.
//!
//! A profile is data: TOML, built in for the agents that are known, and the user's own, which
//! replaces a built-in one of the same name.
//!
//! ```text
//!  profiles/*.toml, the user's *.toml ─► source ─► profile ─► Profiles
//!  argv ─► command ─────────────────────────────► of_argv ──► Profile
//!  Look ─► region ─► condition ─► the best rule of each source ─► Readings
//! ```
//!
//! # Invariants
//!
//! 1. The only I/O is reading profiles, once. Everything else is a function of what it is
//!    given.
//! 2. A profile that is broken is reported with its file and line, and hides no other one;
//!    where it would replace a built-in profile, that stays.
//! 3. A profile can cost only so much: the size of a file, the number of its rules, the
//!    depth and the number of conditions, the length and the program of a pattern all have
//!    limits. Patterns are matched in linear time.
//! 4. What a reading carries is printable and clipped.

mod command;
mod condition;
mod error;
mod generic;
mod profile;
mod profiles;
mod region;
mod rule;
mod source;

pub use error::{Problem, ProfileError};
pub use generic::readings as generic_readings;
pub use profile::Profile;
pub use profiles::Profiles;
