//! A settings file of another program: read, replaced whole, removed.
//!
//! # Invariants
//!
//! 1. A reader sees the old file or the new one, and after a power cut there is one of them.
//! 2. A link stays a link: what it points to is replaced.
//! 3. The file keeps its mode; a new one gets that of any new file.
//! 4. A file that somebody changed after it was read is left alone.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use app_hooks::MAX_SETTINGS;

/// Most links from a file to what is behind it, as the kernel has it.
const MAX_LINKS: usize = 40;

/// Why a settings file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    /// It is there and cannot be read.
    #[error("cannot read `{}`", .path.display())]
    Read { path: PathBuf, source: io::Error },
    /// It cannot be written.
    #[error("cannot write `{}`", .path.display())]
    Write { path: PathBuf, source: io::Error },
    /// Somebody else wrote it at the same time.
    #[error("`{}` was changed by something else just now", .path.display())]
    Changed { path: PathBuf },
}

/// A file as it was read.
#[derive(Debug)]
pub(crate) struct SettingsFile {
    /// Behind all links.
    target: PathBuf,
    /// Its text; `None` if there is no file.
    pub(crate) text: Option<String>,
}

impl SettingsFile {
    /// Reads it.
    pub(crate) fn read(path: &Path) -> Result<Self, FileError> {
        let failed = |source| FileError::Read { path: path.to_path_buf(), source };
        let target = behind_links(path).map_err(failed)?;
        let text = read(&target).map_err(failed)?;
        Ok(Self { target, text })
    }

    /// Replaces it.
    pub(crate) fn write(&self, text: &str) -> Result<(), FileError> {
        self.check()?;
        let written = replace(&self.target, text.as_bytes());
        written.map_err(|source| FileError::Write { path: self.target.clone(), source })
    }

    /// Removes it.
    pub(crate) fn remove(&self) -> Result<(), FileError> {
        self.check()?;
        let removed = fs::remove_file(&self.target);
        removed.map_err(|source| FileError::Write { path: self.target.clone(), source })
    }

    /// Invariant 4.
    fn check(&self) -> Result<(), FileError> {
        match read(&self.target) {
            Ok(text) if text == self.text => Ok(()),
            Ok(_) | Err(_) => Err(FileError::Changed { path: self.target.clone() }),
        }
    }
}

fn behind_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_path_buf();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&path) {
            Ok(target) => path = path.parent().unwrap_or(Path::new("/")).join(target),
            // Not a link, or nothing there.
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("there are too many links on the way to it"))
}

fn read(path: &Path) -> io::Result<Option<String>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let mut text = String::new();
    // One more than is taken, so that a larger file is refused and not cut.
    file.take(MAX_SETTINGS as u64 + 1).read_to_string(&mut text)?;
    Ok(Some(text))
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let parent = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(parent)?;
    let temporary = beside(path)?;
    let done = write_new(&temporary, bytes, path).and_then(|()| fs::rename(&temporary, path));
    if done.is_err() {
        // The first error is the one worth telling.
        fs::remove_file(&temporary).ok();
    }
    done?;
    File::open(parent)?.sync_all()
}

fn write_new(temporary: &Path, bytes: &[u8], like: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o666).open(temporary)?;
    if let Ok(old) = fs::metadata(like) {
        file.set_permissions(old.permissions())?;
    }
    file.write_all(bytes)?;
    file.sync_all()
}

/// A name in the same directory, so that the rename is atomic.
fn beside(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| io::Error::other("the path has no file name"))?;
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}.tmp", std::process::id()));
    Ok(path.with_file_name(hidden))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn a_file_keeps_its_mode_and_a_link_stays_one() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir(at("dotfiles")).unwrap();
        fs::write(at("dotfiles/settings"), "old").unwrap();
        fs::set_permissions(at("dotfiles/settings"), fs::Permissions::from_mode(0o640)).unwrap();
        symlink("dotfiles/settings", at("middle")).unwrap();
        symlink(at("middle"), at("settings")).unwrap();

        let file = SettingsFile::read(&at("settings")).unwrap();
        assert_eq!(file.text.as_deref(), Some("old"));
        file.write("new").unwrap();

        assert_eq!(fs::read_to_string(at("dotfiles/settings")).unwrap(), "new");
        assert!(fs::symlink_metadata(at("settings")).unwrap().is_symlink());
        let mode = fs::metadata(at("settings")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        assert_eq!(fs::read_dir(at("dotfiles")).unwrap().count(), 1);
    }

    #[test]
    fn a_missing_file_is_made_with_its_directories_and_removed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/settings");
        let file = SettingsFile::read(&path).unwrap();
        assert_eq!(file.text, None);
        file.write("new").unwrap();
        SettingsFile::read(&path).unwrap().remove().unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn a_file_that_was_changed_meanwhile_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("settings");
        let file = SettingsFile::read(&path).unwrap();
        fs::write(&path, "somebody else's").unwrap();
        assert!(matches!(file.write("ours"), Err(FileError::Changed { .. })));
        assert!(matches!(file.remove(), Err(FileError::Changed { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "somebody else's");
    }

    #[test]
    fn links_in_a_circle_and_directories_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        symlink("b", dir.path().join("a")).unwrap();
        symlink("a", dir.path().join("b")).unwrap();
        assert!(matches!(SettingsFile::read(&dir.path().join("a")), Err(FileError::Read { .. })));
        assert!(matches!(SettingsFile::read(dir.path()), Err(FileError::Read { .. })));
    }
}
