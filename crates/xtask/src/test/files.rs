//! The files that service managers read: nothing compiles them, so they are checked here.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::runner::Outcome;
use crate::arguments::Profile;
use crate::workspace::{self, Workspace};

/// Where the units look for the programs; `%h` is the home directory.
const INSTALLED: &str = "%h/.local/bin/";

/// Reads property lists as their owner would, and checks what a typing error would break, and
/// what sessions rest on: launchd listens for the owner alone, starts the daemon again after a
/// crash and not after an orderly end, and leaves the holders alone when it ends.
const READ_AGENTS: &str = "
import pathlib, plistlib, sys
for path in map(pathlib.Path, sys.argv[1:]):
    try:
        agent = plistlib.loads(path.read_bytes())
    except Exception as error:
        sys.exit(f'{path}: {error}')
    if agent.get('Label') != path.stem:
        sys.exit(f'{path}: its Label is not {path.stem!r}')
    words = agent.get('ProgramArguments')
    if not words or not all(isinstance(word, str) for word in words):
        sys.exit(f'{path}: it names no program')
    wanted = {
        ('Sockets', 'control', 'SockPathMode'): 0o600,
        ('KeepAlive', 'SuccessfulExit'): False,
        ('RunAtLoad',): True,
        ('AbandonProcessGroup',): True,
        ('ProcessType',): 'Interactive',
    }
    for keys, value in wanted.items():
        found = agent
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        if type(found) is not type(value) or found != value:
            sys.exit(f'{path}: {\".\".join(keys)} is {found!r} and must be {value!r}')
";

/// Shows the units to systemd's own reader.
pub(super) fn units(workspace: &Workspace) -> Result<Outcome> {
    if !workspace::answers(workspace.command("systemd-analyze").arg("--version")) {
        let what = "systemd units: there is no systemd-analyze here";
        return Ok(Outcome::NotChecked(what.into()));
    }
    let units = listed(&workspace.root().join("systemd"), &["service", "socket"])?;
    // It insists that the programs exist, and the installed ones need not.
    let copies = workspace.scratch("units")?;
    let programs = workspace.programs(Profile::Dev);
    let mut verify = workspace.command("systemd-analyze");
    verify.args(["verify", "--user", "--man=no"]);
    for unit in units {
        let text =
            fs::read_to_string(&unit).with_context(|| format!("cannot read {}", unit.display()))?;
        let copy = copies.join(unit.file_name().context("a unit without a name")?);
        fs::write(&copy, with_programs_in(&text, &programs))
            .with_context(|| format!("cannot write {}", copy.display()))?;
        verify.arg(copy);
    }
    verify.env("XDG_RUNTIME_DIR", workspace.scratch("runtime")?);
    let output = verify.output().context("cannot run `systemd-analyze`")?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    // An unknown key is only a warning, and its exit status is 0 then.
    if !output.status.success() || !said.trim().is_empty() {
        bail!("systemd-analyze finds fault with the units ({}):\n{said}", output.status);
    }
    Ok(Outcome::Done)
}

/// A unit that starts the programs in `programs` instead of the installed ones.
fn with_programs_in(unit: &str, programs: &Path) -> String {
    unit.replace(INSTALLED, &format!("{}/", programs.display()))
}

pub(super) fn launch_agents(workspace: &Workspace) -> Result<Outcome> {
    if !workspace::answers(workspace.command("python3").arg("--version")) {
        let what = "launchd property lists: there is no python3 here";
        return Ok(Outcome::NotChecked(what.into()));
    }
    let lists = listed(&workspace.root().join("launchd"), &["plist"])?;
    let mut python = workspace.command("python3");
    let output =
        python.args(["-c", READ_AGENTS]).args(lists).output().context("cannot run `python3`")?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(Outcome::Done)
}

/// The files in `directory` that end in one of `extensions`. None at all is an error: a check
/// of nothing would pass for ever.
fn listed(directory: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let entries =
        fs::read_dir(directory).with_context(|| format!("cannot list {}", directory.display()))?;
    for entry in entries {
        let path = entry.with_context(|| format!("cannot list {}", directory.display()))?.path();
        if extensions.iter().any(|extension| path.extension() == Some(extension.as_ref())) {
            files.push(path);
        }
    }
    if files.is_empty() {
        bail!("no .{} in {}", extensions.join(" and no ."), directory.display());
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_checked_with_the_programs_just_built() {
        let unit = "[Service]\nExecStart=%h/.local/bin/appd --foreground\n";
        assert_eq!(
            with_programs_in(unit, Path::new("/src/app/target/debug")),
            "[Service]\nExecStart=/src/app/target/debug/appd --foreground\n"
        );
    }

    #[test]
    fn a_directory_with_nothing_to_check_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("README"), "").unwrap();
        let error = listed(directory.path(), &["service", "socket"]).unwrap_err();
        assert!(error.to_string().starts_with("no .service and no .socket in"), "{error}");
        fs::write(directory.path().join("b.socket"), "").unwrap();
        fs::write(directory.path().join("a.service"), "").unwrap();
        assert_eq!(listed(directory.path(), &["service", "socket"]).unwrap().len(), 2);
    }
}
