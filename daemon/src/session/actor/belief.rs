//! What an actor believes of the agent in its session, and what follows from it: rows,
//! events, notices.
//!
//! # Invariants
//!
//! 1. A fact is committed before anybody is told of it.

use std::sync::Arc;

use app_model::facts::Change;
use app_model::look::Sight;
use app_model::notice::What;
use app_model::report::{Report, Stamp};
use app_registry::SessionRow;
use app_sys::clock;
use tokio::time::Instant;
use tracing::{debug, info};

use super::{Actor, Around};
use crate::clocks::clocks;
use crate::notify::{Happened, happened};
use crate::session::outside::Outside;

impl<O: Outside> Actor<O> {
    /// The run really runs, or was adopted: learns what it is and what was believed of it.
    pub(super) async fn meet(&mut self) {
        let id = self.id;
        let known = self
            .around
            .store
            .with(move |registry| Ok((registry.session(id)?, registry.facts(id)?)));
        let Ok((Some(SessionRow { view, goes_on, .. }), before)) = known.await else { return };
        let before = before.filter(|_| self.adopted);
        let agent = view.agent.as_deref();
        let changes = self.mind.meet(agent, view.argv, before.as_deref(), goes_on);
        if self.mind.wants_looks() && view.tty {
            self.outside.watch_looks();
        }
        self.believe(changes).await;
    }

    /// The holder has looked at the terminal.
    pub(super) async fn see_look(&mut self, sight: Arc<Sight>) {
        let changes = self.mind.look(&sight);
        self.live.send_modify(|live| live.look = Some(sight));
        self.believe(changes).await;
    }

    /// Somebody inside has reported.
    pub(super) async fn hear(&mut self, stamp: &Stamp, reports: Vec<Report>) {
        let knew = self.mind.wants_looks();
        let changes = self.mind.hear(stamp, reports);
        if !knew && self.mind.wants_looks() {
            self.outside.watch_looks();
        }
        self.believe(changes).await;
    }

    /// The mind wanted to be woken.
    pub(super) async fn think(&mut self) {
        let changes = self.mind.wake();
        self.believe(changes).await;
    }

    async fn believe(&mut self, changes: Vec<Change>) {
        self.think_at = self.mind.wake_in().map(|left| Instant::now() + left);
        if changes.iter().any(is_written) {
            let (id, written, at) = (self.id, self.mind.written(), clock::wall_ms());
            self.commit("belief", move |registry| registry.set_facts(id, &written, at)).await;
        }
        for change in changes {
            self.follow_up(change).await;
        }
    }

    async fn follow_up(&mut self, change: Change) {
        match change {
            Change::TurnChanged(turn) => {
                info!(session = %self.id, ?turn, "the turn has changed");
                if let Some(what) = self.mind.turned(turn) {
                    self.tell(what).await;
                }
            }
            Change::AttentionRaised { why } => {
                info!(session = %self.id, why, "a person is needed");
                self.tell(What::NeedsInput { question: why }).await;
            }
            // They know already that they are needed.
            Change::AttentionReworded { why } => {
                debug!(session = %self.id, why, "it is known what is asked");
            }
            Change::AttentionCleared => debug!(session = %self.id, "nobody is needed any more"),
            Change::Conversation { id, .. } => {
                debug!(session = %self.id, conversation = id, "the conversation is known");
            }
            Change::Kept => debug!(session = %self.id, kept = ?self.mind.goes_on(), "it can sleep"),
            // Written down by who took the report.
            Change::TaskBegan { .. } | Change::TaskEnded { .. } => {}
            Change::TasksOver { source } => {
                let id = self.id;
                let now = clocks();
                let work = move |registry: &mut app_registry::Registry| {
                    registry.end_tasks(id, source.as_deref(), &now)
                };
                self.commit("end of tasks", work).await;
            }
        }
    }

    /// Something may be worth telling a person, unless one looks.
    pub(super) async fn tell(&self, what: What) {
        let (run, looking) = {
            let live = self.live.borrow();
            (live.run, live.looking())
        };
        let Around { store, notices, .. } = &self.around;
        let session = self.id;
        happened(store, notices, Happened { session, run, what, looking }).await;
    }
}

fn is_written(change: &Change) -> bool {
    match change {
        Change::TurnChanged(_)
        | Change::AttentionRaised { .. }
        | Change::AttentionReworded { .. }
        | Change::AttentionCleared
        | Change::Conversation { .. }
        | Change::Kept => true,
        Change::TaskBegan { .. } | Change::TaskEnded { .. } | Change::TasksOver { .. } => false,
    }
}
