//! Whether the session of an actor is at rest, and how it is put to sleep.
//!
//! # Invariants
//!
//! 1. That a run is put to sleep is committed before it is asked to end. Nothing else is
//!    written about the request: a stop would be for good.
//! 2. It is put to sleep from the rest that was looked at, or not at all: what happened since
//!    then comes first.

use app_model::idle::{Cause, Life, at_rest};
use app_model::session::{DEFAULT_GRACE, Desired, Input, Moment, State};
use app_model::{Phase, Turn};
use app_sys::{clock, fault};
use tracing::{debug, error, info};

use super::{Actor, phase_of};
use crate::session::outside::Outside;

impl<O: Outside> Actor<O> {
    /// Tells those who put sessions to sleep when this one comes to rest, and when it does
    /// not rest any more.
    pub(super) fn note_rest(&mut self) {
        let since = self.rests_since();
        let changed = self
            .live
            .send_if_modified(|live| std::mem::replace(&mut live.rests_since, since) != since);
        if changed && since.is_some() {
            self.around.resting.notify_one();
        }
    }

    /// Puts the session to sleep that has been at rest since then. Says whether it does
    /// (invariant 2).
    pub(super) async fn fall_asleep(&mut self, since: Moment, cause: Cause) -> bool {
        let State::Up { run } = self.session.state() else { return false };
        if self.rests_since() != Some(since) {
            debug!(session = %self.id, "it is not at rest any more");
            return false;
        }
        let (id, at) = (self.id, clock::wall_ms());
        let asked =
            self.around.store.with(move |registry| registry.sleep_asked(id, run, cause, at));
        match asked.await {
            Ok(true) => {}
            Ok(false) => return false,
            Err(refused) => {
                let error = &refused as &dyn std::error::Error;
                error!(session = %self.id, error, "the sleep could not be written down");
                return false;
            }
        }
        fault::point("sleep.recorded");
        info!(session = %self.id, %run, cause = cause.word(), "it is put to sleep");
        self.falls_asleep = true;
        self.step(Input::Asked(Desired::Down { grace: DEFAULT_GRACE })).await;
        true
    }

    fn rests_since(&self) -> Option<Moment> {
        at_rest(&self.life())
    }

    /// What decides whether it is at rest.
    pub(super) fn life(&self) -> Life {
        let (attached, paused) = {
            let live = self.live.borrow();
            (live.attached(), live.is_paused())
        };
        let phase = match phase_of(&self.session) {
            Phase::Running if paused => Phase::Paused,
            phase => phase,
        };
        Life {
            phase,
            turn: self.mind.turn(),
            turn_since: self.mind.turn_since(),
            needs_person: self.mind.needs_person(),
            // The last to be asked: it is the only one that takes work.
            can_go_on: self.mind.turn() == Turn::Idle && self.mind.goes_on().is_some(),
            attached,
            used: self.mind.used_at(),
        }
    }
}
