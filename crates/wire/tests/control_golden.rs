//! The bytes of every message of the control protocol, version 1.
//!
//! `golden/control-1.txt` was written when the version was made. A line that no longer
//! matches means that the protocol changed: make a new version, do not edit the file.
//! New messages get new lines; a message without one fails here.

use app_model::event::Event;
use app_model::evidence::{Evidence, Source};
use app_model::report::{Outcome, Report, Stamp};
use app_model::restart::{Comeback, Plan, Restart};
use app_model::task::TaskView;
use app_model::view::{Attention, Usage};
use app_model::{
    Exit, Kind, Limits, Lost, OsText, Phase, RunNumber, SessionId, SessionView, Signal, Spec,
    TerminalSize, Trust, Turn,
};
use app_wire::control::{
    Awaited, Candidate, CodecError, DaemonStatus, ErrorCode, Fact, Failure, Gap, MAX_REQUEST,
    NoticeView, NotifyWhen, Pruned, PrunedSession, Reply, Reported, Request, Resume, Resumed,
    Start, Started, Stopped, Target, Told, Why, decode_reply, decode_request, encode,
};
use proptest::prelude::*;

const GOLDEN: &str = include_str!("golden/control-1.txt");
const ID: SessionId = SessionId(0x7c5d_cf5d);

fn requests() -> Vec<(&'static str, Request)> {
    let named = || Target::Named("flaky".into());
    let spec = Spec {
        argv: vec!["sh".into(), OsText(vec![0xff])],
        cwd: "/src".into(),
        env: vec![("A".into(), "b".into())],
        terminal: Some(TerminalSize { rows: 24, cols: 80, xpixel: 1, ypixel: 2 }),
        history_lines: 2_000,
        transcript_bytes: 1 << 28,
        umask: Some(0o22),
        limits: Limits { memory_bytes: Some(4 << 30), cpu_percent: Some(200), tasks: Some(500) },
        trust: Trust::Task,
    };
    let start = Start {
        spec,
        name: Some("flaky".into()),
        background: true,
        parent: Some(Target::Last),
        agent: Some("claude".into()),
        model: Some("opus".into()),
        notify: Some(NotifyWhen::Always),
        restart: Restart::OnFailure,
    };
    let resume = Resume { target: named(), size: None, background: false };
    vec![
        ("list", Request::List { all: true, detail: false }),
        ("show", Request::Show { target: named() }),
        ("start", Request::Start(Box::new(start))),
        ("resume", Request::Resume(resume)),
        (
            "stop",
            Request::Stop { targets: vec![named()], grace_ms: Some(10_000), keep_tasks: true },
        ),
        ("rename", Request::Rename { target: named(), name: "new".into() }),
        ("remove", Request::Remove { targets: vec![Target::Last], force: true }),
        ("detach", Request::Detach { target: named() }),
        ("wait", Request::Wait { targets: vec![named()], any: true }),
        ("events", Request::Events { since: Some(7), follow: true }),
        ("status", Request::Status),
        ("shutdown", Request::Shutdown { sessions: true }),
        ("seen", Request::Seen { session: ID }),
        ("find", Request::Find { target: named() }),
        ("report", Request::Report(Box::new(reported()))),
        ("tasks", Request::Tasks { target: Some(named()), all: false }),
        ("why", Request::Why { target: named() }),
        ("wait_for", Request::WaitFor { target: named(), what: Awaited::Text("done|ok".into()) }),
        ("notices", Request::Notices { unseen: true }),
        ("notices_seen", Request::NoticesSeen { through: 7 }),
        ("notify_test", Request::NotifyTest { channel: Some("desktop".into()) }),
        ("pause", Request::Pause { targets: vec![named()] }),
        ("continue", Request::Continue { targets: vec![named()] }),
        ("pin", Request::Pin { targets: vec![named()], pinned: true }),
        ("prune", Request::Prune { dry_run: true }),
        ("wake", Request::Wake { target: named(), size: Some(TerminalSize::DEFAULT) }),
        ("unenforced", Request::Unenforced { target: named() }),
    ]
}

fn reported() -> Reported {
    let ended = Report::TaskEnded {
        ext: "a1".into(),
        outcome: Outcome::Failed,
        summary: Some("two of three".into()),
    };
    let began = Report::TaskBegan { ext: "a1".into(), label: "review".into(), model: None };
    Reported {
        target: Target::Named("flaky".into()),
        stamp: Stamp { source: "claude".into(), generation: 3, sequence: 1 << 40 },
        reports: vec![
            Report::Conversation { id: "c-1".into() },
            Report::TurnBegan,
            Report::TurnEnded { background: 2, failed: Some("overloaded".into()) },
            Report::NeedsInput { text: "Run tests?".into() },
            Report::Answered,
            began,
            ended,
            Report::Ended,
        ],
    }
}

fn evidence() -> Evidence {
    Evidence { source: Source::Hook, detail: "claude: Stop".into(), since_ms: 1 << 40 }
}

fn task() -> TaskView {
    TaskView {
        parent: ID,
        session: Some(ID),
        ext: "a1".into(),
        source: "claude".into(),
        label: "review".into(),
        model: Some("haiku".into()),
        phase: Phase::Ended,
        outcome: Some(Outcome::Ok),
        summary: Some("fine".into()),
        started_at_ms: 1 << 40,
        ended_at_ms: Some((1 << 40) + 5),
        elapsed_ms: 5,
    }
}

fn notice() -> NoticeView {
    NoticeView {
        number: 7,
        session: ID,
        name: "flaky".into(),
        kind: "failed".into(),
        title: "flaky failed".into(),
        body: "/src".into(),
        at_ms: 1 << 40,
        channel: Some("desktop".into()),
        why: None,
        seen: true,
    }
}

fn view() -> SessionView {
    SessionView {
        id: ID,
        name: "flaky".into(),
        kind: Kind::Task,
        parent: Some(SessionId(1)),
        background: true,
        agent: Some("claude".into()),
        model: Some("opus".into()),
        argv: vec!["sh".into()],
        cwd: "/src".into(),
        tty: true,
        run: RunNumber(2),
        pid: Some(101),
        holder_pid: Some(100),
        attached: 1,
        tags: vec!["t".into()],
        pinned: true,
        title: "title".into(),
        phase: Phase::Stopping,
        turn: Turn::Idle,
        attention: Some(Attention { why: "asks".into(), since_ms: 3 }),
        conversation: Some("c-1".into()),
        live_tasks: 3,
        stop_asked: true,
        created_at_ms: 1_700_000_000_000,
        started_at_ms: Some(4),
        ended_at_ms: Some(5),
        elapsed_ms: Some(6),
        last_output_at_ms: Some(7),
        exit: Some(Exit::Signal(Signal::TERM)),
        last_line: Some("bye".into()),
        usage: Some(Usage { cpu_ms: 8, rss_bytes: 9, processes: 10 }),
        limits: Some(Limits { memory_bytes: None, cpu_percent: None, tasks: Some(64) }),
        scope: Some("s.scope".into()),
        trust: Some(Trust::Full),
        dir: "/state".into(),
        comeback: Comeback {
            policy: Restart::Always,
            attempts: 3,
            plan: Plan::Again { in_ms: 4_000 },
        },
    }
}

fn replies() -> Vec<(&'static str, Reply)> {
    let lost = SessionView { exit: Some(Exit::Lost(Lost::Reboot)), ..view() };
    let event =
        Event { seq: 9, at_ms: 10, kind: "run.ended".into(), session: Some(ID), data: "{}".into() };
    let status = DaemonStatus {
        pid: 1,
        version: "0.1.0".into(),
        protocol: 1,
        sessions: 2,
        socket: "/s".into(),
        state_dir: "/d".into(),
        up_ms: 3,
    };
    let candidate =
        Candidate { id: ID, name: "flaky".into(), created_at_ms: 1, cwd: "/src".into() };
    let failure = Failure {
        code: ErrorCode::Launch(127),
        message: "no".into(),
        because: vec!["why".into()],
        hint: Some("do".into()),
        candidates: vec![candidate],
    };
    let unenforced = vec!["cpu".to_owned()];
    let started =
        Started { id: ID, name: "flaky".into(), run: RunNumber(1), unenforced: unenforced.clone() };
    let resumed =
        Resumed { id: ID, name: "flaky".into(), run: RunNumber(2), was_live: true, unenforced };
    let fact = Fact {
        name: "turn".into(),
        value: "working".into(),
        evidence: Some(evidence()),
        overruled: vec![evidence()],
    };
    let sleep = Fact {
        name: "sleep".into(),
        value: "at 14:02".into(),
        evidence: Some(Evidence { source: Source::Policy, ..evidence() }),
        overruled: vec![],
    };
    let old =
        PrunedSession { id: ID, name: "flaky".into(), ended_at_ms: 5, bytes: 4_096, removed: true };
    let pruned = Pruned { sessions: vec![old], count: 1, bytes: 4_096, dry_run: true };
    let told = Told { channel: "desktop".into(), failed: Some("no bus".into()), took_ms: 3 };
    vec![
        ("sessions", Reply::Sessions { sessions: vec![view()], last: true }),
        ("session", Reply::Session(Box::new(lost))),
        ("started", Reply::Started(started)),
        ("resumed", Reply::Resumed(resumed)),
        (
            "stopped",
            Reply::Stopped(Stopped { ended: vec![view()], were_down: vec![], leftovers: 2 }),
        ),
        ("ended", Reply::Ended(vec![])),
        ("event", Reply::Event(event)),
        ("gap", Reply::Gap(Gap { from: 1, to: 2 })),
        ("is-status", Reply::Status(status)),
        ("done", Reply::Done),
        ("failed", Reply::Failed(failure)),
        ("is-tasks", Reply::Tasks(vec![task()])),
        ("is-why", Reply::Why(Box::new(Why { session: view(), facts: vec![fact] }))),
        ("is-why-asleep", Reply::Why(Box::new(Why { session: view(), facts: vec![sleep] }))),
        ("is-notices", Reply::Notices(vec![notice()])),
        ("told", Reply::Told(vec![told])),
        ("stood", Reply::Stood(vec![view()])),
        ("pruned", Reply::Pruned(pruned)),
        ("is-unenforced", Reply::Unenforced(Some(vec!["cpu".into()]))),
    ]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn golden(name: &str) -> Option<&'static str> {
    GOLDEN.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
}

#[test]
fn requests_have_the_bytes_they_were_released_with() {
    for (name, request) in requests() {
        let body = encode(&request).unwrap();
        assert_eq!(Some(hex(&body).as_str()), golden(name), "{name} {}", hex(&body));
        assert_eq!(decode_request(&body).unwrap(), request);
    }
}

#[test]
fn replies_have_the_bytes_they_were_released_with() {
    for (name, reply) in replies() {
        let body = encode(&reply).unwrap();
        assert_eq!(Some(hex(&body).as_str()), golden(name), "{name} {}", hex(&body));
        assert_eq!(decode_reply(&body).unwrap(), reply);
    }
}

#[test]
fn a_length_that_lies_is_refused_before_memory_is_taken() {
    // `Show` of a name that claims 2^40 bytes.
    let mut forged = vec![1, 0, 253];
    forged.extend_from_slice(&(1u64 << 40).to_le_bytes());
    assert!(matches!(decode_request(&forged), Err(CodecError::Decode(_))));
}

#[test]
fn bytes_after_a_message_are_an_error() {
    let mut body = encode(&Request::Status).unwrap();
    body.push(0);
    assert!(matches!(decode_request(&body), Err(CodecError::Trailing(1))));
}

#[test]
fn a_large_environment_fits() {
    let (_, request) = requests().swap_remove(2);
    let Request::Start(mut start) = request else { unreachable!("the third is a start") };
    start.spec.env = vec![("A".into(), OsText(vec![b'x'; 2 << 20]))];
    let body = encode(&Request::Start(start)).unwrap();
    assert!(body.len() < MAX_REQUEST);
    assert!(decode_request(&body).is_ok());
}

proptest! {
    #[test]
    fn garbage_never_panics(body in prop::collection::vec(any::<u8>(), 0..400)) {
        drop(decode_request(&body));
        drop(decode_reply(&body));
    }
}
