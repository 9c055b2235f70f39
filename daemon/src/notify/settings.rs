//! The settings as they are now.
//!
//! They are read when they are used and the file has changed since: one `stat` for each
//! thing that happened, which costs less than a watch would and needs nothing that runs.
//!
//! # Invariants
//!
//! 1. A file that is wrong changes nothing: what was read last stays, and the log says
//!    once what is wrong.
//! 2. A file that does not answer is waited for once, for a moment. After that the last
//!    settings stay until it has answered.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use app_model::settings::Settings;
use app_settings::SettingsError;
use tracing::{info, warn};

use crate::look::{Outcome, Scout};

/// How long a look at the file may take before the last settings stay.
const PATIENCE: Duration = Duration::from_secs(1);

/// A file of settings, and what was read from it last.
#[derive(Debug)]
pub struct SettingsFile {
    path: PathBuf,
    last: Mutex<Last>,
}

#[derive(Debug, Default)]
struct Last {
    /// Of the file that was read; none before the first look.
    stamp: Option<Stamp>,
    settings: Arc<Settings>,
    /// Who looks, since the first time.
    scout: Option<Scout<Option<Stamp>, Seen>>,
}

/// The file, and what is in it if that is not what was read last.
#[derive(Debug)]
struct Seen {
    stamp: Stamp,
    read: Option<Result<Settings, SettingsError>>,
}

/// What tells one content of a file from another, as far as that can be seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stamp {
    Missing,
    There { inode: u64, bytes: u64, seconds: i64, nanos: i64 },
}

impl Stamp {
    fn of(path: &Path) -> Self {
        match std::fs::metadata(path) {
            Ok(file) => Self::There {
                inode: file.ino(),
                bytes: file.size(),
                seconds: file.mtime(),
                nanos: file.mtime_nsec(),
            },
            Err(_) => Self::Missing,
        }
    }
}

impl SettingsFile {
    /// Reads nothing yet.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), last: Mutex::default() }
    }

    /// The settings as they are now. Blocks for a look at the file, for a moment at most.
    pub fn current(&self) -> Arc<Settings> {
        // A panic while it was held has left whole values behind.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = last.stamp;
        if last.scout.is_none() {
            last.scout = self.scout();
        }
        let asked = last.scout.as_mut().map(|scout| scout.ask(stamp, PATIENCE));
        match asked {
            Some(Outcome::Found(seen)) => self.learn(&mut last, seen),
            Some(Outcome::Silent) => {
                let path = self.path.display();
                warn!(%path, "the settings do not answer; the last ones stay");
            }
            Some(Outcome::StillSilent) => {}
            Some(Outcome::Failed) | None => last.scout = None,
        }
        last.settings.clone()
    }

    /// Looks at the file, given what was seen of it last.
    fn scout(&self) -> Option<Scout<Option<Stamp>, Seen>> {
        let path = self.path.clone();
        Scout::begin(move |last| {
            let stamp = Stamp::of(&path);
            Seen { stamp, read: (last != Some(stamp)).then(|| app_settings::read(&path)) }
        })
    }

    fn learn(&self, last: &mut Last, seen: Seen) {
        let is_first = last.stamp.replace(seen.stamp).is_none();
        match seen.read {
            None => {}
            Some(Ok(settings)) => {
                if !is_first {
                    info!(path = %self.path.display(), "the settings were read anew");
                }
                last.settings = Arc::new(settings);
            }
            Some(Err(refused)) => self.complain(&refused),
        }
    }

    fn complain(&self, refused: &SettingsError) {
        let path = self.path.display();
        match refused {
            SettingsError::Unreadable(error) => {
                warn!(%path, %error, "the settings cannot be read; the last ones stay");
            }
            SettingsError::Wrong(all) => {
                for wrong in all {
                    warn!("{path}:{wrong}; the last settings stay, see `appctl config check`");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_seen_and_a_broken_file_keeps_what_was() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        let file = SettingsFile::new(&path);
        assert_eq!(*file.current(), Settings::default());
        std::fs::write(&path, "[notify]\nmute = true\n").unwrap();
        assert!(file.current().notify.mute);
        std::fs::write(&path, "[notify]\nmute = perhaps\n").unwrap();
        assert!(file.current().notify.mute, "the last settings stay");
        std::fs::remove_file(&path).unwrap();
        assert!(!file.current().notify.mute, "no file is all defaults");
    }
}
