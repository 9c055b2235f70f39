//! Runs: asked for, started, asked to end, over.

use app_model::event::kind;
use app_model::{Clocks, Phase, RunNumber, SessionId};
use rusqlite::{Connection, params};
use serde_json::json;

use crate::rows::{Planned, to_json};
use crate::{
    LiveRun, NewNotice, Registry, RegistryError, RunEnd, RunStart, comebacks, events, facts,
    notices, removal, tasks,
};

impl Registry {
    /// Writes down the next run of a session that ended, which somebody asked for, before it
    /// is started. The session counts as unseen again, and its policy begins anew.
    pub fn insert_run(
        &mut self,
        session: SessionId,
        run: RunNumber,
        boot_id: &str,
        at_ms: i64,
    ) -> Result<(), RegistryError> {
        self.transact(|db| {
            insert(db, session, run, boot_id, at_ms)?;
            db.prepare_cached(
                "UPDATE session SET run = ?2, seen = 0, used_at = ?3, restart_attempts = 0,
                     restart_gave_up = 0, restart_wall = NULL, restart_boot = NULL,
                     restart_boot_id = NULL
                 WHERE id = ?1",
            )?
            .execute(params![session.0, run.0, at_ms])?;
            Ok(())
        })
    }

    /// Forgets a run whose program could not be started: the session is as it was
    /// before, and gone if this was its first run. Returns what follows: the next attempt,
    /// if its policy had started it.
    pub fn withdraw_run(
        &mut self,
        session: SessionId,
        run: RunNumber,
        now: &Clocks,
    ) -> Result<Planned, RegistryError> {
        self.transact(|db| {
            if run == RunNumber::FIRST {
                db.prepare_cached("DELETE FROM session WHERE id = ?1")?.execute([session.0])?;
                // Whoever withdraws it deletes its directory as well, or the next daemon.
                removal::mark(db, session)?;
                return Ok(Planned::Stay);
            }
            let next = comebacks::after_withdrawal(db, session, run, now)?;
            // The session first: it must never point at a run that is not there.
            db.prepare_cached("UPDATE session SET run = ?2 WHERE id = ?1")?
                .execute(params![session.0, run.0 - 1])?;
            db.prepare_cached("DELETE FROM run WHERE session = ?1 AND run = ?2")?
                .execute(params![session.0, run.0])?;
            Ok(next)
        })
    }

    /// The program of a run was started. Harmless when it is said again.
    pub fn run_started(&mut self, start: &RunStart) -> Result<(), RegistryError> {
        self.transact(|db| {
            let first_time = db
                .prepare_cached(
                    "UPDATE run SET
                         phase = CASE WHEN stop_asked THEN 'stopping' ELSE 'running' END,
                         holder_pid = ?3, holder_start = ?4, child_pid = ?5, child_start = ?6,
                         started_at = ?7, started_boot = ?8
                     WHERE session = ?1 AND run = ?2 AND exit IS NULL AND started_at IS NULL",
                )?
                .execute(params![
                    start.session.0,
                    start.run.0,
                    start.holder_pid,
                    start.holder_start,
                    start.child_pid,
                    start.child_start,
                    start.started_at_ms,
                    start.started_boot_ms,
                ])?;
            if first_time == 0 {
                return Ok(());
            }
            if start.run == RunNumber::FIRST {
                created(db, start)?;
            }
            let data = json!({ "run": start.run, "pid": start.child_pid });
            events::append(db, start.started_at_ms, kind::RUN_STARTED, Some(start.session), &data)?;
            tasks::child_began(db, start.session, start.started_at_ms)
        })
    }

    /// Somebody asked a run to end. Harmless when it is said again. One that was only to be
    /// put to sleep ends for good.
    pub fn stop_asked(
        &mut self,
        session: SessionId,
        run: RunNumber,
        at_ms: i64,
    ) -> Result<(), RegistryError> {
        self.transact(|db| {
            let first_time = db
                .prepare_cached(
                    "UPDATE run SET stop_asked = 1,
                         phase = CASE phase WHEN 'starting' THEN phase ELSE ?3 END
                     WHERE session = ?1 AND run = ?2 AND exit IS NULL AND stop_asked = 0",
                )?
                .execute(params![session.0, run.0, Phase::Stopping.word()])?;
            db.prepare_cached(
                "UPDATE run SET sleep_asked = 0 WHERE session = ?1 AND run = ?2 AND exit IS NULL",
            )?
            .execute(params![session.0, run.0])?;
            if first_time > 0 {
                let data = json!({ "run": run });
                events::append(db, at_ms, kind::RUN_STOPPING, Some(session), &data)?;
            }
            Ok(())
        })
    }

    /// The processes of a run stand still, or go on. Harmless when it is said again.
    pub fn paused(
        &mut self,
        session: SessionId,
        run: RunNumber,
        paused: bool,
        at_ms: i64,
    ) -> Result<(), RegistryError> {
        let (was, is, kind) = if paused {
            (Phase::Running, Phase::Paused, kind::SESSION_PAUSED)
        } else {
            (Phase::Paused, Phase::Running, kind::SESSION_CONTINUED)
        };
        self.transact(|db| {
            let first_time = db
                .prepare_cached(
                    "UPDATE run SET phase = ?4
                     WHERE session = ?1 AND run = ?2 AND phase = ?3 AND exit IS NULL",
                )?
                .execute(params![session.0, run.0, was.word(), is.word()])?;
            if first_time > 0 {
                events::append(db, at_ms, kind, Some(session), &json!({ "run": run }))?;
            }
            Ok(())
        })
    }

    /// A run is over; `notice` is to be shown about it. Says whether this was news.
    pub fn run_ended(
        &mut self,
        end: &RunEnd,
        notice: Option<&NewNotice>,
        at_ms: i64,
    ) -> Result<bool, RegistryError> {
        self.transact(|db| {
            let news = db
                .prepare_cached(
                    "UPDATE run SET phase = iif(sleep_asked, 'asleep', ?3), exit = ?4,
                         ended_at = ?5, elapsed_ms = ?6, last_line = ?7, title = ?8
                     WHERE session = ?1 AND run = ?2 AND exit IS NULL",
                )?
                .execute(params![
                    end.session.0,
                    end.run.0,
                    Phase::after(end.exit).word(),
                    to_json(&end.exit),
                    end.ended_at_ms,
                    end.elapsed_ms,
                    end.last_line,
                    end.title,
                ])?;
            if news == 0 {
                return Ok(false);
            }
            let asleep = is_asleep(db, end)?;
            db.prepare_cached("UPDATE session SET seen = ?2 WHERE id = ?1")?
                .execute(params![end.session.0, end.seen && !asleep])?;
            let mut data = json!({
                "run": end.run,
                "exit": end.exit,
                "elapsed_ms": end.elapsed_ms,
                "elapsed": end.elapsed_ms.map(app_model::elapsed::elapsed),
            });
            if asleep {
                data["asleep"] = true.into();
            }
            events::append(db, at_ms, kind::RUN_ENDED, Some(end.session), &data)?;
            facts::clear(db, end.session, at_ms)?;
            tasks::end_with_run(db, end)?;
            tasks::child_ended(db, end, at_ms)?;
            comebacks::plan(db, end.session, &end.next, at_ms)?;
            if let Some(notice) = notice {
                notices::insert(db, notice, at_ms)?;
            }
            Ok(true)
        })
    }

    /// Runs of which nothing says that they ended.
    pub fn live_runs(&mut self) -> Result<Vec<LiveRun>, RegistryError> {
        let mut statement = self.db.prepare_cached(
            "SELECT session, run, stop_asked, boot_id, child_pid, child_start, holder_pid,
                 holder_start, started_at, started_boot, sleep_asked
             FROM run WHERE exit IS NULL ORDER BY session",
        )?;
        let rows = statement.query_map([], |row| {
            let process = |pid: Option<u32>, start: Option<u64>| pid.zip(start);
            Ok(LiveRun {
                session: SessionId(row.get(0)?),
                run: RunNumber(row.get(1)?),
                stop_asked: row.get(2)?,
                boot_id: row.get(3)?,
                child: process(row.get(4)?, row.get(5)?),
                holder: process(row.get(6)?, row.get(7)?),
                started_at_ms: row.get(8)?,
                started_boot_ms: row.get(9)?,
                sleep_asked: row.get(10)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Whether a run that is over was put to sleep.
fn is_asleep(db: &Connection, end: &RunEnd) -> Result<bool, RegistryError> {
    let mut statement =
        db.prepare_cached("SELECT phase = ?3 FROM run WHERE session = ?1 AND run = ?2")?;
    let asleep = Phase::Asleep.word();
    Ok(statement.query_row(params![end.session.0, end.run.0, asleep], |row| row.get(0))?)
}

pub(crate) fn insert(
    db: &Connection,
    session: SessionId,
    run: RunNumber,
    boot_id: &str,
    at_ms: i64,
) -> Result<(), RegistryError> {
    db.prepare_cached(
        "INSERT INTO run (session, run, phase, boot_id, asked_at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![session.0, run.0, Phase::Starting.word(), boot_id, at_ms])?;
    Ok(())
}

/// The event of a session that now really exists: its first program runs.
fn created(db: &Connection, start: &RunStart) -> Result<(), RegistryError> {
    let (name, background): (String, bool) = db
        .prepare_cached("SELECT name, background FROM session WHERE id = ?1")?
        .query_row([start.session.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let data = json!({ "name": name, "background": background });
    events::append(db, start.started_at_ms, kind::SESSION_CREATED, Some(start.session), &data)
}
