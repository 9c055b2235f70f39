//! The end of a run and the notice about it, committed as one.

use std::time::Duration;

use app_model::SessionId;
use app_model::notice::What;
use app_model::notice::policy::Looking;
use app_registry::{Registry, RunEnd};
use app_sys::{clock, fault};
use tracing::error;

use super::Around;
use crate::notify::Happened;
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
    end: RunEnd,
    looking: Looking,
) -> Result<(bool, Option<SessionId>), StoreError> {
    let at = clock::wall_ms();
    let teller = around.notices.clone();
    let work = move |registry: &mut Registry| {
        let Some(row) = registry.session(end.session)? else { return Ok((false, None)) };
        let notice = teller.judge(
            &row,
            &Happened {
                session: end.session,
                run: end.run,
                what: What::Ended {
                    exit: end.exit,
                    elapsed_ms: end.elapsed_ms,
                    asked: row.view.stop_asked,
                    last_line: end.last_line.clone(),
                },
                looking,
            },
        );
        let is_news = registry.run_ended(&end, notice.as_ref(), at)?;
        fault::point("end.written");
        let rolls_up = |_: &SessionId| teller.rolls_up(row.view.agent.as_deref());
        Ok((is_news && notice.is_some(), row.view.parent.filter(rolls_up).filter(|_| is_news)))
    };
    around.store.with(work).await
}
