//! An upgrade, with the real programs of an earlier release: its sessions live on under the
//! daemon of today, and each side of either release either works with the other or says
//! which one to update.
//!
//! ```text
//! upgrade OLD_DIR        where the three programs of the earlier release are
//! ```
//!
//! The programs of today are those beside this one. `cargo xtask upgrade` builds both.
//!
//! # Invariants
//!
//! 1. What an upgrade may not cost is checked the same whether or not the two releases
//!    speak a common version.
//! 2. A failed check does not hide the others: each has a home of its own.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a chore")]

mod pairs;
mod takeover;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use app_tests::binaries::PROGRAMS;

/// A check, given the directory of the earlier programs.
type Check = fn(&Path);

/// What is checked.
const CHECKS: [(&str, Check); 5] = [
    ("sessions of the earlier release live on under the daemon of today", takeover::live_on),
    ("an end that no daemon saw is learnt and told once", takeover::ends_between),
    ("what ended before is kept, and can be run again", takeover::ended_before),
    ("an earlier client works with the daemon of today, or says what to update", pairs::old_client),
    ("a client of today works with an earlier daemon, or says what to update", pairs::new_client),
];

fn main() {
    let argument = std::env::args_os().nth(1).map(PathBuf::from);
    let old = std::path::absolute(argument.expect("upgrade OLD_DIR")).unwrap();
    for program in PROGRAMS {
        assert!(old.join(program).is_file(), "there is no `{program}` in {}", old.display());
    }
    let failed: Vec<&str> = CHECKS
        .iter()
        .filter(|(what, check)| {
            println!("━━ {what}");
            catch_unwind(AssertUnwindSafe(|| check(&old))).is_err()
        })
        .map(|(what, _)| *what)
        .collect();
    assert!(failed.is_empty(), "this did not hold:\n  {}", failed.join("\n  "));
    println!("all {} checks passed", CHECKS.len());
}
