//! An attached terminal of another size than the program's: it is shown pictures instead
//! of the output, as often as a person can see and it can take.
//!
//! # Invariants
//!
//! 1. A picture is made only when the one before was taken: a slow terminal skips some and
//!    holds nobody up.

use std::time::Instant;

use app_model::TerminalSize;
use app_term::View;

use crate::limits;

/// What such a terminal has seen, and when it looks again.
#[derive(Debug)]
pub(crate) struct Glance {
    pub(crate) view: View,
    due_at: Option<Instant>,
    drawn_at: Option<Instant>,
}

impl Glance {
    /// For a terminal of this size, which was just reset. The first picture is due at once.
    pub(crate) fn new(size: TerminalSize, now: Instant) -> Self {
        Self { view: View::new(size.rows, size.cols), due_at: Some(now), drawn_at: None }
    }

    /// Whether it is for a terminal of this size.
    pub(crate) fn fits(&self, size: TerminalSize) -> bool {
        self.view.size() == (size.rows, size.cols)
    }

    /// The screen has changed.
    pub(crate) fn stir(&mut self, now: Instant) {
        let at = self.drawn_at.map_or(now, |drawn| now.max(drawn + limits::FRAME));
        self.due_at.get_or_insert(at);
    }

    /// When the next picture is due.
    pub(crate) fn due_at(&self) -> Option<Instant> {
        self.due_at
    }

    /// A picture is made now.
    pub(crate) fn drawn(&mut self, now: Instant) {
        (self.due_at, self.drawn_at) = (None, Some(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_come_at_once_and_then_no_more_often_than_can_be_seen() {
        let now = Instant::now();
        let mut glance = Glance::new(TerminalSize::DEFAULT, now);
        assert_eq!(glance.due_at(), Some(now));
        glance.drawn(now);
        assert_eq!(glance.due_at(), None);
        glance.stir(now);
        glance.stir(now + limits::FRAME * 9);
        assert_eq!(glance.due_at(), Some(now + limits::FRAME));
        glance.drawn(now + limits::FRAME);
        let later = now + limits::FRAME * 5;
        glance.stir(later);
        assert_eq!(glance.due_at(), Some(later));
    }
}
