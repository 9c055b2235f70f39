//! The real binary, driven as a daemon and as terminals drive it.
//!
//! Every wait is for a fact and has a bound; nothing sleeps.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed step is a failed check")]

mod attach;
mod bad_clients;
mod flood;
mod launch;
mod looks;
mod pause;
mod rig;
mod stop;
mod tell;
