//! Files that are either wholly there or not there at all.
//!
//! # Invariants
//!
//! 1. A reader sees the old file or the new one, never a part: the bytes go to a
//!    temporary file beside it, which then takes its name.
//! 2. After [`write()`] the new file also survives a power cut: file, then name, are synced.
//! 3. A failed write leaves no temporary file behind.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{fault, private};

/// Replaces `path` with `bytes`, mode 0600, and waits until the disk has both.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace(path, bytes, |file| {
        fault::point("durable.written");
        file.sync_all()?;
        fault::point("durable.synced");
        Ok(())
    })?;
    fault::point("durable.renamed");
    File::open(parent(path))?.sync_all()
}

/// Replaces `path` with `bytes`, mode 0600, without waiting for the disk: for facts
/// that need invariant 1 only.
pub fn write_quick(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace(path, bytes, |_| Ok(()))
}

fn replace(path: &Path, bytes: &[u8], sync: fn(&File) -> io::Result<()>) -> io::Result<()> {
    let temporary = temporary_beside(path)?;
    let done = private::create_file(&temporary)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            sync(&file)
        })
        .and_then(|()| fs::rename(&temporary, path));
    if done.is_err() {
        // The first error is the one worth telling.
        fs::remove_file(&temporary).ok();
    }
    done
}

/// A name that no other writer uses, in the same directory so that rename is atomic.
fn temporary_beside(path: &Path) -> io::Result<PathBuf> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let Some(name) = path.file_name() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path has no file name"));
    };
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}-{count}.tmp", process::id()));
    Ok(path.with_file_name(hidden))
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_else_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("exit");
        write(&path, b"old and longer").unwrap();
        write_quick(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_failed_write_leaves_no_temporary_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("busy");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("content"), b"").unwrap();
        assert!(write(&path, b"x").is_err(), "a directory was replaced");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(write(Path::new("/"), b"x").is_err());
    }
}
