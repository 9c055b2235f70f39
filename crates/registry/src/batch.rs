//! The tasks of a session that ended last, taken together.
//!
//! # Invariants
//!
//! 1. A batch is what overlaps: between its first beginning and its last end some task of
//!    it was always live. What ended before that was a batch of its own.

use app_model::notice::Batch;
use app_model::report::Outcome;
use app_model::{Exit, Lost, SessionId};
use rusqlite::Row;

use crate::rows::word;
use crate::{Registry, RegistryError};

/// Ends that are looked at, newest first.
const MOST: u32 = 1_000;

/// A task that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Span {
    began_ms: i64,
    ended_ms: i64,
    /// The same on the clock that counts suspend, with its boot, if that is known.
    boot: Option<(String, u64, u64)>,
    outcome: Outcome,
}

impl Registry {
    /// The batch of tasks that is over, if none of the session's is live, and when its last
    /// one ended, milliseconds since the Unix epoch.
    pub fn tasks_over(
        &mut self,
        session: SessionId,
    ) -> Result<Option<(Batch, i64)>, RegistryError> {
        if self.live_tasks(session)? > 0 {
            return Ok(None);
        }
        let mut statement = self.db.prepare_cached(
            "SELECT began_at, ended_at, boot_id, began_boot, elapsed_ms, outcome, NULL, 0
             FROM task WHERE session = ?1 AND ended_at IS NOT NULL
             UNION ALL
             SELECT coalesce(r.started_at, r.asked_at), r.ended_at, r.boot_id, r.started_boot,
                 r.elapsed_ms, NULL, r.exit, r.stop_asked
             FROM session c JOIN run r ON r.session = c.id AND r.run = c.run
             WHERE c.parent = ?1 AND r.exit IS NOT NULL
             ORDER BY 2 DESC LIMIT ?2",
        )?;
        let mut rows = statement.query((session.0, MOST))?;
        let mut spans = Vec::new();
        while let Some(row) = rows.next()? {
            spans.push(span(row)?);
        }
        Ok(last_batch(&spans))
    }
}

fn span(row: &Row<'_>) -> Result<Span, RegistryError> {
    let (outcome, exit): (Option<String>, Option<String>) = (row.get(5)?, row.get(6)?);
    let stopped: bool = row.get(7)?;
    let outcome = match (outcome, exit) {
        (Some(text), _) => word("outcome", &text)?,
        (None, exit) => {
            // One that cannot be read did not end well, as far as anybody knows.
            let exit = exit.and_then(|text| serde_json::from_str::<Exit>(&text).ok());
            match exit {
                Some(Exit::Code(0)) => Outcome::Ok,
                Some(Exit::Lost(Lost::Reboot)) => Outcome::Cancelled,
                _ if stopped => Outcome::Cancelled,
                Some(_) | None => Outcome::Failed,
            }
        }
    };
    let (began, took): (Option<u64>, Option<u64>) = (row.get(3)?, row.get(4)?);
    let boot = match began.zip(took) {
        Some((began, took)) => Some((row.get(2)?, began, began.saturating_add(took))),
        None => None,
    };
    Ok(Span { began_ms: row.get(0)?, ended_ms: row.get(1)?, boot, outcome })
}

/// The batch of the newest of these, which come newest end first.
fn last_batch(spans: &[Span]) -> Option<(Batch, i64)> {
    let last = spans.first()?;
    let mut began_ms = last.began_ms;
    let of_it = |span: &&Span| {
        let overlaps = span.ended_ms > began_ms || *span == last;
        began_ms = began_ms.min(span.began_ms);
        overlaps
    };
    let all: Vec<_> = spans.iter().take_while(of_it).collect();
    let count = |outcome| {
        let count = all.iter().filter(|span| span.outcome == outcome).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    };
    let batch = Batch {
        ok: count(Outcome::Ok),
        failed: count(Outcome::Failed),
        cancelled: count(Outcome::Cancelled),
        elapsed_ms: elapsed(&all),
    };
    Some((batch, last.ended_ms))
}

/// From the first beginning to the last end, on the clock that nobody sets if all have it.
fn elapsed(all: &[&Span]) -> u64 {
    let boots: Vec<_> = all.iter().filter_map(|span| span.boot.as_ref()).collect();
    let one_boot = boots.len() == all.len() && boots.windows(2).all(|two| two[0].0 == two[1].0);
    if one_boot {
        let began = boots.iter().map(|(_, began, _)| *began).min().unwrap_or(0);
        let ended = boots.iter().map(|(_, _, ended)| *ended).max().unwrap_or(0);
        return ended.saturating_sub(began);
    }
    let began = all.iter().map(|span| span.began_ms).min().unwrap_or(0);
    let ended = all.iter().map(|span| span.ended_ms).max().unwrap_or(0);
    u64::try_from(ended - began).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(all: &[(i64, i64, Outcome)]) -> Vec<Span> {
        let span = |&(began_ms, ended_ms, outcome): &(i64, i64, Outcome)| Span {
            began_ms,
            ended_ms,
            boot: None,
            outcome,
        };
        all.iter().map(span).collect()
    }

    #[test]
    fn what_overlaps_is_one_batch_and_what_was_over_before_is_not_of_it() {
        assert_eq!(last_batch(&[]), None);
        let all = [
            (60, 100, Outcome::Ok),
            (10, 80, Outcome::Failed),
            (20, 30, Outcome::Cancelled),
            (20, 25, Outcome::Ok),
            (0, 10, Outcome::Ok),
        ];
        let batch = Batch { ok: 2, failed: 1, cancelled: 1, elapsed_ms: 90 };
        assert_eq!(last_batch(&spans(&all)), Some((batch, 100)));
        let one = Batch { ok: 1, ..Batch::default() };
        assert_eq!(last_batch(&spans(&[(5, 5, Outcome::Ok), (1, 5, Outcome::Ok)])), Some((one, 5)));
    }

    #[test]
    fn the_clock_may_be_set_in_between() {
        let boot = |began, ended| Some(("b".to_owned(), began, ended));
        let mut all = spans(&[(5_000, 1_000, Outcome::Ok), (4_990, 990, Outcome::Ok)]);
        (all[0].boot, all[1].boot) = (boot(50, 90), boot(40, 80));
        assert_eq!(elapsed(&all.iter().collect::<Vec<_>>()), 50);
        all[1].boot = Some(("other".into(), 40, 80));
        assert_eq!(elapsed(&all.iter().collect::<Vec<_>>()), 0);
    }
}
