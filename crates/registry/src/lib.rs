//! The durable index of sessions, runs, events and notices, in SQLite.
//!
//! The registry is an index: the session directories are the truth about runs, and can
//! rebuild it but for the order of events. This is the only crate that knows SQL. Its
//! calls block; the daemon keeps it on a thread of its own.
//!
//! # Invariants
//!
//! 1. One call is one transaction: after it returned, what it did survives a crash of
//!    the process.
//! 2. Events are only ever appended, in the transaction of the fact they tell. Their
//!    numbers grow by one and are never reused.
//! 3. A database of a later release, or a damaged one, is never written to.
//! 4. Reading the sessions that matter takes no time that grows with those that ended
//!    and were looked at: partial indexes carry the live and the unseen ones.

mod batch;
mod comebacks;
mod error;
mod events;
mod facts;
mod family;
mod migrations;
mod notices;
mod removal;
mod restore;
mod retention;
mod rows;
mod runs;
mod sessions;
mod tasks;

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

pub use error::{OpenError, RegistryError};
pub use events::{MAX_EVENTS, PAGE};
pub use facts::Facts;
pub use migrations::steps;
pub use notices::{LISTED, NewNotice, NoticeOutcome, NoticeRow, PendingNotice};
pub use retention::{PRUNABLE, Prunable};
pub use rows::{LiveRun, NewSession, Planned, RestoredRun, RunEnd, RunStart, SessionRow};
pub use sessions::Found;
pub use tasks::{MAX_TASKS, TaskOutcome, TaskRow};

/// How long a call waits for another process that holds the database.
const BUSY_LIMIT_MS: u32 = 2_000;

/// Pages of cache, as a negative number of KiB (sqlite.org/pragma.html#pragma_cache_size).
const CACHE_KIB: i64 = -1_024;

/// An open registry.
#[derive(Debug)]
pub struct Registry {
    db: Connection,
    newest_event: u64,
}

impl Registry {
    /// Opens the database at `path`, making or migrating it as needed.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Self::open_or_fill(path, || Ok(std::iter::empty()), |_| {})
    }

    /// Opens the database at `path`. One that has to be made takes in the `sessions` that
    /// are found elsewhere, before it counts as made: whoever dies on the way leaves one
    /// that still has to be made. `passed` is told of each step on the way to the newest
    /// form, by the names in [`steps`].
    pub fn open_or_fill<S>(
        path: &Path,
        sessions: impl FnOnce() -> io::Result<S>,
        passed: impl Fn(&'static str),
    ) -> Result<Self, OpenError>
    where
        S: Iterator<Item = (NewSession, Vec<RestoredRun>)>,
    {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if damage_mark(path).exists() {
            return Err(OpenError::of(path)(seen_damaged()));
        }
        make_private(path)?;
        let mut db = Connection::open_with_flags(path, flags).map_err(OpenError::of(path))?;
        let newest = migrations::LIST.len();
        let found = migrations::version(&db).map_err(OpenError::of(path))?;
        if found > newest {
            return Err(OpenError::FromTheFuture { path: path.into(), found, newest });
        }
        prepare(&mut db).map_err(OpenError::of(path))?;
        migrations::run(&mut db, path, |db| restore::fill(db, path, sessions), passed)?;
        let newest_event = events::newest(&db).map_err(OpenError::of(path))?;
        Ok(Self { db, newest_event })
    }

    /// The number of the newest event, 0 when there was none.
    pub fn newest_event(&self) -> u64 {
        self.newest_event
    }

    /// Notes beside the database that it was found to be damaged while it was in use: who
    /// opens it next is told so.
    pub fn mark_damaged(&self) -> io::Result<()> {
        let path = self.db.path().unwrap_or_default();
        std::fs::File::create(damage_mark(Path::new(path))).map(drop)
    }

    /// Runs `work` as one transaction (invariant 1).
    fn transact<T>(
        &mut self,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T, RegistryError>,
    ) -> Result<T, RegistryError> {
        let transaction =
            self.db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let value = work(&transaction)?;
        let newest = events::newest(&transaction)?;
        transaction.commit()?;
        self.newest_event = newest;
        Ok(value)
    }
}

/// What follows the name of a database in the name of its write-ahead log.
pub const LOG_SUFFIX: &str = "-wal";

/// What follows the name of a database in the name of the file that says it is damaged.
pub const DAMAGE_SUFFIX: &str = "-damage";

fn damage_mark(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(DAMAGE_SUFFIX);
    name.into()
}

fn seen_damaged() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(
        rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT),
        Some("it was found to be so while it was in use".into()),
    )
}

/// Makes the file, if there is none, for its owner alone: it has what people run and where.
/// SQLite gives its other files the same mode.
fn make_private(path: &Path) -> Result<(), OpenError> {
    use std::os::unix::fs::OpenOptionsExt as _;

    let made = std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path);
    made.map(drop).map_err(|source| OpenError::NotMade { path: path.into(), source })
}

/// Sets the connection up: write-ahead log, so that a reader never waits, and one fsync
/// per checkpoint. What a power loss may undo is found again in the session directories.
fn prepare(db: &mut Connection) -> rusqlite::Result<()> {
    db.busy_timeout(std::time::Duration::from_millis(BUSY_LIMIT_MS.into()))?;
    db.pragma_update(None, "cache_size", CACHE_KIB)?;
    let mode: String = db.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    if mode != "wal" {
        // Nothing is in it yet that a power loss could take: no fsync for an empty file.
        db.pragma_update(None, "synchronous", "OFF")?;
        db.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    }
    db.pragma_update(None, "synchronous", "NORMAL")?;
    db.pragma_update(None, "foreign_keys", true)?;
    // A plan does not depend on what is bound: else every call plans its statement anew.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    db.set_prepared_statement_cache_capacity(64);
    Ok(())
}

#[cfg(test)]
mod tests;
