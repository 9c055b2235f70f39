//! Scopes: every run in a control group of its own, by way of the user's systemd.
//!
//! ```text
//!   link ── enter ──► Scopes ── StartTransientUnit ──► systemd --user
//!                       │  ◄──────── JobRemoved ──────────┘
//!   stop, rm ── end ────┘ ── GetUnitProcesses, KillUnit ──►
//! ```
//!
//! A scope is what finds every process of a run, those that forked themselves free of
//! their program included, and what limits can be set on. Where there is no systemd to
//! ask, everything works without, as it does for a process tree.
//!
//! # Invariants
//!
//! 1. Whether systemd is there is found out in the background. No request waits for that
//!    but the start of a run, for at most [`ENTER_LIMIT`], and only until it is known.
//! 2. A systemd that does not answer in time is not asked again until it has answered. One
//!    whose connection is gone is looked for again when it is needed.
//! 3. A run without a scope is a run: no failure in here fails a start or a stop.
//! 4. Only units of ours are ended, and nobody in them who holds a run.

mod enforced;
#[cfg_attr(
    all(not(target_os = "linux"), not(test)),
    expect(dead_code, reason = "nobody is there to be told")
)]
mod entry;
mod left;
mod names;
mod own;
mod scopes;
#[cfg(target_os = "linux")]
mod systemd;
#[cfg(not(target_os = "linux"))]
#[path = "nowhere.rs"]
mod systemd;

pub use enforced::{scope_of, unenforced};
pub use entry::Entry;
pub use own::leave_foreign_scope;
pub use scopes::{ENTER_LIMIT, Scopes};
