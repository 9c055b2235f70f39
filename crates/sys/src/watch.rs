//! Hearing of changes below a directory, for readers that follow a file.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use crate::os;

/// Watches one directory: files written, made in it or renamed into it.
#[derive(Debug)]
pub struct DirWatch {
    inner: os::DirWatch,
}

impl DirWatch {
    /// Starts to watch. Read the files after this, not before, or a change is missed.
    pub fn new(dir: &Path) -> io::Result<Self> {
        os::DirWatch::new(dir).map(|inner| Self { inner })
    }

    /// Forgets the changes seen so far and says whether there were any. Never blocks.
    pub fn drain(&mut self) -> io::Result<bool> {
        self.inner.drain()
    }
}

/// Readable when something has changed since the last `drain`.
impl AsFd for DirWatch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inner.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;
    use std::time::Duration;

    use super::*;
    use crate::poll;

    const BOUND: Option<Duration> = Some(Duration::from_secs(30));

    #[test]
    fn writes_new_files_and_renames_are_heard_of() {
        let dir = tempfile::tempdir().unwrap();
        let other = tempfile::tempdir().unwrap();
        let mut log = fs::File::create(dir.path().join("log")).unwrap();
        let mut watch = DirWatch::new(dir.path()).unwrap();
        assert!(!watch.drain().unwrap());

        let mut heard = |what: &str| {
            assert!(poll::readable(&watch, BOUND).unwrap(), "{what}");
            assert!(watch.drain().unwrap(), "{what}");
            assert!(!watch.drain().unwrap(), "{what} was told twice");
        };
        log.write_all(b"x").unwrap();
        heard("a write");
        fs::File::create(dir.path().join("new")).unwrap();
        heard("a new file");
        fs::write(other.path().join("moved"), b"").unwrap();
        fs::rename(other.path().join("moved"), dir.path().join("moved")).unwrap();
        heard("a rename");
    }

    #[test]
    fn a_missing_directory_is_an_error() {
        assert!(DirWatch::new(Path::new("/no/such/place")).is_err());
    }
}
