//! `cargo xtask differential`: our snapshots, judged by a terminal that is none of ours.

use anyhow::{Context as _, Result};

use crate::tools;
use crate::workspace::{self, Workspace};

/// Tells the tests where xterm.js is. Empty is nowhere.
pub(crate) const XTERM_PLACE: &str = "APPCTL_XTERM";

/// Fetches xterm.js and runs the tests that need it, with what they say.
pub(crate) fn differential(workspace: &Workspace) -> Result<()> {
    let xterm = tools::xterm(workspace, true).context("xterm.js, the other terminal")?;
    let arguments = ["test", "--package", "app-tests", "--test", "referee", "--", "--nocapture"];
    workspace::check(workspace.cargo(&arguments).env(XTERM_PLACE, xterm))
}
