//! Sessions: making, finding, listing, renaming.

use app_model::event::kind;
use app_model::selector::Selector;
use app_model::{RunNumber, SessionId};
use rusqlite::{Connection, OptionalExtension as _, Params, params};
use serde_json::json;

use crate::rows::{SESSION_COLUMNS, session_row, to_json};
use crate::{NewSession, Registry, RegistryError, SessionRow, events, notices, runs};

/// Matches that an ambiguous selector lists at most.
const MAX_CANDIDATES: usize = 20;

/// Names that a failed look-up is compared with, newest first.
const MAX_COMPARED: usize = 500;

/// What a selector found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// This one.
    One(SessionId),
    /// Several, newest first.
    Several(Vec<SessionRow>),
    /// None. These names exist, newest first.
    None {
        /// Names to suggest from.
        names: Vec<String>,
    },
}

impl Registry {
    /// Writes down a session and its first run, before anything is started. Says
    /// whether the id was free; if not, nothing was written.
    pub fn insert_session(&mut self, new: &NewSession) -> Result<bool, RegistryError> {
        self.transact(|db| {
            let free = insert(db, new, RunNumber::FIRST)?;
            if free {
                runs::insert(db, new.id, RunNumber::FIRST, &new.boot_id, new.created_at_ms)?;
            }
            Ok(free)
        })
    }

    /// Sessions that are live or whose end nobody has looked at; with `all` every one.
    /// Newest first, at most `limit`, created before `before` (their time and id).
    pub fn list(
        &mut self,
        all: bool,
        before: Option<(i64, SessionId)>,
        limit: usize,
    ) -> Result<Vec<SessionRow>, RegistryError> {
        let filter = if all { "1" } else { "s.seen = 0" };
        let (at, id) = before.map_or((i64::MAX, u32::MAX), |(at, id)| (at, id.0));
        self.rows(
            &format!(
                "WHERE {filter} AND (s.created_at, s.id) < (?1, ?2)
                 ORDER BY s.created_at DESC, s.id DESC LIMIT ?3"
            ),
            params![at, id, limit],
        )
    }

    /// One session.
    pub fn session(&mut self, id: SessionId) -> Result<Option<SessionRow>, RegistryError> {
        Ok(self.rows("WHERE s.id = ?1", [id.0])?.pop())
    }

    /// Whether there is such a session.
    fn exists(&self, id: SessionId) -> Result<bool, RegistryError> {
        let mut statement = self.db.prepare_cached("SELECT 1 FROM session WHERE id = ?1")?;
        Ok(statement.exists([id.0])?)
    }

    /// The session that was started, resumed or attached last.
    pub fn last_used(&mut self) -> Result<Option<SessionId>, RegistryError> {
        let mut statement = self.db.prepare_cached(
            "SELECT id FROM session ORDER BY used_at DESC, created_at DESC LIMIT 1",
        )?;
        Ok(statement.query_row([], |row| row.get(0).map(SessionId)).optional()?)
    }

    /// Finds the session that a person means. See [`app_model::selector`].
    pub fn find(&mut self, selector: &Selector<'_>) -> Result<Found, RegistryError> {
        if let Some(id) = selector.id
            && self.exists(id)?
        {
            return Ok(Found::One(id));
        }
        let order = format!("ORDER BY s.created_at DESC, s.id DESC LIMIT {MAX_CANDIDATES}");
        let mut matches = self.rows(&format!("WHERE s.name = ?1 {order}"), [selector.name])?;
        if matches.is_empty() {
            let conversation = format!("WHERE s.conversation = ?1 {order}");
            matches = self.rows(&conversation, [selector.name])?;
        }
        if let (true, Some((first, last))) = (matches.is_empty(), selector.prefix) {
            let by_prefix = format!("WHERE s.id BETWEEN ?1 AND ?2 {order}");
            matches = self.rows(&by_prefix, [first.0, last.0])?;
        }
        match matches.as_slice() {
            [] => Ok(Found::None { names: self.names()? }),
            [one] => Ok(Found::One(one.view.id)),
            [_, _, ..] => Ok(Found::Several(matches)),
        }
    }

    /// Gives a session another name. Says whether there is such a session.
    pub fn rename(&mut self, id: SessionId, name: &str, at_ms: i64) -> Result<bool, RegistryError> {
        self.transact(|db| {
            let changed = db
                .prepare_cached("UPDATE session SET name = ?2 WHERE id = ?1")?
                .execute(params![id.0, name])?;
            if changed > 0 {
                let data = json!({ "name": name });
                events::append(db, at_ms, kind::SESSION_RENAMED, Some(id), &data)?;
            }
            Ok(changed > 0)
        })
    }

    /// Keeps a session, or lets go of it. Says whether there is such a session.
    pub fn pin(&mut self, id: SessionId, pinned: bool, at_ms: i64) -> Result<bool, RegistryError> {
        self.transact(|db| {
            let known = db
                .prepare_cached("UPDATE session SET pinned = ?2 WHERE id = ?1")?
                .execute(params![id.0, pinned])?;
            if known > 0 {
                let data = json!({ "pinned": pinned });
                events::append(db, at_ms, kind::SESSION_PINNED, Some(id), &data)?;
            }
            Ok(known > 0)
        })
    }

    /// Somebody looked at the end of a session; without effect while it is live, asleep or
    /// about to be started again.
    pub fn mark_seen(&mut self, id: SessionId) -> Result<(), RegistryError> {
        self.transact(|db| {
            db.prepare_cached(
                "UPDATE session SET seen = 1
                 WHERE id = ?1 AND restart_wall IS NULL AND EXISTS (
                     SELECT 1 FROM run r
                     WHERE r.session = id AND r.run = session.run AND r.exit IS NOT NULL
                         AND r.phase <> 'asleep')",
            )?
            .execute([id.0])?;
            notices::session_seen(db, id)
        })
    }

    /// A terminal came to a session, or the last one left it.
    pub fn attached(
        &mut self,
        id: SessionId,
        attached: bool,
        at_ms: i64,
    ) -> Result<(), RegistryError> {
        let kind = if attached { kind::SESSION_ATTACHED } else { kind::SESSION_DETACHED };
        self.transact(|db| {
            db.prepare_cached("UPDATE session SET used_at = max(used_at, ?2) WHERE id = ?1")?
                .execute(params![id.0, at_ms])?;
            if attached {
                notices::session_seen(db, id)?;
            }
            events::append(db, at_ms, kind, Some(id), &json!({}))
        })
    }

    /// How many sessions are live.
    pub fn live_count(&mut self) -> Result<u32, RegistryError> {
        let mut statement =
            self.db.prepare_cached("SELECT count(*) FROM run WHERE exit IS NULL")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    fn names(&mut self) -> Result<Vec<String>, RegistryError> {
        let mut statement =
            self.db.prepare_cached("SELECT name FROM session ORDER BY created_at DESC LIMIT ?1")?;
        let rows = statement.query_map([MAX_COMPARED], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub(crate) fn rows(
        &mut self,
        tail: &str,
        params: impl Params,
    ) -> Result<Vec<SessionRow>, RegistryError> {
        let mut statement = self.db.prepare_cached(&query(tail))?;
        let mut rows = statement.query(params)?;
        let mut sessions = Vec::new();
        while let Some(row) = rows.next()? {
            sessions.push(session_row(row)?);
        }
        Ok(sessions)
    }
}

/// Sessions with their newest runs; `tail` chooses among them.
pub(crate) fn query(tail: &str) -> String {
    format!(
        "SELECT {SESSION_COLUMNS} FROM session s
         JOIN run r ON r.session = s.id AND r.run = s.run {tail}"
    )
}

/// Inserts the row of a session whose newest run is `run`. Says whether the id was free.
pub(crate) fn insert(
    db: &Connection,
    new: &NewSession,
    run: RunNumber,
) -> Result<bool, RegistryError> {
    let inserted = db
        .prepare_cached(
            "INSERT OR IGNORE INTO session (id, name, kind, parent, background, agent, model,
                 argv, cwd, tty, created_at, used_at, run, notify, restart, pinned)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, ?12, ?13, ?14, ?15
             WHERE NOT EXISTS (SELECT 1 FROM tombstone WHERE session = ?1)",
        )?
        .execute(params![
            new.id.0,
            new.name,
            to_json(&new.kind).trim_matches('"'),
            new.parent.map(|id| id.0),
            new.background,
            new.agent,
            new.model,
            to_json(&new.argv),
            to_json(&new.cwd),
            new.tty,
            new.created_at_ms,
            run.0,
            new.notify.word(),
            new.restart.word(),
            new.pinned,
        ])?;
    Ok(inserted > 0)
}
