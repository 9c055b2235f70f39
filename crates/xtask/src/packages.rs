//! The Debian packages that tests use: which there are, which are missing, how to get them.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::workspace::{self, Workspace};

/// Package by package, and what needs it.
const NEEDED: &[&str] = &[
    // Programs that run inside sessions.
    "bash",
    "less",
    "vim",
    "htop",
    "procps",
    "python3",
    // Users, mounts and sessions of processes, as a test needs them.
    "util-linux",
    "mount",
    // A network of its own for each real agent.
    "iproute2",
    // A terminal to attach from, and a multiplexer to compare with.
    "tmux",
    // A desktop: bus, display, notification daemons with something to write and draw with,
    // a hand for the mouse, and an eye.
    "dbus",
    "dunst",
    "xfce4-notifyd",
    "adwaita-icon-theme",
    "xvfb",
    "fonts-dejavu-core",
    "xdotool",
    "imagemagick",
    // A service manager of a user, with a bus of its own.
    "systemd",
    "dbus-user-session",
    // Clocks that are wrong.
    "faketime",
    // A scripted desktop, for the answers that no real one gives.
    "python3-dbus",
    "python3-dbusmock",
];

/// How the tests stand with what they need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Packages {
    Complete,
    /// This machine does not know Debian's packages at all.
    NotDebian,
    /// Missing, and not ours to install: nobody but root may.
    Missing(Vec<&'static str>),
}

/// Installs what is missing when that is possible, and tells how things stand then.
pub(crate) fn ensure(workspace: &Workspace) -> Result<Packages> {
    let Some(missing) = look(workspace)? else { return Ok(Packages::NotDebian) };
    if missing.is_empty() {
        return Ok(Packages::Complete);
    }
    if !is_root() || !workspace::answers(workspace.command("apt-get").arg("--version")) {
        return Ok(Packages::Missing(missing));
    }
    install(workspace, &missing)?;
    match look(workspace)? {
        Some(left) if left.is_empty() => Ok(Packages::Complete),
        Some(left) => bail!("apt-get succeeded, and still missing are: {}", left.join(" ")),
        None => bail!("dpkg-query worked before the installation and does not work after it"),
    }
}

/// The line that installs `packages`, for a person to type.
pub(crate) fn install_line(packages: &[&str]) -> String {
    format!(
        "sudo apt-get update && sudo apt-get install -y --no-install-recommends {}",
        packages.join(" ")
    )
}

/// What is missing, or `None` where there is no dpkg.
fn look(workspace: &Workspace) -> Result<Option<Vec<&'static str>>> {
    let mut query = workspace.command("dpkg-query");
    query.args(["--show", "--showformat", "${Package} ${db:Status-Abbrev}\n"]).args(NEEDED);
    if !workspace::answers(workspace.command("dpkg-query").arg("--version")) {
        return Ok(None);
    }
    // It fails when it has never heard of one of them, and still lists the others.
    let output = query.stdin(Stdio::null()).stderr(Stdio::null()).output();
    let listing = output.context("cannot run `dpkg-query`")?.stdout;
    Ok(Some(missing(NEEDED, &String::from_utf8_lossy(&listing))))
}

/// Which of `needed` a listing of `PACKAGE STATUS` lines does not show as installed.
fn missing(needed: &[&'static str], listing: &str) -> Vec<&'static str> {
    let installed: BTreeSet<&str> = listing
        .lines()
        .filter_map(|line| line.split_once(' '))
        // `ii`: wanted and installed. A removed package with its configuration left is `rc`.
        .filter(|(_, status)| status.trim() == "ii" || status.trim() == "hi")
        .map(|(package, _)| package)
        .collect();
    needed.iter().copied().filter(|package| !installed.contains(package)).collect()
}

/// Says what it installs; what apt-get has to say about that is shown only when it fails.
fn install(workspace: &Workspace, packages: &[&str]) -> Result<()> {
    eprintln!("installing {}", packages.join(" "));
    workspace::output(apt_get(workspace).arg("update"))?;
    let mut install = apt_get(workspace);
    install.args(["install", "-y", "--no-install-recommends"]).args(packages);
    workspace::output(&mut install)?;
    Ok(())
}

fn apt_get(workspace: &Workspace) -> Command {
    let mut command = workspace.command("apt-get");
    // Another apt may be at work, as on a machine that has just booted.
    command.args(["-q", "-o", "DPkg::Lock::Timeout=120", "-o", "Dpkg::Use-Pty=0"]);
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// On Linux the directory of a process belongs to its effective user.
fn is_root() -> bool {
    fs::metadata(Path::new("/proc/self")).is_ok_and(|metadata| metadata.uid() == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_listed_as_installed_is_missing() {
        let listing = "tmux ii \nless rc \nvim hi \nbash ii \ndunst un \nxvfb iF \n";
        let needed = ["bash", "dunst", "htop", "less", "tmux", "vim", "xvfb"];
        assert_eq!(missing(&needed, listing), ["dunst", "htop", "less", "xvfb"]);
    }

    #[test]
    fn nothing_listed_is_everything_missing_and_a_full_list_is_nothing_missing() {
        assert_eq!(missing(NEEDED, ""), NEEDED);
        let full: String = NEEDED.iter().map(|package| format!("{package} ii \n")).collect();
        assert!(missing(NEEDED, &full).is_empty());
    }

    #[test]
    fn a_package_whose_name_begins_like_another_does_not_stand_for_it() {
        assert_eq!(missing(&["dbus"], "dbus-x11 ii \n"), ["dbus"]);
    }

    #[test]
    fn the_line_for_a_person_names_every_package() {
        let line = install_line(&["tmux", "vim"]);
        assert!(line.ends_with("--no-install-recommends tmux vim"), "{line}");
    }
}
