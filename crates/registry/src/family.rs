//! A session and what was started from it, over all generations.

use app_model::SessionId;
use rusqlite::params;

use crate::tasks::BELOW;
use crate::{MAX_TASKS, Registry, RegistryError, SessionRow};

/// The sessions above `?1` as the table `above`, nearest first.
const ABOVE: &str = "
    WITH RECURSIVE above (id, depth) AS (
        SELECT parent, 1 FROM session WHERE id = ?1
        UNION SELECT s.parent, a.depth + 1 FROM session s JOIN above a ON s.id = a.id
        WHERE a.depth < 64
    )";

impl Registry {
    /// Whether `id` was started from `top`, or from a session that was.
    pub fn is_below(&mut self, id: SessionId, top: SessionId) -> Result<bool, RegistryError> {
        let mut statement =
            self.db.prepare_cached(&format!("{ABOVE} SELECT 1 FROM above WHERE id = ?2"))?;
        Ok(statement.exists([id.0, top.0])?)
    }

    /// `top` and the sessions below it that are live or whose end nobody has looked at; with
    /// `all` every one. Newest first, at most [`MAX_TASKS`].
    pub fn family(&mut self, top: SessionId, all: bool) -> Result<Vec<SessionRow>, RegistryError> {
        self.rows(
            &format!(
                "WHERE (s.id = ?1 OR s.id IN ({BELOW} SELECT id FROM below)) AND (?2 OR s.seen = 0)
                 ORDER BY s.created_at DESC, s.id DESC LIMIT {MAX_TASKS}"
            ),
            params![top.0, all],
        )
    }
}
