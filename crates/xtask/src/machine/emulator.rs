//! qemu, and mmdebstrap that makes the disk: fetched as Debian's packages with whatever they need
//! that is not here, and unpacked. Nothing is installed: qemu's packages would drive out others.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::workspace::{self, Workspace};

const PACKAGES: [&str; 2] = ["qemu-system-x86", "mmdebstrap"];

/// qemu with its libraries and its firmware, wherever the caller stands.
const QEMU: &str = r#"#!/bin/sh
tools=@TOOLS@
LD_LIBRARY_PATH=$tools/usr/lib/x86_64-linux-gnu:$tools/lib/x86_64-linux-gnu
export LD_LIBRARY_PATH
exec "$tools/usr/bin/qemu-system-x86_64" \
    -L "$tools/usr/share/qemu" -L "$tools/usr/share/seabios" "$@"
"#;

/// The program that makes a root.
pub(super) fn mmdebstrap(place: &Path) -> PathBuf {
    tools(place).join("usr/bin/mmdebstrap")
}

fn tools(place: &Path) -> PathBuf {
    place.join("tools")
}

/// Fetches them unless they work already.
pub(super) fn ensure(workspace: &Workspace, place: &Path) -> Result<()> {
    let qemu = place.join("qemu");
    let works = || workspace::answers(workspace.command(&qemu).arg("--version"));
    if works() {
        return Ok(());
    }
    eprintln!("qemu is not here yet: fetching it into {} (once)", place.display());
    let (home, part) = (tools(place), place.join("tools.part"));
    for rest in [&part, &home].into_iter().filter(|rest| rest.exists()) {
        fs::remove_dir_all(rest).with_context(|| format!("cannot empty {}", rest.display()))?;
    }
    unpack(workspace, &part)?;
    fs::rename(&part, &home).with_context(|| format!("cannot make {}", home.display()))?;
    let failed = || format!("cannot write {}", qemu.display());
    let script = QEMU.replace("@TOOLS@", &home.display().to_string());
    fs::write(&qemu, script).with_context(failed)?;
    fs::set_permissions(&qemu, fs::Permissions::from_mode(0o755)).with_context(failed)?;
    if !works() {
        bail!("its packages were unpacked, and {} does not run", qemu.display());
    }
    Ok(())
}

fn unpack(workspace: &Workspace, into: &Path) -> Result<()> {
    let packages = workspace.scratch("machine-packages")?;
    fs::create_dir(packages.join("partial")).context("cannot make a place for packages")?;
    let mut fetch = workspace.command("apt-get");
    fetch.args(["--quiet", "--yes", "--no-install-recommends", "--download-only"]);
    fetch.arg("-o").arg(format!("Dir::Cache::archives={}", packages.display()));
    workspace::output(fetch.arg("install").args(PACKAGES))?;
    fs::create_dir_all(into).with_context(|| format!("cannot make {}", into.display()))?;
    for package in fs::read_dir(&packages).context("cannot list the packages")? {
        let package = package?.path();
        if package.extension().is_some_and(|extension| extension == "deb") {
            let mut dpkg = workspace.command("dpkg");
            workspace::output(dpkg.arg("--extract").arg(package).arg(into))?;
        }
    }
    fs::remove_dir_all(&packages).with_context(|| format!("cannot remove {}", packages.display()))
}
