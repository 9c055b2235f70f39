//! Brings to the disk what must outlive a loss of power.
//!
//! The registry's log and the files of a new session are written without waiting for the
//! disk: nobody who starts a session should. Here is waited for it, in the background, and
//! who is about to tell what must still be so afterwards waits for that.
//!
//! ```text
//!   a run is launched ──► begin ──┐
//!   a notice, an `rm` ──► settle ─┴──► round: files, directories, the registry's log
//!   the end of a run  ──► reached ◄──────┘
//! ```
//!
//! The record of an end is brought to the disk by the holder that writes it. What is
//! missing for it to be found again is the session, which is what `begin` is for.
//!
//! # Invariants
//!
//! 1. One round at a time; what is asked for meanwhile goes into the next one together. A
//!    slow disk gets few long waits, not many.
//! 2. [`Disk::reached`] waits for everything that was asked for before it, and for no more.
//! 3. Nobody waits longer than `PATIENCE`: a disk that hangs costs the promise, not the
//!    answer.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use app_model::SessionId;
use app_sys::places::Places;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tracing::{debug, warn};

use crate::ledger;

/// How long the telling of something waits for the disk, at most.
const PATIENCE: Duration = Duration::from_secs(5);

/// What may wait for the next round.
const QUEUE: usize = 1_024;

/// A way to the disk, cheap to clone.
#[derive(Clone, Debug)]
pub struct Disk {
    /// Nothing of a disk that nothing is promised of.
    work: Option<mpsc::Sender<Work>>,
    asked: Arc<AtomicU64>,
    done: watch::Receiver<u64>,
}

/// The registry, and perhaps a session's directory.
type Work = Option<SessionId>;

impl Disk {
    /// Starts the task that waits for the disk. It ends with the last [`Disk`].
    pub fn spawn(places: Places) -> Self {
        let (work, inbox) = mpsc::channel(QUEUE);
        let (counted, done) = watch::channel(0);
        tokio::spawn(turn(places, inbox, counted));
        Self { work: Some(work), asked: Arc::default(), done }
    }

    /// No disk: everything is there at once.
    pub fn none() -> Self {
        Self { work: None, asked: Arc::default(), done: watch::channel(0).1 }
    }

    /// Has the session, as it is written down now, brought to the disk.
    pub fn begin(&self, session: SessionId) {
        self.ask(Some(session));
    }

    /// Waits until all that was asked for has reached the disk.
    pub async fn reached(&self) {
        let asked = self.asked.load(Ordering::Acquire);
        let mut done = self.done.clone();
        // Gone: the daemon ends, and nobody is left to be told.
        if timeout(PATIENCE, done.wait_for(|done| *done >= asked)).await.is_err() {
            warn!(limit = ?PATIENCE, "the disk takes its time; a loss of power now may lose what is told");
        }
    }

    /// Waits until what the registry knows now has reached the disk.
    pub async fn settle(&self) {
        self.ask(None);
        self.reached().await;
    }

    fn ask(&self, what: Work) {
        let Some(work) = &self.work else { return };
        match work.try_send(what) {
            // After it was sent: invariant 2 is about what its asker waits for.
            Ok(()) => drop(self.asked.fetch_add(1, Ordering::AcqRel)),
            Err(_) => debug!("more waits for the disk than it takes; on without a promise"),
        }
    }
}

async fn turn(places: Places, mut inbox: mpsc::Receiver<Work>, done: watch::Sender<u64>) {
    let mut database = Database::default();
    while let Some(first) = inbox.recv().await {
        let mut all = vec![first];
        while let Ok(more) = inbox.try_recv() {
            all.push(more); // Invariant 1.
        }
        let count = all.len() as u64;
        let sessions: BTreeSet<_> = all.into_iter().flatten().collect();
        let places = places.clone();
        let round = tokio::task::spawn_blocking(move || {
            let done = round(&places, &sessions, &mut database);
            (database, done)
        });
        database = match round.await {
            Ok((database, done)) => {
                if let Err(refused) = done {
                    let error = &refused as &dyn std::error::Error;
                    warn!(error, "the disk promises nothing");
                }
                database
            }
            Err(panic) => {
                warn!(error = &panic as &dyn std::error::Error, "a round failed");
                Database::default()
            }
        };
        done.send_modify(|done| *done += count);
    }
}

/// Something is not on the disk.
#[derive(Debug, thiserror::Error)]
#[error("`{}` could not be brought to the disk", .path.display())]
struct RoundError {
    path: PathBuf,
    source: io::Error,
}

/// Waits for the disk: for the sessions' files, and for what the registry knows of them.
fn round(
    places: &Places,
    sessions: &BTreeSet<SessionId>,
    database: &mut Database,
) -> Result<(), RoundError> {
    for &session in sessions {
        let dir = places.session_dir(session);
        for path in ledger::kept(&dir) {
            sync(&path)?;
        }
    }
    if !sessions.is_empty() {
        sync(&places.sessions_dir())?;
    }
    let registry = places.registry();
    let mut log = registry.clone().into_os_string();
    log.push(app_registry::LOG_SUFFIX);
    sync(Path::new(&log))?;
    if !database.is_there {
        database.sync(&registry)?;
        sync(&places.state)?;
    }
    Ok(())
}

/// The file that the registry's log belongs to, without which the log is worth nothing. Once
/// it is on the disk SQLite itself sees to it, before it takes anything out of the log.
#[derive(Debug, Default)]
struct Database {
    /// Never closed: with that the locks that SQLite has on it would be gone (fcntl(2)).
    file: Option<&'static File>,
    is_there: bool,
}

impl Database {
    fn sync(&mut self, path: &Path) -> Result<(), RoundError> {
        let failed = |source| RoundError { path: path.to_owned(), source };
        let file = match self.file {
            Some(file) => file,
            None => Box::leak(Box::new(File::open(path).map_err(failed)?)),
        };
        self.file = Some(file);
        file.sync_all().map_err(failed)?;
        self.is_there = true;
        Ok(())
    }
}

/// What is not there, or not any more, needs no disk.
fn sync(path: &Path) -> Result<(), RoundError> {
    match File::open(path).and_then(|file| file.sync_all()) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(RoundError { path: path.to_owned(), source })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn places(dir: &Path) -> Places {
        Places { runtime: dir.into(), state: dir.into(), config: dir.into() }
    }

    #[tokio::test]
    async fn what_was_asked_for_is_reached_and_what_is_gone_is_no_trouble() {
        let dir = tempfile::tempdir().unwrap();
        let _registry = app_registry::Registry::open(&dir.path().join("registry.db")).unwrap();
        let disk = Disk::spawn(places(dir.path()));
        disk.reached().await;
        assert_eq!(*disk.done.borrow(), 0, "nothing was asked for");
        disk.begin(SessionId(1));
        disk.settle().await;
        disk.reached().await;
        assert_eq!(*disk.done.borrow(), 2);
    }

    /// The task cannot run before this one waits.
    #[tokio::test]
    async fn what_comes_meanwhile_waits_together() {
        let dir = tempfile::tempdir().unwrap();
        let disk = Disk::spawn(places(dir.path()));
        for number in 0..100 {
            disk.begin(SessionId(number));
        }
        let mut done = disk.done.clone();
        done.changed().await.unwrap();
        assert_eq!(*done.borrow(), 100, "all in the first round");
    }

    #[tokio::test]
    async fn without_a_disk_nobody_waits() {
        let disk = Disk::none();
        disk.begin(SessionId(1));
        let waits = disk.settle().now_or_never().is_none();
        assert!(!waits);
    }
}
