//! Ends of tasks that are told all together, once none of a session's tasks is live.
//!
//! # Invariants
//!
//! 1. A batch of tasks is told once, however many of its ends are heard of when it is over.
//! 2. What is lost here, by a daemon that dies in between, is a notice; every end is on
//!    record before it comes here.

use std::collections::VecDeque;

use app_model::SessionId;
use app_model::notice::What;
use app_model::notice::policy::Looking;
use app_sys::clock;
use tokio::sync::mpsc;
use tracing::error;

use super::Happened;
use crate::service::Service;

/// Ends that may wait to be looked at.
pub(super) const WAITING: usize = 256;

/// Batches that are remembered as told.
const REMEMBERED: usize = 256;

/// Sessions of which a task has ended.
pub type Rollups = mpsc::Receiver<SessionId>;

/// Looks at each session of which a task has ended, until the daemon ends.
pub async fn run(service: Service, mut ended: Rollups) {
    let mut told = Told::default();
    while let Some(parent) = ended.recv().await {
        let live = service.supervisor.get(parent).await.ok().flatten();
        let looking = live.map_or(Looking::attached(0), |live| live.live().looking());
        look(&service, &mut told, parent, looking).await;
    }
}

async fn look(service: &Service, told: &mut Told, parent: SessionId, looking: Looking) {
    let (judge, before, at) = (service.notices.clone(), told.last(parent), clock::wall_ms());
    let written = service
        .store
        .with(move |registry| {
            let Some((batch, ended_ms)) = registry.tasks_over(parent)? else { return Ok(None) };
            let row = registry.session(parent)?.filter(|_| before != Some(ended_ms));
            let Some(row) = row else { return Ok(None) };
            let what = What::TasksEnded(batch);
            let happened = Happened { session: parent, run: row.view.run, what, looking };
            if let Some(notice) = judge.judge(&row, &happened) {
                registry.insert_notice(&notice, at)?;
            }
            Ok(Some(ended_ms))
        })
        .await;
    match written {
        Ok(Some(ended_ms)) => {
            told.add(parent, ended_ms);
            service.notices.wake();
        }
        Ok(None) => {}
        Err(refused) => {
            let error = &refused as &dyn std::error::Error;
            error!(session = %parent, error, "a notice about tasks could not be written down");
        }
    }
}

/// The batches that were told last: each session's newest, by the end of its last task.
#[derive(Debug, Default)]
struct Told(VecDeque<(SessionId, i64)>);

impl Told {
    fn last(&self, session: SessionId) -> Option<i64> {
        self.0.iter().find(|(whose, _)| *whose == session).map(|(_, ended_ms)| *ended_ms)
    }

    fn add(&mut self, session: SessionId, ended_ms: i64) {
        self.0.retain(|(whose, _)| *whose != session);
        self.0.push_back((session, ended_ms));
        if self.0.len() > REMEMBERED {
            self.0.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_batch_of_each_session_is_remembered_and_old_ones_are_forgotten() {
        let mut told = Told::default();
        told.add(SessionId(1), 10);
        told.add(SessionId(1), 20);
        assert_eq!((told.last(SessionId(1)), told.last(SessionId(2))), (Some(20), None));
        for n in 0..300 {
            told.add(SessionId(1_000 + n), 1);
        }
        assert_eq!((told.last(SessionId(1)), told.0.len()), (None, REMEMBERED));
    }
}
