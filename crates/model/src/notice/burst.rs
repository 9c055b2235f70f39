//! How many bubbles there are when many notices are due at once.
//!
//! The first ones are shown as they are; what comes after them within a [`WINDOW`] waits
//! for its end and is told together. Nothing is kept here: those that wait are in the
//! registry, unclaimed, so nothing is lost if the daemon dies meanwhile.
//!
//! # Invariants
//!
//! 1. Within any time of [`WINDOW`] there are at most [`MOST`] bubbles.
//! 2. No notice waits for longer than [`WINDOW`].

use std::time::Duration;

/// How long notices that follow each other closely are gathered.
pub const WINDOW: Duration = Duration::from_secs(2);

/// Most bubbles within that time, the summary included.
pub const MOST: u8 = 3;

/// A point in time, since some beginning.
pub type Moment = Duration;

/// What may be shown now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The oldest one that is due.
    One,
    /// All that are due, in one.
    All,
    /// Nothing before then.
    NotBefore(Moment),
}

/// What was shown lately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Burst {
    /// The end of the time within which notices are gathered.
    until: Option<Moment>,
    /// What was shown within it.
    shown: u8,
    /// Something waits for its end.
    waiting: bool,
}

impl Burst {
    /// What may be shown at `now`, given that something is due. Whoever asks does it.
    pub fn turn(&mut self, now: Moment) -> Turn {
        match self.until {
            Some(until) if now < until => {
                if self.shown + 1 < MOST {
                    self.shown += 1;
                    return Turn::One;
                }
                self.waiting = true;
                Turn::NotBefore(until)
            }
            Some(_) if self.waiting => {
                // The storm may go on: from here on everything is told together.
                *self = Self { until: Some(now + WINDOW), shown: MOST - 1, waiting: false };
                Turn::All
            }
            Some(_) | None => {
                *self = Self { until: Some(now + WINDOW), shown: 1, waiting: false };
                Turn::One
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Shows notices that become due at these times; gives when each bubble came, and
    /// which notices were in it.
    fn played(due: &[u64]) -> Vec<(Moment, Vec<usize>)> {
        let mut burst = Burst::default();
        let mut bubbles = Vec::new();
        let mut left: Vec<(usize, Moment)> =
            due.iter().map(|&ms| Moment::from_millis(ms)).enumerate().collect();
        let mut now = Moment::ZERO;
        while let Some(&(first, at)) = left.first() {
            now = now.max(at);
            match burst.turn(now) {
                Turn::One => {
                    bubbles.push((now, vec![first]));
                    left.remove(0);
                }
                Turn::All => {
                    let count = left.iter().take_while(|(_, at)| *at <= now).count();
                    bubbles.push((now, left.drain(..count).map(|(n, _)| n).collect()));
                }
                Turn::NotBefore(then) => now = then,
            }
        }
        bubbles
    }

    #[test]
    fn ten_at_once_are_two_and_a_summary_of_eight() {
        let sizes: Vec<_> = played(&[0; 10]).into_iter().map(|(_, which)| which.len()).collect();
        assert_eq!(sizes, [1, 1, 8]);
    }

    #[test]
    fn what_comes_one_by_one_is_shown_at_once() {
        let due = [0, 3_000, 6_000, 9_000];
        let at: Vec<_> = played(&due).into_iter().map(|(at, _)| at).collect();
        assert_eq!(at, due.map(Moment::from_millis));
    }

    proptest! {
        #[test]
        fn all_are_told_once_soon_and_in_few_bubbles(
            mut due in proptest::collection::vec(0_u64..20_000, 0..200),
        ) {
            due.sort_unstable();
            let bubbles = played(&due);
            let told: Vec<_> = bubbles.iter().flat_map(|(_, which)| which.clone()).collect();
            prop_assert_eq!(told, (0..due.len()).collect::<Vec<_>>());
            for (at, which) in &bubbles {
                for &n in which {
                    let waited = at.saturating_sub(Moment::from_millis(due[n]));
                    prop_assert!(waited <= WINDOW, "{waited:?}");
                }
                let close = bubbles.iter().filter(|(b, _)| b >= at && *b < *at + WINDOW).count();
                prop_assert!(close <= usize::from(MOST), "{close} bubbles after {at:?}");
            }
        }
    }
}
