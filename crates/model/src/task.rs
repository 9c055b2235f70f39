//! A task as it is shown: a session that belongs to another, or a piece of work inside an
//! agent that is only heard of.

use serde::{Deserialize, Serialize};

use crate::report::Outcome;
use crate::{Phase, SessionId};

/// A task with all that is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskView {
    /// The session it belongs to.
    pub parent: SessionId,
    /// The session it is; none for one that is only heard of.
    pub session: Option<SessionId>,
    /// The identity it was reported with; empty for a session.
    pub ext: String,
    /// Who reported it, empty for a session.
    pub source: String,
    /// What it is, for people.
    pub label: String,
    /// The model that does it.
    pub model: Option<String>,
    /// Whether it runs; `Ended` or `Lost` when it does not.
    pub phase: Phase,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// What came of it, in a line.
    pub summary: Option<String>,
    /// When it began, milliseconds since the Unix epoch.
    pub started_at_ms: i64,
    /// When it ended.
    pub ended_at_ms: Option<i64>,
    /// How long it took, or takes until now.
    pub elapsed_ms: u64,
}

/// What is on record of a reported task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The order of the newest report that was believed: generation, sequence.
    pub order: (u64, u64),
    /// It has ended.
    pub ended: bool,
    /// Its beginning was heard of.
    pub begun: bool,
}

/// What a report says of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It began.
    Began,
    /// It ended.
    Ended,
}

/// What becomes of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It was said before, or comes too late.
    Ignore,
    /// The task begins, perhaps in a new life.
    Begin,
    /// The task ends.
    End,
    /// It is over, and its beginning has yet to be heard of.
    EndUnbegun,
    /// It has ended already; now it is known what it was.
    Describe,
}

/// Decides about a report that was given this order by its source. A task that ended
/// begins again only in a later generation.
pub fn step(known: Option<Known>, heard: Heard, order: (u64, u64)) -> Step {
    let Some(known) = known else {
        return match heard {
            Heard::Began => Step::Begin,
            Heard::Ended => Step::EndUnbegun,
        };
    };
    let is_newer = order > known.order;
    match heard {
        Heard::Began if known.ended && order.0 > known.order.0 => Step::Begin,
        Heard::Began if known.ended && !known.begun => Step::Describe,
        Heard::Ended if !known.ended && is_newer => Step::End,
        Heard::Began | Heard::Ended => Step::Ignore,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is on record after this report.
    fn after(known: Option<Known>, heard: Heard, order: (u64, u64)) -> Option<Known> {
        let began = |ended| Some(Known { order, ended, begun: true });
        match step(known, heard, order) {
            Step::Ignore => known,
            Step::Begin => began(false),
            Step::End => known.map(|known| Known { order, ended: true, ..known }),
            Step::EndUnbegun => Some(Known { order, ended: true, begun: false }),
            Step::Describe => known.map(|known| Known { begun: true, ..known }),
        }
    }

    fn all(reports: &[(Heard, (u64, u64))]) -> Option<Known> {
        reports.iter().fold(None, |known, &(heard, order)| after(known, heard, order))
    }

    #[test]
    fn a_task_ends_once_and_begins_again_only_in_a_later_life() {
        use Heard::{Began, Ended};
        let over = all(&[(Began, (1, 1)), (Ended, (1, 2))]).unwrap();
        assert!(over.ended && over.begun);
        assert_eq!(step(Some(over), Began, (1, 3)), Step::Ignore);
        assert_eq!(step(Some(over), Ended, (1, 4)), Step::Ignore);
        assert_eq!(step(Some(over), Began, (2, 1)), Step::Begin);
        let again = all(&[(Began, (1, 1)), (Ended, (1, 2)), (Began, (2, 1))]).unwrap();
        assert_eq!(step(Some(again), Ended, (1, 9)), Step::Ignore, "of the life before");
        assert_eq!(step(Some(again), Ended, (2, 2)), Step::End);
    }

    #[test]
    fn an_end_that_overtakes_its_beginning_stands() {
        use Heard::{Began, Ended};
        let over = all(&[(Ended, (1, 2))]);
        assert_eq!(step(over, Began, (1, 1)), Step::Describe);
        assert_eq!(all(&[(Ended, (1, 2)), (Began, (1, 1))]).map(|it| it.ended), Some(true));
    }

    proptest! {
        /// However often and in whatever order the reports of one life come, it is over
        /// exactly if its end was among them.
        #[test]
        fn order_and_repetition_change_nothing(
            reports in prop::collection::vec(
                prop_oneof![
                    Just((Heard::Began, (1, 1))),
                    Just((Heard::Ended, (1, 2))),
                ],
                1..12,
            )
        ) {
            let known = all(&reports).unwrap();
            let said = |what: Heard| reports.iter().any(|(heard, _)| *heard == what);
            prop_assert_eq!(known.ended, said(Heard::Ended));
            prop_assert_eq!(known.begun, said(Heard::Began));
        }
    }
}
