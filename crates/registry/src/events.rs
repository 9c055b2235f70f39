//! The journal.

use app_model::SessionId;
use app_model::event::Event;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::{Registry, RegistryError};

/// Events that are kept; older ones go when this many newer ones exist.
pub const MAX_EVENTS: u64 = 100_000;

/// Events that one call returns at most.
pub const PAGE: usize = 500;

/// How many events are written between two looks for ones to drop.
const TRIM_EVERY: u64 = 1_000;

impl Registry {
    /// Events after `since`, oldest first, at most [`PAGE`] of them.
    pub fn events_after(&mut self, since: u64) -> Result<Vec<Event>, RegistryError> {
        let mut statement = self.db.prepare_cached(
            "SELECT seq, at, kind, session, data FROM event WHERE seq > ?1 ORDER BY seq LIMIT ?2",
        )?;
        let rows = statement.query_map(params![since, PAGE], |row| {
            Ok(Event {
                seq: row.get(0)?,
                at_ms: row.get(1)?,
                kind: row.get(2)?,
                session: row.get::<_, Option<u32>>(3)?.map(SessionId),
                data: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The number of the oldest event that is kept, if there is one.
    pub fn oldest_event(&mut self) -> Result<Option<u64>, RegistryError> {
        Ok(self.db.query_row("SELECT min(seq) FROM event", [], |row| row.get(0))?)
    }
}

/// Appends an event within the transaction of the fact it tells.
pub(crate) fn append(
    db: &Connection,
    at_ms: i64,
    kind: &str,
    session: Option<SessionId>,
    data: &serde_json::Value,
) -> Result<(), RegistryError> {
    db.prepare_cached("INSERT INTO event (at, kind, session, data) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![at_ms, kind, session.map(|id| id.0), data.to_string()])?;
    let seq = u64::try_from(db.last_insert_rowid()).unwrap_or(0);
    if seq.is_multiple_of(TRIM_EVERY) && seq > MAX_EVENTS {
        db.prepare_cached("DELETE FROM event WHERE seq <= ?1")?.execute([seq - MAX_EVENTS])?;
    }
    Ok(())
}

/// The number of the newest event ever written, kept or not.
pub(crate) fn newest(db: &Connection) -> rusqlite::Result<u64> {
    let mut statement =
        db.prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'event'")?;
    Ok(statement.query_row([], |row| row.get(0)).optional()?.unwrap_or(0))
}
