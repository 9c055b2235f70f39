//! The order of reports, and who among the sources owns the run.

use super::tests::{Rig, began, done, ended, named, needs, stamp, title};
use super::*;

#[test]
fn late_and_repeated_reports_change_nothing() {
    let mut rig = Rig::new();
    let at = |sequence, report| Input::Reported {
        stamp: stamp("claude", sequence),
        reports: vec![report],
    };
    rig.put(at(5, Report::TurnBegan));
    rig.put(at(7, ended()));
    let before = rig.facts.clone();
    for late in [5, 6, 7] {
        assert_eq!(rig.put(at(late, Report::TurnBegan)), []);
        assert_eq!(rig.facts, before);
    }
    assert_eq!(rig.put(at(8, Report::TurnBegan)), [Change::TurnChanged(Turn::Working)]);
}

/// A report of the owner's source in this life of it.
fn lived(generation: u64, sequence: u64, report: Report) -> Input {
    let stamp = Stamp { generation, ..stamp("claude", sequence) };
    Input::Reported { stamp, reports: vec![report] }
}

#[test]
fn a_later_generation_counts_though_its_sequence_is_smaller() {
    let mut rig = Rig::new();
    rig.put(lived(1, 900, ended()));
    assert_eq!(rig.put(lived(2, 1, Report::TurnBegan)), [Change::TurnChanged(Turn::Working)]);
    assert_eq!(rig.put(lived(1, 901, ended())), []);
    assert_eq!(rig.turn(), Turn::Working);
}

#[test]
fn a_later_life_that_begins_within_a_turn_is_an_agent_inside_the_owner() {
    let mut rig = Rig::new();
    rig.put(lived(1, 1, named("one")));
    rig.put(lived(1, 2, Report::TurnBegan));
    for (sequence, report) in [named("two"), Report::TurnBegan, needs("?"), ended(), Report::Ended]
        .into_iter()
        .enumerate()
    {
        assert_eq!(rig.put(lived(2, 10 + sequence as u64, report)), []);
    }
    assert_eq!(rig.put(lived(1, 20, needs("Run it?"))).len(), 1);
    let end = [Change::Kept, Change::TurnChanged(Turn::Idle), Change::AttentionCleared];
    assert_eq!(rig.put(lived(1, 21, ended())), end);
}

#[test]
fn reports_about_different_tasks_may_overtake_each_other() {
    let mut rig = Rig::new();
    let at = |sequence, report| Input::Reported {
        stamp: stamp("claude", sequence),
        reports: vec![report],
    };
    assert_eq!(rig.put(at(2, began("b"))).len(), 1);
    assert_eq!(rig.put(at(1, began("a"))).len(), 1);
    assert_eq!(rig.put(at(9, done("a"))).len(), 1);
    assert_eq!(rig.put(at(8, began("a"))), []);
    // What is over with its source does not come back.
    let over = [Change::TasksOver { source: Some("claude".into()) }];
    assert_eq!(rig.put(at(20, Report::Ended)), over);
    assert_eq!(rig.put(at(19, began("late"))), []);
}

#[test]
fn an_agent_inside_the_owner_does_not_speak_for_it() {
    let mut rig = Rig::new();
    let first = rig.hook([named("one"), Report::TurnBegan]);
    let one = Change::Conversation { source: "claude".into(), id: "one".into() };
    assert_eq!(first, [one, Change::TurnChanged(Turn::Working)]);
    // Another kind.
    assert_eq!(rig.from("codex", [named("x"), Report::TurnBegan, needs("?"), ended()]), []);
    assert_eq!(rig.from("codex", [began("t")]).len(), 1);
    let over = [Change::TasksOver { source: Some("codex".into()) }];
    assert_eq!(rig.from("codex", [Report::Ended]), over);
    // The same kind, which names its conversation once.
    assert_eq!(rig.hook([named("two"), ended()]), []);
    assert_eq!(rig.hook([ended()]), []);
    assert_eq!(rig.hook([Report::Ended]), []);
    assert_eq!(rig.turn(), Turn::Working);
    // It is gone; the source means the owner again.
    assert_eq!(rig.hook([ended()]), [Change::Kept, Change::TurnChanged(Turn::Idle)]);
}

#[test]
fn a_cleared_history_is_a_new_conversation_of_the_same_owner() {
    let two = Change::Conversation { source: "claude".into(), id: "two".into() };
    let mut rig = Rig::new();
    rig.hook([named("one"), Report::TurnBegan]);
    rig.hook([named("one"), ended()]);
    assert_eq!(rig.hook([named("two")])[0], two);
    assert_eq!(rig.hook([Report::TurnBegan]), [Change::TurnChanged(Turn::Working)]);
    // The old one is not heard any more while the new one works.
    assert_eq!(rig.hook([named("one"), ended()]), []);
    // One that asks between two turns is not in the middle of one.
    let mut rig = Rig::new();
    rig.hook([named("one"), ended()]);
    rig.hook([named("one"), needs("What next?")]);
    assert_eq!(rig.hook([named("two")]).first(), Some(&two));
    // With a goodbye it works in the middle of a turn as well.
    let mut rig = Rig::new();
    rig.hook([named("one"), Report::TurnBegan]);
    assert_eq!(rig.hook([named("one"), Report::Ended]), [Change::TurnChanged(Turn::Unknown)]);
    assert_eq!(rig.hook([named("two")]), [two]);
    assert_eq!(rig.hook([named("two"), Report::TurnBegan]).len(), 1);
}

#[test]
fn after_a_goodbye_another_agent_may_own_the_run() {
    let mut rig = Rig::new();
    rig.hook([named("one"), Report::TurnBegan]);
    rig.hook([named("one"), Report::Ended]);
    let changes = rig.from("codex", [named("x"), Report::TurnBegan]);
    assert_eq!(changes.last(), Some(&Change::TurnChanged(Turn::Working)));
}

#[test]
fn memory_is_bounded_and_what_was_forgotten_stays_late() {
    let mut rig = Rig::new();
    let total = MAX_TASKS as u64 + 10;
    for sequence in 1..=total {
        let report = vec![began(&sequence.to_string())];
        rig.put(Input::Reported { stamp: stamp("task", sequence), reports: report });
        let other = stamp(&format!("source {sequence}"), 1);
        rig.put(Input::Reported { stamp: other, reports: vec![began("t")] });
    }
    let late = rig.put(Input::Reported { stamp: stamp("task", 5), reports: vec![began("new")] });
    assert_eq!(late, []);
    let size = serde_json::to_string(&rig.facts).unwrap().len();
    assert!(size < 16 * 1024, "{size} bytes");
}

#[test]
fn identities_that_could_not_be_shown_are_refused() {
    let mut rig = Rig::new();
    for id in ["", "a\x1b[2Jb", &"x".repeat(401)] {
        assert_eq!(rig.hook([began(id)]), []);
        assert_eq!(rig.from(id, [Report::TurnBegan]), []);
    }
}

fn kept(rig: &Rig) -> Option<(&str, &str)> {
    rig.facts.kept().map(|kept| (kept.agent.as_str(), kept.id.as_str()))
}

#[test]
fn a_conversation_is_kept_once_the_agent_has_answered_in_it() {
    let mut rig = Rig::new();
    rig.hook([named("one")]);
    assert_eq!(kept(&rig), None, "nothing was said yet");
    rig.hook([Report::TurnBegan]);
    assert_eq!(kept(&rig), None);
    rig.hook([ended()]);
    assert_eq!(kept(&rig), Some(("claude", "one")));
    rig.hook([named("two")]);
    assert_eq!(kept(&rig), None, "the person has turned away from it");
    rig.hook([Report::TurnBegan]);
    rig.hook([ended()]);
    assert_eq!(kept(&rig), Some(("claude", "two")));
}

/// What is seen may say that the turn is over before the agent does.
#[test]
fn that_a_conversation_is_kept_is_a_change_of_its_own() {
    let mut rig = Rig::new();
    rig.hook([named("one")]);
    rig.look([title(Turn::Working)]);
    rig.look([title(Turn::Idle)]);
    rig.pass(CONFIRM_IDLE);
    assert_eq!((rig.turn(), kept(&rig)), (Turn::Idle, None));
    assert_eq!(rig.hook([ended()]), [Change::Kept]);
    assert_eq!(kept(&rig), Some(("claude", "one")));
    assert_eq!(rig.hook([ended()]), []);
}

#[test]
fn what_a_run_goes_on_with_is_kept_from_its_beginning() {
    let mut rig = Rig::new();
    let one = Kept { agent: "claude".into(), id: "one".into() };
    rig.put(Input::Began { agent: true, kept: Some(one) });
    assert_eq!(kept(&rig), Some(("claude", "one")), "it may say nothing before it is asked");
    rig.hook([named("one")]);
    assert_eq!(kept(&rig), Some(("claude", "one")));
    rig.hook([named("two")]);
    assert_eq!(kept(&rig), None);
}

#[test]
fn an_agent_inside_the_owner_keeps_no_conversation() {
    let mut rig = Rig::new();
    rig.hook([named("one"), Report::TurnBegan]);
    rig.from("codex", [named("x"), Report::TurnBegan, ended()]);
    assert_eq!(kept(&rig), None);
}
