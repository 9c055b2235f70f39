//! A lock that the kernel takes back when its holder dies.
//!
//! # Invariants
//!
//! 1. The lock is on the open file (flock(2)), never on what the file says: a stale
//!    file locks nobody out, and a reused pid cannot own it.
//! 2. The file is kept on release. Removing it would let two processes lock two files
//!    of the same name.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Proof that this process holds a lock; dropping it gives the lock back.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock if nobody has it. `None` means that somebody has.
    pub fn try_acquire(path: &Path) -> io::Result<Option<Self>> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Takes the lock, waiting for at most `limit`. `None` means that the time is up.
    ///
    /// The wait is a helper thread in flock(2), so nothing polls. When time is up the
    /// thread stays behind: should it get the lock later, it gives it back at once.
    pub fn acquire_within(path: &Path, limit: Duration) -> io::Result<Option<Self>> {
        if let Some(lock) = Self::try_acquire(path)? {
            return Ok(Some(lock));
        }
        let file = open(path)?;
        let (taken, outcome) = mpsc::sync_channel(1);
        thread::Builder::new().name("lock".into()).spawn(move || {
            let locked = file.lock().map(|()| Self { file });
            // Nobody listens any more: the lock is dropped with the message.
            drop(taken.send(locked));
        })?;
        match outcome.recv_timeout(limit) {
            Ok(locked) => locked.map(Some),
            Err(mpsc::RecvTimeoutError::Timeout) => Ok(None),
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                Err(io::Error::other("the thread that waits for the lock is gone"))
            }
        }
    }

    /// The locked file, for a note about who holds it.
    pub fn file(&self) -> &File {
        &self.file
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW)
        .open(path)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn one_lock_excludes_another_until_it_is_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let held = Lock::try_acquire(&path).unwrap().unwrap();
        assert!(Lock::try_acquire(&path).unwrap().is_none());
        drop(held);
        assert!(Lock::try_acquire(&path).unwrap().is_some());
        assert!(path.exists());
    }

    #[test]
    fn a_wait_ends_when_its_time_is_up() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let _held = Lock::try_acquire(&path).unwrap().unwrap();
        let limit = Duration::from_millis(20);
        let asked = Instant::now();
        assert!(Lock::acquire_within(&path, limit).unwrap().is_none());
        assert!(asked.elapsed() >= limit);
    }

    #[test]
    fn a_wait_ends_when_the_lock_is_released() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let held = Lock::try_acquire(&path).unwrap().unwrap();
        let release = thread::spawn(move || drop(held));
        let lock = Lock::acquire_within(&path, Duration::from_secs(30)).unwrap();
        assert!(lock.is_some());
        release.join().unwrap();
    }

    #[test]
    fn a_symlink_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/dev/null", dir.path().join("lock")).unwrap();
        assert!(Lock::try_acquire(&dir.path().join("lock")).is_err());
    }
}
