//! A disk of a test's own, that can be slow and can lose its power.
//!
//! An ext4 file system in a file, on a loop device, over a directory. It is slow by the
//! kernel's own limit for a block device (version 1 of control groups), and loses its power
//! by the call that ext4 has for that: what was not on the disk by then never gets there.
//!
//! Needs root.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::{major, minor};

use crate::wait;

/// What limits block devices, and the groups in it.
const GROUPS: &str = "/sys/fs/cgroup/blkio";

/// What a limit is written to, for each direction.
const LIMITS: [&str; 2] = ["blkio.throttle.read_iops_device", "blkio.throttle.write_iops_device"];

/// `EXT4_IOC_SHUTDOWN` without a flush of the journal (ext4's `ext4.h`).
const CUT: &str = "import fcntl, os, struct, sys\n\
                   fd = os.open(sys.argv[1], os.O_RDONLY)\n\
                   fcntl.ioctl(fd, 0x8004587D, struct.pack('I', 2))";

/// A disk over a directory; what was in there is hidden while it is mounted.
pub struct Volume {
    device: PathBuf,
    at: PathBuf,
}

impl Volume {
    /// Makes one of this size, in the file `image`. What is in it is for us alone.
    ///
    /// # Panics
    /// When that is refused.
    #[track_caller]
    pub fn mount(image: &Path, size: &str, at: &Path) -> Self {
        call("truncate", &["-s", size], &[image]);
        call("mkfs.ext4", &["-q", "-m", "0", "-E", "lazy_itable_init=0"], &[image]);
        let mut losetup = Command::new("losetup");
        let made = losetup.args(["--find", "--show", "--direct-io=on"]).arg(image).output();
        let made = made.unwrap();
        assert!(made.status.success(), "{made:?}");
        let device = PathBuf::from(String::from_utf8(made.stdout).unwrap().trim());
        let volume = Self { device, at: at.into() };
        volume.attach();
        fs::remove_dir(at.join("lost+found")).unwrap();
        fs::set_permissions(at, fs::Permissions::from_mode(0o700)).unwrap();
        volume
    }

    /// Why no disk can be made slow here, if none can.
    pub fn not_throttled_here() -> Option<&'static str> {
        let there = LIMITS.iter().all(|limit| Path::new(GROUPS).join(limit).exists());
        (!there).then_some("the kernel's limits for block devices are not mounted")
    }

    /// Lets so many reads and so many writes through in a second; all of them with 0.
    pub fn throttle(&self, per_second: u32) {
        let number = fs::metadata(&self.device).unwrap().rdev();
        let line = format!("{}:{} {per_second}", major(number), minor(number));
        for limit in LIMITS {
            // What this process starts, and the kernel's own threads.
            for group in [own_group(), PathBuf::from(GROUPS)] {
                fs::write(group.join(limit), &line).unwrap();
            }
        }
    }

    /// From now on every use of it fails, and what is in memory only is lost.
    pub fn cut_power(&self) {
        call("/usr/bin/python3", &["-c", CUT], &[&self.at]);
    }

    /// Takes it away, whoever uses it, and mounts it anew: nothing of it is in memory any
    /// more.
    pub fn mount_again(&self) {
        wait::until("the disk to be used by nobody", || {
            let done = Command::new("umount").arg(&self.at).output().unwrap();
            if done.status.success() { Ok(()) } else { Err(format!("{done:?}")) }
        });
        self.attach();
    }

    fn attach(&self) {
        call("mount", &["-t", "ext4"], &[&self.device, &self.at]);
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        if Self::not_throttled_here().is_none() {
            self.throttle(0);
        }
        // Lazily: a process may have a file open there until it is gone.
        for (program, options, what) in
            [("umount", ["-l"].as_slice(), &self.at), ("losetup", &["-d"], &self.device)]
        {
            let done = Command::new(program).args(options).arg(what).status();
            if !done.is_ok_and(|status| status.success()) {
                eprintln!("{} stays: {program} was refused", what.display());
            }
        }
    }
}

/// The group that this process is in.
fn own_group() -> PathBuf {
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap();
    let own = groups.lines().find_map(|line| line.split_once(":blkio:/"));
    Path::new(GROUPS).join(own.map(|(_, path)| path).unwrap_or_default())
}

#[track_caller]
fn call(program: &str, options: &[&str], paths: &[&Path]) {
    let output = Command::new(program).args(options).args(paths).output().unwrap();
    assert!(output.status.success(), "{program} {options:?} {paths:?}: {output:?}");
}
