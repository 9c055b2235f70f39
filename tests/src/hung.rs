//! A file system that never answers, as one behind a network that is gone.
//!
//! It is a FUSE mount with nobody behind it: the first question waits for an answer that
//! does not come. When this is dropped, all who wait are told that it is gone.
//!
//! Needs root, and `/dev/fuse`.

use std::ffi::CString;
use std::fs::{File, OpenOptions};
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

/// One over a directory.
pub struct HungMount {
    at: PathBuf,
    // The kernel's end of it: closed, the mount is dead and everybody gets an error.
    fuse: Option<File>,
}

impl HungMount {
    /// Mounts one.
    ///
    /// # Panics
    /// When that is refused.
    #[track_caller]
    pub fn over(at: &Path) -> Self {
        let fuse = OpenOptions::new().read(true).write(true).open("/dev/fuse").unwrap();
        let options =
            format!("fd={},rootmode=40700,user_id=0,group_id=0,allow_other", fuse.as_raw_fd());
        let options = CString::new(options).unwrap();
        mount("nobody", at, "fuse", MountFlags::empty(), options.as_c_str()).unwrap();
        Self { at: at.into(), fuse: Some(fuse) }
    }
}

impl Drop for HungMount {
    fn drop(&mut self) {
        self.fuse.take();
        if let Err(error) = unmount(&self.at, UnmountFlags::DETACH) {
            eprintln!("the mount at {} stays: {error}", self.at.display());
        }
    }
}
