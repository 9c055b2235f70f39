//! Sessions that come back: by their policy, at a time; or from sleep, when they are needed.
//!
//! # Invariants
//!
//! 1. A run that nobody asked for is written down only while it is planned: whoever takes
//!    the plan away first, by a stop or by a start, has the last word.

use app_model::event::kind;
use app_model::idle::Cause;
use app_model::restart::{Due, after_failed_start};
use app_model::{Clocks, Phase, RunNumber, SessionId};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::json;

use crate::rows::{Planned, due};
use crate::tasks::BELOW;
use crate::{Registry, RegistryError, events, runs};

impl Registry {
    /// Sessions whose next run is planned, and when it is due.
    pub fn planned(&mut self) -> Result<Vec<(SessionId, Due)>, RegistryError> {
        let mut statement = self.db.prepare_cached(
            "SELECT id, restart_wall, restart_boot, restart_boot_id FROM session
             WHERE restart_wall IS NOT NULL ORDER BY id",
        )?;
        let mut rows = statement.query([])?;
        let mut planned = Vec::new();
        while let Some(row) = rows.next()? {
            planned.extend(due(row, 1)?.map(|due| Ok((SessionId(row.get(0)?), due))));
        }
        Ok(planned.into_iter().collect::<rusqlite::Result<_>>()?)
    }

    /// Sessions below this one, at any depth, that may come back.
    pub fn planned_below(&mut self, top: SessionId) -> Result<Vec<SessionId>, RegistryError> {
        let mut statement = self.db.prepare_cached(&format!(
            "{BELOW} SELECT DISTINCT b.id FROM below b JOIN session s ON s.id = b.id
             JOIN run r ON r.session = s.id AND r.run = s.run
             WHERE s.restart_wall IS NOT NULL OR r.phase = 'asleep'"
        ))?;
        let rows = statement.query_map([top.0], |row| row.get(0).map(SessionId))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Writes down the next run of a session that its policy starts, if that is still
    /// planned. Says whether it was.
    pub fn insert_planned_run(
        &mut self,
        session: SessionId,
        run: RunNumber,
        boot_id: &str,
        at_ms: i64,
    ) -> Result<bool, RegistryError> {
        self.transact(|db| {
            if !forget_plan(db, session)? {
                return Ok(false); // Invariant 1.
            }
            runs::insert(db, session, run, boot_id, at_ms)?;
            db.prepare_cached("UPDATE session SET run = ?2, seen = 0 WHERE id = ?1")?
                .execute(params![session.0, run.0])?;
            Ok(true)
        })
    }

    /// The session stays as it is: a planned run is not wanted any more, and one that is
    /// asleep is not woken by anybody but a person. Says whether that changed anything.
    pub fn stay_down(&mut self, id: SessionId, at_ms: i64) -> Result<bool, RegistryError> {
        self.transact(|db| {
            let cancelled = forget_plan(db, id)?;
            let asleep = db
                .prepare_cached(
                    "UPDATE run SET phase = ?2, sleep_asked = 0
                     WHERE session = ?1 AND phase = ?3
                         AND run = (SELECT run FROM session WHERE id = ?1)",
                )?
                .execute(params![id.0, Phase::Ended.word(), Phase::Asleep.word()])?;
            if cancelled || asleep > 0 {
                events::append(db, at_ms, kind::RUN_CANCELLED, Some(id), &json!({}))?;
            }
            Ok(cancelled || asleep > 0)
        })
    }

    /// When the last task of a session ended during this boot, if one did: one that was
    /// reported, or a session of its own. In milliseconds since the boot, which nobody sets.
    pub fn task_ended_boot(
        &mut self,
        id: SessionId,
        boot_id: &str,
    ) -> Result<Option<u64>, RegistryError> {
        let mut statement = self.db.prepare_cached(
            "SELECT max(at) FROM (
                 SELECT max(began_boot + elapsed_ms) AS at FROM task
                 WHERE session = ?1 AND boot_id = ?2 AND ended_at IS NOT NULL
                 UNION ALL
                 SELECT max(r.started_boot + r.elapsed_ms) FROM session c
                 JOIN run r ON r.session = c.id AND r.run = c.run
                 WHERE c.parent = ?1 AND r.boot_id = ?2 AND r.exit IS NOT NULL)",
        )?;
        Ok(statement.query_row(params![id.0, boot_id], |row| row.get(0))?)
    }

    /// A run is asked to end because nobody uses it, for this cause. Without effect, and false, if somebody
    /// has asked it to end already or has pinned it.
    pub fn sleep_asked(
        &mut self,
        session: SessionId,
        run: RunNumber,
        cause: Cause,
        at_ms: i64,
    ) -> Result<bool, RegistryError> {
        self.transact(|db| {
            let asked = db
                .prepare_cached(
                    "UPDATE run SET stop_asked = 1, sleep_asked = 1, phase = ?3
                     WHERE session = ?1 AND run = ?2 AND exit IS NULL AND stop_asked = 0
                         AND (SELECT pinned FROM session WHERE id = ?1) = 0",
                )?
                .execute(params![session.0, run.0, Phase::Stopping.word()])?;
            if asked > 0 {
                let data = json!({ "run": run, "sleep": true, "cause": cause.word() });
                events::append(db, at_ms, kind::RUN_STOPPING, Some(session), &data)?;
            }
            Ok(asked > 0)
        })
    }
}

/// Writes down what follows an end.
pub(crate) fn plan(
    db: &Connection,
    session: SessionId,
    next: &Planned,
    at_ms: i64,
) -> Result<(), RegistryError> {
    match next {
        Planned::Stay => {}
        Planned::Again { attempt, due: Due(due) } => {
            db.prepare_cached(
                "UPDATE session SET restart_attempts = ?2, restart_wall = ?3, restart_boot = ?4,
                     restart_boot_id = ?5, restart_gave_up = 0, seen = 0
                 WHERE id = ?1",
            )?
            .execute(params![
                session.0,
                attempt,
                due.wall_ms,
                due.boot_ms,
                due.boot_id
            ])?;
            let in_ms = due.wall_ms.saturating_sub(at_ms).max(0);
            let data = json!({ "attempt": attempt, "in_ms": in_ms });
            events::append(db, at_ms, kind::RUN_PLANNED, Some(session), &data)?;
        }
        Planned::GiveUp { attempts } => {
            db.prepare_cached("UPDATE session SET restart_gave_up = 1 WHERE id = ?1")?
                .execute([session.0])?;
            let data = json!({ "attempts": attempts });
            events::append(db, at_ms, kind::RUN_GAVE_UP, Some(session), &data)?;
        }
    }
    Ok(())
}

/// What follows when the program of a run could not be started: nothing if a person asked
/// for it, or for its end.
pub(crate) fn after_withdrawal(
    db: &Connection,
    session: SessionId,
    run: RunNumber,
    now: &Clocks,
) -> Result<Planned, RegistryError> {
    let attempts: Option<u32> = db
        .prepare_cached(
            "SELECT s.restart_attempts FROM session s JOIN run r ON r.session = s.id
             WHERE s.id = ?1 AND r.run = ?2 AND r.stop_asked = 0 AND s.restart_attempts > 0",
        )?
        .query_row(params![session.0, run.0], |row| row.get(0))
        .optional()?;
    let Some(attempts) = attempts else { return Ok(Planned::Stay) };
    let next = Planned::of(after_failed_start(attempts), now);
    plan(db, session, &next, now.wall_ms)?;
    Ok(next)
}

/// Takes the plan away, if there is one.
fn forget_plan(db: &Connection, session: SessionId) -> Result<bool, RegistryError> {
    let planned = db
        .prepare_cached(
            "UPDATE session SET restart_wall = NULL, restart_boot = NULL, restart_boot_id = NULL
             WHERE id = ?1 AND restart_wall IS NOT NULL",
        )?
        .execute([session.0])?;
    Ok(planned > 0)
}
