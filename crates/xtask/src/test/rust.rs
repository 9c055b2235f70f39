//! The checks that Cargo and its companions make.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::runner::{Outcome, Report};
use super::tally::Tally;
use crate::agents::AGENTS_PLACE;
use crate::arguments::{Profile, SoakOptions, TestOptions};
use crate::differential::XTERM_PLACE;
use crate::soak;
use crate::tools;
use crate::workspace::{self, Workspace};

pub(super) fn format(workspace: &Workspace) -> Result<Outcome> {
    check(&mut workspace.cargo(&["fmt", "--all", "--check"]))
}

pub(super) fn clippy(workspace: &Workspace) -> Result<Outcome> {
    let mut cargo = workspace.locked_cargo(&["clippy", "--workspace", "--all-targets"]);
    check(cargo.args(["--", "-D", "warnings"]))
}

/// The programs just as `run` and `install` build them. Built together with the tests they
/// would get every feature that a test asks of a dependency, and a feature that only the tests
/// ask for would be missed by the first user.
pub(super) fn build(workspace: &Workspace) -> Result<Outcome> {
    workspace.build_programs(Profile::Dev)?;
    Ok(Outcome::Done)
}

/// Every test, each in a process of its own where nextest is to be had.
pub(super) fn tests(
    workspace: &Workspace,
    options: &TestOptions,
    report: &mut Report,
) -> Result<Outcome> {
    let others = Others::look(workspace, options, report);
    if workspace::answers(&mut workspace.cargo(&["nextest", "--version"])) {
        return nextest(workspace, options, &others, report);
    }
    report.not_checked(
        "hangs, leaks and isolation of tests: cargo-nextest is not here, so `cargo test` ran them \
         (`cargo install cargo-nextest --locked`)",
    );
    let mut cargo = workspace.locked_cargo(&["test", "--workspace", "--no-fail-fast"]);
    cargo.args(["--lib", "--bins", "--tests", "--"]).args(&options.filters);
    if others.left_out().is_empty() {
        cargo.arg("--include-ignored");
    }
    count_lines(others.tell(&mut cargo), report)
}

/// Programs of others that some tests need.
struct Others {
    /// Empty is nowhere; the tests say so then.
    xterm: PathBuf,
    /// Without them no test of `agents` is run.
    agents: Option<PathBuf>,
    /// Without one no test of `systemd` is run.
    systemd: bool,
    /// Without what they need no test of `machine` is run.
    machine: bool,
}

impl Others {
    /// Finds or fetches them, and reports what will not be checked without them.
    fn look(workspace: &Workspace, options: &TestOptions, report: &mut Report) -> Self {
        let fetch = !options.quick;
        let mut found = |result: Result<PathBuf>, what: &str| match result {
            Ok(place) => Some(place),
            Err(error) => {
                report.not_checked(&format!("{what}: {error:#}"));
                None
            }
        };
        let xterm = tools::xterm(workspace, fetch);
        let xterm = found(xterm, "snapshots, by another terminal: xterm.js");
        let agents = tools::agents(workspace, fetch);
        let agents =
            found(agents, "sessions of real agents: Claude Code, Codex, Gemini CLI, opencode");
        let no_systemd = no_systemd();
        if let Some(why) = no_systemd {
            report.not_checked(&format!("the service under a real systemd: {why}"));
        }
        let no_machine = no_machine();
        if let Some(why) = no_machine {
            report.not_checked(&format!("slow disks, losses of power, what hangs: {why}"));
        }
        let (systemd, machine) = (no_systemd.is_none(), no_machine.is_none());
        Self { xterm: xterm.unwrap_or_default(), agents, systemd, machine }
    }

    /// Binaries of tests that cannot be run here. All their tests are marked as ignored, and
    /// no others are.
    fn left_out(&self) -> Vec<&'static str> {
        let mut left_out = Vec::new();
        if self.agents.is_none() {
            left_out.push("agents");
        }
        if !self.systemd {
            left_out.push("systemd");
        }
        if !self.machine {
            left_out.push("machine");
        }
        left_out
    }

    /// Tells the tests where they are.
    fn tell<'c>(&self, cargo: &'c mut Command) -> &'c mut Command {
        if let Some(agents) = &self.agents {
            cargo.env(AGENTS_PLACE, agents);
        }
        cargo.env(XTERM_PLACE, &self.xterm)
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// Why the tests cannot have file systems of their own, if they cannot.
fn no_machine() -> Option<&'static str> {
    if !is_root() {
        return Some("only root may mount what they need");
    }
    let needed = [
        ("/dev/loop-control", "there are no loop devices"),
        ("/dev/fuse", "there is no FUSE"),
        ("/sys/fs/cgroup/blkio", "the kernel's limits for block devices are not mounted"),
    ];
    needed.into_iter().find(|(path, _)| !Path::new(path).exists()).map(|(_, why)| why)
}

/// Why a user's systemd cannot be run by the tests, if it cannot.
fn no_systemd() -> Option<&'static str> {
    if !is_root() {
        return Some("only root may make the namespaces that it needs");
    }
    if !Path::new("/lib/systemd/systemd").exists() {
        return Some("there is no systemd here");
    }
    let roots = ["/sys/fs/cgroup/unified/cgroup.procs", "/sys/fs/cgroup/cgroup.procs"];
    let has_tree = roots.iter().any(|root| Path::new(root).exists());
    (!has_tree).then_some("there is no tree of control groups of version 2")
}

fn nextest(
    workspace: &Workspace,
    options: &TestOptions,
    others: &Others,
    report: &mut Report,
) -> Result<Outcome> {
    // Where `.config/nextest.toml` says, whatever the target directory is.
    let junit = workspace.root().join("target/nextest/default/junit.xml");
    // An old one would count tests that this run never reached.
    drop(fs::remove_file(&junit));
    let mut cargo = workspace.locked_cargo(&["nextest", "run", "--workspace"]);
    cargo.args(["--run-ignored", "all"]);
    let left_out = others.left_out();
    if !left_out.is_empty() {
        let binaries: Vec<_> = left_out.iter().map(|name| format!("binary(={name})")).collect();
        cargo.arg("-E").arg(format!("not ({})", binaries.join(" or ")));
    }
    let result = check(others.tell(cargo.args(&options.filters)));
    match fs::read_to_string(&junit).ok().as_deref().and_then(Tally::of_junit) {
        Some(tally) => report.tally += tally,
        None if result.is_ok() => report.not_checked(&format!(
            "the number of tests: nextest left no report in {}",
            junit.display()
        )),
        // It did not get as far as running tests, and has said why.
        None => {}
    }
    result
}

/// A short one; by hand it may go on for longer.
pub(super) fn soak(workspace: &Workspace) -> Result<Outcome> {
    soak::soak(workspace, SoakOptions::default())?;
    Ok(Outcome::Done)
}

/// Examples in documentation: nextest does not run them.
pub(super) fn doctests(workspace: &Workspace, report: &mut Report) -> Result<Outcome> {
    count_lines(&mut workspace.locked_cargo(&["test", "--workspace", "--doc"]), report)
}

fn count_lines(cargo: &mut Command, report: &mut Report) -> Result<Outcome> {
    workspace::check_lines(cargo, |line| {
        if let Some(tally) = Tally::of_libtest_line(line) {
            report.tally += tally;
        }
    })?;
    Ok(Outcome::Done)
}

fn check(cargo: &mut Command) -> Result<Outcome> {
    workspace::check(cargo)?;
    Ok(Outcome::Done)
}

pub(super) fn docs(workspace: &Workspace) -> Result<Outcome> {
    let mut cargo =
        workspace.locked_cargo(&["doc", "--workspace", "--no-deps", "--document-private-items"]);
    check(cargo.env("RUSTDOCFLAGS", "-D warnings"))
}
