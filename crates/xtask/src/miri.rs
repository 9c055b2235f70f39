//! `cargo xtask miri`: tests of crates without system calls, run by Miri.
//!
//! There is no unsafe code in them; there is in what they use. Miri interprets everything,
//! a hundred times slower than it runs, so property tests try a few inputs each. It comes
//! with nightly Rust; where that is not to be had, this says so and fails nothing.

use anyhow::{Context as _, Result};

use crate::workspace::{self, Workspace};

/// Crates that do no system calls, or only such as Miri knows.
const PACKAGES: [&str; 2] = ["app-model", "app-wire"];

/// Inputs that a property test tries.
const CASES: &str = "2";

/// Parts of the names of tests that try whole histories, or reach a limit: each would take
/// minutes.
const SLOW: [&str; 2] = ["properties", "memory_is_bounded"];

/// Property tests look where their sources are.
const FLAGS: &str = "-Zmiri-disable-isolation";

/// What would bring it.
const INSTALL: &str =
    "rustup toolchain install nightly --profile minimal --component miri,rust-src";

/// Runs them, if Miri is here.
pub(crate) fn miri(workspace: &Workspace) -> Result<()> {
    if !workspace::answers(
        workspace.command("rustup").args(["run", "nightly", "cargo", "miri", "-V"]),
    ) {
        eprintln!("NOT CHECKED: undefined behaviour, by Miri: it is not here (`{INSTALL}`)");
        return Ok(());
    }
    let mut cargo = workspace.command("rustup");
    cargo.args(["run", "nightly", "cargo", "miri", "test", "--locked", "--lib"]);
    cargo.args(PACKAGES.iter().flat_map(|package| ["--package", package]));
    cargo.arg("--").args(SLOW.iter().flat_map(|name| ["--skip", name])).env("MIRIFLAGS", FLAGS);
    cargo.env("CARGO_TARGET_DIR", workspace.target().join("miri"));
    cargo.env("PROPTEST_CASES", CASES).env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "true");
    workspace::check(&mut cargo).context("Miri found fault with something")
}
