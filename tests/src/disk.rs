//! A disk that can be full without harm to anybody.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::geteuid;

/// A small disk over a directory; what was in there is hidden while it is mounted.
pub struct SmallDisk {
    at: PathBuf,
}

impl SmallDisk {
    /// Mounts one of this size; nothing where nobody may. What is in it is for us alone.
    ///
    /// # Panics
    /// When root cannot.
    pub fn mount(at: &Path, size: &str) -> Option<Self> {
        if !geteuid().is_root() {
            eprintln!("SKIPPED: only root can make a disk that is small enough");
            return None;
        }
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size},mode=700"), "tmpfs"]).arg(at);
        assert!(mount.status().unwrap().success(), "no small disk at {}", at.display());
        Some(Self { at: at.into() })
    }

    /// Fills it to the last byte.
    pub fn fill(&self) {
        let mut ballast = File::create(self.ballast()).unwrap();
        let error = loop {
            // By the byte: the last ones are as good as any.
            if let Err(error) = ballast.write_all(&[0; 16]) {
                break error;
            }
        };
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }

    /// Takes out what [`SmallDisk::fill`] has put in.
    pub fn empty(&self) {
        std::fs::remove_file(self.ballast()).unwrap();
    }

    fn ballast(&self) -> PathBuf {
        self.at.join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a process may have a file open there until it is gone.
        let umount = Command::new("umount").arg("-l").arg(&self.at).status();
        if !umount.is_ok_and(|status| status.success()) {
            eprintln!("the small disk at {} stays", self.at.display());
        }
    }
}
