//! Sessions that ended, as far as they may be removed to make room.

use app_model::event::kind;
use app_model::{RunNumber, SessionId};
use rusqlite::params;
use serde_json::json;

use crate::{Registry, RegistryError, events, removal};

/// Sessions that [`Registry::prunable`] returns at a time.
pub const PRUNABLE: usize = 500;

/// A session that nobody uses or wants to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prunable {
    /// Which.
    pub id: SessionId,
    /// Its name.
    pub name: String,
    /// Its newest run.
    pub run: RunNumber,
    /// When that ended, milliseconds since the Unix epoch.
    pub ended_at_ms: i64,
}

/// What makes a session one that may be removed: nothing of it lives or comes back, and
/// nobody has pinned it.
const MAY_GO: &str = "
    r.exit IS NOT NULL AND r.phase <> 'asleep' AND s.pinned = 0 AND s.restart_wall IS NULL
    AND NOT EXISTS (SELECT 1 FROM task t WHERE t.session = s.id AND t.ended_at IS NULL)
    AND NOT EXISTS (SELECT 1 FROM session c JOIN run cr ON cr.session = c.id AND cr.run = c.run
        WHERE c.parent = s.id AND (cr.exit IS NULL OR cr.phase = 'asleep'
            OR c.restart_wall IS NOT NULL))";

impl Registry {
    /// Sessions that may be removed, oldest end first, after the one with this end and id;
    /// at most [`PRUNABLE`].
    pub fn prunable(
        &mut self,
        after: Option<(i64, SessionId)>,
    ) -> Result<Vec<Prunable>, RegistryError> {
        let (at, id) = after.map_or((i64::MIN, 0), |(at, id)| (at, id.0));
        let mut statement = self.db.prepare_cached(&format!(
            "SELECT s.id, s.name, s.run, r.ended_at FROM session s
             JOIN run r ON r.session = s.id AND r.run = s.run
             WHERE {MAY_GO} AND (r.ended_at, s.id) > (?1, ?2)
             ORDER BY r.ended_at, s.id LIMIT ?3"
        ))?;
        let rows = statement.query_map(params![at, id, PRUNABLE], |row| {
            Ok(Prunable {
                id: SessionId(row.get(0)?),
                name: row.get(1)?,
                run: RunNumber(row.get(2)?),
                ended_at_ms: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Forgets a session as [`Registry::remove`] does, if it may still go and nobody has
    /// run it again. Says whether it did.
    pub fn remove_pruned(&mut self, old: &Prunable, at_ms: i64) -> Result<bool, RegistryError> {
        self.transact(|db| {
            let gone = db
                .prepare_cached(&format!(
                    "DELETE FROM session WHERE id = ?1 AND EXISTS (
                         SELECT 1 FROM session s JOIN run r ON r.session = s.id AND r.run = s.run
                         WHERE s.id = ?1 AND s.run = ?2 AND {MAY_GO})"
                ))?
                .execute(params![old.id.0, old.run.0])?;
            if gone == 0 {
                return Ok(false);
            }
            removal::mark(db, old.id)?;
            let data = json!({ "pruned": true });
            events::append(db, at_ms, kind::SESSION_REMOVED, Some(old.id), &data)?;
            Ok(true)
        })
    }

    /// What a session wrote was deleted to make room.
    pub fn emptied(&mut self, id: SessionId, bytes: u64, at_ms: i64) -> Result<(), RegistryError> {
        self.transact(|db| {
            let data = json!({ "bytes": bytes });
            events::append(db, at_ms, kind::SESSION_PRUNED, Some(id), &data)
        })
    }
}
