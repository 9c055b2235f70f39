//! Sessions that come back: planned, cancelled, given up, asleep.

use std::time::Duration;

use app_model::idle::Cause;
use app_model::restart::{Due, Plan};

use super::*;

const SECOND: RunNumber = RunNumber(2);

fn again(attempt: u32) -> Planned {
    Planned::Again { attempt, due: Due::after(Duration::from_secs(1), &clocks(100)) }
}

impl Rig {
    /// A session whose run failed, with what follows.
    fn failed(&mut self, id: u32, next: Planned) -> SessionId {
        let id = self.started(id, "a", 1);
        let end = RunEnd { next, seen: true, ..end(id, Exit::Code(1)) };
        assert!(self.registry.run_ended(&end, None, 20).unwrap());
        id
    }

    fn row(&mut self, id: SessionId) -> SessionRow {
        self.registry.session(id).unwrap().unwrap()
    }
}

#[test]
fn what_is_planned_outlives_the_daemon_and_is_listed_although_its_end_was_seen() {
    let mut rig = Rig::new();
    let id = rig.failed(1, again(3));
    let mut rig = rig.reopened();
    let due = Due::after(Duration::from_secs(1), &clocks(100));
    assert_eq!(rig.registry.planned().unwrap(), [(id, due.clone())]);
    let row = rig.row(id);
    assert_eq!((row.due, row.view.comeback.attempts), (Some(due), 3));
    rig.registry.mark_seen(id).unwrap();
    assert_eq!(rig.listed(false), [id]);
    assert!(rig.kinds().contains(&"run.planned".into()));
}

#[test]
fn a_planned_run_is_written_down_once_and_only_while_it_is_planned() {
    let mut rig = Rig::new();
    let id = rig.failed(1, again(1));
    assert!(rig.registry.insert_planned_run(id, SECOND, BOOT, 30).unwrap());
    assert!(!rig.registry.insert_planned_run(id, RunNumber(3), BOOT, 31).unwrap());
    let row = rig.row(id);
    assert_eq!((row.view.run, row.view.phase, row.due), (SECOND, Phase::Starting, None));
    assert_eq!(row.view.comeback.attempts, 1, "it still counts");
}

#[test]
fn a_stop_takes_the_plan_away_for_good() {
    let mut rig = Rig::new();
    let id = rig.failed(1, again(1));
    assert!(rig.registry.stay_down(id, 25).unwrap());
    assert!(!rig.registry.stay_down(id, 26).unwrap());
    let mut rig = rig.reopened();
    assert!(!rig.registry.insert_planned_run(id, SECOND, BOOT, 30).unwrap());
    assert_eq!(rig.registry.planned().unwrap(), []);
    assert_eq!(rig.row(id).view.run, RunNumber::FIRST);
    assert_eq!(rig.kinds().iter().filter(|kind| *kind == "run.cancelled").count(), 1);
}

#[test]
fn a_start_by_a_person_takes_the_place_of_the_planned_one_and_begins_anew() {
    let mut rig = Rig::new();
    let id = rig.failed(1, again(7));
    rig.registry.insert_run(id, SECOND, BOOT, 30).unwrap();
    assert!(!rig.registry.insert_planned_run(id, RunNumber(3), BOOT, 31).unwrap());
    assert_eq!(rig.row(id).view.comeback.attempts, 0);
}

#[test]
fn a_start_that_fails_is_planned_again_unless_a_person_asked_for_it() {
    let mut rig = Rig::new();
    let id = rig.failed(1, again(4));
    rig.registry.insert_planned_run(id, SECOND, BOOT, 30).unwrap();
    let next = rig.registry.withdraw_run(id, SECOND, &clocks(40)).unwrap();
    assert!(matches!(next, Planned::Again { attempt: 5, .. }), "{next:?}");
    assert_eq!(rig.registry.planned().unwrap().len(), 1);
    rig.registry.insert_run(id, SECOND, BOOT, 50).unwrap();
    assert_eq!(rig.registry.withdraw_run(id, SECOND, &clocks(60)).unwrap(), Planned::Stay);
    assert_eq!(rig.registry.planned().unwrap(), []);
}

#[test]
fn giving_up_is_remembered_until_a_person_starts_it() {
    let mut rig = Rig::new();
    let id = rig.failed(1, Planned::GiveUp { attempts: 10 });
    let mut rig = rig.reopened();
    assert_eq!(rig.row(id).view.comeback.plan, Plan::GaveUp);
    assert_eq!(rig.kinds().last().unwrap(), "run.gave_up");
    rig.registry.insert_run(id, SECOND, BOOT, 30).unwrap();
    assert_eq!(rig.row(id).view.comeback.plan, Plan::Nothing);
}

#[test]
fn a_run_that_is_put_to_sleep_is_asleep_and_one_that_is_stopped_meanwhile_ends() {
    let mut rig = Rig::new();
    let asleep = rig.started(1, "a", 1);
    assert!(rig.registry.sleep_asked(asleep, RunNumber::FIRST, Cause::Idle, 11).unwrap());
    let seen = RunEnd { seen: true, ..end(asleep, Exit::Code(0)) };
    rig.registry.run_ended(&seen, None, 20).unwrap();
    assert_eq!(rig.row(asleep).view.phase, Phase::Asleep);
    rig.registry.mark_seen(asleep).unwrap();
    assert_eq!(rig.listed(false), [asleep]);
    assert!(rig.registry.stay_down(asleep, 21).unwrap());
    assert_eq!(rig.row(asleep).view.phase, Phase::Ended);

    let stopped = rig.started(2, "b", 2);
    assert!(rig.registry.sleep_asked(stopped, RunNumber::FIRST, Cause::Idle, 11).unwrap());
    rig.registry.stop_asked(stopped, RunNumber::FIRST, 12).unwrap();
    rig.ended(stopped, Exit::Code(0), None);
    assert_eq!(rig.row(stopped).view.phase, Phase::Ended);
    let third = rig.started(3, "c", 3);
    rig.registry.stop_asked(third, RunNumber::FIRST, 12).unwrap();
    assert!(!rig.registry.sleep_asked(third, RunNumber::FIRST, Cause::Idle, 13).unwrap());
}

#[test]
fn nothing_that_is_pinned_is_put_to_sleep() {
    let mut rig = Rig::new();
    let id = rig.started(1, "a", 1);
    rig.registry.pin(id, true, 5).unwrap();
    assert!(!rig.registry.sleep_asked(id, RunNumber::FIRST, Cause::Idle, 11).unwrap());
    rig.registry.pin(id, false, 12).unwrap();
    assert!(rig.registry.sleep_asked(id, RunNumber::FIRST, Cause::Idle, 13).unwrap());
}

/// The next daemon must know why it ends, or it would end for good.
#[test]
fn that_a_run_is_to_sleep_outlives_the_daemon_and_its_end_says_so() {
    let mut rig = Rig::new();
    let id = rig.started(1, "a", 1);
    rig.registry.sleep_asked(id, RunNumber::FIRST, Cause::Idle, 11).unwrap();
    let mut rig = rig.reopened();
    let live = rig.registry.live_runs().unwrap();
    assert!(live[0].stop_asked && live[0].sleep_asked, "{live:?}");
    rig.ended(id, Exit::Code(0), None);
    let other = rig.started(2, "b", 2);
    rig.ended(other, Exit::Code(0), None);
    let ends: Vec<_> = rig.registry.events_after(0).unwrap();
    let said: Vec<_> =
        ends.iter().filter(|e| e.kind == "run.ended").map(|e| e.data.contains("asleep")).collect();
    assert_eq!(said, [true, false]);
}

#[test]
fn the_conversation_to_go_on_with_outlives_the_run_and_what_says_nothing_of_it() {
    let mut rig = Rig::new();
    let id = rig.started(1, "a", 1);
    let facts = |goes_on: Option<&str>| Facts {
        turn: Turn::Idle,
        attention: None,
        conversation: None,
        goes_on: goes_on.map(Into::into),
        state: "{}".into(),
    };
    assert_eq!(rig.row(id).goes_on, None);
    rig.registry.set_facts(id, &facts(Some("c-1")), 3).unwrap();
    rig.registry.set_facts(id, &facts(None), 4).unwrap();
    rig.ended(id, Exit::Code(0), None);
    let mut rig = rig.reopened();
    assert_eq!(rig.row(id).goes_on.as_deref(), Some("c-1"));
}

#[test]
fn the_last_end_of_a_task_is_known_whatever_kind_of_task_it_was() {
    let mut rig = Rig::new();
    let id = rig.started(1, "a", 1);
    assert_eq!(rig.registry.task_ended_boot(id, BOOT).unwrap(), None);
    let child = NewSession { parent: Some(id), ..session(SessionId(2), "child", 2) };
    assert!(rig.registry.insert_session(&child).unwrap());
    rig.registry.run_started(&start(child.id, RunNumber::FIRST)).unwrap();
    assert_eq!(rig.registry.task_ended_boot(id, BOOT).unwrap(), None, "it runs");
    rig.ended(child.id, Exit::Code(0), None);
    assert_eq!(rig.registry.task_ended_boot(id, BOOT).unwrap(), Some(15));
    assert_eq!(rig.registry.task_ended_boot(id, "another").unwrap(), None);
}
