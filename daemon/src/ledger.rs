//! The session directories: what to run, who it is, how its runs ended.
//!
//! ```text
//!   sessions/<id>/meta            who the session is (JSON), so that it can be found
//!                                 again without the registry
//!   sessions/<id>/spec            what to run (JSON, 0600: it holds the environment)
//!   sessions/<id>/run-N/exit      how run N ended (JSON), written by its holder
//!   sessions/<id>/run-N/child     which process its program became, written by itself
//!   sessions/<id>/run-N/…         what the holder records: see `docs/ARCHITECTURE.md`
//! ```
//!
//! All calls block and are short; callers are on a blocking thread where the disk may
//! be slow.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use app_model::{ExitRecord, Kind, RunNumber, SessionId, Spec};
use app_sys::places::Places;
use app_sys::process::{self, Identity};
use app_sys::{durable, fault, private};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::equip::equip;

/// Largest file of a session directory that is read back, but for recordings.
const MAX_FILE: u64 = 8 << 20;

/// Attempts to delete a directory in which somebody makes files.
const DELETE_TRIES: u32 = 5;

/// Who a session is. The file `meta`; fields are only ever added, each with a default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// Its identity.
    pub id: SessionId,
    /// Its name.
    pub name: String,
    /// Whether it stands for itself.
    pub kind: Kind,
    /// The session it belongs to.
    #[serde(default)]
    pub parent: Option<SessionId>,
    /// It was started in the background.
    #[serde(default)]
    pub background: bool,
    /// The agent's profile.
    #[serde(default)]
    pub agent: Option<String>,
    /// The model.
    #[serde(default)]
    pub model: Option<String>,
    /// When its ends and questions are told: a word of [`When`](app_model::notice::policy::When).
    #[serde(default)]
    pub notify: String,
    /// After which ends it is started again: a word of
    /// [`Restart`](app_model::restart::Restart).
    #[serde(default)]
    pub restart: String,
    /// A person wants to keep it.
    #[serde(default)]
    pub pinned: bool,
    /// When it was made, milliseconds since the Unix epoch.
    pub created_at_ms: i64,
}

/// Why a session directory could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The disk said no.
    #[error("`{}` could not be {did}", .path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// `read`, `written` or `deleted`.
        did: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The content is not what it should be.
    #[error("`{}` cannot be understood", .path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// Makes the directory of a new session.
pub fn create(places: &Places, meta: &Meta, spec: &mut Spec) -> Result<(), LedgerError> {
    let dir = places.session_dir(meta.id);
    private::ensure_dir(&dir).map_err(|refused| LedgerError::Io {
        path: dir.clone(),
        did: "written",
        source: io::Error::other(refused),
    })?;
    write_meta(places, meta)?;
    fault::point("start.meta-written");
    equip(spec, &dir);
    write_spec(places, meta.id, spec)
}

/// Writes who a session is.
pub fn write_meta(places: &Places, meta: &Meta) -> Result<(), LedgerError> {
    write(&places.session_dir(meta.id).join("meta"), meta)
}

/// Writes what the next run of a session is to run.
pub fn write_spec(places: &Places, id: SessionId, spec: &Spec) -> Result<(), LedgerError> {
    write(&places.session_dir(id).join("spec"), spec)
}

/// Gives a session another name, if it has not got it.
pub fn rename(places: &Places, id: SessionId, name: String) -> Result<(), LedgerError> {
    let mut meta = read_meta(&places.session_dir(id))?;
    if meta.name == name {
        return Ok(());
    }
    meta.name = name;
    write_meta(places, &meta)
}

/// Reads who a session is.
pub fn read_meta(dir: &Path) -> Result<Meta, LedgerError> {
    read(&dir.join("meta"))
}

/// Reads what a session runs.
pub fn read_spec(dir: &Path) -> Result<Spec, LedgerError> {
    read(&dir.join("spec"))
}

/// Reads how a run ended; nothing when its holder has left no record.
pub fn read_exit(dir: &Path, run: RunNumber) -> Result<Option<ExitRecord>, LedgerError> {
    match read(&run_dir(dir, run).join("exit")) {
        Ok(record) => Ok(Some(record)),
        Err(LedgerError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The process that the holder of a run has made, if that lives. Only for a run of this boot.
pub fn read_child(dir: &Path, run: RunNumber) -> Option<Identity> {
    let mut claim = Vec::new();
    let file = std::fs::File::open(run_dir(dir, run).join("child")).ok()?;
    file.take(MAX_FILE).read_to_end(&mut claim).ok()?;
    process::claimed(&claim)
}

/// What must be on the disk for a session to be found again, the directory itself last.
pub fn kept(dir: &Path) -> [PathBuf; 3] {
    [dir.join("spec"), dir.join("meta"), dir.to_path_buf()]
}

/// The directory of one run.
pub fn run_dir(dir: &Path, run: RunNumber) -> PathBuf {
    dir.join(format!("run-{run}"))
}

/// The runs that have a directory, in order.
pub fn runs(dir: &Path) -> Result<Vec<RunNumber>, LedgerError> {
    let failed = |source| LedgerError::Io { path: dir.to_owned(), did: "read", source };
    let mut runs = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix("run-")?.parse().ok());
        runs.extend(number.map(RunNumber));
    }
    runs.sort();
    Ok(runs)
}

/// When the first and when the last thing in a directory was written, milliseconds since the
/// Unix epoch.
pub fn times(dir: &Path) -> Result<(i64, i64), LedgerError> {
    let failed = |source| LedgerError::Io { path: dir.to_owned(), did: "read", source };
    let own = std::fs::symlink_metadata(dir).map_err(failed)?;
    let mut times = vec![modified_ms(&own)];
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        // What is gone meanwhile says nothing.
        times.extend(entry.map_err(failed)?.metadata().iter().map(modified_ms));
    }
    let (first, last) = (times.iter().min(), times.iter().max());
    Ok((first.copied().unwrap_or(0), last.copied().unwrap_or(0)))
}

fn modified_ms(file: &std::fs::Metadata) -> i64 {
    use std::os::unix::fs::MetadataExt as _;

    file.mtime().saturating_mul(1_000).saturating_add(file.mtime_nsec() / 1_000_000)
}

/// Has a directory be no session's any more, for whoever makes the registry anew.
pub fn disown(dir: &Path) -> Result<(), LedgerError> {
    let path = dir.join("meta");
    match std::fs::remove_file(&path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(LedgerError::Io { path, did: "deleted", source })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Deletes a session's directory, or that of one run. Fine if it is gone.
pub fn delete(dir: &Path) -> Result<(), LedgerError> {
    let mut deleted = std::fs::remove_dir_all(dir);
    // The holder of a run that is over may have made one more file under our hands: it
    // compresses its transcript, and stops when it finds nothing there.
    for _ in 1..DELETE_TRIES {
        if !matches!(&deleted, Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty) {
            break;
        }
        deleted = std::fs::remove_dir_all(dir);
    }
    match deleted {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(LedgerError::Io { path: dir.to_owned(), did: "deleted", source })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn write<T: Serialize>(path: &Path, value: &T) -> Result<(), LedgerError> {
    let content = serde_json::to_vec(value)
        .map_err(|source| LedgerError::Content { path: path.to_owned(), source })?;
    durable::write_quick(path, &content).map_err(|source| LedgerError::Io {
        path: path.to_owned(),
        did: "written",
        source,
    })
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, LedgerError> {
    let failed = |source| LedgerError::Io { path: path.to_owned(), did: "read", source };
    let length = std::fs::symlink_metadata(path).map_err(failed)?.len();
    if length > MAX_FILE {
        return Err(failed(io::ErrorKind::FileTooLarge.into()));
    }
    let content = std::fs::read(path).map_err(failed)?;
    serde_json::from_slice(&content)
        .map_err(|source| LedgerError::Content { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use app_model::{Exit, TerminalSize};

    use super::*;

    fn places(dir: &Path) -> Places {
        Places { runtime: dir.into(), state: dir.join("state"), config: dir.into() }
    }

    #[test]
    fn what_was_written_is_read_back_and_private() {
        use std::os::unix::fs::PermissionsExt as _;

        let temp = tempfile::tempdir().unwrap();
        let places = places(temp.path());
        let id = SessionId(7);
        let meta = Meta {
            id,
            name: "x".into(),
            kind: Kind::Session,
            parent: None,
            background: true,
            agent: None,
            model: None,
            notify: "never".into(),
            restart: "always".into(),
            pinned: true,
            created_at_ms: 5,
        };
        let mut spec = Spec {
            argv: vec!["true".into()],
            cwd: "/".into(),
            env: vec![],
            terminal: Some(TerminalSize::DEFAULT),
            history_lines: 1,
            transcript_bytes: 1,
            umask: None,
            limits: app_model::Limits::default(),
            trust: app_model::Trust::DEFAULT,
        };
        create(&places, &meta, &mut spec).unwrap();
        let dir = places.session_dir(id);
        assert_eq!(read_meta(&dir).unwrap(), meta);
        assert_eq!(read_spec(&dir).unwrap(), spec);
        let mode = std::fs::metadata(dir.join("spec")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_run_without_a_record_has_not_ended() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path();
        assert!(read_exit(dir, RunNumber(1)).unwrap().is_none());
        std::fs::create_dir(dir.join("run-10")).unwrap();
        std::fs::create_dir(dir.join("run-2")).unwrap();
        std::fs::write(dir.join("run-2/exit"), "{").unwrap();
        assert!(read_exit(dir, RunNumber(2)).is_err(), "half a record is no record");
        assert_eq!(runs(dir).unwrap(), [RunNumber(2), RunNumber(10)]);
        let record = r#"{"session":"00000007","run":10,"exit":{"code":4},"started_at_ms":1,
                         "ended_at_ms":5,"elapsed_ms":4,"boot_id":"b"}"#;
        std::fs::write(dir.join("run-10/exit"), record).unwrap();
        let read = read_exit(dir, RunNumber(10)).unwrap().unwrap();
        assert_eq!(read.exit, Exit::Code(4));
    }
}
