//! Reattaching, judged by a terminal that is none of ours: xterm.js.
//!
//! Somebody's terminal saw all of the output. Another one was attached in the midst of it:
//! it was shown our snapshot, and then the rest. In the end both must look the same, and so
//! they must right after the snapshot.
//!
//! `cargo xtask differential` fetches xterm.js and runs this; `cargo xtask test` does too.
//! Without it, that is said loudly and nothing is judged.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a failed step is a failed check")]

mod judge;
mod random;
mod recorded;
mod xterm;
