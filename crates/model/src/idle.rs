//! Whether a session whose agent waits for its next turn is put to sleep, and when: after a time
//! that a person chose, or when memory is short.
//!
//! In two steps: what its actor knows says since when it is *at rest*; what only the registry
//! knows says whether something keeps it awake all the same. The daemon asks for the second
//! when the first would be enough.
//!
//! # Invariants
//!
//! 1. Nothing is put to sleep that a person looks at, has pinned, or is asked by.
//! 2. Nothing is put to sleep that works, be it a task inside it.
//! 3. Nothing is put to sleep that could not go on with its conversation.

use std::time::Duration;

use crate::session::Moment;
use crate::settings::Idle;
use crate::view::{Kind, Phase, Turn};

/// How long at least a session rests that somebody had go on: whoever did that waits until the
/// agent reads before anything is said to it.
pub const AFTER_WAKE: Duration = Duration::from_secs(5);

/// How long at least a session rests that is put to sleep because memory is short: an agent may
/// be slow to write down what was said.
pub const UNDER_PRESSURE: Duration = Duration::from_millis(Idle::LEAST_AFTER_MS);

/// Why a session is put to sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It has been at rest for long.
    Idle,
    /// Memory is short, and it has been at rest for longest.
    Pressure,
}

impl Cause {
    /// The word in events.
    pub fn word(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Pressure => "pressure",
        }
    }
}

/// What the actor of a session knows of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// What is true of its process.
    pub phase: Phase,
    /// Whose turn it is.
    pub turn: Turn,
    /// Since when.
    pub turn_since: Moment,
    /// A person should look.
    pub needs_person: bool,
    /// It is known how its conversation is gone on with, and that it was kept.
    pub can_go_on: bool,
    /// Terminals that look at it.
    pub attached: u16,
    /// When somebody last looked at it or typed.
    pub used: Moment,
}

/// Since when a session is at rest, if it is.
pub fn at_rest(life: &Life) -> Option<Moment> {
    let waits = life.turn == Turn::Idle && !life.needs_person && life.can_go_on;
    let rests = life.phase == Phase::Running && life.attached == 0 && waits;
    rests.then(|| life.turn_since.max(life.used))
}

/// The order in which those that are at rest are tried when memory is short: what has rested
/// longest is missed least.
pub fn longest_first<T>(mut resting: Vec<(T, Moment)>) -> Vec<(T, Moment)> {
    resting.sort_by_key(|(_, since)| *since);
    resting
}

/// What the registry knows of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bonds {
    /// Whether it stands for itself.
    pub kind: Kind,
    /// A person wants to keep it as it is.
    pub pinned: bool,
    /// Tasks of it that run.
    pub live_tasks: u32,
    /// When the last of its tasks ended, if it had any.
    pub task_ended: Option<Moment>,
    /// Somebody had it go on: its run is not the first.
    pub went_on: bool,
}

/// What becomes of a session that is at rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is put to sleep.
    Sleep,
    /// Not before then.
    At(Moment),
    /// Not before something about it changes.
    Stay,
}

/// Decides about a session that has been at rest `since`, where `after` is how long it is to
/// be.
pub fn decide(since: Moment, bonds: &Bonds, after: Duration, now: Moment) -> Verdict {
    // Whoever began a task waits for its end, and sleep is none.
    if bonds.pinned || bonds.live_tasks > 0 || bonds.kind == Kind::Task {
        return Verdict::Stay;
    }
    let due = due(since, bonds, after);
    if now >= due { Verdict::Sleep } else { Verdict::At(due) }
}

/// When one has rested for long enough that nothing keeps awake.
fn due(since: Moment, bonds: &Bonds, after: Duration) -> Moment {
    let after = if bonds.went_on { after.max(AFTER_WAKE) } else { after };
    bonds.task_ended.map_or(since, |ended| ended.max(since)) + after
}

/// Why a session whose agent waits is awake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awake {
    /// It stands still.
    Paused,
    /// A terminal shows it.
    Shown,
    /// A person is asked.
    Asks,
    /// It is not known how its conversation is gone on with.
    NoWayOn,
    /// It is pinned.
    Pinned,
    /// A task of it runs.
    HasTask,
    /// It is a task itself.
    IsTask,
    /// No time is set after which anything sleeps.
    Off,
    /// Its time has not come.
    Until(Moment),
}

/// Why it is awake; nothing of one whose agent does not wait for its next turn.
pub fn awake(life: &Life, bonds: &Bonds, after: Option<Duration>) -> Option<Awake> {
    let lives = matches!(life.phase, Phase::Running | Phase::Paused);
    if !lives || life.turn != Turn::Idle {
        return None;
    }
    let kept = [
        (life.phase == Phase::Paused, Awake::Paused),
        (life.attached > 0, Awake::Shown),
        (life.needs_person, Awake::Asks),
        (!life.can_go_on, Awake::NoWayOn),
        (bonds.pinned, Awake::Pinned),
        (bonds.live_tasks > 0, Awake::HasTask),
        (bonds.kind == Kind::Task, Awake::IsTask),
    ];
    if let Some((_, why)) = kept.into_iter().find(|(keeps, _)| *keeps) {
        return Some(why);
    }
    let Some(after) = after else { return Some(Awake::Off) };
    Some(Awake::Until(due(life.turn_since.max(life.used), bonds, after)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: u64) -> Moment {
        Duration::from_secs(s)
    }

    fn resting() -> Life {
        Life {
            phase: Phase::Running,
            turn: Turn::Idle,
            turn_since: at(10),
            needs_person: false,
            can_go_on: true,
            attached: 0,
            used: at(5),
        }
    }

    fn free() -> Bonds {
        Bonds {
            kind: Kind::Session,
            pinned: false,
            live_tasks: 0,
            task_ended: None,
            went_on: false,
        }
    }

    #[test]
    fn rest_begins_with_the_turn_or_when_the_last_person_left() {
        assert_eq!(at_rest(&resting()), Some(at(10)));
        assert_eq!(at_rest(&Life { used: at(30), ..resting() }), Some(at(30)));
    }

    #[test]
    fn what_is_used_or_works_or_asks_or_could_not_go_on_is_not_at_rest() {
        let awake = [
            Life { turn: Turn::Working, ..resting() },
            Life { turn: Turn::Unknown, ..resting() },
            Life { needs_person: true, ..resting() },
            Life { can_go_on: false, ..resting() },
            Life { attached: 1, ..resting() },
            Life { phase: Phase::Paused, ..resting() },
            Life { phase: Phase::Starting, ..resting() },
            Life { phase: Phase::Stopping, ..resting() },
        ];
        for life in awake {
            assert_eq!(at_rest(&life), None, "{life:?}");
        }
    }

    #[test]
    fn it_sleeps_when_the_time_is_over_and_not_before() {
        let decide = |bonds: Bonds, now| decide(at(10), &bonds, at(60), at(now));
        assert_eq!(decide(free(), 69), Verdict::At(at(70)));
        assert_eq!(decide(free(), 70), Verdict::Sleep);
        let ended = |s| Bonds { task_ended: Some(at(s)), ..free() };
        assert_eq!(decide(ended(40), 70), Verdict::At(at(100)), "a task is activity");
        assert_eq!(decide(ended(40), 100), Verdict::Sleep);
        assert_eq!(decide(ended(3), 70), Verdict::Sleep);
    }

    #[test]
    fn what_was_woken_has_time_to_be_spoken_to() {
        let woken = Bonds { went_on: true, ..free() };
        let decide = |after| decide(at(10), &woken, after, at(10) + AFTER_WAKE / 2);
        assert_eq!(decide(at(1)), Verdict::At(at(10) + AFTER_WAKE));
        assert_eq!(decide(at(60)), Verdict::At(at(70)), "the setting is longer");
    }

    /// One is named, and it is one that holds: what is told to be due is what [`decide`] does.
    #[test]
    fn why_it_is_awake_is_what_keeps_it_so() {
        let hour = Some(at(3_600));
        let of_life = |life| awake(&life, &free(), hour);
        let table = [
            (Life { phase: Phase::Paused, ..resting() }, Some(Awake::Paused)),
            (Life { attached: 1, ..resting() }, Some(Awake::Shown)),
            (Life { needs_person: true, ..resting() }, Some(Awake::Asks)),
            (Life { can_go_on: false, ..resting() }, Some(Awake::NoWayOn)),
            (Life { turn: Turn::Working, ..resting() }, None),
            (Life { turn: Turn::Unknown, ..resting() }, None),
            (Life { phase: Phase::Stopping, ..resting() }, None),
            (Life { phase: Phase::Asleep, ..resting() }, None),
        ];
        for (life, why) in table {
            assert_eq!(of_life(life), why, "{life:?}");
            assert_eq!(at_rest(&life), None, "{life:?}");
        }
        let of_bonds = |bonds, after| awake(&resting(), &bonds, after);
        let kept = [
            (Bonds { pinned: true, ..free() }, Awake::Pinned),
            (Bonds { live_tasks: 1, ..free() }, Awake::HasTask),
            (Bonds { kind: Kind::Task, ..free() }, Awake::IsTask),
        ];
        for (bonds, why) in kept {
            assert_eq!(of_bonds(bonds, hour), Some(why));
            assert_eq!(decide(at(10), &bonds, at(3_600), at(1_000_000)), Verdict::Stay);
        }
        assert_eq!(of_bonds(free(), None), Some(Awake::Off));
        for bonds in [free(), Bonds { went_on: true, task_ended: Some(at(50)), ..free() }] {
            let Some(Awake::Until(due)) = of_bonds(bonds, Some(at(1))) else { panic!("{bonds:?}") };
            assert_eq!(decide(at(10), &bonds, at(1), due), Verdict::Sleep);
            assert_eq!(decide(at(10), &bonds, at(1), due - at(1) / 2), Verdict::At(due));
        }
    }

    /// All that keeps a session awake keeps it awake when memory is short, but for the time.
    #[test]
    fn when_memory_is_short_the_longest_rest_counts_and_every_rule_but_the_time() {
        let order = longest_first(vec![('b', at(20)), ('a', at(3)), ('c', at(20)), ('d', at(90))]);
        assert_eq!(order.iter().map(|(name, _)| *name).collect::<String>(), "abcd");
        let now = at(100);
        let ended = |s| Bonds { task_ended: Some(at(s)), ..free() };
        let woken = Bonds { went_on: true, ..free() };
        let table = [
            (at(3), free(), Verdict::Sleep),
            (at(99), free(), Verdict::Sleep),
            (now, free(), Verdict::At(now + UNDER_PRESSURE)),
            (at(3), ended(99), Verdict::Sleep),
            (at(3), ended(100), Verdict::At(now + UNDER_PRESSURE)),
            (at(97), woken, Verdict::At(at(97) + AFTER_WAKE)),
            (at(3), woken, Verdict::Sleep),
            (at(3), Bonds { pinned: true, ..free() }, Verdict::Stay),
            (at(3), Bonds { live_tasks: 1, ..free() }, Verdict::Stay),
            (at(3), Bonds { kind: Kind::Task, ..free() }, Verdict::Stay),
        ];
        for (since, bonds, verdict) in table {
            assert_eq!(decide(since, &bonds, UNDER_PRESSURE, now), verdict, "{since:?} {bonds:?}");
        }
    }

    #[test]
    fn what_is_pinned_or_has_a_task_or_is_one_stays_however_long_it_rests() {
        let kept = [
            Bonds { pinned: true, ..free() },
            Bonds { live_tasks: 1, ..free() },
            Bonds { kind: Kind::Task, ..free() },
        ];
        for bonds in kept {
            assert_eq!(decide(at(10), &bonds, at(60), at(1_000_000)), Verdict::Stay, "{bonds:?}");
        }
    }
}
