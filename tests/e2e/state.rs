//! Whose turn it is and whether a person is needed, from hooks and from what a terminal
//! shows, with the evidence.

use app_tests::{Home, Session};
use serde_json::{Value, json};

/// A program that passes as an agent: it shows the title and the lines that it is sent.
const ACTOR: &str = "stty -echo; printf 'ready\\n'; while read -r line; do eval \"$line\"; done";

fn agent(home: &Home) -> Session<'_> {
    let session = home.start_with(&["--agent", "claude", "-n", "agent"], &["sh", "-c", ACTOR]);
    session.wait_screen_contains("ready");
    session
}

/// The agent runs this.
#[track_caller]
fn act(session: &Session<'_>, line: &str) {
    session.appctl("send", &[line, "--enter"]).ok();
}

/// A hook of the agent inside the session says this.
#[track_caller]
fn hook(home: &Home, session: &Session<'_>, event: &Value) {
    let mut command = home.appctl_command(["hook", "claude"]);
    command.env("APPCTL_SESSION", &session.id);
    let outcome = app_tests::home::run(command, event.to_string().as_bytes());
    assert_eq!((outcome.code(), outcome.err().as_str()), (0, ""));
}

fn event(name: &str, more: Value) -> Value {
    let mut event = json!({
        "session_id": "6eab639b-0d93-49f9-a8e0-9f8f622e6493",
        "hook_event_name": name,
        "cwd": "/src",
    });
    event.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
    event
}

#[track_caller]
fn evidence(session: &Session<'_>, fact: &str) -> Value {
    let why = session.appctl("why", &["--json"]).ok().json();
    let facts = why["facts"].as_array().unwrap().clone();
    facts.into_iter().find(|found| found["fact"] == fact).unwrap()
}

#[test]
fn a_title_tells_whose_turn_it_is() {
    let home = Home::new();
    let session = agent(&home);
    act(&session, "printf '\\033]0;\u{2810} Fixing it\\007'");
    session.wait_for("working", |view| view["turn"] == "working");
    act(&session, "printf '\\033]0;\u{2733} Fixing it\\007'");
    session.appctl("wait", &["--for", "idle"]).ok();
    assert_eq!(session.show()["state"], "idle");
    let turn = evidence(&session, "turn");
    assert_eq!((&turn["value"], &turn["evidence"]["source"]), (&"idle".into(), &"title".into()));
    let kinds: Vec<_> = home.events().into_iter().map(|event| event["type"].clone()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "turn.changed").count(), 2, "{kinds:?}");
}

#[test]
fn hooks_tell_turn_question_and_tasks() {
    let home = Home::new();
    let session = agent(&home);
    hook(&home, &session, &event("SessionStart", json!({ "source": "startup" })));
    hook(&home, &session, &event("UserPromptSubmit", json!({ "prompt": "fix it" })));
    session.wait_for("working", |view| view["turn"] == "working");
    let began = json!({ "agent_id": "a1", "agent_type": "Explore" });
    hook(&home, &session, &event("SubagentStart", began));
    let asks = json!({ "tool_name": "Bash", "tool_input": { "command": "cargo test" } });
    hook(&home, &session, &event("PermissionRequest", asks));
    session.appctl("wait", &["--for", "needs-input"]).ok();
    let view = session.show();
    assert_eq!(view["state"], "needs-input", "{view:#}");
    assert!(view["attention"]["why"].as_str().unwrap().contains("cargo test"), "{view:#}");
    assert_eq!(evidence(&session, "attention")["evidence"]["source"], "hook");
    hook(&home, &session, &event("PostToolUse", json!({ "tool_name": "Bash" })));
    session.wait_for("answered", |view| view["attention"].is_null());
    let ended =
        json!({ "agent_id": "a1", "agent_type": "Explore", "last_assistant_message": "ok" });
    hook(&home, &session, &event("SubagentStop", ended));
    assert_eq!(session.show()["turn"], "working", "a subagent is not the agent");
    let tasks = home.appctl(["task", "ls", &session.id, "--json"]).ok().json();
    assert_eq!((&tasks[0]["label"], &tasks[0]["outcome"]), (&"Explore".into(), &"ok".into()));
    hook(&home, &session, &event("Stop", json!({ "background_tasks": [] })));
    session.wait_for("idle", |view| view["turn"] == "idle");
    // The agent's own name for the conversation selects the session.
    let found = home.appctl(["show", "6eab639b-0d93-49f9-a8e0-9f8f622e6493", "--json"]).ok().json();
    assert_eq!(found["id"], session.id.as_str());
}

#[test]
fn what_is_believed_survives_the_daemon_and_ends_with_the_program() {
    let home = Home::new();
    let session = agent(&home);
    hook(&home, &session, &event("SessionStart", json!({ "source": "startup" })));
    hook(&home, &session, &event("UserPromptSubmit", json!({ "prompt": "fix it" })));
    let asks = json!({ "tool_name": "Bash", "tool_input": { "command": "make" } });
    hook(&home, &session, &event("PermissionRequest", asks));
    session.wait_for("asking", |view| view["state"] == "needs-input");
    home.kill_daemon_hard();
    let view = session.show();
    assert_eq!((&view["state"], &view["turn"]), (&"needs-input".into(), &"working".into()));
    session.appctl("kill", &[]).ok();
    let view = session.show();
    assert_eq!((&view["turn"], &view["attention"]), (&"unknown".into(), &Value::Null));
    home.wait_event("attention.cleared", &session.id);
}

#[test]
fn a_hook_outside_of_a_session_does_nothing() {
    let home = Home::new();
    let mut command = home.appctl_command(["hook", "claude"]);
    command.env_remove("APPCTL_SESSION");
    let outcome = app_tests::home::run(command, b"not even JSON");
    assert_eq!((outcome.code(), outcome.out().as_str(), outcome.err().as_str()), (0, "", ""));
    assert_eq!(home.daemons(), Vec::<u32>::new());
}

#[test]
fn one_can_wait_for_text_on_the_screen() {
    let home = Home::new();
    let session = agent(&home);
    let command = home.appctl_command(["wait", "--for", "text=^done in \\d+ s$", &session.id]);
    let mut waiting = app_tests::home::spawn(command);
    act(&session, "echo done in no time");
    session.wait_screen_contains("no time");
    assert!(!waiting.is_over());
    act(&session, "echo done in 12 s");
    waiting.finish().ok();
    session.appctl("wait", &["--for", "text=("]).fails(2, &["no regular expression"]);
    let mute = home.start_with(&["--no-tty"], &["sleep", "1000"]);
    mute.appctl("wait", &["--for", "text=x"]).fails(125, &["no terminal", "appctl logs -f"]);
    let command = home.appctl_command(["wait", "--for", "idle", &session.id]);
    let waiting = app_tests::home::spawn(command);
    act(&session, "exit 7");
    waiting.finish().exits(7);
}
