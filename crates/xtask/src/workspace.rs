//! Where this repository is, and how Cargo is run in it.

use std::ffi::OsString;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{self, Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use anyhow::{Context as _, Result, bail};

use crate::arguments::Profile;
use crate::environment::{self, For};

/// The programs of the product: package and file.
pub(crate) const PROGRAMS: [(&str, &str); 3] =
    [("appctl", "appctl"), ("appd", "appd"), ("app-holder", "appd-holder")];

/// This repository, as seen by a running `xtask`.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
    /// Holds `debug/` and `release/`. Found from our own place, so that whatever moved the
    /// target directory (variable, configuration, triple) moved this as well.
    target: PathBuf,
    /// Where Cargo put `xtask` itself.
    own: PathBuf,
    ci: bool,
}

impl Workspace {
    pub(crate) fn discover() -> Result<Self> {
        // The one of `cargo run` first: a copied checkout must not go back to the original.
        let manifest = env::var_os("CARGO_MANIFEST_DIR")
            .unwrap_or_else(|| OsString::from(env!("CARGO_MANIFEST_DIR")));
        let root = Path::new(&manifest)
            .ancestors()
            .nth(2)
            .with_context(|| format!("{} is not inside a workspace", manifest.display()))?;
        let program = env::current_exe().context("cannot tell where this program is")?;
        let own = program.parent().unwrap_or(Path::new("/"));
        let target = own
            .parent()
            .with_context(|| format!("{} is not in a target directory", own.display()))?;
        Ok(Self {
            root: root.into(),
            target: target.into(),
            own: own.into(),
            ci: env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false"),
        })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Nobody is watching, and what is missing today will be missing tomorrow: what a person
    /// would be told about is an error there.
    pub(crate) fn on_ci(&self) -> bool {
        self.ci
    }

    /// The directory of the programs built with `profile`.
    pub(crate) fn programs(&self, profile: Profile) -> PathBuf {
        self.target.join(match profile {
            Profile::Dev => "debug",
            Profile::Release => "release",
        })
    }

    /// An empty directory of ours, for files that live as long as one chore.
    pub(crate) fn scratch(&self, name: &str) -> Result<PathBuf> {
        let directory = self.target.join("xtask").join(name);
        if directory.exists() {
            fs::remove_dir_all(&directory)
                .with_context(|| format!("cannot empty {}", directory.display()))?;
        }
        fs::create_dir_all(&directory)
            .with_context(|| format!("cannot make {}", directory.display()))?;
        Ok(directory)
    }

    /// Any program, run at the root of the repository in a clean environment.
    pub(crate) fn command(&self, program: impl Into<OsString>) -> Command {
        let mut command = Command::new(program.into());
        command.current_dir(&self.root);
        environment::clean(&mut command, &self.own, For::Cargo);
        // A relative one was meant from where the user stands, not from the root.
        if let Some(target) = env::var_os("CARGO_TARGET_DIR")
            && let Ok(target) = path::absolute(target)
        {
            command.env("CARGO_TARGET_DIR", target);
        }
        command
    }

    /// The very Cargo that runs us.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(arguments);
        command
    }

    /// Like [`Workspace::cargo`], for whatever resolves dependencies: on CI the committed
    /// lock file is what is tested, and a stale one is an error.
    pub(crate) fn locked_cargo(&self, arguments: &[&str]) -> Command {
        let mut command = self.cargo(arguments);
        if self.ci {
            command.arg("--locked");
        }
        command
    }

    /// The user's own program, in the environment and directory that `cargo xtask` was called
    /// in, as if it had not been there.
    pub(crate) fn user_command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        environment::clean(&mut command, &self.own, For::User);
        command
    }

    /// Builds the three programs and tells where they are. Standard input and output are left
    /// alone: they may belong to the program that runs next.
    pub(crate) fn build_programs(&self, profile: Profile) -> Result<PathBuf> {
        let mut cargo = self.locked_cargo(&["build"]);
        for (package, file) in PROGRAMS {
            cargo.args(["--package", package, "--bin", file]);
        }
        if profile == Profile::Release {
            cargo.arg("--release");
        }
        check(cargo.stdin(Stdio::null()).stdout(io::stderr()))?;
        Ok(self.programs(profile))
    }
}

/// Runs `command` to its end. Anything but success is an error that names it.
pub(crate) fn check(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| cannot_run(command))?;
    if !status.success() {
        bail!("`{}` failed: {status}", shown(command));
    }
    Ok(())
}

/// Runs `command` quietly; its output, or an error that carries what it said.
pub(crate) fn output(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.stdin(Stdio::null()).output().with_context(|| cannot_run(command))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        bail!("`{}` failed: {}: {said}", shown(command), output.status);
    }
    Ok(output.stdout)
}

/// Runs `command` like [`check`], and shows each line of its output to `line` on its way
/// through.
pub(crate) fn check_lines(command: &mut Command, mut line: impl FnMut(&str)) -> Result<()> {
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| cannot_run(command))?;
    let pipe = child.stdout.take().context("the pipe just asked for is missing")?;
    for bytes in BufReader::new(pipe).split(b'\n') {
        let mut bytes = bytes.context("cannot read the output of a child")?;
        line(&String::from_utf8_lossy(&bytes));
        bytes.push(b'\n');
        io::stdout().write_all(&bytes).context("cannot write to standard output")?;
    }
    let status = child.wait().with_context(|| cannot_run(command))?;
    if !status.success() {
        bail!("`{}` failed: {status}", shown(command));
    }
    Ok(())
}

/// Whether `program ARGUMENTS` can be run and succeeds.
pub(crate) fn answers(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn cannot_run(command: &Command) -> String {
    format!("cannot run `{}`", shown(command))
}

/// The command as one would type it, without the directory of the program.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name();
    program
        .into_iter()
        .chain(command.get_args())
        .map(|word| word.display().to_string())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_command_is_named_with_its_status() {
        let error = check(Command::new("/bin/sh").args(["-c", "exit 3"])).unwrap_err();
        assert_eq!(error.to_string(), "`sh -c exit 3` failed: exit status: 3");
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error_and_answers_no() {
        assert!(check(&mut Command::new("/no/such/program")).is_err());
        assert!(!answers(&mut Command::new("/no/such/program")));
        assert!(answers(Command::new("sh").args(["-c", "exit 0"])));
        assert!(!answers(Command::new("sh").args(["-c", "exit 1"])));
    }

    #[test]
    fn quiet_output_carries_what_a_failure_said() {
        let mut command = Command::new("sh");
        let error = output(command.args(["-c", "echo no such thing >&2; exit 1"])).unwrap_err();
        assert!(error.to_string().ends_with("exit status: 1: no such thing"), "{error}");
    }

    #[test]
    fn lines_are_seen_as_they_pass_even_when_the_command_fails() {
        let mut seen = Vec::new();
        let mut command = Command::new("sh");
        let result = check_lines(command.args(["-c", "echo one; printf two; exit 1"]), |line| {
            seen.push(line.to_owned());
        });
        assert!(result.is_err());
        assert_eq!(seen, ["one", "two"]);
    }
}
