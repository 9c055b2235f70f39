//! Tasks: work inside an agent that is only heard of, and sessions that belong to another.
//!
//! # Invariants
//!
//! 1. A report that comes twice or late changes nothing ([`app_model::task::step`]).
//! 2. The end of a run is the end of everything that was reported from inside it.
//! 3. What is asked for every report takes no time that grows with the tasks that ended:
//!    the index of live ones is named, since the planner knows no better than the key.

use app_model::event::kind;
use app_model::report::{Outcome, Report, Stamp};
use app_model::task::{Heard, Known, Step, step};
use app_model::{Clocks, Exit, Lost, RunNumber, SessionId};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::json;

use crate::rows::word;
use crate::{Registry, RegistryError, RunEnd, SessionRow, events};

/// Tasks that one call returns at most.
pub const MAX_TASKS: usize = 1_000;

/// The sessions below `?1` as the table `below`, over all generations.
pub(crate) const BELOW: &str = "
    WITH RECURSIVE below (id, depth) AS (
        SELECT id, 1 FROM session WHERE parent = ?1
        UNION SELECT s.id, b.depth + 1 FROM session s JOIN below b ON s.parent = b.id
        WHERE b.depth < 64
    )";

/// A reported task as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskRow {
    /// The session it is in.
    pub session: SessionId,
    /// Who reported it.
    pub source: String,
    /// The identity it was reported with.
    pub ext: String,
    /// What it is.
    pub label: String,
    /// The model that does it.
    pub model: Option<String>,
    /// The boot during which it began.
    pub boot_id: String,
    /// When it began, milliseconds since the Unix epoch.
    pub began_at_ms: i64,
    /// When it began, milliseconds since boot.
    pub began_boot_ms: u64,
    /// When it ended.
    pub ended_at_ms: Option<i64>,
    /// How long it took.
    pub elapsed_ms: Option<u64>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// What came of it.
    pub summary: Option<String>,
}

/// What became of a report about a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskOutcome {
    /// It was news.
    Changed,
    /// It was the news of its end.
    Ended {
        /// What it was.
        label: String,
        /// How long it took.
        elapsed_ms: u64,
        /// During which run.
        run: RunNumber,
    },
    /// It was no news, or comes too late.
    Nothing,
    /// So many tasks of the session are live that no more may be.
    TooMany,
}

impl Registry {
    /// Takes a report about a task inside a session; other reports are none of ours.
    pub fn report_task(
        &mut self,
        session: SessionId,
        stamp: &Stamp,
        report: &Report,
        now: &Clocks,
        max_live: u32,
    ) -> Result<TaskOutcome, RegistryError> {
        let (ext, heard) = match report {
            Report::TaskBegan { ext, .. } => (ext, Heard::Began),
            Report::TaskEnded { ext, .. } => (ext, Heard::Ended),
            _ => return Ok(TaskOutcome::Nothing),
        };
        self.transact(|db| {
            // Invariant 2: what is said after the end of the run is not believed.
            let Some(run) = live_run(db, session)? else { return Ok(TaskOutcome::Nothing) };
            let known = known(db, session, &stamp.source, ext)?;
            let order = (stamp.generation, stamp.sequence);
            let step = step(known, heard, order);
            if step == Step::Begin && live_tasks(db, session)? >= max_live {
                return Ok(TaskOutcome::TooMany);
            }
            let at = Place { db, session, stamp, now };
            match (step, report) {
                (Step::Ignore, _) => return Ok(TaskOutcome::Nothing),
                (Step::Begin, Report::TaskBegan { ext, label, model }) => {
                    at.begin(run, ext, label, model.as_deref())?;
                }
                (Step::Describe, Report::TaskBegan { ext, label, model }) => {
                    at.describe(ext, label, model.as_deref())?;
                }
                (Step::EndUnbegun, Report::TaskEnded { ext, outcome, summary }) => {
                    at.begin(run, ext, "", None)?;
                    at.end(ext, *outcome, summary.as_deref())?;
                }
                (Step::End, Report::TaskEnded { ext, outcome, summary }) => {
                    at.end(ext, *outcome, summary.as_deref())?;
                    let (label, elapsed_ms) = at.told(ext)?;
                    return Ok(TaskOutcome::Ended { label, elapsed_ms, run });
                }
                _ => {}
            }
            Ok(TaskOutcome::Changed)
        })
    }

    /// Whatever this source has reported, or any, and that is still open, is over.
    pub fn end_tasks(
        &mut self,
        session: SessionId,
        source: Option<&str>,
        now: &Clocks,
    ) -> Result<(), RegistryError> {
        self.transact(|db| {
            let names = open_tasks(db, session)?;
            for (by, ext, generation, sequence) in names {
                if source.is_some_and(|source| source != by) {
                    continue;
                }
                let stamp = Stamp { source: by, generation, sequence };
                let at = Place { db, session, stamp: &stamp, now };
                at.end(&ext, Outcome::Cancelled, None)?;
            }
            Ok(())
        })
    }

    /// Reported tasks, newest first: of one session, or of all that are live or whose end
    /// nobody has looked at; with `all` of every one.
    pub fn reported_tasks(
        &mut self,
        session: Option<SessionId>,
        all: bool,
    ) -> Result<Vec<TaskRow>, RegistryError> {
        let filter = match (session, all) {
            (Some(_), _) => "t.session = ?1",
            (None, true) => "?1 IS NULL",
            (None, false) => "?1 IS NULL AND s.seen = 0",
        };
        let mut statement = self.db.prepare_cached(&format!(
            "SELECT t.session, t.source, t.ext, t.label, t.model, t.boot_id, t.began_at,
                 t.began_boot, t.ended_at, t.elapsed_ms, t.outcome, t.summary
             FROM task t JOIN session s ON s.id = t.session
             WHERE {filter} ORDER BY t.began_at DESC LIMIT {MAX_TASKS}"
        ))?;
        let mut rows = statement.query([session.map(|id| id.0)])?;
        let mut tasks = Vec::new();
        while let Some(row) = rows.next()? {
            let outcome: Option<String> = row.get(10)?;
            tasks.push(TaskRow {
                session: SessionId(row.get(0)?),
                source: row.get(1)?,
                ext: row.get(2)?,
                label: row.get(3)?,
                model: row.get(4)?,
                boot_id: row.get(5)?,
                began_at_ms: row.get(6)?,
                began_boot_ms: row.get(7)?,
                ended_at_ms: row.get(8)?,
                elapsed_ms: row.get(9)?,
                outcome: outcome.map(|text| word("outcome", &text)).transpose()?,
                summary: row.get(11)?,
            });
        }
        Ok(tasks)
    }

    /// Sessions that belong to another, newest first: to this one, or to any.
    pub fn children(
        &mut self,
        parent: Option<SessionId>,
        all: bool,
    ) -> Result<Vec<SessionRow>, RegistryError> {
        let filter = match (parent, all) {
            (Some(_), _) => "s.parent = ?1",
            (None, true) => "?1 IS NULL AND s.parent IS NOT NULL",
            (None, false) => "?1 IS NULL AND s.parent IS NOT NULL AND s.seen = 0",
        };
        self.rows(
            &format!("WHERE {filter} ORDER BY s.created_at DESC, s.id DESC LIMIT {MAX_TASKS}"),
            [parent.map(|id| id.0)],
        )
    }

    /// Live sessions below this one, nearest first, over all generations.
    pub fn live_below(&mut self, top: SessionId) -> Result<Vec<SessionId>, RegistryError> {
        let mut statement = self.db.prepare_cached(&format!(
            "{BELOW} SELECT b.id FROM below b JOIN session s ON s.id = b.id
             JOIN run r ON r.session = s.id AND r.run = s.run
             WHERE r.exit IS NULL GROUP BY b.id ORDER BY min(b.depth)"
        ))?;
        let rows = statement.query_map([top.0], |row| row.get(0).map(SessionId))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Tasks of a session that are live, of both kinds.
    pub fn live_tasks(&mut self, session: SessionId) -> Result<u32, RegistryError> {
        live_tasks(&self.db, session)
    }
}

/// Where a report is written down.
struct Place<'a> {
    db: &'a Connection,
    session: SessionId,
    stamp: &'a Stamp,
    now: &'a Clocks,
}

impl Place<'_> {
    fn begin(
        &self,
        run: RunNumber,
        ext: &str,
        label: &str,
        model: Option<&str>,
    ) -> Result<(), RegistryError> {
        let Self { db, session, stamp, now } = self;
        db.prepare_cached(
            "INSERT OR REPLACE INTO task (session, source, ext, run, label, model, boot_id,
                 began_at, began_boot, generation, sequence)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            session.0,
            stamp.source,
            ext,
            run.0,
            label,
            model,
            now.boot_id,
            now.wall_ms,
            now.boot_ms,
            stored(stamp.generation),
            stored(stamp.sequence),
        ])?;
        let data = json!({ "task": ext, "label": label, "model": model, "by": stamp.source });
        events::append(db, now.wall_ms, kind::TASK_STARTED, Some(*session), &data)
    }

    fn describe(&self, ext: &str, label: &str, model: Option<&str>) -> Result<(), RegistryError> {
        let Self { db, session, stamp, .. } = self;
        db.prepare_cached(
            "UPDATE task SET label = ?4, model = ?5 WHERE session = ?1 AND source = ?2 AND ext = ?3",
        )?
        .execute(params![session.0, stamp.source, ext, label, model])?;
        Ok(())
    }

    fn end(&self, ext: &str, outcome: Outcome, summary: Option<&str>) -> Result<(), RegistryError> {
        let Self { db, session, stamp, now } = self;
        db.prepare_cached(
            "UPDATE task SET ended_at = ?4, outcome = ?5, summary = ?6, generation = ?7,
                 sequence = ?8, elapsed_ms = max(0, CASE boot_id
                     WHEN ?9 THEN ?10 - began_boot ELSE ?4 - began_at END)
             WHERE session = ?1 AND source = ?2 AND ext = ?3",
        )?
        .execute(params![
            session.0,
            stamp.source,
            ext,
            now.wall_ms,
            outcome.word(),
            summary,
            stored(stamp.generation),
            stored(stamp.sequence),
            now.boot_id,
            now.boot_ms,
        ])?;
        ended_event(db, *session, &stamp.source, ext, now.wall_ms)
    }

    /// Label and elapsed time of a task that has ended.
    fn told(&self, ext: &str) -> Result<(String, u64), RegistryError> {
        let mut statement = self.db.prepare_cached(
            "SELECT label, coalesce(elapsed_ms, 0) FROM task
             WHERE session = ?1 AND source = ?2 AND ext = ?3",
        )?;
        let key = params![self.session.0, self.stamp.source, ext];
        Ok(statement.query_row(key, |row| Ok((row.get(0)?, row.get(1)?)))?)
    }
}

/// The end of a run ends everything that was reported from inside it.
pub(crate) fn end_with_run(db: &Connection, end: &RunEnd) -> Result<(), RegistryError> {
    let names = open_tasks(db, end.session)?;
    if names.is_empty() {
        return Ok(());
    }
    // Both on the run's own clock: nobody may have been there to see it.
    db.prepare_cached(
        "UPDATE task INDEXED BY task_live
         SET ended_at = ?3, outcome = ?4, elapsed_ms = max(0, coalesce(
             (SELECT r.started_boot + ?5 - task.began_boot FROM run r
              WHERE r.session = ?1 AND r.run = ?2 AND r.boot_id = task.boot_id),
             ?3 - began_at))
         WHERE session = ?1 AND ended_at IS NULL",
    )?
    .execute(params![
        end.session.0,
        end.run.0,
        end.ended_at_ms,
        Outcome::Cancelled.word(),
        end.elapsed_ms,
    ])?;
    for (source, ext, ..) in names {
        ended_event(db, end.session, &source, &ext, end.ended_at_ms)?;
    }
    Ok(())
}

/// A session that belongs to another began.
pub(crate) fn child_began(
    db: &Connection,
    child: SessionId,
    at_ms: i64,
) -> Result<(), RegistryError> {
    if let Some((parent, name)) = parent_of(db, child)? {
        let data = json!({ "task": child.to_string(), "label": name, "by": "appctl" });
        events::append(db, at_ms, kind::TASK_STARTED, Some(parent), &data)?;
    }
    Ok(())
}

/// A session that belongs to another ended.
pub(crate) fn child_ended(db: &Connection, end: &RunEnd, at_ms: i64) -> Result<(), RegistryError> {
    if let Some((parent, name)) = parent_of(db, end.session)? {
        let outcome = match end.exit {
            Exit::Code(0) => Outcome::Ok,
            Exit::Lost(Lost::Reboot) => Outcome::Cancelled,
            Exit::Code(_) | Exit::Signal(_) | Exit::Lost(_) => Outcome::Failed,
        };
        let data = json!({
            "task": end.session.to_string(),
            "label": name,
            "by": "appctl",
            "outcome": outcome,
            "elapsed_ms": end.elapsed_ms,
            "elapsed": end.elapsed_ms.map(app_model::elapsed::elapsed),
        });
        events::append(db, at_ms, kind::TASK_ENDED, Some(parent), &data)?;
    }
    Ok(())
}

/// Source, identity and order of what has begun and not ended.
type Open = (String, String, u64, u64);

fn open_tasks(db: &Connection, session: SessionId) -> Result<Vec<Open>, RegistryError> {
    let mut open = db.prepare_cached(
        "SELECT source, ext, generation, sequence FROM task INDEXED BY task_live
         WHERE session = ?1 AND ended_at IS NULL",
    )?;
    let rows = open.query_map([session.0], |row| {
        let (generation, sequence): (i64, i64) = (row.get(2)?, row.get(3)?);
        Ok((row.get(0)?, row.get(1)?, generation.cast_unsigned(), sequence.cast_unsigned()))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn parent_of(
    db: &Connection,
    child: SessionId,
) -> Result<Option<(SessionId, String)>, RegistryError> {
    let mut statement =
        db.prepare_cached("SELECT parent, name FROM session WHERE id = ?1 AND parent IS NOT NULL")?;
    let found = statement.query_row([child.0], |row| Ok((SessionId(row.get(0)?), row.get(1)?)));
    Ok(found.optional()?)
}

fn ended_event(
    db: &Connection,
    session: SessionId,
    source: &str,
    ext: &str,
    at_ms: i64,
) -> Result<(), RegistryError> {
    let mut statement = db.prepare_cached(
        "SELECT label, outcome, summary, elapsed_ms FROM task
         WHERE session = ?1 AND source = ?2 AND ext = ?3",
    )?;
    let data = statement.query_row(params![session.0, source, ext], |row| {
        let elapsed_ms: Option<u64> = row.get(3)?;
        Ok(json!({
            "task": ext,
            "label": row.get::<_, String>(0)?,
            "by": source,
            "outcome": row.get::<_, Option<String>>(1)?,
            "summary": row.get::<_, Option<String>>(2)?,
            "elapsed_ms": elapsed_ms,
            "elapsed": elapsed_ms.map(app_model::elapsed::elapsed),
        }))
    })?;
    events::append(db, at_ms, kind::TASK_ENDED, Some(session), &data)
}

fn live_run(db: &Connection, session: SessionId) -> Result<Option<RunNumber>, RegistryError> {
    let mut statement = db.prepare_cached(
        "SELECT r.run FROM session s JOIN run r ON r.session = s.id AND r.run = s.run
         WHERE s.id = ?1 AND r.exit IS NULL",
    )?;
    Ok(statement.query_row([session.0], |row| row.get(0).map(RunNumber)).optional()?)
}

fn live_tasks(db: &Connection, session: SessionId) -> Result<u32, RegistryError> {
    let mut statement = db.prepare_cached(
        "SELECT (SELECT count(*) FROM task INDEXED BY task_live
                 WHERE session = ?1 AND ended_at IS NULL)
             + (SELECT count(*) FROM session c JOIN run r ON r.session = c.id AND r.run = c.run
                WHERE c.parent = ?1 AND r.exit IS NULL)",
    )?;
    Ok(statement.query_row([session.0], |row| row.get(0))?)
}

fn known(
    db: &Connection,
    session: SessionId,
    source: &str,
    ext: &str,
) -> Result<Option<Known>, RegistryError> {
    let mut statement = db.prepare_cached(
        "SELECT generation, sequence, ended_at IS NOT NULL, label != '' FROM task
         WHERE session = ?1 AND source = ?2 AND ext = ?3",
    )?;
    let found = statement.query_row(params![session.0, source, ext], |row| {
        let order = (row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, i64>(1)?.cast_unsigned());
        Ok(Known { order, ended: row.get(2)?, begun: row.get(3)? })
    });
    Ok(found.optional()?)
}

/// SQLite's integers are signed; all bits are kept.
fn stored(number: u64) -> i64 {
    number.cast_signed()
}
