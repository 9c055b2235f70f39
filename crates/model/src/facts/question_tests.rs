//! What is believed of questions, input by input.

use super::tests::{MS, Rig, SECOND, ended, needs, raised, reading, title};
use super::*;

#[test]
fn a_question_of_a_hook_calls_a_person_until_it_is_answered() {
    let mut rig = Rig::new();
    for end in [Report::Answered, Report::TurnBegan, ended()] {
        rig.hook([Report::TurnBegan]);
        assert_eq!(rig.hook([needs("Run it?\x1b[2J")]), [raised("Run it?\u{fffd}[2J")]);
        assert_eq!(rig.hook([needs("Run it?\x1b[2J")]), []);
        assert_eq!(rig.turn(), Turn::Working);
        assert_eq!(rig.hook([end]).last(), Some(&Change::AttentionCleared));
        assert_eq!(rig.needed(), None);
    }
}

#[test]
fn a_question_does_not_end_the_turn_though_the_title_looks_idle() {
    let mut rig = Rig::new();
    rig.hook([Report::TurnBegan]);
    rig.look([title(Turn::Working)]);
    rig.hook([needs("Run it?")]);
    rig.look([title(Turn::Idle), reading(Source::Screen, None, Some("Run it?"))]);
    assert_eq!(rig.pass(SECOND * 600), []);
    // Without a hook it is the same.
    let mut rig = Rig::new();
    rig.look([title(Turn::Working)]);
    rig.look([title(Turn::Idle), reading(Source::Screen, None, Some("Run it?"))]);
    assert_eq!(rig.pass(SECOND * 600), [raised("Run it?")]);
    assert_eq!(rig.turn(), Turn::Working);
    rig.look([title(Turn::Working)]);
    assert_eq!(rig.pass(SECOND), [Change::AttentionCleared]);
}

#[test]
fn a_question_that_belongs_to_a_turn_begins_one_that_nobody_saw() {
    let mut rig = Rig::new();
    let asks = || reading(Source::Screen, Some(Turn::Working), Some("Run it?"));
    rig.look([title(Turn::Idle)]);
    assert_eq!(rig.pass(SECOND), [Change::TurnChanged(Turn::Idle)]);
    assert_eq!(rig.look([title(Turn::Idle), asks()]), [Change::TurnChanged(Turn::Working)]);
    assert_eq!(rig.pass(SECOND), [raised("Run it?")]);
    // One at the start of the agent belongs to none.
    let mut rig = Rig::new();
    rig.look([title(Turn::Idle), reading(Source::Screen, None, Some("Do you trust it?"))]);
    rig.pass(SECOND);
    assert_eq!((rig.turn(), rig.needed().as_deref()), (Turn::Idle, Some("Do you trust it?")));
}

#[test]
fn the_words_of_a_question_come_when_the_screen_has_them() {
    let mut rig = Rig::new();
    let osc = || reading(Source::Osc, None, Some("it waits for a person"));
    rig.look([osc()]);
    assert_eq!(rig.pass(SECOND), [raised("it waits for a person")]);
    let screen = || reading(Source::Screen, None, Some("Run it?"));
    let reworded = Change::AttentionReworded { why: "Run it?".into() };
    assert_eq!(rig.look([osc(), screen()]), [reworded]);
    assert_eq!(rig.look([osc(), screen()]), []);
    assert_eq!(rig.look([osc(), reading(Source::Screen, None, Some("Moved?"))]), []);
    assert_eq!(rig.needed().as_deref(), Some("Run it?"));
}

#[test]
fn an_answer_that_no_hook_reports_shows_by_the_work_after_it() {
    let mut rig = Rig::new();
    rig.put(Input::Typed);
    rig.pass(SECOND);
    rig.hook([Report::TurnBegan, needs("Run it?")]);
    rig.look([title(Turn::Idle)]);
    rig.pass(MS);
    // Work alone is no answer: several things may go on at once.
    rig.look([title(Turn::Working)]);
    rig.look([title(Turn::Idle)]);
    assert_eq!(rig.needed().as_deref(), Some("Run it?"));
    rig.pass(SECOND);
    rig.put(Input::Typed);
    rig.pass(MS);
    assert_eq!(rig.look([title(Turn::Working)]), [Change::AttentionCleared]);
}

#[test]
fn a_question_that_was_cancelled_goes_with_what_showed_it_and_the_turn_ends() {
    let mut rig = Rig::new();
    rig.hook([Report::TurnBegan, needs("Run it?")]);
    rig.look([title(Turn::Idle), reading(Source::Screen, None, Some("Do you want to?"))]);
    rig.pass(SECOND * 5);
    rig.put(Input::Typed);
    rig.look([title(Turn::Idle)]);
    assert_eq!(rig.pass(CONFIRM_QUESTION), [Change::AttentionCleared]);
    // The title has been idle for long, but because of the question.
    assert_eq!(rig.pass(OUTDATED - CONFIRM_QUESTION - MS), []);
    assert_eq!(rig.pass(MS), [Change::TurnChanged(Turn::Idle)]);
}

#[test]
fn a_question_within_work_that_was_seen_ends_with_the_turn_when_it_is_cancelled() {
    let mut rig = Rig::new();
    rig.hook([Report::TurnBegan]);
    rig.look([title(Turn::Working)]);
    rig.hook([needs("Run it?")]);
    rig.look([title(Turn::Idle), reading(Source::Screen, None, Some("Do you want to?"))]);
    rig.pass(SECOND * 5);
    rig.put(Input::Typed);
    rig.look([title(Turn::Idle)]);
    let both = [Change::TurnChanged(Turn::Idle), Change::AttentionCleared];
    assert_eq!(rig.pass(CONFIRM_QUESTION), both);
}

#[test]
fn a_question_that_goes_and_the_end_of_its_turn_are_told_together_without_hooks() {
    let asks = || reading(Source::Screen, None, Some("Do you want to?"));
    let mut rig = Rig::new();
    rig.look([title(Turn::Working)]);
    rig.look([title(Turn::Idle), asks()]);
    rig.pass(SECOND);
    rig.look([title(Turn::Idle)]);
    assert_eq!(rig.pass(CONFIRM_QUESTION - MS), []);
    let both = [Change::TurnChanged(Turn::Idle), Change::AttentionCleared];
    assert_eq!(rig.pass(MS), both);
}

#[test]
fn the_same_question_from_hook_and_screen_calls_once() {
    let screen = || reading(Source::Screen, None, Some("Do you want to?"));
    let mut rig = Rig::new();
    rig.hook([Report::TurnBegan]);
    rig.pass(MS);
    rig.look([screen()]);
    assert_eq!(rig.pass(SECOND), [raised("Do you want to?")]);
    assert_eq!(rig.hook([needs("Bash: ls")]), []);
    assert_eq!(rig.facts.why()[1].evidence.as_ref().unwrap().source, Source::Hook);
    // What the screen still shows of it when the answer is reported does not call again.
    assert_eq!(rig.hook([Report::Answered]), [Change::AttentionCleared]);
    rig.pass(MS);
    rig.look([screen()]);
    assert_eq!(rig.pass(ANSWER_LAG / 2), []);
    rig.look([]);
    assert_eq!(rig.pass(SECOND * 60), []);
}

#[test]
fn an_answered_question_that_nobody_looked_at_again_does_not_call() {
    let mut rig = Rig::new();
    rig.hook([Report::TurnBegan, needs("Run it?")]);
    rig.look([reading(Source::Screen, None, Some("Do you want to?"))]);
    rig.pass(SECOND);
    assert_eq!(rig.hook([Report::Answered]), [Change::AttentionCleared]);
    assert_eq!(rig.pass(SECOND * 600), []);
}

#[test]
fn a_second_question_behind_the_first_is_seen() {
    let screen = || reading(Source::Screen, None, Some("Do you want to?"));
    let mut rig = Rig::new();
    rig.hook([Report::TurnBegan, needs("first")]);
    rig.look([screen()]);
    assert_eq!(rig.hook([Report::Answered]), [Change::AttentionCleared]);
    rig.pass(SECOND);
    rig.look([screen()]);
    assert_eq!(rig.pass(ANSWER_LAG), [raised("Do you want to?")]);
}

#[test]
fn a_question_on_the_screen_must_last_and_its_words_come_from_the_screen() {
    let readings = || {
        [
            reading(Source::Title, None, Some("Action Required")),
            reading(Source::Screen, None, Some("Would you like to?")),
        ]
    };
    let mut rig = Rig::new();
    for _ in 0..5 {
        rig.look(readings());
        assert_eq!(rig.pass(CONFIRM_QUESTION - MS), []);
        assert_eq!(rig.look([]), []);
        rig.pass(MS);
    }
    rig.look(readings());
    assert_eq!(rig.pass(CONFIRM_QUESTION), [raised("Would you like to?")]);
    assert_eq!(rig.facts.why()[1].evidence.as_ref().unwrap().source, Source::Title);
    // A redraw does not take it back.
    rig.look([]);
    assert_eq!(rig.pass(CONFIRM_QUESTION - MS), []);
    rig.look(readings());
    assert_eq!(rig.pass(SECOND), []);
    rig.look([]);
    assert_eq!(rig.pass(CONFIRM_QUESTION), [Change::AttentionCleared]);
}

#[test]
fn a_bell_with_a_question_is_about_the_question() {
    let mut rig = Rig::new();
    rig.seen.bells = 1;
    rig.look([]);
    rig.pass(MS * 100);
    rig.look([reading(Source::Screen, None, Some("Run it?"))]);
    assert_eq!(rig.pass(SECOND), [raised("Run it?")]);
    rig.look([]);
    assert_eq!(rig.pass(SECOND), [Change::AttentionCleared]);
}
