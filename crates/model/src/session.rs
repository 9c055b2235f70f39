//! One session's life, as a pure function of what it was asked and what was seen.
//!
//! This module decides; it never acts. It takes an [`Input`] and the time, changes the
//! [`Session`], and returns the [`Effect`]s that the session's actor in the daemon must
//! carry out, in their order.
//!
//! ```text
//!               asked               Ready
//!     ┌──────┐ ───────► ┌──────────┐ ──────► ┌──────┐
//!     │ Down │          │ Starting │         │  Up  │
//!     └──────┘          └────┬─────┘         └──┬───┘
//!        ▲                   │ no Ready in time │ asked to stop
//!        │                   ▼                  ▼
//!        │    Gone      ┌───────────────────────────┐ ◄─┐
//!        └───────────── │         Stopping          │   │ still there: kill again
//!       any state       └───────────────────────────┘ ──┘
//! ```
//!
//! # Invariants
//!
//! 1. At most one run is alive: `Launch` is emitted only from `Down`.
//! 2. Only an observation leads to `Down`. Neither a request nor the clock does: the
//!    holder, not the daemon, knows whether the program is alive.
//! 3. An older run changes nothing: observations name the run they speak of, and those
//!    that are not about the current one are dropped.
//! 4. A session that ended stays ended: what is wanted falls back to `Down` with the run.
//! 5. A stop is written down (`Record`) before it is carried out.

use std::time::Duration;

use crate::{Exit, RunNumber};

/// How long a holder may take to say that the program runs.
pub const READY_LIMIT: Duration = Duration::from_secs(20);

/// How long after its own deadline a holder may still be busy ending the run, before
/// the daemon insists.
pub const STOP_MARGIN: Duration = Duration::from_secs(5);

/// How often the daemon insists while a run will not end.
pub const INSIST_EVERY: Duration = Duration::from_secs(10);

/// How long a program has to leave when it was asked, unless the caller says otherwise.
pub const DEFAULT_GRACE: Duration = Duration::from_secs(10);

/// A point on a clock that never goes back, from any origin.
pub type Moment = Duration;

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Desired {
    /// A run.
    Up,
    /// No run; the program has `grace` to leave.
    Down {
        /// Zero means at once.
        grace: Duration,
    },
}

/// What is true, with exactly the facts that hold in that state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing runs.
    Down {
        /// How the newest run ended, if there was one.
        last: Option<Exit>,
    },
    /// A holder was asked for and has not said yet that the program runs.
    Starting {
        /// Which run.
        run: RunNumber,
        /// When that is taking too long.
        ready_by: Moment,
    },
    /// The program runs.
    Up {
        /// Which run.
        run: RunNumber,
    },
    /// The program was asked to end.
    Stopping {
        /// Which run.
        run: RunNumber,
        /// When the daemon insists.
        insist_at: Moment,
    },
}

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Somebody wants this.
    Asked(Desired),
    /// This was seen of that run.
    Saw(RunNumber, Observation),
    /// The moment that was asked for with [`Effect::WakeAt`] may have come.
    Woke,
}

/// What can be seen of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observation {
    /// The program runs.
    Ready,
    /// The run is over.
    Gone(Exit),
}

/// Something that must now be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Write down that this run was asked to end.
    RecordStop(RunNumber),
    /// Start a holder.
    Launch(RunNumber),
    /// Tell the holder to end the run: ask, wait, insist.
    Stop(RunNumber, Duration),
    /// Tell the holder to end the run at once; end it without the holder if need be.
    Kill(RunNumber),
    /// Come back with [`Input::Woke`].
    WakeAt(Moment),
}

/// A session's life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    desired: Desired,
    state: State,
    next_run: RunNumber,
}

impl Session {
    /// A session that does not run; its next run will be `next_run`.
    pub fn down(next_run: RunNumber, last: Option<Exit>) -> Self {
        Self { desired: WANTS_NOTHING, state: State::Down { last }, next_run }
    }

    /// A session whose run a starting daemon takes over, and what must be done at once:
    /// with `stopping` it had been asked to end, and perhaps nobody told its holder.
    pub fn adopted(run: RunNumber, stopping: bool, now: Moment) -> (Self, Vec<Effect>) {
        let mut session =
            Self { desired: Desired::Up, state: State::Up { run }, next_run: run.next() };
        let effects = if stopping {
            session.apply(Input::Asked(Desired::Down { grace: DEFAULT_GRACE }), now)
        } else {
            vec![]
        };
        (session, effects)
    }

    /// A session whose run was asked for, and which nobody has seen begin: a starting daemon
    /// looks for it, as patiently as the one before would have. With `stopping` it was asked
    /// to end even so.
    pub fn newborn(run: RunNumber, stopping: bool, now: Moment) -> (Self, Vec<Effect>) {
        let ready_by = now + READY_LIMIT;
        let desired = if stopping { Desired::Down { grace: DEFAULT_GRACE } } else { Desired::Up };
        let state = State::Starting { run, ready_by };
        (Self { desired, state, next_run: run.next() }, vec![Effect::WakeAt(ready_by)])
    }

    /// What is true.
    pub fn state(&self) -> State {
        self.state
    }

    /// The run that is alive, or may be.
    pub fn live_run(&self) -> Option<RunNumber> {
        match self.state {
            State::Down { .. } => None,
            State::Starting { run, .. } | State::Up { run } | State::Stopping { run, .. } => {
                Some(run)
            }
        }
    }

    /// Takes what happened and returns what must be done, in order.
    pub fn apply(&mut self, input: Input, now: Moment) -> Vec<Effect> {
        match input {
            Input::Asked(desired) => self.ask(desired, now),
            Input::Saw(run, seen) => {
                self.observe(run, seen);
                self.reconcile(now)
            }
            Input::Woke => self.reconcile(now),
        }
    }

    fn ask(&mut self, desired: Desired, now: Moment) -> Vec<Effect> {
        self.desired = desired;
        match (self.state, desired) {
            (State::Down { .. }, Desired::Down { .. }) => {
                self.desired = WANTS_NOTHING;
                vec![]
            }
            // Asked again, perhaps with less patience: the newer wish counts.
            (State::Stopping { run, .. }, Desired::Down { grace }) => self.stop(run, grace, now),
            (State::Starting { run, .. }, Desired::Down { .. }) => {
                let mut effects = vec![Effect::RecordStop(run)];
                effects.extend(self.reconcile(now));
                effects
            }
            (State::Down { .. } | State::Starting { .. } | State::Stopping { .. }, Desired::Up)
            | (State::Up { .. }, _) => self.reconcile(now),
        }
    }

    fn observe(&mut self, run: RunNumber, seen: Observation) {
        if self.live_run() != Some(run) {
            return; // Invariant 3.
        }
        match seen {
            Observation::Gone(exit) => {
                self.state = State::Down { last: Some(exit) };
                self.desired = WANTS_NOTHING; // Invariant 4.
            }
            Observation::Ready if matches!(self.state, State::Starting { .. }) => {
                self.state = State::Up { run };
            }
            // A second one is harmless: a holder repeats it on every connection.
            Observation::Ready => {}
        }
    }

    /// Closes the gap between what is wanted and what is true, one step at a time.
    fn reconcile(&mut self, now: Moment) -> Vec<Effect> {
        match (self.state, self.desired) {
            (State::Down { .. }, Desired::Up) => {
                let run = self.next_run;
                self.next_run = run.next();
                let ready_by = now + READY_LIMIT;
                self.state = State::Starting { run, ready_by };
                vec![Effect::Launch(run), Effect::WakeAt(ready_by)]
            }
            (State::Starting { run, ready_by }, _) if now >= ready_by => self.insist(run, now),
            // A stop that comes this early waits for `Ready` or for `ready_by`: until then
            // nobody knows which process to signal.
            (State::Starting { .. }, _) => vec![],
            (State::Up { run }, Desired::Down { grace }) => self.stop(run, grace, now),
            (State::Stopping { run, insist_at }, _) if now >= insist_at => self.insist(run, now),
            (State::Down { .. }, Desired::Down { .. })
            | (State::Up { .. }, Desired::Up)
            | (State::Stopping { .. }, _) => vec![],
        }
    }

    fn stop(&mut self, run: RunNumber, grace: Duration, now: Moment) -> Vec<Effect> {
        let insist_at = now + grace + STOP_MARGIN;
        self.state = State::Stopping { run, insist_at };
        let act = if grace.is_zero() { Effect::Kill(run) } else { Effect::Stop(run, grace) };
        vec![Effect::RecordStop(run), act, Effect::WakeAt(insist_at)]
    }

    fn insist(&mut self, run: RunNumber, now: Moment) -> Vec<Effect> {
        let insist_at = now + INSIST_EVERY;
        self.state = State::Stopping { run, insist_at };
        vec![Effect::Kill(run), Effect::WakeAt(insist_at)]
    }
}

const WANTS_NOTHING: Desired = Desired::Down { grace: Duration::ZERO };

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GRACE: Duration = Duration::from_secs(10);
    const RUN: RunNumber = RunNumber(1);

    fn at(seconds: u64) -> Moment {
        Duration::from_secs(seconds)
    }

    fn up() -> Session {
        let mut session = Session::down(RUN, None);
        session.apply(Input::Asked(Desired::Up), at(0));
        session.apply(Input::Saw(RUN, Observation::Ready), at(0));
        assert_eq!(session.state(), State::Up { run: RUN });
        session
    }

    #[test]
    fn a_stop_is_recorded_asked_and_insisted_on() {
        let mut session = up();
        let asked = session.apply(Input::Asked(Desired::Down { grace: GRACE }), at(1));
        let insist_at = at(1) + GRACE + STOP_MARGIN;
        assert_eq!(
            asked,
            [Effect::RecordStop(RUN), Effect::Stop(RUN, GRACE), Effect::WakeAt(insist_at)]
        );
        let late = session.apply(Input::Woke, insist_at);
        assert_eq!(late, [Effect::Kill(RUN), Effect::WakeAt(insist_at + INSIST_EVERY)]);
    }

    #[test]
    fn a_stop_without_grace_kills_at_once() {
        let asked = up().apply(Input::Asked(Desired::Down { grace: Duration::ZERO }), at(1));
        assert!(asked.contains(&Effect::Kill(RUN)), "{asked:?}");
    }

    #[test]
    fn a_stop_before_the_program_runs_waits_for_it() {
        let mut session = Session::down(RUN, None);
        session.apply(Input::Asked(Desired::Up), at(0));
        let asked = session.apply(Input::Asked(Desired::Down { grace: GRACE }), at(1));
        assert_eq!(asked, [Effect::RecordStop(RUN)]);
        let ready = session.apply(Input::Saw(RUN, Observation::Ready), at(2));
        assert!(ready.contains(&Effect::Stop(RUN, GRACE)), "{ready:?}");
    }

    #[test]
    fn a_holder_that_says_nothing_is_killed() {
        let mut session = Session::down(RUN, None);
        session.apply(Input::Asked(Desired::Up), at(0));
        assert_eq!(session.apply(Input::Woke, at(1)), []);
        let late = session.apply(Input::Woke, READY_LIMIT);
        assert!(late.contains(&Effect::Kill(RUN)), "{late:?}");
    }

    #[test]
    fn a_session_that_ended_stays_ended_until_it_is_asked_again() {
        let mut session = up();
        session.apply(Input::Saw(RUN, Observation::Gone(Exit::Code(0))), at(5));
        assert_eq!(session.apply(Input::Woke, at(6)), []);
        assert_eq!(session.state(), State::Down { last: Some(Exit::Code(0)) });
        let again = session.apply(Input::Asked(Desired::Up), at(7));
        assert!(again.contains(&Effect::Launch(RunNumber(2))), "{again:?}");
    }

    #[test]
    fn an_adopted_run_that_was_being_stopped_is_told_again_and_insisted_on() {
        let (mut session, effects) = Session::adopted(RunNumber(3), true, at(0));
        assert!(effects.contains(&Effect::Stop(RunNumber(3), DEFAULT_GRACE)), "{effects:?}");
        let late = session.apply(Input::Woke, at(3600));
        assert!(late.contains(&Effect::Kill(RunNumber(3))), "{late:?}");
    }

    #[test]
    fn a_newborn_is_not_called_running_and_ends_as_soon_as_it_is_if_that_was_asked() {
        let (mut session, effects) = Session::newborn(RunNumber(2), true, at(0));
        assert!(matches!(session.state(), State::Starting { .. }));
        assert_eq!(effects, [Effect::WakeAt(READY_LIMIT)]);
        let ready = session.apply(Input::Saw(RunNumber(2), Observation::Ready), at(1));
        assert!(ready.contains(&Effect::Stop(RunNumber(2), DEFAULT_GRACE)), "{ready:?}");
        let (mut session, _) = Session::newborn(RunNumber(2), false, at(0));
        assert_eq!(session.apply(Input::Saw(RunNumber(2), Observation::Ready), at(1)), []);
        assert_eq!(session.state(), State::Up { run: RunNumber(2) });
    }

    fn any_input() -> impl Strategy<Value = Input> {
        let run = (1u32..5).prop_map(RunNumber);
        prop_oneof![
            Just(Input::Asked(Desired::Up)),
            (0u64..20).prop_map(|s| Input::Asked(Desired::Down { grace: at(s) })),
            run.clone().prop_map(|run| Input::Saw(run, Observation::Ready)),
            run.prop_map(|run| Input::Saw(run, Observation::Gone(Exit::Code(0)))),
            Just(Input::Woke),
        ]
    }

    proptest! {
        /// Invariants 1 and 5, for any order of inputs and any passage of time.
        #[test]
        fn at_most_one_run_is_alive_and_stops_are_recorded_first(
            inputs in prop::collection::vec((any_input(), 0u64..20), 0..80)
        ) {
            let mut now = Duration::ZERO;
            let mut session = Session::down(RUN, None);
            let mut alive: Option<RunNumber> = None;
            let mut recorded: Option<RunNumber> = None;
            for (input, pause) in inputs {
                now += Duration::from_secs(pause);
                if let Input::Saw(run, Observation::Gone(_)) = input {
                    alive = alive.filter(|&r| r != run);
                }
                for effect in session.apply(input, now) {
                    match effect {
                        Effect::Launch(run) => prop_assert_eq!(alive.replace(run), None),
                        Effect::RecordStop(run) => recorded = Some(run),
                        Effect::Stop(run, _) => {
                            prop_assert_eq!(alive, Some(run));
                            prop_assert_eq!(recorded, Some(run));
                        }
                        Effect::Kill(run) => prop_assert_eq!(alive, Some(run)),
                        Effect::WakeAt(at) => prop_assert!(at >= now),
                    }
                }
                prop_assert_eq!(session.live_run(), alive);
            }
        }
    }
}
