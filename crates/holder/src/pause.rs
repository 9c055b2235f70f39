//! Pausing a run: every process of it stands still until it is told to go on.
//!
//! By signals, in every case: a control group can be frozen as a whole, but the holder is
//! in the run's own, and it has to go on answering.
//!
//! # Invariants
//!
//! 1. A process that somebody else had stopped before, such as a job of a shell, is not
//!    let go on.
//! 2. Nothing is stopped that is to be ended.

use app_sys::process::{self, Identity, Signal};
use app_wire::hold::{FromHolder, RefusedCode};

use crate::client::ClientId;
use crate::holder::Holder;
use crate::limits;

/// Who was stopped, parents before children.
#[derive(Debug)]
pub(crate) struct Paused(Vec<Identity>);

impl Holder {
    /// Stops the run's processes and says so.
    pub(crate) fn pause(&mut self, id: ClientId) {
        if self.ended.is_some() || self.termination.is_under_way() {
            // Invariant 2.
            return self.refuse(id, RefusedCode::Ended, "the run ends");
        }
        if self.paused.is_none() {
            self.paused = Some(Paused(self.stop_all()));
        }
        self.reply(id, &FromHolder::Done);
    }

    /// Lets them go on. Children first: a shell must not find its job stopped.
    pub(crate) fn go_on(&mut self) {
        let Some(Paused(stopped)) = self.paused.take() else { return };
        for identity in stopped.iter().rev() {
            self.nudge(identity, Signal::CONT);
        }
    }

    /// Stops who is there, and who has turned up meanwhile, until nobody is new.
    fn stop_all(&self) -> Vec<Identity> {
        let mut stopped: Vec<Identity> = Vec::new();
        for _ in 0..limits::PAUSE_ROUNDS {
            let new: Vec<_> = process::below_this()
                .into_iter()
                .filter(|process| !process.stopped) // Invariant 1.
                .map(|process| process.identity)
                .filter(|identity| !stopped.contains(identity))
                .collect();
            if new.is_empty() {
                break;
            }
            for identity in new {
                self.nudge(&identity, Signal::STOP);
                stopped.push(identity);
            }
        }
        stopped
    }

    fn nudge(&self, identity: &Identity, signal: Signal) {
        if let Err(error) = process::signal(identity, signal) {
            let pid = identity.pid;
            self.run.notes.add(&format!("{signal:?} did not reach {pid}: {error}"));
        }
    }
}
