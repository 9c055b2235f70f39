//! The disk of the machine: a small Debian with systemd, its kernel, and one user who lingers.
//!
//! The programs under test are on a disk of their own, with the one that does there what the
//! tests ask for (`tests/src/machine.rs`), so this one is made once. It is kept when it is
//! complete: the last step gives it its name.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::emulator;
use crate::workspace::{self, Workspace};

/// The release of Debian that it is.
const RELEASE: &str = "bookworm";

/// What is on it beside what every Debian has.
const INCLUDED: &str = "systemd,systemd-sysv,udev,dbus,dbus-user-session,libpam-systemd,procps,\
                        linux-image-cloud-amd64,zstd";

/// Room for it, and for what the tests write.
const SIZE: &str = "1500M";

/// The user.
const USER: &str = "person";

/// Files of it, with their text.
const FILES: [(&str, &str); 5] = [
    ("etc/hostname", "emulated\n"),
    ("etc/fstab", "/dev/vda / ext4 rw 0 0\n/dev/vdb /usr/local/bin ext4 ro 0 0\n"),
    // The way in and out: it is there once the port is.
    (
        "etc/udev/rules.d/90-appctl-test.rules",
        "SUBSYSTEM==\"virtio-ports\", ATTR{name}==\"appctl.test\", TAG+=\"systemd\", \
         ENV{SYSTEMD_WANTS}+=\"appctl-test.service\"\n",
    ),
    (
        "etc/systemd/system/appctl-test.service",
        "[Unit]\nAfter=systemd-user-sessions.service dbus.service\n\
         RequiresMountsFor=/usr/local/bin\n\n\
         [Service]\nExecStart=/bin/bash /usr/local/bin/appctl-test\nTasksMax=infinity\n",
    ),
    // Whoever logs out takes everything along that has not left the log-in.
    ("etc/systemd/logind.conf.d/kill.conf", "[Login]\nKillUserProcesses=yes\n"),
];

/// Work of every Debian that would only be in the way.
const MASKED: [&str; 6] = [
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    "fstrim.timer",
];

/// Makes it unless it is there.
pub(super) fn ensure(workspace: &Workspace, place: &Path) -> Result<()> {
    let disk = place.join("disk.img");
    if disk.is_file() {
        return Ok(());
    }
    eprintln!("its disk is not here yet: making it in {} (once, some minutes)", place.display());
    let root = place.join("root");
    if root.exists() {
        fs::remove_dir_all(&root).with_context(|| format!("cannot empty {}", root.display()))?;
    }
    install(workspace, place, &root)?;
    configure(workspace, &root)?;
    take_kernel(&root, place)?;
    let part = place.join("disk.part");
    let mut make = workspace.command("mke2fs");
    make.args(["-q", "-F", "-t", "ext4", "-d"]).arg(&root).arg(&part).arg(SIZE);
    workspace::output(&mut make)?;
    fs::remove_dir_all(&root).with_context(|| format!("cannot remove {}", root.display()))?;
    fs::rename(&part, &disk).with_context(|| format!("cannot make {}", disk.display()))
}

fn install(workspace: &Workspace, place: &Path, root: &Path) -> Result<()> {
    let mut mmdebstrap = workspace.command(emulator::mmdebstrap(place));
    mmdebstrap.args(["--mode=root", "--variant=minbase", "--quiet"]);
    mmdebstrap.arg(format!("--include={INCLUDED}")).arg(RELEASE).arg(root);
    workspace::output(&mut mmdebstrap)?;
    Ok(())
}

fn configure(workspace: &Workspace, root: &Path) -> Result<()> {
    let write = |path: &str, text: &str| {
        let path = root.join(path);
        let parent = path.parent().unwrap_or(root);
        fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    };
    for (path, text) in FILES {
        write(path, text)?;
    }
    write("etc/machine-id", "")?;
    write(&format!("var/lib/systemd/linger/{USER}"), "")?;
    for unit in MASKED {
        let link = root.join("etc/systemd/system").join(unit);
        symlink("/dev/null", &link).with_context(|| format!("cannot make {}", link.display()))?;
    }
    let mut user = workspace.command("chroot");
    user.arg(root).args(["useradd", "--create-home", "--shell", "/bin/bash", "--uid", "1000"]);
    workspace::output(user.arg(USER))?;
    Ok(())
}

/// qemu starts the kernel itself; the disk needs none.
fn take_kernel(root: &Path, place: &Path) -> Result<()> {
    let boot = root.join("boot");
    for (begins, name) in [("vmlinuz-", "vmlinuz"), ("initrd.img-", "initrd.img")] {
        let files = fs::read_dir(&boot).with_context(|| format!("no {}", boot.display()))?;
        let mut files = files
            .flatten()
            .filter(|file| file.file_name().to_str().is_some_and(|name| name.starts_with(begins)));
        let Some(file) = files.next() else { bail!("there is no {begins}* in it") };
        fs::rename(file.path(), place.join(name)).with_context(|| format!("cannot keep {name}"))?;
    }
    Ok(())
}
