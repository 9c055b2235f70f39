//! A registry from the session directories, after the old one was lost or damaged.
//!
//! Damaged files are kept aside under a name that says when. What comes back: every
//! session with its name, its runs and how they ended. What does not: the order and the
//! numbers of events, and which ends somebody has looked at (they count as seen, so that
//! a month of history does not come up as news).

use std::io;
use std::path::{Path, PathBuf};

use app_model::SessionId;
use app_model::notice::policy::When;
use app_model::restart::Restart;
use app_registry::{NewSession, OpenError, Registry, RestoredRun};
use app_sys::places::Places;
use app_sys::{clock, fault, read_ahead};
use tracing::{info, warn};

use crate::ledger::{self, LedgerError};

/// Files that belong to one database, by what follows its name; the sign of its damage last.
const SUFFIXES: [&str; 4] = ["", "-wal", "-shm", app_registry::DAMAGE_SUFFIX];

/// Why there is no registry.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// It could not be opened, and not because it is damaged.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The damaged files could not be moved.
    #[error("the damaged registry `{}` could not be kept aside", .path.display())]
    KeepAside {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Opens the registry. One that is damaged is kept aside; one that has to be made takes in
/// the sessions that have directories.
pub fn open_or_rebuild(places: &Places) -> Result<Registry, RebuildError> {
    let path = places.registry();
    let sessions = places.sessions_dir();
    // Before anything locks it: locks go with the first descriptor that is closed (fcntl(2)).
    read_ahead::ask_for(&path);
    let open = || Registry::open_or_fill(&path, || found(&sessions), fault::point);
    match open() {
        Err(damage @ OpenError::Damaged { .. }) => {
            let aside = keep_aside(&path)?;
            warn!(error = &damage as &dyn std::error::Error, kept = %aside.display(),
                  "the registry is made anew");
            fault::point("rebuild.kept-aside");
            Ok(open()?)
        }
        other => Ok(other?),
    }
}

/// The sessions that have directories, one by one. An empty place is the usual case.
fn found(
    sessions: &Path,
) -> io::Result<impl Iterator<Item = (NewSession, Vec<RestoredRun>)> + use<>> {
    let entries = std::fs::read_dir(sessions)?;
    Ok(entries.filter_map(|entry| {
        let dir = entry.inspect_err(|error| warn!(%error, "a session was not restored")).ok()?;
        let restored = restore(&dir.path());
        fault::point("rebuild.found");
        match restored {
            Ok(restored) => {
                info!(session = %restored.0.id, "taken in from its directory");
                Some(restored)
            }
            Err(refused) => {
                let error = &refused as &dyn std::error::Error;
                warn!(dir = %dir.path().display(), error, "this session was not restored");
                None
            }
        }
    }))
}

fn keep_aside(path: &Path) -> Result<PathBuf, RebuildError> {
    let named = |end: &str| PathBuf::from(format!("{}{end}", path.display()));
    let mark = format!(".damaged-{}", clock::wall_ms());
    for suffix in SUFFIXES {
        let from = named(suffix);
        let to = named(&format!("{mark}{suffix}"));
        match std::fs::rename(&from, to) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(RebuildError::KeepAside { path: from, source });
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(named(&mark))
}

#[derive(Debug, thiserror::Error)]
enum RestoreError {
    #[error("its name is not an id")]
    NotASession,
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

fn restore(dir: &Path) -> Result<(NewSession, Vec<RestoredRun>), RestoreError> {
    let name = dir.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let id: SessionId = name.parse().map_err(|_| RestoreError::NotASession)?;
    let meta = ledger::read_meta(dir)?;
    let spec = ledger::read_spec(dir)?;
    let boot_id = clock::boot_id();
    let mut runs = Vec::new();
    for run in ledger::runs(dir)? {
        let record = ledger::read_exit(dir, run)?;
        let (began_at_ms, touched_at_ms) = ledger::times(&ledger::run_dir(dir, run))?;
        // Nothing was written since this boot began, so it was not this one's.
        let is_older = touched_at_ms < clock::booted_at_ms();
        let boot_id = if is_older { String::new() } else { boot_id.clone() };
        runs.push(RestoredRun { run, record, boot_id, began_at_ms });
    }
    let session = NewSession {
        id,
        name: meta.name,
        kind: meta.kind,
        parent: meta.parent,
        background: meta.background,
        agent: meta.agent,
        model: meta.model,
        argv: spec.argv,
        cwd: spec.cwd,
        tty: spec.terminal.is_some(),
        notify: When::of_word(&meta.notify),
        restart: Restart::of_word(&meta.restart),
        pinned: meta.pinned,
        created_at_ms: meta.created_at_ms,
        boot_id,
    };
    Ok((session, runs))
}
