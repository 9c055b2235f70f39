//! `cargo xtask soak`: long and mixed use, while processes are killed.

use anyhow::Result;

use crate::arguments::Profile;
use crate::workspace::{self, Workspace};

/// Builds the programs and uses them for so many minutes.
pub(crate) fn soak(workspace: &Workspace, minutes: u32) -> Result<()> {
    workspace.build_programs(Profile::Dev)?;
    let arguments = ["run", "--quiet", "--package", "app-tests", "--bin", "soak", "--"];
    workspace::check(workspace.locked_cargo(&arguments).arg(minutes.to_string()))
}
