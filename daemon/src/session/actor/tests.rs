//! The test plays the holder; time is paused, so nothing sleeps for real.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use app_agents::Profiles;
use app_model::idle::Cause;
use app_model::look::Sight;
use app_model::notice::policy::{Looking, When};
use app_model::report::{Report, Stamp};
use app_model::restart::Restart;
use app_model::session::{DEFAULT_GRACE, STOP_MARGIN};
use app_model::{ExitRecord, Kind, TerminalSize};
use app_registry::{NewSession, Registry};
use app_wire::hold::LaunchFailed;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::notify::Happened;

const ID: SessionId = SessionId(7);
const RUN: RunNumber = RunNumber::FIRST;
const GRACE: Duration = Duration::from_secs(10);

/// What the actor did to the world, in words.
struct Script(mpsc::Sender<String>);

impl Script {
    fn note(&self, what: String) {
        self.0.try_send(what).expect("the test reads what is done");
    }
}

impl Outside for Script {
    fn launch(&mut self, run: RunNumber) {
        self.note(format!("launch {run}"));
    }

    fn stop(&mut self, grace: Duration) {
        self.note(format!("stop {grace:?}"));
    }

    fn kill(&mut self) {
        self.note("kill".into());
    }

    fn refresh(&mut self) {
        self.note("refresh".into());
    }

    fn detach_all(&mut self) {
        self.note("detach all".into());
    }

    fn pause(&mut self) {
        self.note("pause".into());
    }

    fn go_on(&mut self) {
        self.note("go on".into());
    }

    fn watch_looks(&mut self) {
        self.note("watch looks".into());
    }
}

struct Rig {
    session: SessionHandle,
    holder: mpsc::Sender<Seen>,
    done: mpsc::Receiver<String>,
    around: Around,
    _dir: tempfile::TempDir,
}

impl Rig {
    async fn new(begin: Begin) -> Self {
        Self::of("true", begin).await
    }

    async fn of(program: &str, begin: Begin) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let registry = Registry::open(&dir.path().join("registry.db")).unwrap();
        let around = Around {
            store: Store::spawn(registry, CancellationToken::new()).unwrap(),
            notices: Teller::new(Path::new("/nowhere")).0,
            profiles: KnownProfiles::fixed(Profiles::built_in()),
            scopes: Scopes::none(),
            planned: Arc::new(Notify::new()),
            resting: Arc::new(Notify::new()),
            disk: Disk::none(),
        };
        let new = NewSession { argv: vec![program.into()], ..new_session() };
        around.store.with(move |registry| registry.insert_session(&new)).await.unwrap();
        let (holder, seen) = mpsc::channel(SIGHTS);
        let (script, done) = mpsc::channel(100);
        let (actor, session) = Actor::new(ID, &begin, Script(script), seen, around.clone());
        tokio::spawn(Box::new(actor).run());
        Self { session, holder, done, around, _dir: dir }
    }

    /// The first run is up.
    async fn up() -> Self {
        Self::up_of("true").await
    }

    async fn up_of(program: &str) -> Self {
        let mut rig = Self::of(program, Begin::First).await;
        let session = rig.session.clone();
        let asked = tokio::spawn(async move { session.up().await });
        rig.expect("launch 1").await;
        rig.saw(Seen::Status(Box::new(status(0)))).await;
        assert_eq!(asked.await.unwrap().unwrap(), UpOutcome::Started(RUN));
        rig
    }

    async fn saw(&self, seen: Seen) {
        self.holder.send(seen).await.unwrap();
    }

    /// Waits for the next thing that is done to the world, and checks that it is `what`.
    async fn expect(&mut self, what: &str) {
        assert_eq!(self.done.recv().await.as_deref(), Some(what));
    }

    async fn row(&self) -> Option<app_registry::SessionRow> {
        self.around.store.with(|registry| registry.session(ID)).await.unwrap()
    }

    async fn kinds(&self) -> Vec<String> {
        let events = self.around.store.with(|registry| registry.events_after(0)).await.unwrap();
        events.into_iter().map(|event| event.kind).collect()
    }
}

fn new_session() -> NewSession {
    NewSession {
        id: ID,
        name: "x".into(),
        kind: Kind::Session,
        parent: None,
        background: true,
        agent: None,
        model: None,
        argv: vec!["true".into()],
        cwd: "/".into(),
        tty: true,
        restart: Restart::Never,
        pinned: false,
        notify: When::Auto,
        created_at_ms: 1,
        boot_id: "boot".into(),
    }
}

fn status(attached: u16) -> Status {
    Status {
        session: ID,
        run: RUN,
        holder_pid: 0,
        child_pid: 0,
        child_start: 0,
        started_at_ms: 1,
        started_boot_ms: 1,
        size: TerminalSize::DEFAULT,
        attached,
        stopping: false,
        last_output_at_ms: 0,
        output_bytes: 0,
        title: String::new(),
        focused: None,
        paused: false,
    }
}

fn over(exit: Exit) -> Seen {
    let record = ExitRecord {
        session: ID,
        run: RUN,
        exit,
        started_at_ms: 1,
        ended_at_ms: 61_001,
        elapsed_ms: 61_000,
        boot_id: "boot".into(),
        last_line: Some("bye".into()),
        title: String::new(),
        output_bytes: 0,
        dropped_bytes: 0,
        survivors: vec![],
        told_to_go: false,
    };
    Seen::Over { exit, record: Some(Box::new(record)) }
}

#[tokio::test]
async fn a_pause_is_true_once_the_holder_says_so_and_is_told_once() {
    let mut rig = Rig::up().await;
    rig.session.pause(true).unwrap();
    rig.expect("pause").await;
    assert_eq!(rig.session.live().phase, Phase::Running, "only an observation changes it");
    rig.saw(Seen::Status(Box::new(Status { paused: true, ..status(0) }))).await;
    rig.session.changes().wait_for(|live| live.phase == Phase::Paused).await.unwrap();
    rig.saw(Seen::Status(Box::new(Status { paused: true, ..status(1) }))).await;
    assert_eq!(rig.row().await.unwrap().view.phase, Phase::Paused);
    rig.session.pause(false).unwrap();
    rig.expect("go on").await;
    rig.saw(Seen::Status(Box::new(status(1)))).await;
    rig.session.changes().wait_for(|live| live.phase == Phase::Running).await.unwrap();
    assert_eq!(rig.row().await.unwrap().view.phase, Phase::Running);
    let kinds = rig.kinds().await;
    let told = |kind: &str| kinds.iter().filter(|told| *told == kind).count();
    assert_eq!((told("session.paused"), told("session.continued")), (1, 1), "{kinds:?}");
}

#[tokio::test]
async fn an_end_is_committed_with_its_notice_before_anybody_hears_of_it() {
    let rig = Rig::up().await;
    rig.saw(over(Exit::Code(2))).await;
    rig.session.over().await;
    let row = rig.row().await.unwrap();
    assert_eq!(row.view.exit, Some(Exit::Code(2)));
    assert_eq!(row.view.elapsed_ms, Some(61_000));
    rig.around.notices.woken().await;
    let due = rig.around.store.with(|registry| registry.claim_notices(9, 9)).await.unwrap();
    assert_eq!(due[0].notice.title, "✘ x failed (exit 2) · 1m 1s");
}

#[tokio::test]
async fn an_end_that_somebody_watched_gives_no_notice() {
    let rig = Rig::up().await;
    rig.saw(Seen::Status(Box::new(status(1)))).await;
    rig.saw(over(Exit::Code(0))).await;
    rig.session.over().await;
    let due = rig.around.store.with(|registry| registry.claim_notices(9, 9)).await.unwrap();
    assert_eq!(due, []);
    assert!(rig.row().await.unwrap().seen);
    assert!(rig.kinds().await.contains(&"session.attached".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_stop_is_written_down_before_it_is_carried_out_and_insisted_on_after_the_grace() {
    let mut rig = Rig::up().await;
    let asked = Instant::now();
    rig.session.down(GRACE).await.unwrap();
    rig.expect("stop 10s").await;
    // The registry has a thread of its own, for which no clock that is paused waits.
    tokio::time::resume();
    assert!(rig.row().await.unwrap().view.stop_asked);
    tokio::time::pause();
    rig.expect("kill").await;
    assert!(asked.elapsed() >= GRACE + STOP_MARGIN, "{:?}", asked.elapsed());
}

#[tokio::test]
async fn a_program_that_cannot_be_started_leaves_no_row() {
    let mut rig = Rig::new(Begin::First).await;
    let session = rig.session.clone();
    let asked = tokio::spawn(async move { session.up().await });
    rig.expect("launch 1").await;
    let failed = LaunchFailed { exit_code: 127, errno: 2, message: "not found".into() };
    rig.saw(Seen::LaunchFailed(failed)).await;
    let refused = asked.await.unwrap().unwrap_err();
    assert!(matches!(refused, UpError::Launch(failed) if failed.exit_code == 127));
    rig.session.over().await;
    assert_eq!(rig.row().await, None);
    assert_eq!(rig.kinds().await, Vec::<String>::new());
}

#[tokio::test]
async fn who_asks_twice_gets_one_run() {
    let mut rig = Rig::new(Begin::First).await;
    let ask = |session: SessionHandle| tokio::spawn(async move { session.up().await });
    let (first, second) = (ask(rig.session.clone()), ask(rig.session.clone()));
    rig.expect("launch 1").await;
    rig.saw(Seen::Status(Box::new(status(0)))).await;
    for asked in [first, second] {
        let outcome = asked.await.unwrap().unwrap();
        assert!(matches!(outcome, UpOutcome::Started(RUN) | UpOutcome::WasLive(RUN)));
    }
    assert_eq!(rig.session.up().await.unwrap(), UpOutcome::WasLive(RUN));
    assert!(rig.done.try_recv().is_err(), "nothing else was done");
}

#[tokio::test]
async fn what_is_said_of_another_run_changes_nothing() {
    let rig = Rig::up().await;
    rig.saw(Seen::Status(Box::new(Status { run: RunNumber(9), attached: 5, ..status(0) }))).await;
    rig.saw(Seen::Status(Box::new(Status { attached: 2, ..status(0) }))).await;
    rig.session.changes().wait_for(|live| live.attached() == 2).await.unwrap();
    assert_eq!(rig.session.live().run, RUN);
}

#[tokio::test]
async fn the_newest_look_is_kept() {
    let rig = Rig::up().await;
    assert_eq!(rig.session.live().look, None);
    for last_output_at_ms in [1, 2] {
        let sight = Sight { last_output_at_ms, ..Sight::default() };
        rig.saw(Seen::Look(sight.clone().into())).await;
        let mut live = rig.session.changes();
        live.wait_for(|live| live.look.as_deref() == Some(&sight)).await.unwrap();
    }
}

#[tokio::test]
async fn after_the_end_the_actor_takes_no_more_requests() {
    let rig = Rig::up().await;
    rig.saw(over(Exit::Code(0))).await;
    rig.session.over().await;
    assert!(matches!(rig.session.up().await, Err(UpError::Gone)));
}

/// A run that was being stopped when the last daemon died.
fn being_stopped() -> LiveRun {
    LiveRun {
        session: ID,
        run: RUN,
        stop_asked: true,
        sleep_asked: false,
        boot_id: "boot".into(),
        child: None,
        holder: None,
        started_at_ms: Some(1),
        started_boot_ms: Some(1),
    }
}

#[tokio::test(start_paused = true)]
async fn an_adopted_run_that_was_being_stopped_is_told_again() {
    let mut rig = Rig::new(Begin::Adopt(being_stopped())).await;
    rig.expect(&format!("stop {DEFAULT_GRACE:?}")).await;
    rig.expect("kill").await;
}

/// What is told besides ends comes in by one door: a row, then a word to the sender.
#[tokio::test]
async fn a_question_is_written_down_and_told_unless_somebody_looks() {
    use crate::notify::happened;

    let rig = Rig::up().await;
    let asks = |attached| Happened {
        session: ID,
        run: RUN,
        what: What::NeedsInput { question: "Delete \u{1b}[31mit?".into() },
        looking: Looking::attached(attached),
    };
    happened(&rig.around.store, &rig.around.notices, asks(1)).await;
    happened(
        &rig.around.store,
        &rig.around.notices,
        Happened { session: SessionId(99), ..asks(0) },
    )
    .await;
    let due = rig.around.store.with(|registry| registry.notice_due()).await.unwrap();
    assert!(!due, "it was seen, or is about nobody");
    happened(&rig.around.store, &rig.around.notices, asks(0)).await;
    rig.around.notices.woken().await;
    let due = rig.around.store.with(|registry| registry.claim_notices(9, 9)).await.unwrap();
    assert_eq!(due[0].notice.title, "? x needs you");
    assert!(!due[0].notice.body.contains('\u{1b}'), "{due:?}");
}

/// A stop, or a person's start, took the plan away just before.
#[tokio::test(start_paused = true)]
async fn a_run_that_is_not_planned_any_more_is_not_started() {
    let (run, last) = (RunNumber(2), Some(Exit::Code(1)));
    let mut rig = Rig::new(Begin::Next { run, last, by: By::Policy }).await;
    assert!(matches!(rig.session.up().await, Err(UpError::Gone)));
    assert!(rig.done.try_recv().is_err(), "nothing was done to the world");
    assert_eq!(rig.row().await.unwrap().view.run, RUN);
}

/// What a run says that was begun by Claude Code and has answered.
fn answered() -> (Stamp, Vec<Report>) {
    let stamp = Stamp { source: "claude".into(), generation: 1, sequence: 1 };
    let conversation = Report::Conversation { id: "c-1".into() };
    (stamp, vec![conversation, Report::TurnEnded { background: 0, failed: None }])
}

impl Rig {
    /// A run that is at rest, and since when.
    async fn resting() -> (Self, Moment) {
        let rig = Self::up_of("claude").await;
        let (stamp, reports) = answered();
        rig.session.report(stamp, reports).unwrap();
        let mut changes = rig.session.changes();
        let live = changes.wait_for(|live| live.rests_since.is_some()).await.unwrap();
        let since = live.rests_since.unwrap();
        drop(live);
        (rig, since)
    }
}

#[tokio::test]
async fn a_run_at_rest_is_put_to_sleep_and_only_that_is_written_down() {
    let (mut rig, since) = Rig::resting().await;
    rig.around.resting.notified().await;
    assert!(rig.session.sleep(since, Cause::Idle).await);
    rig.expect("watch looks").await;
    rig.expect(&format!("stop {DEFAULT_GRACE:?}")).await;
    assert!(rig.row().await.unwrap().sleep_asked, "not as a stop, which would be for good");
    rig.saw(over(Exit::Signal(app_model::Signal::TERM))).await;
    rig.session.over().await;
    let row = rig.row().await.unwrap();
    assert_eq!((row.view.phase, row.goes_on.as_deref()), (Phase::Asleep, Some("c-1")));
    let due = rig.around.store.with(|registry| registry.notice_due()).await.unwrap();
    assert!(!due, "it is nothing to tell");
}

#[tokio::test]
async fn what_happens_before_the_sleep_is_written_down_comes_first() {
    let (rig, since) = Rig::resting().await;
    assert!(!rig.session.sleep(since + GRACE, Cause::Idle).await, "from another rest");
    rig.saw(Seen::Status(Box::new(status(1)))).await;
    let mut changes = rig.session.changes();
    changes.wait_for(|live| live.rests_since.is_none()).await.unwrap();
    assert!(!rig.session.sleep(since, Cause::Idle).await, "somebody looks");
    assert!(!rig.row().await.unwrap().view.stop_asked);
}

#[tokio::test]
async fn a_stop_of_what_falls_asleep_is_for_good() {
    let (rig, since) = Rig::resting().await;
    assert!(rig.session.sleep(since, Cause::Idle).await);
    rig.session.down(GRACE).await.unwrap();
    rig.saw(over(Exit::Code(0))).await;
    rig.session.over().await;
    assert_eq!(rig.row().await.unwrap().view.phase, Phase::Ended);
}

/// The next daemon ends it as the one before began to: were it a stop, it would be for good.
#[tokio::test]
async fn an_adopted_run_that_was_put_to_sleep_still_is() {
    let live = LiveRun { sleep_asked: true, ..being_stopped() };
    let mut rig = Rig::new(Begin::Adopt(live)).await;
    rig.around.store.with(|registry| registry.sleep_asked(ID, RUN, Cause::Idle, 5)).await.unwrap();
    rig.expect(&format!("stop {DEFAULT_GRACE:?}")).await;
    rig.saw(over(Exit::Code(0))).await;
    rig.session.over().await;
    assert_eq!(rig.row().await.unwrap().view.phase, Phase::Asleep);
}
