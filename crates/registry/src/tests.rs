//! The registry on a real file, reopened where that matters.

use app_model::notice::policy::When;
use app_model::notice::{Notice, NoticeKind};
use app_model::report::{Outcome, Report, Stamp};
use app_model::restart::Restart;
use app_model::selector::parse;
use app_model::view::Attention;
use app_model::{Clocks, Exit, Kind, OsText, Phase, RunNumber, SessionId, Turn};

use super::*;

mod comebacks;
mod family;
mod retention;

const BOOT: &str = "boot";

struct Rig {
    registry: Registry,
    dir: tempfile::TempDir,
}

impl Rig {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let registry = Registry::open(&dir.path().join("registry.db")).unwrap();
        Self { registry, dir }
    }

    fn reopened(self) -> Self {
        let Self { registry, dir } = self;
        drop(registry);
        let registry = Registry::open(&dir.path().join("registry.db")).unwrap();
        Self { registry, dir }
    }

    /// A session that runs.
    fn started(&mut self, id: u32, name: &str, at_ms: i64) -> SessionId {
        let id = SessionId(id);
        assert!(self.registry.insert_session(&session(id, name, at_ms)).unwrap());
        self.registry.run_started(&start(id, RunNumber::FIRST)).unwrap();
        id
    }

    fn ended(&mut self, id: SessionId, exit: Exit, notice: Option<&NewNotice>) -> bool {
        self.registry.run_ended(&end(id, exit), notice, 20).unwrap()
    }

    fn listed(&mut self, all: bool) -> Vec<SessionId> {
        let rows = self.registry.list(all, None, 100).unwrap();
        rows.into_iter().map(|row| row.view.id).collect()
    }

    fn kinds(&mut self) -> Vec<String> {
        self.registry.events_after(0).unwrap().into_iter().map(|event| event.kind).collect()
    }
}

fn clocks(ms: i64) -> Clocks {
    Clocks { wall_ms: ms, boot_ms: ms.unsigned_abs(), boot_id: BOOT.into() }
}

fn session(id: SessionId, name: &str, at_ms: i64) -> NewSession {
    NewSession {
        id,
        name: name.into(),
        kind: Kind::Session,
        parent: None,
        background: true,
        agent: None,
        model: None,
        argv: vec!["true".into(), OsText(vec![0xff])],
        cwd: "/".into(),
        tty: true,
        notify: When::Never,
        restart: Restart::OnFailure,
        pinned: false,
        created_at_ms: at_ms,
        boot_id: BOOT.into(),
    }
}

fn start(session: SessionId, run: RunNumber) -> RunStart {
    RunStart {
        session,
        run,
        holder_pid: 100,
        holder_start: 1,
        child_pid: 101,
        child_start: 2,
        started_at_ms: 10,
        started_boot_ms: 5,
    }
}

fn end(session: SessionId, exit: Exit) -> RunEnd {
    RunEnd {
        session,
        run: RunNumber::FIRST,
        exit,
        ended_at_ms: 20,
        elapsed_ms: Some(10),
        last_line: Some("bye".into()),
        title: String::new(),
        seen: false,
        next: Planned::Stay,
    }
}

fn notice(session: SessionId) -> NewNotice {
    let notice =
        Notice { kind: NoticeKind::Failed, title: "done".into(), body: "/".into(), failed: true };
    NewNotice { session, run: RunNumber::FIRST, name: "a".into(), notice, held: None }
}

#[test]
fn what_was_written_is_there_after_reopening() {
    let mut rig = Rig::new();
    let id = rig.started(7, "a", 1);
    let mut rig = rig.reopened();
    let row = rig.registry.session(id).unwrap().unwrap();
    assert_eq!(row.view.phase, Phase::Running);
    assert_eq!(row.view.pid, Some(101));
    assert_eq!(row.view.argv, session(id, "a", 1).argv);
    assert_eq!(rig.registry.newest_event(), 2);
}

#[test]
fn an_id_is_given_once_even_after_its_session_was_removed() {
    let mut rig = Rig::new();
    let id = rig.started(7, "a", 1);
    assert!(!rig.registry.insert_session(&session(id, "b", 2)).unwrap());
    rig.registry.remove(id, 3).unwrap();
    assert!(!rig.registry.insert_session(&session(id, "b", 2)).unwrap());
    assert_eq!(rig.registry.tombstones().unwrap(), [id]);
    rig.registry.bury(id).unwrap();
    assert!(rig.registry.insert_session(&session(id, "b", 2)).unwrap());
}

#[test]
fn a_list_shows_what_is_live_or_unseen_newest_first() {
    let mut rig = Rig::new();
    let old = rig.started(1, "old", 1);
    let new = rig.started(2, "new", 2);
    assert!(rig.ended(old, Exit::Code(0), None));
    assert_eq!(rig.listed(false), [new, old]);
    rig.registry.mark_seen(old).unwrap();
    rig.registry.mark_seen(new).unwrap();
    assert_eq!(rig.listed(false), [new], "a live session cannot be seen to its end");
    assert_eq!(rig.listed(true), [new, old]);
}

#[test]
fn pages_of_a_list_fit_together() {
    let mut rig = Rig::new();
    for id in 1..=5 {
        rig.started(id, "x", 9);
    }
    let first = rig.registry.list(true, None, 3).unwrap();
    let last = &first.last().unwrap().view;
    let rest = rig.registry.list(true, Some((last.created_at_ms, last.id)), 3).unwrap();
    let ids: Vec<_> = first.iter().chain(&rest).map(|row| row.view.id.0).collect();
    assert_eq!(ids, [5, 4, 3, 2, 1]);
}

#[test]
fn a_selector_finds_by_id_name_and_prefix() {
    let mut rig = Rig::new();
    let a = rig.started(0xabc0_0001, "one", 1);
    let b = rig.started(0xabc1_0002, "two", 2);
    let named = rig.started(3, "abc1", 3);
    let mut find = |text: &str| rig.registry.find(&parse(text)).unwrap();
    assert_eq!(find("abc00001"), Found::One(a));
    assert_eq!(find("abc0"), Found::One(a));
    assert_eq!(find("abc1"), Found::One(named), "a name wins over a prefix");
    assert_eq!(find("abc10"), Found::One(b));
    assert!(matches!(find("abc"), Found::Several(rows) if rows.len() == 2));
    assert!(matches!(find("nope"), Found::None { names } if names.len() == 3));
}

#[test]
fn an_end_is_news_once_and_its_notice_is_claimed_once() {
    let mut rig = Rig::new();
    let id = rig.started(1, "a", 1);
    assert!(rig.ended(id, Exit::Code(2), Some(&notice(id))));
    assert!(!rig.ended(id, Exit::Code(0), Some(&notice(id))));
    let mut rig = rig.reopened();
    assert!(rig.registry.notice_due().unwrap());
    let claimed = rig.registry.claim_notices(9, 30).unwrap();
    assert_eq!(claimed.len(), 1);
    assert_eq!(claimed[0].notice, notice(id).notice);
    let mut rig = rig.reopened();
    assert_eq!(rig.registry.claim_notices(9, 31).unwrap(), [], "claimed before the crash");
    let listed = rig.registry.notices(true).unwrap();
    assert!(listed[0].why.as_deref().unwrap().contains("not known"), "{listed:?}");
    let sent = NoticeOutcome::Sent { channel: "desktop".into() };
    rig.registry.settle_notices(&[claimed[0].number], &sent, 32).unwrap();
    assert_eq!(rig.kinds(), ["session.created", "run.started", "run.ended", "notice.sent"]);
    let listed = rig.registry.notices(true).unwrap();
    assert_eq!((listed[0].channel.as_deref(), listed[0].why.as_deref()), (Some("desktop"), None));
    let row = rig.registry.session(id).unwrap().unwrap();
    assert_eq!(row.view.exit, Some(Exit::Code(2)));
    assert_eq!(row.view.pid, None);
}

#[test]
fn notices_are_numbered_listed_newest_first_and_seen_up_to_a_number() {
    let mut rig = Rig::new();
    let id = rig.started(1, "a", 1);
    let held = NewNotice { held: Some("it was night".into()), ..notice(id) };
    rig.registry.insert_notice(&held, 10).unwrap();
    assert!(!rig.registry.notice_due().unwrap(), "one that is held is not to be shown");
    for at in 11..14 {
        rig.registry.insert_notice(&notice(id), at).unwrap();
    }
    let numbers = |rig: &mut Rig, unseen| -> Vec<u64> {
        rig.registry.notices(unseen).unwrap().iter().map(|row| row.about.number).collect()
    };
    assert_eq!(numbers(&mut rig, false), [4, 3, 2, 1]);
    assert_eq!(rig.registry.notices(false).unwrap()[3].why.as_deref(), Some("it was night"));
    rig.registry.notices_seen(2).unwrap();
    assert_eq!(numbers(&mut rig, true), [4, 3]);
    rig.registry.notices_put_away(&[4, 99]).unwrap();
    assert_eq!(numbers(&mut rig, true), [3], "one that does not exist does not matter");
    assert_eq!(rig.registry.claim_notices(2, 20).unwrap().len(), 2, "seen or not");
    assert!(rig.registry.notice_due().unwrap());
    rig.registry.attached(id, true, 21).unwrap();
    assert_eq!(numbers(&mut rig, true), [] as [u64; 0], "who attaches sees it");
    rig.registry.remove(id, 22).unwrap();
    let other = rig.started(2, "b", 23);
    rig.registry.insert_notice(&notice(other), 24).unwrap();
    assert_eq!(numbers(&mut rig, false), [5], "no number is used twice");
}

#[test]
fn what_a_session_says_of_its_notices_is_kept() {
    let mut rig = Rig::new();
    let id = rig.started(1, "a", 1);
    assert_eq!(rig.registry.session(id).unwrap().unwrap().notify, When::Never);
}

/// A registry from before notices had numbers.
#[test]
fn notices_of_an_older_registry_are_taken_over_as_plain_text() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("registry.db");
    let old = Connection::open(&path).unwrap();
    for migration in &migrations::LIST[..2] {
        old.execute_batch(migration).unwrap();
    }
    old.pragma_update(None, "user_version", 2).unwrap();
    old.execute_batch(
        "INSERT INTO session (id, name, kind, background, argv, cwd, tty, created_at, used_at, run)
         VALUES (1, 'a', 'session', 1, '[]', '\"/\"', 1, 1, 1, 1);
         INSERT INTO notice VALUES (1, 2, 't2', '&lt;b&gt; &amp;amp;', 1, 6, 7, 'failed');
         INSERT INTO notice VALUES (1, 1, 't1', 'b', 0, 5, 6, 'sent');
         INSERT INTO notice VALUES (1, 3, 't3', 'b', 0, 8, NULL, NULL);",
    )
    .unwrap();
    drop(old);
    let mut registry = Registry::open(&path).unwrap();
    let listed = registry.notices(false).unwrap();
    let titles: Vec<_> = listed.iter().map(|row| row.about.notice.title.as_str()).collect();
    assert_eq!(titles, ["t3", "t2", "t1"]);
    assert_eq!(listed[1].about.notice.body, "<b> &amp;");
    assert_eq!(listed[1].about.notice.kind, NoticeKind::Failed);
    assert_eq!(listed[2].channel.as_deref(), Some("desktop"));
    assert!(listed[2].seen && !listed[1].seen);
    let due = registry.claim_notices(9, 10).unwrap();
    assert_eq!(due.len(), 1, "only what was not claimed is still to be shown");
    assert_eq!(due[0].notice.title, "t3");
}

#[test]
fn a_run_that_never_started_leaves_nothing() {
    let mut rig = Rig::new();
    let id = SessionId(1);
    rig.registry.insert_session(&session(id, "a", 1)).unwrap();
    rig.registry.withdraw_run(id, RunNumber::FIRST, &clocks(1)).unwrap();
    assert_eq!(rig.listed(true), []);
    assert_eq!(rig.kinds(), Vec::<String>::new());
    assert_eq!(rig.registry.live_runs().unwrap(), []);
}

#[test]
fn a_second_run_that_never_started_leaves_the_first() {
    let mut rig = Rig::new();
    let id = rig.started(1, "a", 1);
    rig.ended(id, Exit::Code(3), None);
    let second = RunNumber(2);
    rig.registry.insert_run(id, second, BOOT, 30).unwrap();
    assert_eq!(rig.registry.session(id).unwrap().unwrap().view.phase, Phase::Starting);
    rig.registry.withdraw_run(id, second, &clocks(1)).unwrap();
    let view = rig.registry.session(id).unwrap().unwrap().view;
    assert_eq!((view.run, view.exit), (RunNumber::FIRST, Some(Exit::Code(3))));
}

#[test]
fn a_stop_is_written_once_and_stays_with_the_run() {
    let mut rig = Rig::new();
    let id = rig.started(1, "a", 1);
    rig.registry.stop_asked(id, RunNumber::FIRST, 11).unwrap();
    rig.registry.stop_asked(id, RunNumber::FIRST, 12).unwrap();
    let live = rig.registry.live_runs().unwrap();
    assert!(live[0].stop_asked);
    let view = rig.registry.session(id).unwrap().unwrap().view;
    assert_eq!(view.phase, Phase::Stopping);
    assert_eq!(rig.kinds(), ["session.created", "run.started", "run.stopping"]);
}

#[test]
fn numbers_of_events_are_never_reused() {
    let mut rig = Rig::new();
    let id = rig.started(1, "a", 1);
    let before = rig.registry.newest_event();
    rig.registry.remove(id, 2).unwrap();
    rig.registry.db.execute("DELETE FROM event", []).unwrap();
    let mut rig = rig.reopened();
    rig.started(2, "b", 3);
    assert_eq!(rig.registry.events_after(0).unwrap()[0].seq, before + 2);
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("registry.db");
    std::fs::write(&path, "this is not a database, and it is long enough to be seen as none")
        .unwrap();
    assert!(matches!(Registry::open(&path), Err(OpenError::Damaged { .. })));
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("this is not"));
}

#[test]
fn a_database_of_a_later_release_is_refused_and_left_alone() {
    let rig = Rig::new();
    rig.registry.db.pragma_update(None, "user_version", 99).unwrap();
    let path = rig.dir.path().join("registry.db");
    drop(rig.registry);
    let error = Registry::open(&path).unwrap_err();
    assert!(matches!(error, OpenError::FromTheFuture { found: 99, .. }), "{error}");
}

fn now() -> Clocks {
    Clocks { wall_ms: 5_000, boot_ms: 4_000, boot_id: BOOT.into() }
}

fn stamp(generation: u64, sequence: u64) -> Stamp {
    Stamp { source: "test".into(), generation, sequence }
}

fn began(ext: &str) -> Report {
    Report::TaskBegan { ext: ext.into(), label: "review".into(), model: None }
}

fn over(ext: &str) -> Report {
    Report::TaskEnded { ext: ext.into(), outcome: Outcome::Ok, summary: Some("fine".into()) }
}

impl Rig {
    fn reports(
        &mut self,
        id: SessionId,
        stamp: &Stamp,
        report: &Report,
        now: &Clocks,
    ) -> TaskOutcome {
        self.registry.report_task(id, stamp, report, now, 3).unwrap()
    }

    fn tasks(&mut self, id: SessionId) -> Vec<TaskRow> {
        self.registry.reported_tasks(Some(id), true).unwrap()
    }
}

#[test]
fn a_reported_task_has_its_time_from_the_clock_that_counts_suspend() {
    let mut rig = Rig::new();
    let id = rig.started(7, "a", 1);
    assert_eq!(rig.reports(id, &stamp(1, 1), &began("x"), &now()), TaskOutcome::Changed);
    assert_eq!(rig.registry.session(id).unwrap().unwrap().view.live_tasks, 1);
    // The wall clock was set back by days meanwhile.
    let later = Clocks { wall_ms: -200_000_000, boot_ms: 9_000, ..now() };
    let ended =
        TaskOutcome::Ended { label: "review".into(), elapsed_ms: 5_000, run: RunNumber::FIRST };
    assert_eq!(rig.reports(id, &stamp(1, 2), &over("x"), &later), ended);
    assert_eq!(rig.reports(id, &stamp(1, 2), &over("x"), &later), TaskOutcome::Nothing);
    assert_eq!(rig.reports(id, &stamp(1, 9), &began("x"), &later), TaskOutcome::Nothing);
    let mut rig = rig.reopened();
    let [task] = &rig.tasks(id)[..] else { unreachable!() };
    assert_eq!((task.elapsed_ms, task.outcome), (Some(5_000), Some(Outcome::Ok)));
    assert_eq!(task.summary.as_deref(), Some("fine"));
    let kinds = rig.kinds();
    assert_eq!(kinds[kinds.len() - 2..], ["task.started", "task.ended"]);
}

#[test]
fn the_end_of_a_run_ends_what_was_reported_from_inside_it() {
    let mut rig = Rig::new();
    let id = rig.started(7, "a", 1);
    rig.reports(id, &stamp(1, 1), &began("x"), &Clocks { boot_ms: 9, ..now() });
    rig.ended(id, Exit::Code(0), None);
    let [task] = &rig.tasks(id)[..] else { unreachable!() };
    // The run began at 5 since boot and took 10.
    assert_eq!((task.elapsed_ms, task.outcome), (Some(6), Some(Outcome::Cancelled)));
    assert_eq!(rig.reports(id, &stamp(1, 2), &over("x"), &now()), TaskOutcome::Nothing);
    assert_eq!(rig.reports(id, &stamp(1, 3), &began("y"), &now()), TaskOutcome::Nothing);
    assert_eq!(rig.registry.session(id).unwrap().unwrap().view.live_tasks, 0);
}

#[test]
fn a_session_has_no_more_live_tasks_than_it_may() {
    let mut rig = Rig::new();
    let id = rig.started(7, "a", 1);
    for ext in ["x", "y", "z"] {
        assert_eq!(rig.reports(id, &stamp(1, 1), &began(ext), &now()), TaskOutcome::Changed);
    }
    assert_eq!(rig.reports(id, &stamp(1, 2), &began("w"), &now()), TaskOutcome::TooMany);
    rig.reports(id, &stamp(1, 3), &over("x"), &now());
    assert_eq!(rig.reports(id, &stamp(1, 4), &began("w"), &now()), TaskOutcome::Changed);
}

#[test]
fn live_tasks_are_found_over_generations_and_their_parents_hear_of_them() {
    let mut rig = Rig::new();
    let top = rig.started(1, "top", 1);
    let mut parent = top;
    for number in 2..5 {
        let id = SessionId(number);
        let new = NewSession {
            kind: Kind::Task,
            parent: Some(parent),
            ..session(id, "task", i64::from(number))
        };
        assert!(rig.registry.insert_session(&new).unwrap());
        rig.registry.run_started(&start(id, RunNumber::FIRST)).unwrap();
        parent = id;
    }
    let below = [SessionId(2), SessionId(3), SessionId(4)];
    assert_eq!(rig.registry.live_below(top).unwrap(), below);
    assert_eq!(rig.registry.children(Some(top), false).unwrap().len(), 1);
    rig.ended(SessionId(3), Exit::Code(1), None);
    assert_eq!(rig.registry.live_below(top).unwrap(), [SessionId(2), SessionId(4)]);
    assert_eq!(rig.kinds().iter().filter(|kind| *kind == "task.started").count(), 3);
    assert_eq!(rig.kinds().last().unwrap(), "task.ended");
}

#[test]
fn facts_are_told_when_they_change_and_end_with_the_run() {
    let mut rig = Rig::new();
    let id = rig.started(7, "a", 1);
    let facts = |turn, why: Option<&str>| Facts {
        turn,
        attention: why.map(|why| Attention { why: why.into(), since_ms: 3 }),
        conversation: Some("c-1".into()),
        goes_on: None,
        state: "{}".into(),
    };
    let before = rig.registry.newest_event();
    let asks = facts(Turn::Working, Some("Run tests?"));
    rig.registry.set_facts(id, &asks, 3).unwrap();
    rig.registry.set_facts(id, &asks, 4).unwrap();
    rig.registry.set_facts(id, &facts(Turn::Idle, None), 5).unwrap();
    let told: Vec<_> = rig.registry.events_after(before).unwrap();
    let kinds: Vec<_> = told.iter().map(|event| event.kind.as_str()).collect();
    let again = ["turn.changed", "attention.raised", "turn.changed", "attention.cleared"];
    assert_eq!(kinds, again);
    assert_eq!(rig.registry.find(&parse("c-1")).unwrap(), Found::One(id));
    rig.registry.set_facts(id, &asks, 6).unwrap();
    rig.ended(id, Exit::Code(0), None);
    let view = rig.registry.session(id).unwrap().unwrap().view;
    assert_eq!((view.turn, view.attention), (Turn::Unknown, None));
    rig.registry.set_facts(id, &asks, 7).unwrap();
    assert_eq!(rig.registry.session(id).unwrap().unwrap().view.attention, None);
}

#[test]
fn a_look_at_a_session_is_planned_once() {
    use rusqlite::StatementStatus::RePrepare;

    let mut rig = Rig::new();
    let ids: Vec<_> = (1..4).map(|id| rig.started(id, "a", 1)).collect();
    let planned_anew = ids.iter().map(|id| {
        rig.registry.session(*id).unwrap().unwrap();
        let statement = rig.registry.db.prepare_cached(&sessions::query("WHERE s.id = ?1"));
        statement.unwrap().get_status(RePrepare)
    });
    assert_eq!(planned_anew.collect::<Vec<_>>(), [0, 0, 0]);
}
