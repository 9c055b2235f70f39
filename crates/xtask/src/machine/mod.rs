//! `cargo xtask machine`: the programs on a whole machine, with a kernel of its own that enforces
//! limits, starts anew and loses its power.
//!
//! ```text
//!   cache/machine-RECIPE/tools      qemu and mmdebstrap, unpacked from Debian's packages
//!                      /disk.img    a small Debian with systemd, and a user who lingers
//!                      /vmlinuz  /initrd.img  /qemu
//!   tests/emulated                  each test boots it from a copy of the disk
//! ```
//!
//! Nothing is installed on this machine, and the other one has no network. Everything in it is
//! computed by qemu itself, which needs nothing of this kernel and takes its time.

mod disk;
mod emulator;

use std::env;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use crate::arguments::Profile;
use crate::tools;
use crate::workspace::{self, Workspace};

/// Tells the tests where the machine is.
const MACHINE_PLACE: &str = "APPCTL_MACHINE";

/// Another one for each change of what the machine is made of: the old one is not looked at
/// any more.
const RECIPE: &str = "bookworm-1";

/// Makes the machine, builds the programs, and runs the tests that need both, or one of them.
/// Where there can be no such machine, it says so; nobody reads that on CI.
pub(crate) fn machine(workspace: &Workspace, only: Option<&str>) -> Result<()> {
    if let Some(why) = not_possible_here(workspace) {
        if workspace.on_ci() {
            bail!("no machine can be made here: {why}");
        }
        eprintln!("NOT CHECKED: limits, restarts and losses of power of a whole machine: {why}");
        return Ok(());
    }
    let place = place(workspace).context("the machine")?;
    workspace.build_programs(Profile::Dev)?;
    let mut cargo = workspace.locked_cargo(&["test", "--package", "app-tests"]);
    // One at a time: two of them would wait for each other's processors.
    cargo.args(["--test", "emulated", "--", "--test-threads=1"]).args(only);
    workspace::check(cargo.env(MACHINE_PLACE, place))
}

/// Why there can be none, if there can be none.
fn not_possible_here(workspace: &Workspace) -> Option<&'static str> {
    if env::consts::ARCH != "x86_64" || env::consts::OS != "linux" {
        return Some("its programs would be of another kind");
    }
    if !fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0) {
        return Some("only root may lay out its disk");
    }
    let has = |program, argument| workspace::answers(workspace.command(program).arg(argument));
    if !has("apt-get", "--version") {
        return Some("it is made of packages of Debian, and there is no apt-get");
    }
    if !has("mke2fs", "-V") {
        return Some("there is no mke2fs (`apt-get install e2fsprogs`)");
    }
    None
}

/// Where the machine is; made on first use.
fn place(workspace: &Workspace) -> Result<PathBuf> {
    let place = tools::cache(workspace).join(format!("machine-{RECIPE}"));
    fs::create_dir_all(&place).with_context(|| format!("cannot make {}", place.display()))?;
    emulator::ensure(workspace, &place).context("qemu and mmdebstrap")?;
    disk::ensure(workspace, &place).context("its disk")?;
    Ok(place)
}
