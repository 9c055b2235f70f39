//! `cargo xtask soak`: long and mixed use, while processes are killed.

use anyhow::Result;

use crate::arguments::{Profile, SoakOptions};
use crate::workspace::{self, Workspace};

/// Builds the programs and uses them.
pub(crate) fn soak(workspace: &Workspace, options: SoakOptions) -> Result<()> {
    workspace.build_programs(Profile::Dev)?;
    let SoakOptions { minutes, sessions, seed } = options;
    let arguments = ["run", "--quiet", "--package", "app-tests", "--bin", "soak"];
    let mut cargo = workspace.locked_cargo(&arguments);
    cargo.arg("--").args([minutes, sessions].map(|number| number.to_string()));
    workspace::check(cargo.args(seed.map(|seed| seed.to_string())))
}
