//! Removing sessions, in two steps: forgotten here first, deleted on disk afterwards.

use app_model::SessionId;
use app_model::event::kind;
use rusqlite::Connection;
use serde_json::json;

use crate::{Registry, RegistryError, events};

impl Registry {
    /// Forgets a session and leaves a tombstone, until its directory is deleted.
    pub fn remove(&mut self, id: SessionId, at_ms: i64) -> Result<(), RegistryError> {
        self.transact(|db| {
            let known = db.prepare_cached("DELETE FROM session WHERE id = ?1")?.execute([id.0])?;
            if known > 0 {
                mark(db, id)?;
                events::append(db, at_ms, kind::SESSION_REMOVED, Some(id), &json!({}))?;
            }
            Ok(())
        })
    }

    /// Sessions whose directories may still have to be deleted.
    pub fn tombstones(&mut self) -> Result<Vec<SessionId>, RegistryError> {
        let mut statement = self.db.prepare_cached("SELECT session FROM tombstone")?;
        let rows = statement.query_map([], |row| row.get(0).map(SessionId))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The directory of a removed session is gone.
    pub fn bury(&mut self, id: SessionId) -> Result<(), RegistryError> {
        self.transact(|db| {
            db.prepare_cached("DELETE FROM tombstone WHERE session = ?1")?.execute([id.0])?;
            Ok(())
        })
    }
}

/// The session is gone from here; its directory may not be.
pub(crate) fn mark(db: &Connection, id: SessionId) -> Result<(), RegistryError> {
    db.prepare_cached("INSERT OR IGNORE INTO tombstone (session) VALUES (?1)")?.execute([id.0])?;
    Ok(())
}
