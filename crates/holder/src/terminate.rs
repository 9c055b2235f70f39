//! How a run is ended: ask, wait, insist. Decides only; `ending.rs` acts.
//!
//! ```text
//!             stop                      time is up
//!   ┌──────┐ ──────► ┌──────────────┐ ────────────► ┌───────────┐ rounds  ┌─────────┐
//!   │ Idle │         │    Asked     │               │ Insisting │ ──────► │ GaveUp  │
//!   └──┬───┘         └──────┬───────┘               └─────┬─────┘         └─────────┘
//!      │ kill               │ child gone: ask the rest    ▲
//!      └────────────────────┴─────────────── kill ────────┘
//! ```
//!
//! # Invariants
//!
//! 1. Nothing is killed before its grace is over, unless that was asked for.
//! 2. A later request may only shorten what is left of the grace.
//! 3. The run is over when the child is gone and, if it was to be ended, so is everything
//!    below it, or it has proved to be unkillable.
//! 4. A natural end touches nobody.

use std::time::{Duration, Instant};

use crate::limits;

/// What is left of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Alive {
    /// The child was not collected yet.
    pub(crate) child: bool,
    /// There are other processes below the holder.
    pub(crate) others: bool,
}

/// What to do to the processes of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Ask the child, its group and its session to end.
    AskSession,
    /// Tell them that the terminal is gone, which shells obey.
    HangUpSession,
    /// Ask everything that is left below the holder.
    AskAll,
    /// Kill everything below the holder.
    KillAll,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Idle,
    Asked { hang_up_at: Option<Instant>, rest_asked: bool, kill_at: Instant },
    Insisting { round: u32, next_at: Instant },
    GaveUp,
}

/// The course of ending one run.
#[derive(Debug)]
pub(crate) struct Termination {
    stage: Stage,
}

impl Termination {
    pub(crate) fn new() -> Self {
        Self { stage: Stage::Idle }
    }

    /// Whether the run was asked to end.
    pub(crate) fn is_under_way(&self) -> bool {
        self.stage != Stage::Idle
    }

    /// Asks now, and insists after `grace`.
    pub(crate) fn stop(&mut self, grace: Duration, now: Instant) -> Vec<Effect> {
        let wanted = now + grace;
        match &mut self.stage {
            Stage::Idle => {
                self.stage = Stage::Asked {
                    hang_up_at: Some(now + limits::HANG_UP_AFTER.min(grace)),
                    rest_asked: false,
                    kill_at: wanted,
                };
                vec![Effect::AskSession]
            }
            Stage::Asked { kill_at, .. } => {
                *kill_at = wanted.min(*kill_at); // Invariant 2.
                vec![]
            }
            Stage::Insisting { .. } | Stage::GaveUp => vec![],
        }
    }

    /// Insists from now on.
    pub(crate) fn kill(&mut self, now: Instant) {
        match self.stage {
            Stage::Idle | Stage::Asked { .. } | Stage::GaveUp => {
                self.stage = Stage::Insisting { round: 0, next_at: now };
            }
            Stage::Insisting { .. } => {}
        }
    }

    /// What is due at `now`, given what is left.
    pub(crate) fn due(&mut self, alive: Alive, now: Instant) -> Vec<Effect> {
        if self.is_over(alive) {
            return vec![];
        }
        match &mut self.stage {
            Stage::Idle | Stage::GaveUp => vec![],
            Stage::Asked { kill_at, .. } if now >= *kill_at => {
                self.kill(now);
                self.due(alive, now)
            }
            Stage::Asked { hang_up_at, rest_asked, .. } => {
                if !alive.child && !*rest_asked {
                    (*rest_asked, *hang_up_at) = (true, None);
                    return vec![Effect::AskAll];
                }
                if hang_up_at.is_some_and(|at| now >= at) {
                    *hang_up_at = None;
                    return vec![Effect::HangUpSession];
                }
                vec![]
            }
            Stage::Insisting { next_at, .. } if now < *next_at => vec![],
            Stage::Insisting { round, .. } if *round == limits::KILL_ROUNDS => {
                self.stage = Stage::GaveUp;
                vec![]
            }
            Stage::Insisting { round, next_at } => {
                (*round, *next_at) = (*round + 1, now + limits::KILL_ROUND);
                vec![Effect::KillAll]
            }
        }
    }

    /// When [`Self::due`] has something to say next, if nothing happens before.
    pub(crate) fn wake_at(&self) -> Option<Instant> {
        match self.stage {
            Stage::Idle | Stage::GaveUp => None,
            Stage::Asked { hang_up_at, kill_at, .. } => {
                Some(hang_up_at.map_or(kill_at, |at| at.min(kill_at)))
            }
            Stage::Insisting { next_at, .. } => Some(next_at),
        }
    }

    /// Whether the run is over (invariant 3).
    pub(crate) fn is_over(&self, alive: Alive) -> bool {
        match self.stage {
            Stage::Idle | Stage::GaveUp => !alive.child,
            Stage::Asked { .. } | Stage::Insisting { .. } => !alive.child && !alive.others,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Duration = Duration::from_secs(10);
    const ALL: Alive = Alive { child: true, others: true };
    const REST: Alive = Alive { child: false, others: true };
    const NONE: Alive = Alive { child: false, others: false };

    /// Lets time pass as the loop does, and notes when what was done.
    fn run(
        plan: &mut Termination,
        from: Instant,
        alive: impl Fn(Duration) -> Alive,
    ) -> Vec<(Duration, Effect)> {
        let (mut now, mut done) = (from, Vec::new());
        loop {
            let alive = alive(now - from);
            done.extend(plan.due(alive, now).into_iter().map(|effect| (now - from, effect)));
            match plan.wake_at() {
                Some(at) if !plan.is_over(alive) => now = now.max(at),
                Some(_) | None => return done,
            }
        }
    }

    #[test]
    fn a_child_that_ignores_everything_is_asked_hung_up_and_killed_in_that_order() {
        let now = Instant::now();
        let mut plan = Termination::new();
        assert_eq!(plan.stop(GRACE, now), [Effect::AskSession]);
        let done = run(&mut plan, now, |_| ALL);
        assert_eq!(done[0], (limits::HANG_UP_AFTER, Effect::HangUpSession));
        assert_eq!(done[1], (GRACE, Effect::KillAll));
        assert_eq!(done.len(), 1 + limits::KILL_ROUNDS as usize);
        assert!(!plan.is_over(ALL), "a child in the kernel's hands is waited for");
        assert!(plan.is_over(REST), "others that cannot be killed are not");
        assert_eq!(plan.wake_at(), None, "no polling");
    }

    #[test]
    fn what_the_child_leaves_behind_gets_the_rest_of_the_grace() {
        let now = Instant::now();
        let mut plan = Termination::new();
        plan.stop(GRACE, now);
        let gone = |since: Duration| if since < GRACE { REST } else { NONE };
        assert_eq!(plan.due(REST, now), [Effect::AskAll]);
        let done = run(&mut plan, now, gone);
        assert_eq!(done, []);
        assert!(!plan.is_over(REST));
        assert!(plan.is_over(NONE));
    }

    #[test]
    fn a_kill_does_not_wait_and_a_second_stop_only_shortens() {
        let now = Instant::now();
        let mut plan = Termination::new();
        plan.stop(GRACE, now);
        plan.stop(GRACE * 2, now);
        assert_eq!(plan.stop(Duration::from_millis(1), now), []);
        let at = now + Duration::from_millis(1);
        assert_eq!(plan.due(ALL, at), [Effect::KillAll]);
        assert_eq!(plan.due(ALL, at), [], "one round at a time");

        let mut plan = Termination::new();
        plan.kill(now);
        assert_eq!(plan.due(ALL, now), [Effect::KillAll]);
        assert_eq!(plan.stop(GRACE, now), [], "no way back");
    }

    #[test]
    fn a_natural_end_touches_nobody() {
        let now = Instant::now();
        let mut plan = Termination::new();
        assert_eq!(plan.due(REST, now), []);
        assert!(plan.is_over(REST));
        assert!(!plan.is_over(ALL));
        assert_eq!(plan.wake_at(), None);
    }
}
