//! Notices: due, claimed, shown or not.
//!
//! A notice is written in the transaction of the end it tells, claimed before it is
//! shown and settled after. One that was claimed is never shown again, so that each is
//! shown at most once whatever dies in between.

use app_model::event::kind;
use app_model::notice::Notice;
use app_model::{RunNumber, SessionId};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::json;

use crate::{Registry, RegistryError, events};

/// A notice that is now to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingNotice {
    /// About this session.
    pub session: SessionId,
    /// About this run of it.
    pub run: RunNumber,
    /// What to show.
    pub notice: Notice,
}

/// What became of a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeOutcome {
    /// The desktop took it.
    Sent,
    /// It reached nobody, for this reason.
    Failed(String),
}

impl Registry {
    /// Takes the oldest notice that is due. It will not be returned again.
    pub fn claim_notice(&mut self, at_ms: i64) -> Result<Option<PendingNotice>, RegistryError> {
        self.transact(|db| {
            let due = db
                .prepare_cached(
                    "SELECT session, run, title, body, failed FROM notice
                     WHERE claimed_at IS NULL ORDER BY created_at LIMIT 1",
                )?
                .query_row([], |row| {
                    Ok(PendingNotice {
                        session: SessionId(row.get(0)?),
                        run: RunNumber(row.get(1)?),
                        notice: Notice {
                            title: row.get(2)?,
                            body: row.get(3)?,
                            failed: row.get(4)?,
                        },
                    })
                })
                .optional()?;
            if let Some(due) = &due {
                db.prepare_cached(
                    "UPDATE notice SET claimed_at = ?3 WHERE session = ?1 AND run = ?2",
                )?
                .execute(params![due.session.0, due.run.0, at_ms])?;
            }
            Ok(due)
        })
    }

    /// Writes down what became of a notice that was claimed.
    pub fn settle_notice(
        &mut self,
        session: SessionId,
        run: RunNumber,
        outcome: &NoticeOutcome,
        at_ms: i64,
    ) -> Result<(), RegistryError> {
        let (kind, word, why) = match outcome {
            NoticeOutcome::Sent => (kind::NOTICE_SENT, "sent", None),
            NoticeOutcome::Failed(why) => (kind::NOTICE_FAILED, "failed", Some(why)),
        };
        self.transact(|db| {
            let known = db
                .prepare_cached("UPDATE notice SET outcome = ?3 WHERE session = ?1 AND run = ?2")?
                .execute(params![session.0, run.0, word])?;
            if known > 0 {
                let data = json!({ "run": run, "channel": "desktop", "why": why });
                events::append(db, at_ms, kind, Some(session), &data)?;
            }
            Ok(())
        })
    }
}

pub(crate) fn insert(
    db: &Connection,
    session: SessionId,
    run: RunNumber,
    notice: &Notice,
    at_ms: i64,
) -> Result<(), RegistryError> {
    db.prepare_cached(
        "INSERT OR IGNORE INTO notice (session, run, title, body, failed, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![session.0, run.0, notice.title, notice.body, notice.failed, at_ms])?;
    Ok(())
}
