//! A session as JSON: the object that scripts know.
//!
//! # Invariants
//!
//! 1. Fields of the contract are always there, `null` when there is nothing to say.
//! 2. Fields are only ever added.
//! 3. What looks like a secret is hidden unless it is asked for.

use app_model::elapsed::elapsed;
use app_model::restart::{Plan, Restart};
use app_model::view::Usage;
use app_model::{Exit, Kind, Limits, OsText, Phase, SessionId, SessionView, Trust, secret};
use serde::Serialize;

use super::time::rfc3339;

/// One session of `ls --json`.
#[derive(Serialize)]
pub(crate) struct SessionJson<'a> {
    id: SessionId,
    name: &'a str,
    kind: Kind,
    parent: Option<SessionId>,
    background: bool,
    agent: Option<&'a str>,
    model: Option<&'a str>,
    argv: Vec<OsText>,
    cwd: &'a OsText,
    tty: bool,
    run: u32,
    pid: Option<u32>,
    holder_pid: Option<u32>,
    attached: u16,
    tags: &'a [String],
    pinned: bool,
    title: &'a str,
    phase: Phase,
    turn: app_model::Turn,
    attention: Option<AttentionJson<'a>>,
    state: &'static str,
    created_at: String,
    started_at: Option<String>,
    ended_at: Option<String>,
    elapsed_ms: Option<u64>,
    elapsed: Option<String>,
    last_output_at: Option<String>,
    exit: Option<Exit>,
    usage: Option<Usage>,
    conversation: Option<&'a str>,
    live_tasks: u32,
    restart: Restart,
    restarts: u32,
    restarting_in_ms: Option<u64>,
    gave_up: bool,
    resumable: bool,
}

#[derive(Serialize)]
struct AttentionJson<'a> {
    why: &'a str,
    since: String,
}

/// The session of `show --json`: more of it.
#[derive(Serialize)]
pub(crate) struct DetailJson<'a> {
    #[serde(flatten)]
    session: SessionJson<'a>,
    stop_asked: bool,
    last_line: Option<&'a str>,
    limits: Option<LimitsJson>,
    unenforced: Option<Vec<String>>,
    scope: Option<&'a str>,
    trust: Option<Trust>,
    dir: &'a OsText,
}

/// What it may use, in the units of the names; `null` is no limit.
#[derive(Serialize)]
struct LimitsJson {
    memory_bytes: Option<u64>,
    cpu_percent: Option<u32>,
    tasks: Option<u64>,
}

fn limits(limits: Limits) -> LimitsJson {
    let Limits { memory_bytes, cpu_percent, tasks } = limits;
    LimitsJson { memory_bytes, cpu_percent, tasks }
}

/// The session for a list.
pub(crate) fn json(view: &SessionView) -> SessionJson<'_> {
    SessionJson {
        id: view.id,
        name: &view.name,
        kind: view.kind,
        parent: view.parent,
        background: view.background,
        agent: view.agent.as_deref(),
        model: view.model.as_deref(),
        argv: secret::argv(&view.argv),
        cwd: &view.cwd,
        tty: view.tty,
        run: view.run.0,
        pid: view.pid,
        holder_pid: view.holder_pid,
        attached: view.attached,
        tags: &view.tags,
        pinned: view.pinned,
        title: &view.title,
        phase: view.phase,
        turn: view.turn,
        attention: view
            .attention
            .as_ref()
            .map(|raised| AttentionJson { why: &raised.why, since: rfc3339(raised.since_ms) }),
        state: view.state(),
        created_at: rfc3339(view.created_at_ms),
        started_at: view.started_at_ms.map(rfc3339),
        ended_at: view.ended_at_ms.map(rfc3339),
        elapsed_ms: view.elapsed_ms,
        elapsed: view.elapsed_ms.map(elapsed),
        last_output_at: view.last_output_at_ms.map(rfc3339),
        exit: view.exit,
        usage: view.usage,
        conversation: view.conversation.as_deref(),
        live_tasks: view.live_tasks,
        restart: view.comeback.policy,
        restarts: view.comeback.attempts,
        restarting_in_ms: match view.comeback.plan {
            Plan::Again { in_ms } => Some(in_ms),
            Plan::Nothing | Plan::GaveUp => None,
        },
        gave_up: view.comeback.plan == Plan::GaveUp,
        resumable: !view.phase.is_live(),
    }
}

/// The session with all that is known of it, and which of its limits nothing enforces; with
/// `secrets`, those that were hidden too.
pub(crate) fn detail(
    view: &SessionView,
    unenforced: Option<Vec<String>>,
    secrets: bool,
) -> DetailJson<'_> {
    let mut session = json(view);
    if secrets {
        session.argv.clone_from(&view.argv);
    }
    DetailJson {
        session,
        stop_asked: view.stop_asked,
        last_line: view.last_line.as_deref(),
        limits: view.limits.map(limits),
        unenforced,
        scope: view.scope.as_deref(),
        trust: view.trust,
        dir: &view.dir,
    }
}

/// Sessions for a list.
pub(crate) fn array(views: &[SessionView]) -> Vec<SessionJson<'_>> {
    views.iter().map(json).collect()
}

#[cfg(test)]
pub(crate) mod samples {
    use app_model::restart::Comeback;
    use app_model::{RunNumber, Turn};

    use super::*;

    /// A session that runs in the background.
    pub(crate) fn running() -> SessionView {
        SessionView {
            id: SessionId(0x7c5d_cf5d),
            name: "flaky-test".into(),
            kind: Kind::Session,
            parent: None,
            background: true,
            agent: None,
            model: None,
            argv: vec!["cargo".into(), "test".into()],
            cwd: "/home/me/src/app".into(),
            tty: true,
            run: RunNumber(1),
            pid: Some(4242),
            holder_pid: Some(4241),
            attached: 0,
            tags: vec![],
            pinned: false,
            title: String::new(),
            phase: Phase::Running,
            turn: Turn::Unknown,
            attention: None,
            conversation: None,
            live_tasks: 0,
            stop_asked: false,
            created_at_ms: 1_000,
            started_at_ms: Some(1_500),
            ended_at_ms: None,
            elapsed_ms: Some(200_000),
            last_output_at_ms: None,
            exit: None,
            last_line: None,
            usage: None,
            limits: None,
            scope: None,
            trust: None,
            dir: "/home/me/.local/state/appctl/sessions/7c5dcf5d".into(),
            comeback: Comeback::default(),
        }
    }

    /// A session that failed.
    pub(crate) fn failed() -> SessionView {
        SessionView {
            id: SessionId(0x0123_4567),
            name: "build\x1b[31m".into(),
            background: false,
            phase: Phase::Ended,
            pid: None,
            holder_pid: None,
            ended_at_ms: Some(61_500),
            elapsed_ms: Some(60_000),
            exit: Some(Exit::Code(2)),
            last_line: Some("error: no rule to make target".into()),
            argv: vec!["make".into(), "all the things".into()],
            ..running()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_object_has_the_fields_of_the_contract() {
        let value = serde_json::to_value(json(&samples::failed())).unwrap();
        let object = value.as_object().unwrap();
        let contract = "id, name, kind, parent, background, agent, model, argv, cwd, tty, run, \
            pid, holder_pid, attached, tags, pinned, title, phase, turn, attention, state, \
            created_at, started_at, ended_at, elapsed_ms, elapsed, last_output_at, exit, usage";
        for field in contract.split(", ") {
            assert!(object.contains_key(field), "{field} is missing");
        }
        assert_eq!(object["id"], "01234567");
        assert_eq!(object["phase"], "ended");
        assert_eq!(object["state"], "failed");
        assert_eq!(object["exit"], serde_json::json!({"code": 2}));
        assert_eq!(object["started_at"], "1970-01-01T00:00:01.500Z");
        assert_eq!(object["elapsed"], "1m 0s");
        assert_eq!(object["pid"], serde_json::Value::Null);
    }

    #[test]
    fn detail_adds_fields_and_keeps_the_others() {
        let value = serde_json::to_value(detail(&samples::running(), None, false)).unwrap();
        assert_eq!(value["id"], "7c5dcf5d");
        assert_eq!(value["stop_asked"], false);
        assert!(value["dir"].is_string());
    }

    #[test]
    fn secrets_are_hidden_unless_they_are_asked_for() {
        let view =
            SessionView { argv: vec!["x".into(), "--token=abc".into()], ..samples::failed() };
        let argv = |value: serde_json::Value| value["argv"][1].clone();
        assert_eq!(argv(serde_json::to_value(json(&view)).unwrap()), "--token=***");
        assert_eq!(argv(serde_json::to_value(detail(&view, None, false)).unwrap()), "--token=***");
        assert_eq!(argv(serde_json::to_value(detail(&view, None, true)).unwrap()), "--token=abc");
    }
}
