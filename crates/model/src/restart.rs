//! Whether a session whose run ended is started again by itself, and when.
//!
//! The daemon tells [`after_end`] how a run ended, writes down what comes back, and starts
//! the next run when the time has come. There is no clock here: [`Clocks`] are passed in.
//!
//! # Invariants
//!
//! 1. An end that somebody asked for is never followed by a start, whatever the policy.
//! 2. A pause doubles from [`FIRST_PAUSE`] to [`LONGEST_PAUSE`], and begins anew only after
//!    a run that was up for [`SETTLED`].
//! 3. After [`MOST_RESTARTS`] in a row there is no further one: a program that cannot run
//!    does not keep the machine busy for ever.
//! 4. Whatever the wall clock does, nothing is due later than [`LONGEST_PAUSE`] from now.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Clocks, Exit, Lost};

/// The pause before the first start in a row.
pub const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// How long a run must have been up for those before it not to count any more.
pub const SETTLED: Duration = Duration::from_secs(10 * 60);

/// Starts in a row, without a run that settled.
pub const MOST_RESTARTS: u32 = 10;

/// Which ends are followed by another run. `start --restart`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Restart {
    /// None.
    #[default]
    Never,
    /// Those that went wrong: another code than 0, a signal, a holder that died.
    OnFailure,
    /// Those by a restart of the machine.
    OnBoot,
    /// All that nobody asked for.
    Always,
}

impl Restart {
    /// The word in the registry, in `--json` and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::OnFailure => "on-failure",
            Self::OnBoot => "on-boot",
            Self::Always => "always",
        }
    }

    /// What a word says; one from a later release counts as `never`.
    pub fn of_word(word: &str) -> Self {
        match word {
            "on-failure" => Self::OnFailure,
            "on-boot" => Self::OnBoot,
            "always" => Self::Always,
            _ => Self::Never,
        }
    }

    /// Whether an end that nobody asked for is followed by another run.
    pub fn covers(self, exit: Exit) -> bool {
        let reboot = exit == Exit::Lost(Lost::Reboot);
        match self {
            Self::Never => false,
            Self::OnFailure => !exit.is_success() && !reboot,
            Self::OnBoot => reboot,
            Self::Always => true,
        }
    }
}

/// How a run ended, as far as a policy looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// How.
    pub exit: Exit,
    /// Somebody asked for it.
    pub asked: bool,
    /// How long the run was up, if that is known.
    pub up: Option<Duration>,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing.
    Stay,
    /// Another run, after this pause.
    Again {
        /// How long to wait.
        pause: Duration,
        /// Which start in a row it is, from 1.
        attempt: u32,
    },
    /// Nothing any more, although the policy covers the end (invariant 3).
    GiveUp {
        /// Starts in a row that did not help.
        attempts: u32,
    },
}

/// What follows the end of a run that was the `attempts`th start in a row; 0 if a person
/// started it.
pub fn after_end(policy: Restart, attempts: u32, ended: Ended) -> Next {
    if ended.asked || !policy.covers(ended.exit) {
        return Next::Stay; // Invariant 1.
    }
    let settled = ended.up.is_some_and(|up| up >= SETTLED);
    again(if settled { 0 } else { attempts })
}

/// What follows the `attempts`th start in a row, when its program could not be started.
pub fn after_failed_start(attempts: u32) -> Next {
    again(attempts)
}

fn again(attempts: u32) -> Next {
    if attempts >= MOST_RESTARTS {
        return Next::GiveUp { attempts };
    }
    Next::Again { pause: pause(attempts), attempt: attempts + 1 }
}

/// The pause after so many starts in a row (invariant 2).
fn pause(attempts: u32) -> Duration {
    let factor = 1_u32.checked_shl(attempts).unwrap_or(u32::MAX);
    FIRST_PAUSE.saturating_mul(factor).min(LONGEST_PAUSE)
}

/// When something is to be done: on the clock that nobody sets, and, should the machine be
/// restarted before, on the one of the wall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due(pub Clocks);

impl Due {
    /// So long from now.
    pub fn after(pause: Duration, now: &Clocks) -> Self {
        let ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        Self(Clocks {
            wall_ms: now.wall_ms.saturating_add_unsigned(ms),
            boot_ms: now.boot_ms.saturating_add(ms),
            boot_id: now.boot_id.clone(),
        })
    }

    /// How long from now; zero once it is due (invariant 4).
    pub fn left(&self, now: &Clocks) -> Duration {
        let Self(due) = self;
        let ms = if due.boot_id == now.boot_id && !now.boot_id.is_empty() {
            due.boot_ms.saturating_sub(now.boot_ms)
        } else {
            u64::try_from(due.wall_ms.saturating_sub(now.wall_ms)).unwrap_or(0)
        };
        Duration::from_millis(ms).min(LONGEST_PAUSE)
    }
}

/// What a policy has planned for a session, for those who look at it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Plan {
    /// Nothing.
    #[default]
    Nothing,
    /// It is started again in so many milliseconds.
    Again {
        /// From now.
        in_ms: u64,
    },
    /// It is not started again although the policy covers its end.
    GaveUp,
}

/// How a session comes back by itself, for those who look at it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comeback {
    /// After which ends.
    pub policy: Restart,
    /// Starts by the policy, in a row.
    pub attempts: u32,
    /// What is planned now.
    pub plan: Plan,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Signal;

    const REBOOT: Exit = Exit::Lost(Lost::Reboot);

    fn ended(exit: Exit) -> Ended {
        Ended { exit, asked: false, up: Some(Duration::from_secs(3)) }
    }

    fn clocks(wall_ms: i64, boot_ms: u64, boot_id: &str) -> Clocks {
        Clocks { wall_ms, boot_ms, boot_id: boot_id.into() }
    }

    #[test]
    fn each_policy_covers_the_ends_it_names() {
        let ends =
            [Exit::Code(0), Exit::Code(1), Exit::Signal(Signal::KILL), Exit::Lost(Lost::Holder)];
        let covered = |policy: Restart| ends.map(|exit| policy.covers(exit));
        assert_eq!(covered(Restart::Never), [false; 4]);
        assert_eq!(covered(Restart::OnFailure), [false, true, true, true]);
        assert_eq!(covered(Restart::OnBoot), [false; 4]);
        assert_eq!(covered(Restart::Always), [true; 4]);
        let by_reboot = [Restart::Never, Restart::OnFailure, Restart::OnBoot, Restart::Always];
        assert_eq!(by_reboot.map(|policy| policy.covers(REBOOT)), [false, false, true, true]);
        for policy in by_reboot {
            assert_eq!(Restart::of_word(policy.word()), policy);
        }
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_then_it_gives_up() {
        let mut attempts = 0;
        let mut pauses = Vec::new();
        loop {
            match after_end(Restart::OnFailure, attempts, ended(Exit::Code(1))) {
                Next::Again { pause, attempt } => {
                    assert_eq!(attempt, attempts + 1);
                    attempts = attempt;
                    pauses.push(pause.as_secs());
                }
                Next::GiveUp { attempts } => {
                    assert_eq!(attempts, MOST_RESTARTS);
                    break;
                }
                Next::Stay => panic!("the end is covered"),
            }
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
    }

    #[test]
    fn a_run_that_settled_makes_those_before_it_not_count() {
        let up = |seconds| Ended { up: Some(Duration::from_secs(seconds)), ..ended(REBOOT) };
        let anew = Next::Again { pause: FIRST_PAUSE, attempt: 1 };
        assert_eq!(after_end(Restart::Always, MOST_RESTARTS, up(600)), anew);
        let given_up = Next::GiveUp { attempts: MOST_RESTARTS };
        assert_eq!(after_end(Restart::Always, MOST_RESTARTS, up(599)), given_up);
        let unknown = Ended { up: None, ..ended(REBOOT) };
        assert_eq!(after_end(Restart::Always, MOST_RESTARTS, unknown), given_up);
    }

    #[test]
    fn what_is_due_is_due_on_the_clock_of_its_boot() {
        let due = Due::after(Duration::from_secs(8), &clocks(1_000_000, 50_000, "a"));
        let left = |now: Clocks| due.left(&now).as_millis();
        assert_eq!(left(clocks(0, 50_000, "a")), 8_000, "the wall clock was set back");
        assert_eq!(left(clocks(i64::MAX, 51_000, "a")), 7_000, "and forward");
        assert_eq!(left(clocks(0, 90_000, "a")), 0);
        assert_eq!(left(clocks(1_003_000, 5, "b")), 5_000, "another boot: the wall clock");
        assert_eq!(left(clocks(2_000_000, 5, "b")), 0);
        assert_eq!(left(clocks(0, 5, "b")), LONGEST_PAUSE.as_millis());
    }

    fn any_exit() -> impl Strategy<Value = Exit> {
        prop_oneof![
            (0..256).prop_map(Exit::Code),
            Just(Exit::Signal(Signal::TERM)),
            Just(REBOOT),
            Just(Exit::Lost(Lost::Holder)),
            Just(Exit::Lost(Lost::Oom)),
        ]
    }

    fn any_policy() -> impl Strategy<Value = Restart> {
        prop_oneof![
            Just(Restart::Never),
            Just(Restart::OnFailure),
            Just(Restart::OnBoot),
            Just(Restart::Always)
        ]
    }

    proptest! {
        /// Invariants 1, 2 and 3, for any life.
        #[test]
        fn stop_means_stop_and_nothing_goes_on_for_ever(
            policy in any_policy(),
            ends in prop::collection::vec((any_exit(), any::<bool>(), 0_u64..1_200), 1..60),
        ) {
            let (mut attempts, mut in_a_row) = (0, 0);
            for (exit, asked, seconds) in ends {
                let up = Duration::from_secs(seconds);
                match after_end(policy, attempts, Ended { exit, asked, up: Some(up) }) {
                    Next::Stay => prop_assert!(asked || !policy.covers(exit)),
                    Next::Again { pause, attempt } => {
                        prop_assert!(!asked && policy.covers(exit));
                        prop_assert!(pause >= FIRST_PAUSE && pause <= LONGEST_PAUSE);
                        in_a_row = if up >= SETTLED { 1 } else { in_a_row + 1 };
                        prop_assert_eq!(attempt, in_a_row);
                        prop_assert!(in_a_row <= MOST_RESTARTS);
                        attempts = attempt;
                        continue;
                    }
                    Next::GiveUp { .. } => {
                        prop_assert!(up < SETTLED);
                        prop_assert_eq!(in_a_row, MOST_RESTARTS);
                    }
                }
                // Whatever comes now, a person starts it.
                (attempts, in_a_row) = (0, 0);
            }
        }

        /// Invariant 4, for any clocks.
        #[test]
        fn nothing_is_due_later_than_the_longest_pause(
            wall: i64, boot: u64, now_wall: i64, now_boot: u64, same: bool, pause in 0_u64..400,
        ) {
            let due = Due::after(Duration::from_secs(pause), &clocks(wall, boot, "a"));
            let now = clocks(now_wall, now_boot, if same { "a" } else { "b" });
            prop_assert!(due.left(&now) <= LONGEST_PAUSE);
            prop_assert!(due.left(&clocks(now_wall, u64::MAX, "a")).is_zero());
        }
    }
}
