//! `cargo xtask agents`: real coding agents in sessions, with a model that the tests speak for.

use anyhow::{Context as _, Result};

use crate::arguments::Profile;
use crate::tools;
use crate::workspace::{self, Workspace};

/// Tells the tests where the agents are.
pub(crate) const AGENTS_PLACE: &str = "APPCTL_AGENTS";

/// Fetches the agents, builds the programs, and runs the tests that need both.
pub(crate) fn agents(workspace: &Workspace) -> Result<()> {
    let place = tools::agents(workspace, true).context("the agents")?;
    workspace.build_programs(Profile::Dev)?;
    let arguments = ["test", "--package", "app-tests", "--test", "agents", "--", "--ignored"];
    workspace::check(workspace.cargo(&arguments).env(AGENTS_PLACE, place))
}
