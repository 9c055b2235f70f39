//! Whoever asks is shown the program: at once, and when something can be seen that was not
//! told.
//!
//! ```text
//!   output ──► stirred ──LOOK_SETTLE──► look ──other than told──► tell
//!                 ▲                      │
//!                 └── no sooner than LOOK_GAP (LOOK_GAP_FLOOD) after it
//! ```
//!
//! # Invariants
//!
//! 1. Nothing here happens for a run that nobody asked about, or in which nothing happens.
//! 2. What was true last is told in the end: a watcher that was not told yet has something
//!    due, or has not read what it was told before.
//! 3. A watcher that does not read has one look waiting for it, and the last one of the run.

use std::time::Instant;

use app_model::look::Sight;
use app_wire::hold::{FromHolder, RefusedCode};

use crate::client::ClientId;
use crate::focus;
use crate::holder::{Body, Holder};
use crate::limits;

/// What one watcher was told, and when it looks again.
#[derive(Debug)]
pub(crate) struct Looks {
    told: Sight,
    told_at: Instant,
    looked_at: Instant,
    /// Since when there may be something to see.
    stirred_at: Option<Instant>,
    /// When the times are told, since nothing else has changed.
    times_at: Option<Instant>,
}

impl Looks {
    /// For a watcher that is told this now.
    pub(crate) fn new(told: Sight, now: Instant) -> Self {
        Self { told, told_at: now, looked_at: now, stirred_at: None, times_at: None }
    }

    /// Something has happened.
    pub(crate) fn stir(&mut self, now: Instant) {
        self.stirred_at.get_or_insert(now);
    }

    /// When it looks again, if there is something to see.
    pub(crate) fn due_at(&self, flooded: bool) -> Option<Instant> {
        let gap = if flooded { limits::LOOK_GAP_FLOOD } else { limits::LOOK_GAP };
        let stirred = self.stirred_at.map(|at| at + limits::LOOK_SETTLE);
        let first = [stirred, self.times_at].into_iter().flatten().min()?;
        Some(first.max(self.looked_at + gap))
    }

    /// It looks, and sees this. Says whether it is to be told.
    pub(crate) fn see(&mut self, sight: &Sight, now: Instant) -> bool {
        (self.looked_at, self.stirred_at, self.times_at) = (now, None, None);
        if self.told == *sight {
            return false;
        }
        let times_at = self.told_at + limits::TIMES_GAP;
        let is_other = (&self.told.look, self.told.focused) != (&sight.look, sight.focused);
        if !is_other && now < times_at {
            self.times_at = Some(times_at);
            return false;
        }
        self.told.clone_from(sight);
        self.told_at = now;
        true
    }
}

impl Holder {
    /// A client wants looks: it gets the first at once.
    pub(crate) fn watch_looks(&mut self, id: ClientId, now: Instant) {
        let Some(sight) = self.sight(now) else {
            return self.refuse(id, RefusedCode::NoTerminal, "the run has no terminal");
        };
        if let Some(client) = self.clients.get_mut(id) {
            client.say(&FromHolder::Look(Box::new(sight.clone())));
            client.looks = Some(Box::new(Looks::new(sight, now)));
        }
    }

    /// Something has happened that a look may show.
    pub(crate) fn stir_looks(&mut self, now: Instant) {
        for looks in self.clients.iter_mut().filter_map(|client| client.looks.as_mut()) {
            looks.stir(now);
        }
    }

    /// When a look is due.
    pub(crate) fn look_at(&self) -> Option<Instant> {
        let flooded = self.is_flooded();
        self.clients.iter().filter_map(|client| client.look_at(flooded)).min()
    }

    /// Tells those who are to hear it now.
    pub(crate) fn tell_looks(&mut self, now: Instant) {
        if self.look_at().is_none_or(|at| now < at) {
            return;
        }
        let Some(sight) = self.sight(now) else { return };
        for client in self.clients.iter_mut() {
            // The flood, if there was one, does not count: the look is taken already.
            if client.look_at(false).is_some_and(|at| now >= at) {
                client.show(&sight, now);
            }
        }
    }

    /// The run is over: what was not told yet is told now.
    pub(crate) fn tell_last_looks(&mut self, now: Instant) {
        if !self.clients.iter().any(|client| client.looks.is_some()) {
            return;
        }
        let Some(sight) = self.sight(now) else { return };
        self.clients.iter_mut().for_each(|client| client.show(&sight, now));
    }

    /// Whether somebody looks, as far as that is known.
    pub(crate) fn focused(&self) -> Option<bool> {
        let attached = self.clients.iter().filter(|client| client.attachment.is_some());
        focus::of_all(attached.map(|client| client.focus.known()))
    }

    fn is_flooded(&self) -> bool {
        matches!(&self.body, Body::Terminal(terminal) if terminal.is_flooded())
    }

    /// What can be seen now. Nothing without a terminal.
    fn sight(&mut self, now: Instant) -> Option<Sight> {
        let Body::Terminal(terminal) = &mut self.body else { return None };
        let mut recorder = terminal.recorder(now);
        let screen = recorder.screen();
        let look = screen.look();
        drop(recorder);
        Some(Sight {
            look,
            last_output_at_ms: self.last_output_at_ms,
            last_typed_at_ms: self.last_typed_at_ms,
            focused: self.focused(),
        })
    }
}

#[cfg(test)]
mod tests {
    use app_model::look::Look;

    use super::*;

    fn shows(title: &str, last_output_at_ms: i64) -> Sight {
        let look = Look { title: title.into(), ..Look::default() };
        Sight { look, last_output_at_ms, ..Sight::default() }
    }

    #[test]
    fn a_change_is_told_soon_after_a_quiet_time_and_then_no_more_often_than_the_gap() {
        let start = Instant::now();
        let mut looks = Looks::new(shows("a", 1), start);
        assert_eq!(looks.due_at(false), None);
        let later = start + limits::LOOK_GAP * 9;
        looks.stir(later);
        looks.stir(later + limits::LOOK_SETTLE / 2);
        let due = looks.due_at(false).unwrap();
        assert_eq!(due, later + limits::LOOK_SETTLE);
        assert!(looks.see(&shows("b", 2), due));
        assert_eq!(looks.due_at(false), None);
        looks.stir(due);
        assert_eq!(looks.due_at(false), Some(due + limits::LOOK_GAP));
        assert_eq!(looks.due_at(true), Some(due + limits::LOOK_GAP_FLOOD));
    }

    #[test]
    fn what_looks_the_same_is_not_told_but_its_times_are_a_while_later() {
        let start = Instant::now();
        let mut looks = Looks::new(shows("a", 1), start);
        let soon = start + limits::LOOK_GAP;
        looks.stir(soon);
        assert!(!looks.see(&shows("a", 1), soon));
        assert_eq!(looks.due_at(false), None, "nothing is left to tell");
        assert!(!looks.see(&shows("a", 2), soon));
        let due = looks.due_at(false).unwrap();
        assert_eq!(due, start + limits::TIMES_GAP);
        assert!(looks.see(&shows("a", 2), due));
        assert_eq!(looks.due_at(false), None);
    }

    #[test]
    fn a_change_does_not_wait_for_the_times() {
        let start = Instant::now();
        let mut looks = Looks::new(shows("a", 1), start);
        let soon = start + limits::LOOK_GAP;
        assert!(!looks.see(&shows("a", 2), soon));
        looks.stir(soon);
        assert_eq!(looks.due_at(false), Some(soon + limits::LOOK_GAP));
        assert!(looks.see(&shows("b", 3), soon + limits::LOOK_GAP));
    }
}
