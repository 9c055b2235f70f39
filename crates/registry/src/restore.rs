//! Making a registry anew from what the directories of sessions tell: all of them, or none.

use std::io;
use std::path::Path;

use app_model::Phase;
use rusqlite::{Connection, params};

use crate::rows::to_json;
use crate::{NewSession, OpenError, RegistryError, RestoredRun, runs, sessions};

/// Takes in sessions with their runs, in a transaction of the caller's.
pub(crate) fn fill<S>(
    db: &Connection,
    path: &Path,
    sessions: impl FnOnce() -> io::Result<S>,
) -> Result<(), OpenError>
where
    S: Iterator<Item = (NewSession, Vec<RestoredRun>)>,
{
    let found = sessions().map_err(|source| OpenError::NotFilled { path: path.into(), source })?;
    for (session, runs) in found {
        take_in(db, &session, &runs).map_err(|refused| match refused {
            RegistryError::Sqlite(source) => OpenError::of(path)(source),
            RegistryError::BadValue { .. } => OpenError::Failed {
                path: path.into(),
                source: rusqlite::Error::ToSqlConversionFailure(Box::new(refused)),
            },
        })?;
    }
    Ok(())
}

/// Takes in one session with its runs, in order. A run without a record counts as live
/// when it is the newest, and as lost with its holder otherwise; a session without a live
/// run counts as seen. One that is known already stays as it is.
fn take_in(
    db: &Connection,
    session: &NewSession,
    restored: &[RestoredRun],
) -> Result<(), RegistryError> {
    let Some((newest, older)) = restored.split_last() else { return Ok(()) };
    if !sessions::insert(db, session, newest.run)? {
        return Ok(());
    }
    let at = session.created_at_ms;
    for run in restored {
        runs::insert(db, session.id, run.run, &run.boot_id, at)?;
        match &run.record {
            Some(record) => end(db, session, run, record)?,
            // It counts as begun: what never ran is forgotten, and this may have run.
            None => begin(db, session, run)?,
        }
    }
    for run in older.iter().filter(|run| run.record.is_none()) {
        lose(db, session, run)?;
    }
    db.prepare_cached("UPDATE session SET seen = ?2 WHERE id = ?1")?
        .execute(params![session.id.0, newest.record.is_some()])?;
    Ok(())
}

fn begin(db: &Connection, session: &NewSession, run: &RestoredRun) -> Result<(), RegistryError> {
    db.prepare_cached("UPDATE run SET started_at = ?3 WHERE session = ?1 AND run = ?2")?
        .execute(params![session.id.0, run.run.0, run.began_at_ms])?;
    Ok(())
}

fn end(
    db: &Connection,
    session: &NewSession,
    run: &RestoredRun,
    record: &app_model::ExitRecord,
) -> Result<(), RegistryError> {
    db.prepare_cached(
        "UPDATE run SET phase = ?3, boot_id = ?4, started_at = ?5, ended_at = ?6,
             elapsed_ms = ?7, exit = ?8, last_line = ?9, title = ?10
         WHERE session = ?1 AND run = ?2",
    )?
    .execute(params![
        session.id.0,
        run.run.0,
        Phase::after(record.exit).word(),
        record.boot_id,
        record.started_at_ms,
        record.ended_at_ms,
        record.elapsed_ms,
        to_json(&record.exit),
        record.last_line,
        record.title,
    ])?;
    Ok(())
}

fn lose(db: &Connection, session: &NewSession, run: &RestoredRun) -> Result<(), RegistryError> {
    let lost = app_model::Exit::Lost(app_model::Lost::Holder);
    db.prepare_cached("UPDATE run SET phase = ?3, exit = ?4 WHERE session = ?1 AND run = ?2")?
        .execute(params![session.id.0, run.run.0, Phase::after(lost).word(), to_json(&lost)])?;
    Ok(())
}
