//! Deadlines: those that have come, and the next that has not.

use crate::session::Moment;

/// The time of a decision.
#[derive(Debug)]
pub(super) struct Clock {
    now: Moment,
    next: Option<Moment>,
}

impl Clock {
    pub(super) fn at(now: Moment) -> Self {
        Self { now, next: None }
    }

    /// Whether `at` has come. If it has not, somebody must look again then.
    pub(super) fn reached(&mut self, at: Moment) -> bool {
        if self.now < at {
            self.next = Some(self.next.map_or(at, |next| next.min(at)));
        }
        self.now >= at
    }

    /// When to look again.
    pub(super) fn next(&self) -> Option<Moment> {
        self.next
    }
}
