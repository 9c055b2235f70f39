//! Notices: written down, claimed, shown or not, seen.
//!
//! A notice is written in the transaction of the fact it tells, claimed before it is
//! shown and settled after. One that was claimed is never shown again, so that each is
//! shown at most once whatever dies in between; one that was claimed and not settled is
//! not known to have been shown, and is listed as such.

use app_model::event::kind;
use app_model::notice::{Notice, NoticeKind};
use app_model::{RunNumber, SessionId};
use rusqlite::{Connection, Row, params};
use serde_json::json;

use crate::{Registry, RegistryError, events};

/// Notices that one list has at most.
pub const LISTED: usize = 200;

/// Notices that are kept; older ones go when this many newer ones exist.
const MAX_NOTICES: u64 = 2_000;

/// How many notices are written between two looks for ones to drop.
const TRIM_EVERY: u64 = 100;

/// Why a notice that was claimed and not settled is listed as having reached nobody.
const NOT_KNOWN: &str = "it is not known to have been shown";

/// A notice that is about to be written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNotice {
    /// About this session.
    pub session: SessionId,
    /// About this run of it.
    pub run: RunNumber,
    /// The session's name.
    pub name: String,
    /// What to show.
    pub notice: Notice,
    /// Why it is only listed; none if it is to be shown.
    pub held: Option<String>,
}

/// A notice that is now to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingNotice {
    /// Its number.
    pub number: u64,
    /// About this session.
    pub session: SessionId,
    /// About this run of it.
    pub run: RunNumber,
    /// The session's name, then.
    pub name: String,
    /// The profile of the session's agent.
    pub agent: Option<String>,
    /// What to show.
    pub notice: Notice,
}

/// A notice as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeRow {
    /// The notice and what it is about.
    pub about: PendingNotice,
    /// When it was written, milliseconds since the Unix epoch.
    pub created_at_ms: i64,
    /// The channel that took it.
    pub channel: Option<String>,
    /// Why it reached nobody, as far as that is known by now.
    pub why: Option<String>,
    /// A person has seen it.
    pub seen: bool,
}

/// What became of a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeOutcome {
    /// This channel took it.
    Sent {
        /// Its word.
        channel: String,
    },
    /// It reached nobody, for this reason.
    Failed(String),
}

const COLUMNS: &str =
    "n.number, n.session, n.run, n.kind, n.name, n.title, n.body, n.failed, s.agent";

impl Registry {
    /// Writes a notice down. It is due from now on, unless it is held.
    pub fn insert_notice(&mut self, new: &NewNotice, at_ms: i64) -> Result<(), RegistryError> {
        self.transact(|db| insert(db, new, at_ms))
    }

    /// Whether a notice waits to be claimed.
    pub fn notice_due(&mut self) -> Result<bool, RegistryError> {
        let mut statement = self
            .db
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM notice WHERE claimed_at IS NULL)")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    /// Takes the oldest notices that are due, at most so many. They will not be returned
    /// again.
    pub fn claim_notices(
        &mut self,
        limit: usize,
        at_ms: i64,
    ) -> Result<Vec<PendingNotice>, RegistryError> {
        self.transact(|db| {
            let sql = format!(
                "SELECT {COLUMNS} FROM notice n JOIN session s ON s.id = n.session
                 WHERE n.claimed_at IS NULL ORDER BY n.number LIMIT ?1"
            );
            let mut statement = db.prepare_cached(&sql)?;
            let due: Vec<PendingNotice> =
                statement.query_map([limit], pending)?.collect::<Result<_, _>>()?;
            let mut claim =
                db.prepare_cached("UPDATE notice SET claimed_at = ?2 WHERE number = ?1")?;
            for due in &due {
                claim.execute(params![due.number, at_ms])?;
            }
            Ok(due)
        })
    }

    /// Writes down what became of notices that were claimed.
    pub fn settle_notices(
        &mut self,
        numbers: &[u64],
        outcome: &NoticeOutcome,
        at_ms: i64,
    ) -> Result<(), RegistryError> {
        let (kind, word, channel, why) = match outcome {
            NoticeOutcome::Sent { channel } => (kind::NOTICE_SENT, "sent", Some(channel), None),
            NoticeOutcome::Failed(why) => (kind::NOTICE_FAILED, "failed", None, Some(why)),
        };
        self.transact(|db| {
            let mut settle = db.prepare_cached(
                "UPDATE notice SET outcome = ?2, channel = ?3, why = ?4 WHERE number = ?1
                 RETURNING session, run",
            )?;
            for number in numbers {
                let mut rows = settle.query(params![number, word, channel, why])?;
                // The session may be gone, and its notices with it.
                while let Some(row) = rows.next()? {
                    let (session, run) = (SessionId(row.get(0)?), RunNumber(row.get(1)?));
                    let data =
                        json!({ "run": run, "notice": number, "channel": channel, "why": why });
                    events::append(db, at_ms, kind, Some(session), &data)?;
                }
            }
            Ok(())
        })
    }

    /// Notices, newest first, at most [`LISTED`].
    pub fn notices(&mut self, unseen: bool) -> Result<Vec<NoticeRow>, RegistryError> {
        let filter = if unseen { "n.seen = 0" } else { "1" };
        let mut statement = self.db.prepare_cached(&format!(
            "SELECT {COLUMNS}, n.created_at, n.channel, n.why, n.seen,
                 n.claimed_at IS NOT NULL AND n.outcome IS NULL
             FROM notice n JOIN session s ON s.id = n.session
             WHERE {filter} ORDER BY n.number DESC LIMIT ?1"
        ))?;
        let rows = statement.query_map([LISTED], |row| {
            let unknown: bool = row.get(13)?;
            Ok(NoticeRow {
                about: pending(row)?,
                created_at_ms: row.get(9)?,
                channel: row.get(10)?,
                why: row.get::<_, Option<String>>(11)?.or(unknown.then(|| NOT_KNOWN.into())),
                seen: row.get(12)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// A person has seen the notices up to this one.
    pub fn notices_seen(&mut self, through: u64) -> Result<(), RegistryError> {
        self.transact(|db| {
            db.prepare_cached("UPDATE notice SET seen = 1 WHERE seen = 0 AND number <= ?1")?
                .execute([through])?;
            Ok(())
        })
    }

    /// A person has put these notices away.
    pub fn notices_put_away(&mut self, numbers: &[u64]) -> Result<(), RegistryError> {
        self.transact(|db| {
            let mut seen = db.prepare_cached("UPDATE notice SET seen = 1 WHERE number = ?1")?;
            for number in numbers {
                seen.execute([number])?;
            }
            Ok(())
        })
    }
}

fn pending(row: &Row<'_>) -> rusqlite::Result<PendingNotice> {
    let failed: bool = row.get(7)?;
    // A word from a later release: it is told all the same.
    let otherwise = if failed { NoticeKind::Failed } else { NoticeKind::Finished };
    Ok(PendingNotice {
        number: row.get(0)?,
        session: SessionId(row.get(1)?),
        run: RunNumber(row.get(2)?),
        name: row.get(4)?,
        agent: row.get(8)?,
        notice: Notice {
            kind: NoticeKind::of_word(&row.get::<_, String>(3)?).unwrap_or(otherwise),
            title: row.get(5)?,
            body: row.get(6)?,
            failed,
        },
    })
}

/// Somebody looks at a session: what was to be told about it is seen.
pub(crate) fn session_seen(db: &Connection, session: SessionId) -> Result<(), RegistryError> {
    db.prepare_cached("UPDATE notice SET seen = 1 WHERE session = ?1 AND seen = 0")?
        .execute([session.0])?;
    Ok(())
}

pub(crate) fn insert(db: &Connection, new: &NewNotice, at_ms: i64) -> Result<(), RegistryError> {
    let NewNotice { session, run, name, notice, held } = new;
    // One that is held counts as claimed: nobody is to show it.
    let (claimed, outcome) = held.as_ref().map(|_| (at_ms, "held")).unzip();
    db.prepare_cached(
        "INSERT INTO notice
             (session, run, kind, name, title, body, failed, created_at, claimed_at, outcome, why)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(params![
        session.0,
        run.0,
        notice.kind.word(),
        name,
        notice.title,
        notice.body,
        notice.failed,
        at_ms,
        claimed,
        outcome,
        held,
    ])?;
    let number = u64::try_from(db.last_insert_rowid()).unwrap_or(0);
    if number.is_multiple_of(TRIM_EVERY) && number > MAX_NOTICES {
        db.prepare_cached("DELETE FROM notice WHERE number <= ?1")?
            .execute([number - MAX_NOTICES])?;
    }
    Ok(())
}
