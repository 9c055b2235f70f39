//! Many times the same thing: what is told of how long each took.

use std::time::Duration;

/// How long each took, sorted.
pub(crate) struct Figures(Vec<Duration>);

impl Figures {
    /// Of at least one.
    pub(crate) fn of(mut took: Vec<Duration>) -> Self {
        assert!(!took.is_empty(), "nothing was measured");
        took.sort();
        Self(took)
    }

    /// So many of a thousand took no longer than this, in milliseconds.
    pub(crate) fn at_ms(&self, share: usize) -> f64 {
        self.0[(self.0.len() - 1) * share / 1_000].as_secs_f64() * 1e3
    }
}
