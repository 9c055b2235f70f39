//! Directories and files that nobody else can read, write or replace.
//!
//! # Invariants
//!
//! 1. What [`ensure_dir`] accepts is a directory, not a symbolic link to one, belongs to
//!    this user and gives no other user any access. The check is on the opened
//!    directory, so it cannot be exchanged in between.
//! 2. Permissions of a directory that holds other people's business are never changed:
//!    only an empty one is tightened. `APPCTL_STATE_DIR=/tmp` must not lock up `/tmp`.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

/// Why a directory cannot be used for private things.
#[derive(Debug, thiserror::Error)]
pub enum PrivateDirError {
    /// It did not exist and could not be made.
    #[error("cannot create the directory `{}`", .path.display())]
    Create {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It exists but cannot be looked at.
    #[error("cannot open the directory `{}`", .path.display())]
    Open {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody may redirect what is written below it.
    #[error("`{}` is a symbolic link", .path.display())]
    Symlink {
        /// The link.
        path: PathBuf,
    },
    /// Something else has its name.
    #[error("`{}` is not a directory", .path.display())]
    NotADirectory {
        /// What is there.
        path: PathBuf,
    },
    /// Another user made it, perhaps on purpose.
    #[error("`{}` belongs to user {owner}, and you are user {you}", .path.display())]
    NotYours {
        /// The directory.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Who we are.
        you: u32,
    },
    /// Others can get in.
    #[error("other users can use `{}` (mode {mode:03o})", .path.display())]
    TooOpen {
        /// The directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
}

impl PrivateDirError {
    /// The one thing most likely to help.
    pub fn hint(&self) -> String {
        match self {
            Self::Create { path, .. } | Self::Open { path, .. } => {
                format!(
                    "Check the permissions of `{}` and the directories above it.",
                    path.display()
                )
            }
            Self::Symlink { path } | Self::NotADirectory { path } => {
                format!("Remove `{}`, or choose another directory.", path.display())
            }
            Self::NotYours { path, .. } => {
                format!(
                    "Do not use it. Find out who made `{}`, or choose another directory.",
                    path.display()
                )
            }
            Self::TooOpen { path, .. } => format!(
                "If nobody else needs it: `chmod 700 {}`. Otherwise choose another directory.",
                path.display()
            ),
        }
    }
}

/// Makes `path` and what is missing above it with mode 0700, then checks that it is
/// private (invariant 1).
pub fn ensure_dir(path: &Path) -> Result<(), PrivateDirError> {
    let create = |source| PrivateDirError::Create { path: path.into(), source };
    if let Some(parent) = path.parent()
        && !parent.as_os_str().is_empty()
    {
        DirBuilder::new().recursive(true).mode(0o700).create(parent).map_err(create)?;
    }
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(source) => return Err(create(source)),
    }
    let dir = open_dir(path)?;
    let inspect = |source: rustix::io::Errno| PrivateDirError::Open {
        path: path.into(),
        source: source.into(),
    };
    let stat = rustix::fs::fstat(&dir).map_err(inspect)?;
    let you = rustix::process::geteuid().as_raw();
    if stat.st_uid != you {
        return Err(PrivateDirError::NotYours { path: path.into(), owner: stat.st_uid, you });
    }
    let mode = Mode::from_raw_mode(stat.st_mode);
    if mode.intersects(Mode::RWXG | Mode::RWXO) {
        if !is_empty(path) {
            let mode = mode.bits() as u32 & 0o7777;
            return Err(PrivateDirError::TooOpen { path: path.into(), mode });
        }
        rustix::fs::fchmod(&dir, Mode::RWXU).map_err(inspect)?;
    }
    Ok(())
}

/// Opens the directory itself, never what a link points to.
fn open_dir(path: &Path) -> Result<OwnedFd, PrivateDirError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::open(path, flags, Mode::empty()).map_err(|errno| {
        let path = path.to_path_buf();
        // With O_DIRECTORY, Linux says ENOTDIR of a link as well (open(2)).
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_symlink() => PrivateDirError::Symlink { path },
            Ok(found) if !found.is_dir() => PrivateDirError::NotADirectory { path },
            Ok(_) | Err(_) => PrivateDirError::Open { path, source: errno.into() },
        }
    })
}

fn is_empty(path: &Path) -> bool {
    fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
}

/// Makes a new file with mode 0600; anything that already has its name is an error.
pub fn create_file(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW)
        .open(path)
}

/// Opens a file for appending, made with mode 0600 if it is missing; refuses links.
pub fn open_append(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW)
        .open(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_missing_directory_is_made_private_with_its_parents() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b");
        ensure_dir(&path).unwrap();
        ensure_dir(&path).unwrap();
        assert_eq!((mode(&path), mode(&dir.path().join("a"))), (0o700, 0o700));
    }

    #[test]
    fn an_empty_directory_of_ours_is_tightened_and_a_used_one_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("open");
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        ensure_dir(&path).unwrap();
        assert_eq!(mode(&path), 0o700);

        fs::write(path.join("theirs"), b"").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let error = ensure_dir(&path).unwrap_err();
        assert!(matches!(error, PrivateDirError::TooOpen { mode: 0o755, .. }), "{error}");
        assert!(error.hint().contains("chmod 700"));
        assert_eq!(mode(&path), 0o755);
    }

    #[test]
    fn links_and_files_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("link");
        symlink(dir.path(), &link).unwrap();
        assert!(matches!(ensure_dir(&link), Err(PrivateDirError::Symlink { .. })));
        let file = dir.path().join("file");
        fs::write(&file, b"").unwrap();
        assert!(matches!(ensure_dir(&file), Err(PrivateDirError::NotADirectory { .. })));
        assert!(matches!(ensure_dir(&file.join("x")), Err(PrivateDirError::Create { .. })));
    }

    #[test]
    fn the_directory_of_another_user_is_refused() {
        if !rustix::process::geteuid().is_root() {
            return; // Only root can make one.
        }
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::chown(dir.path(), Some(12345), None).unwrap();
        let error = ensure_dir(dir.path()).unwrap_err();
        assert!(matches!(error, PrivateDirError::NotYours { owner: 12345, .. }), "{error}");
    }

    #[test]
    fn files_are_private_and_never_replaced_or_reached_through_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        drop(create_file(&path).unwrap());
        assert_eq!(mode(&path), 0o600);
        assert!(create_file(&path).is_err());
        drop(open_append(&path).unwrap());
        let link = dir.path().join("l");
        symlink(&path, &link).unwrap();
        assert!(open_append(&link).is_err());
        assert!(create_file(&link).is_err());
    }
}
