//! What is known of a session with a real agent in it: turn, question, tasks, notices.

use app_tests::agents::{Agent, Claude, Codex, Rig};
use app_tests::{Session, wait};
use serde_json::Value;

/// Waits until the session is in this state, and says what is known of it then.
#[track_caller]
fn is(session: &Session<'_>, state: &str) -> Value {
    session.wait_for(state, |view| view["state"] == state)
}

/// The kinds of the notices so far, oldest first.
#[track_caller]
fn told(rig: &Rig) -> Vec<String> {
    let listed = rig.home.appctl(["notices", "--json"]).ok().json();
    let kinds = listed.as_array().unwrap().iter().rev();
    kinds.map(|notice| notice["kind"].as_str().unwrap().to_owned()).collect()
}

/// The same for both: a prompt, a question in which this is said, its answer, the end of
/// the turn.
fn a_turn_and_a_question<'r>(rig: &'r Rig, agent: &impl Agent<'r>, wanted: &str) {
    let session = agent.start_ready("agent");
    is(&session, "idle");
    agent.prompt(&session, "RUN[touch made] HOLD[gate] then");
    is(&session, "needs-input");
    // Codex says that it is blocked before it draws the question: a key that was meant for
    // the prompt must not answer it.
    session.wait_for("the question's words", |view| {
        view["attention"]["why"].as_str().is_some_and(|question| question.contains(wanted))
    });
    let list = rig.home.appctl(["ls"]).ok().out();
    assert!(list.contains("needs-input"), "{list}");
    agent.allow(&session);
    is(&session, "working");
    rig.api.let_go("gate");
    session.appctl("wait", &["--for", "idle", "--timeout", "20s"]).ok();
    let kinds = wait::until("both notices", || {
        let kinds = told(rig);
        if kinds.len() < 2 { Err(format!("{kinds:?}")) } else { Ok(kinds) }
    });
    assert_eq!(kinds, ["needs-input", "turn-ended"]);
    let view = agent.leave(&session);
    assert_eq!((&view["turn"], &view["attention"]), (&"unknown".into(), &Value::Null));
}

/// Nothing is too short to be told.
fn tell_everything(rig: &Rig) {
    let settings = "[notify]\nmin_duration = \"0s\"\n";
    std::fs::create_dir_all(rig.home.config_dir()).unwrap();
    std::fs::write(rig.home.config_dir().join("config.toml"), settings).unwrap();
}

#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn claude_works_asks_and_is_idle_again() {
    let rig = Rig::new();
    tell_everything(&rig);
    a_turn_and_a_question(&rig, &Claude::new(&rig), "touch made");
}

#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn codex_works_asks_and_is_idle_again() {
    let rig = Rig::new();
    tell_everything(&rig);
    // Without our hooks: this is what its screen asks.
    a_turn_and_a_question(&rig, &Codex::new(&rig), "run the following command");
}

#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn a_subagent_of_claude_is_a_task_and_keeps_the_session_at_work() {
    let rig = Rig::new();
    let claude = Claude::new(&rig);
    let session = claude.start_ready("agent");
    claude.prompt(&session, "DELEGATE[dig HOLD[deep]] now");
    claude.hooks().wait_for("Stop");
    let view = session.wait_for("at work", |view| view["live_tasks"] == 1);
    assert_eq!(view["turn"], "working", "the turn has ended, the work has not: {view:#}");
    let tasks = rig.home.appctl(["task", "ls", &session.id, "--json"]).ok().json();
    assert_eq!((&tasks[0]["source"], &tasks[0]["state"]), (&"claude".into(), &"working".into()));
    rig.api.let_go("deep");
    let over = wait::until("the end of the task", || {
        let tasks = rig.home.appctl(["task", "ls", &session.id, "--json"]).ok().json();
        if tasks[0]["outcome"] == "ok" { Ok(tasks) } else { Err(format!("{tasks:#}")) }
    });
    assert!(over[0]["summary"].as_str().unwrap().contains("dig"), "{over:#}");
    is(&session, "idle");
}

#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn an_interrupted_turn_of_claude_is_over_though_nobody_says_so() {
    let rig = Rig::new();
    let claude = Claude::new(&rig);
    let session = claude.start_ready("agent");
    claude.prompt(&session, "go on HOLD[never]");
    let asked = rig.api.wait_prompt("go on");
    is(&session, "working");
    session.appctl("send", &["--key", "esc"]).ok();
    rig.api.wait_abandoned(&asked);
    is(&session, "idle");
}
