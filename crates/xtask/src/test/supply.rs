//! What comes from others: the packages that tests use, and the crates that we are built of.

use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use super::runner::Outcome;
use crate::packages::{self, Packages};
use crate::tools;
use crate::workspace::{self, Workspace, check};

pub(super) fn packages(workspace: &Workspace) -> Result<Outcome> {
    match packages::ensure(workspace) {
        Ok(Packages::Complete) => Ok(Outcome::Done),
        Ok(Packages::NotDebian) => Ok(Outcome::NotChecked(
            "tests that need programs from Debian: this is not Debian".into(),
        )),
        Ok(Packages::Missing(missing)) if workspace.on_ci() => {
            bail!("missing on CI, and only root may install them: {}", missing.join(" "))
        }
        Ok(Packages::Missing(missing)) => Ok(Outcome::NotChecked(format!(
            "tests that need these missing packages: {}\n  install them: {}",
            missing.join(" "),
            packages::install_line(&missing)
        ))),
        Err(error) if workspace.on_ci() => Err(error),
        // A person without a network can still run most of the tests.
        Err(error) => Ok(Outcome::NotChecked(format!(
            "tests that need packages not installed here: {error:#}"
        ))),
    }
}

pub(super) fn deny(workspace: &Workspace) -> Result<Outcome> {
    check(cargo_deny(workspace)?.args(["check", "bans", "licenses", "sources"]))?;
    Ok(Outcome::Done)
}

/// Known holes in what we use, and versions that were taken back. The list of them is not part
/// of this repository; where it cannot be fetched, that is said and nothing fails.
pub(super) fn advisories(workspace: &Workspace) -> Result<Outcome> {
    let mut fetch = cargo_deny(workspace)?;
    // It uses git, which must neither ask for a password nor wait for a dead line.
    fetch.env("GIT_TERMINAL_PROMPT", "0");
    fetch.env("GIT_HTTP_LOW_SPEED_LIMIT", "1000").env("GIT_HTTP_LOW_SPEED_TIME", "30");
    if let Err(error) = workspace::output(fetch.args(["fetch", "db"])) {
        // git tells its whole story; the reason is its last line.
        let story = format!("{error:#}");
        let reason = story.lines().last().unwrap_or(&story);
        return Ok(Outcome::NotChecked(format!(
            "known vulnerabilities and yanked crates: the advisory database cannot be fetched \
             here ({reason})"
        )));
    }
    check(cargo_deny(workspace)?.args(["check", "advisories"]))?;
    Ok(Outcome::Done)
}

fn cargo_deny(workspace: &Workspace) -> Result<Command> {
    let mut command = workspace.command(tools::cargo_deny(workspace)?);
    command.stdin(Stdio::null());
    if workspace.on_ci() {
        command.arg("--locked");
    }
    Ok(command)
}
