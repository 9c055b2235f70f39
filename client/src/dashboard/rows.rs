//! What stands in the list, in which order: groups, families in them, tasks below their
//! sessions.
//!
//! # Invariants
//!
//! 1. The order follows from what is known alone: group, pinned first, newest first. While
//!    nothing changes, nothing moves.
//! 2. A family stands together, where its eldest belongs; where one of it waits for a person,
//!    it is with those that do.
//! 3. Of tasks that ended, a few are shown, or all of an unfolded family.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use app_model::SessionId;
use app_model::view::Group;

use super::sessions::{Entry, Sessions};

/// Tasks that ended and are shown below a session that runs.
const MOST_ENDED: usize = 3;

/// No family is deeper than this.
const DEEPEST: usize = 16;

/// One line of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Row {
    /// The sessions below it are of this group.
    Heading(Group),
    /// A session, below so many others.
    Session { id: SessionId, depth: usize },
    /// A task that is only reported: which one of its session's.
    Task { of: SessionId, index: usize, depth: usize },
    /// So many tasks that ended are not shown.
    Folded { of: SessionId, count: usize, depth: usize },
}

impl Row {
    /// The session in it that can be chosen.
    pub(super) fn session(self) -> Option<SessionId> {
        match self {
            Self::Session { id, .. } => Some(id),
            Self::Heading(_) | Self::Task { .. } | Self::Folded { .. } => None,
        }
    }
}

/// All rows; with `only`, just these sessions and none of their tasks.
pub(super) fn rows(
    sessions: &Sessions,
    unfolded: &HashSet<SessionId>,
    only: Option<&HashSet<SessionId>>,
) -> Vec<Row> {
    let shown = |entry: &&Entry| only.is_none_or(|only| only.contains(&entry.view.id));
    let families = Families::of(sessions, sessions.all().filter(shown), only.is_some());
    let mut tops: Vec<_> = families.tops.iter().map(|top| (families.group(top, 0), *top)).collect();
    tops.sort_by_key(|(group, top)| (*group, !top.view.pinned, order(top)));
    let mut rows = Vec::new();
    for (index, (group, top)) in tops.iter().enumerate() {
        if index == 0 || tops[index - 1].0 != *group {
            rows.push(Row::Heading(*group));
        }
        families.branch(&mut rows, top, 0, unfolded);
    }
    rows
}

/// Newest first.
fn order(entry: &Entry) -> Reverse<(i64, SessionId)> {
    Reverse((entry.view.created_at_ms, entry.view.id))
}

/// Who belongs to whom.
struct Families<'a> {
    tops: Vec<&'a Entry>,
    children: HashMap<SessionId, Vec<&'a Entry>>,
    flat: bool,
}

impl<'a> Families<'a> {
    fn of(sessions: &Sessions, shown: impl Iterator<Item = &'a Entry>, flat: bool) -> Self {
        let mut families = Self { tops: Vec::new(), children: HashMap::new(), flat };
        for entry in shown {
            let parent = entry.view.parent.filter(|&id| !flat && sessions.get(id).is_some());
            match parent {
                Some(parent) => families.children.entry(parent).or_default().push(entry),
                None => families.tops.push(entry),
            }
        }
        for children in families.children.values_mut() {
            children.sort_by_key(|child| (is_over(child), order(child)));
        }
        families
    }

    fn children(&self, of: &Entry) -> &[&'a Entry] {
        self.children.get(&of.view.id).map_or(&[], Vec::as_slice)
    }

    /// Where the family of `top` stands (invariant 2).
    fn group(&self, top: &Entry, depth: usize) -> Group {
        let waits = |child: &&Entry| self.group(child, depth + 1) == Group::NeedsYou;
        match top.view.group() {
            Group::NeedsYou => Group::NeedsYou,
            _ if depth < DEEPEST && self.children(top).iter().any(waits) => Group::NeedsYou,
            own => own,
        }
    }

    fn branch(
        &self,
        rows: &mut Vec<Row>,
        entry: &Entry,
        depth: usize,
        unfolded: &HashSet<SessionId>,
    ) {
        let of = entry.view.id;
        rows.push(Row::Session { id: of, depth });
        if depth == DEEPEST || self.flat {
            return;
        }
        let depth = depth + 1;
        let mut room = match (unfolded.contains(&of), is_over(entry)) {
            (true, _) => usize::MAX,
            (false, true) => 0,
            (false, false) => MOST_ENDED,
        };
        let mut folded = 0;
        let mut fits = |ended: bool| {
            let fits = !ended || room > 0;
            room = room.saturating_sub(usize::from(ended));
            folded += usize::from(!fits);
            fits
        };
        for child in self.children(entry) {
            if fits(is_over(child)) {
                self.branch(rows, child, depth, unfolded);
            }
        }
        for (index, task) in entry.tasks.iter().enumerate() {
            if fits(!task.phase.is_live()) {
                rows.push(Row::Task { of, index, depth });
            }
        }
        if folded > 0 {
            rows.push(Row::Folded { of, count: folded, depth });
        }
    }
}

/// Nothing of it goes on.
fn is_over(entry: &Entry) -> bool {
    matches!(entry.view.group(), Group::Done | Group::Failed | Group::Interrupted)
}

#[cfg(test)]
mod tests {
    use app_model::report::Outcome;
    use app_model::task::TaskView;
    use app_model::view::Attention;
    use app_model::{Phase, SessionView, Turn};

    use super::*;
    use crate::render::session::samples::{failed, running};

    fn numbered(number: u32, view: SessionView) -> SessionView {
        SessionView { id: SessionId(number), created_at_ms: number.into(), ..view }
    }

    fn known(views: Vec<SessionView>, tasks: Vec<TaskView>) -> Sessions {
        let mut sessions = Sessions::default();
        sessions.replace(views, tasks, 0);
        sessions
    }

    fn ids(rows: &[Row]) -> Vec<u32> {
        rows.iter().filter_map(|row| row.session()).map(|id| id.0).collect()
    }

    fn listed(sessions: &Sessions) -> Vec<Row> {
        rows(sessions, &HashSet::new(), None)
    }

    fn asking() -> Option<Attention> {
        Some(Attention { why: "?".into(), since_ms: 0 })
    }

    #[test]
    fn groups_come_in_the_order_in_which_a_person_is_needed() {
        let sessions = known(
            vec![
                numbered(1, failed()),
                numbered(2, running()),
                numbered(3, SessionView { turn: Turn::Idle, ..running() }),
                numbered(4, SessionView { attention: asking(), ..running() }),
                numbered(5, SessionView { pinned: true, ..failed() }),
                numbered(6, failed()),
                numbered(7, SessionView { phase: Phase::Asleep, ..running() }),
            ],
            vec![],
        );
        let rows = listed(&sessions);
        assert_eq!(ids(&rows), [4, 2, 7, 3, 5, 6, 1], "pinned first, then newest first");
        assert_eq!(rows[0], Row::Heading(Group::NeedsYou));
        assert_eq!(rows, listed(&sessions), "nothing moves while nothing changes");
    }

    #[test]
    fn a_family_stands_together_and_waits_for_a_person_when_one_of_it_does() {
        let child = |number, parent| {
            numbered(number, SessionView { parent: Some(SessionId(parent)), ..running() })
        };
        let asks = SessionView { attention: asking(), ..child(3, 2) };
        let views = vec![numbered(1, running()), numbered(9, running()), child(2, 1), asks];
        let rows = listed(&known(views, vec![]));
        assert_eq!(ids(&rows), [1, 2, 3, 9]);
        assert_eq!(rows[3], Row::Session { id: SessionId(3), depth: 2 });
        assert_eq!(rows[0], Row::Heading(Group::NeedsYou));
    }

    fn task(number: u32, ended: bool) -> TaskView {
        TaskView {
            parent: SessionId(1),
            session: None,
            ext: number.to_string(),
            source: "x".into(),
            label: "review".into(),
            model: None,
            phase: if ended { Phase::Ended } else { Phase::Running },
            outcome: ended.then_some(Outcome::Ok),
            summary: None,
            started_at_ms: 0,
            ended_at_ms: ended.then_some(1),
            elapsed_ms: 1,
        }
    }

    #[test]
    fn tasks_that_ended_are_folded_and_can_be_unfolded() {
        let tasks = (0..9).map(|number| task(number, number > 0)).collect();
        let sessions = known(vec![numbered(1, running())], tasks);
        let shown = listed(&sessions);
        assert_eq!(shown.len(), 2 + 1 + MOST_ENDED + 1);
        let folded = Row::Folded { of: SessionId(1), count: 8 - MOST_ENDED, depth: 1 };
        assert_eq!(shown.last(), Some(&folded));
        let all = rows(&sessions, &HashSet::from([SessionId(1)]), None);
        assert_eq!(all.len(), 2 + 9);
        let over = known(vec![numbered(1, failed())], vec![task(0, true)]);
        let folded = Row::Folded { of: SessionId(1), count: 1, depth: 1 };
        assert_eq!(listed(&over).last(), Some(&folded), "of what is over, none is shown");
    }

    #[test]
    fn a_filter_shows_what_it_means_wherever_it_belongs() {
        let child = SessionView { parent: Some(SessionId(1)), ..running() };
        let sessions =
            known(vec![numbered(1, running()), numbered(2, child)], vec![task(0, false)]);
        let only = HashSet::from([SessionId(2)]);
        let rows = rows(&sessions, &HashSet::new(), Some(&only));
        assert_eq!(rows[1..], [Row::Session { id: SessionId(2), depth: 0 }]);
    }

    #[test]
    fn two_that_claim_to_belong_to_each_other_do_no_harm() {
        let parent = |id| Some(SessionId(id));
        let views = vec![
            numbered(1, SessionView { parent: parent(2), ..running() }),
            numbered(2, SessionView { parent: parent(1), ..running() }),
            numbered(3, running()),
        ];
        assert_eq!(ids(&listed(&known(views, vec![]))), [3]);
    }
}
