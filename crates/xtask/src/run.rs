//! `cargo xtask run`: the shortest way from a fresh checkout to a running `appctl`.

use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;

use anyhow::{Context as _, Result};

use crate::arguments::RunOptions;
use crate::workspace::Workspace;

/// Builds the programs, then becomes `appctl`. Returns only when that failed.
///
/// It is an `exec`, not a child: the terminal, the signals and the exit code are `appctl`'s
/// without anybody in between, and it finds `appd` and `appd-holder` beside itself.
pub(crate) fn run(workspace: &Workspace, options: &RunOptions) -> Result<()> {
    let programs = workspace.build_programs(options.profile)?;
    let appctl = programs.join("appctl");
    io::stdout().flush().context("cannot write to standard output")?;
    let error = workspace.user_command(&appctl).args(&options.arguments).exec();
    Err(error).with_context(|| format!("cannot run {}", appctl.display()))
}
