//! A disk of a test's own, that can be slow and can lose its power.
//!
//! An ext4 file system in a file, on a loop device, over a directory. It is slow by the
//! kernel's own limit for a block device (version 1 of control groups), and loses its power
//! by the call that ext4 has for that: what was not on the disk by then never gets there.
//!
//! Needs root.

use std::cell::RefCell;
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

/// `EXT4_IOC_SHUTDOWN` (ext4's `ext4.h`). What is written before it is brought to the disk
/// with 0, and lost with 2.
const CUT: &str = "import fcntl, os, struct, sys\n\
                   fd = os.open(sys.argv[1], os.O_RDONLY)\n\
                   fcntl.ioctl(fd, 0x8004587D, struct.pack('I', int(sys.argv[2])))";

/// A disk over a directory; what was in there is hidden while it is mounted.
pub struct Volume {
    image: PathBuf,
    device: RefCell<PathBuf>,
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
        let device = RefCell::new(loop_device(image));
        let volume = Self { image: image.into(), device, at: at.into() };
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
        let number = fs::metadata(&*self.device.borrow()).unwrap().rdev();
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
        self.shut_down("2");
    }

    fn shut_down(&self, how: &str) {
        call("/usr/bin/python3", &["-c", CUT], &[&self.at, Path::new(how)]);
    }

    /// Takes it away, whoever uses it, and mounts it anew: nothing of it is in memory any
    /// more.
    pub fn mount_again(&self) {
        // Once it is shut down it never writes again. Other tests may have the mount in name
        // spaces of their own: then it lives on there, and only another device gives a new one.
        self.shut_down("0");
        wait::until("the disk to be used by nobody", || {
            let done = Command::new("umount").arg(&self.at).output().unwrap();
            if done.status.success() { Ok(()) } else { Err(format!("{done:?}")) }
        });
        let old = self.device.replace(loop_device(&self.image));
        call("losetup", &["-d"], &[&old]);
        self.attach();
    }

    fn attach(&self) {
        call("mount", &["-t", "ext4"], &[&self.device.borrow(), &self.at]);
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        if Self::not_throttled_here().is_none() {
            self.throttle(0);
        }
        // Lazily: a process may have a file open there until it is gone.
        for (program, options, what) in
            [("umount", ["-l"].as_slice(), &self.at), ("losetup", &["-d"], &*self.device.borrow())]
        {
            let done = Command::new(program).args(options).arg(what).status();
            if !done.is_ok_and(|status| status.success()) {
                eprintln!("{} stays: {program} was refused", what.display());
            }
        }
    }
}

/// A device that has this file for its content.
#[track_caller]
fn loop_device(image: &Path) -> PathBuf {
    let mut losetup = Command::new("losetup");
    let made = losetup.args(["--find", "--show", "--direct-io=on"]).arg(image).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    String::from_utf8(made.stdout).unwrap().trim().into()
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
