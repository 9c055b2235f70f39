//! The end of a run: what is written down of it, what is told, and what follows.
//!
//! # Invariants
//!
//! 1. The end, the notice about it and the next run that a policy plans are committed
//!    together: no daemon can die between "it ended" and "it comes back".

use std::time::Duration;

use app_model::notice::What;
use app_model::notice::policy::{Looking, When};
use app_model::restart::{self, Ended};
use app_model::{Exit, Lost, SessionId};
use app_registry::{Planned, Registry, RunEnd, SessionRow};
use app_sys::{clock, fault};
use tracing::error;

use crate::clocks::clocks;
use crate::notify::Happened;
use crate::session::actor::Around;
use crate::store::StoreError;

/// First pause before the end of a run is written down again; doubled up to
/// [`END_RETRY_MOST`].
const END_RETRY_FIRST: Duration = Duration::from_millis(250);

/// Longest pause between two attempts to write an end down.
const END_RETRY_MOST: Duration = Duration::from_secs(10);

/// Commits the end of a run together with the notice about it. A registry that takes
/// nothing, say because the disk is full, is asked again until it does: the end is known
/// only here, and nobody is told of one that was not committed.
pub async fn commit_end(around: &Around, end: RunEnd, looking: Looking) {
    let mut pause = END_RETRY_FIRST;
    loop {
        match try_commit_end(around, end.clone(), looking).await {
            Ok((is_due, parent)) => {
                around.planned.notify_one();
                if is_due {
                    around.notices.wake();
                }
                if let Some(parent) = parent {
                    around.notices.task_ended(parent);
                }
                return;
            }
            // The daemon ends; the next one finds the record.
            Err(StoreError::Closed) => return,
            Err(refused) => {
                let error = &refused as &dyn std::error::Error;
                error!(session = %end.session, error, "the end could not be written down yet");
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(END_RETRY_MOST);
    }
}

/// Whether there is a notice to be sent, and the parent whose tasks are told together.
async fn try_commit_end(
    around: &Around,
    mut end: RunEnd,
    looking: Looking,
) -> Result<(bool, Option<SessionId>), StoreError> {
    let at = clock::wall_ms();
    let teller = around.notices.clone();
    let work = move |registry: &mut Registry| {
        let Some(row) = registry.session(end.session)? else { return Ok((false, None)) };
        put_in_order(&mut end, &row);
        let what = what_ended(&end, &row);
        let notice = what.and_then(|what| {
            let happened = Happened { session: end.session, run: end.run, what, looking };
            teller.judge(&row, &happened)
        });
        let is_news = registry.run_ended(&end, notice.as_ref(), at)?;
        fault::point("end.written");
        let rolls_up = |_: &SessionId| teller.rolls_up(row.view.agent.as_deref());
        Ok((is_news && notice.is_some(), row.view.parent.filter(rolls_up).filter(|_| is_news)))
    };
    around.store.with(work).await
}

/// When a run ended of which nobody left a record: a restart of the machine was before this
/// boot began, anything else has just been noticed.
pub(super) fn ended_at(exit: Exit, now_ms: i64) -> i64 {
    if exit == Exit::Lost(Lost::Reboot) { clock::booted_at_ms() } else { now_ms }
}

/// Puts in what only the registry knows: that no reboot ended a run before it started,
/// whatever the wall clock says, and what the session's policy makes of the end.
fn put_in_order(end: &mut RunEnd, row: &SessionRow) {
    let started = row.view.started_at_ms.filter(|_| row.view.run == end.run);
    if end.exit == Exit::Lost(Lost::Reboot) {
        end.ended_at_ms = end.ended_at_ms.max(started.unwrap_or(i64::MIN));
    }
    let by_the_wall = || {
        let ms = u64::try_from(end.ended_at_ms - started?).ok();
        ms.filter(|ms| *ms > 0)
    };
    let up = end.elapsed_ms.or_else(by_the_wall).map(Duration::from_millis);
    let ended = Ended { exit: end.exit, asked: row.view.stop_asked, up };
    let comeback = row.view.comeback;
    let next = restart::after_end(comeback.policy, comeback.attempts, ended);
    end.next = Planned::of(next, &clocks());
}

/// What there is to tell. Nothing of a run that is about to be followed by another, unless
/// each end is to be told, nor of one that was put to sleep.
fn what_ended(end: &RunEnd, row: &SessionRow) -> Option<What> {
    if row.sleep_asked {
        return None;
    }
    let last_line = end.last_line.clone();
    match end.next {
        Planned::Again { .. } if row.notify != When::Always => None,
        Planned::GiveUp { attempts } => Some(What::GaveUp { attempts, last_line }),
        Planned::Again { .. } | Planned::Stay => Some(What::Ended {
            exit: end.exit,
            elapsed_ms: end.elapsed_ms,
            asked: row.view.stop_asked,
            last_line,
        }),
    }
}
