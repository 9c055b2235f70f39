//! What opencode tells its plugins, and when.

use app_tests::agents::script::HEARD;
use app_tests::agents::{Agent as _, Opencode, Rig};
use serde_json::Value;

/// What was told, each `session.status` with what it says, and said twice only once.
fn told(opencode: &Opencode<'_>) -> Vec<String> {
    let name = |event: &Value| {
        let kind = event["type"].as_str().unwrap();
        match event["properties"]["status"]["type"].as_str() {
            Some(status) => format!("{kind} {status}"),
            None => kind.to_owned(),
        }
    };
    let mut names: Vec<String> = opencode.hooks().seen().iter().map(name).collect();
    names.dedup();
    names
}

#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn a_turn_is_told_from_its_prompt_to_its_end() {
    let rig = Rig::new();
    let opencode = Opencode::new(&rig);
    let session = opencode.start_ready("agent");
    assert_eq!(opencode.hooks().names(), Vec::<String>::new());
    opencode.prompt(&session, "say something");
    session.wait_screen_contains(HEARD);
    let idle = opencode.hooks().wait_for("session.idle");
    let all = ["session.created", "session.status busy", "session.status idle", "session.idle"];
    assert_eq!(told(&opencode), all);
    let created = opencode.hooks().wait_for("session.created");
    assert_eq!(created["properties"]["info"]["id"], idle["properties"]["sessionID"]);
}

#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn a_permission_is_told_with_the_command_and_so_is_the_answer() {
    let rig = Rig::new();
    let opencode = Opencode::new(&rig);
    let session = opencode.start_ready("agent");
    opencode.prompt(&session, "RUN[touch made] then");
    opencode.wait_asks(&session);
    let asked = opencode.hooks().wait_for("permission.asked");
    assert_eq!(asked["properties"]["permission"], "bash", "{asked:#}");
    assert_eq!(asked["properties"]["metadata"]["command"], "touch made", "{asked:#}");
    assert!(!rig.project().join("made").exists());
    opencode.allow(&session);
    rig.wait_file("made");
    let replied = opencode.hooks().wait_for("permission.replied");
    assert_eq!(replied["properties"]["reply"], "once", "{replied:#}");
    session.wait_screen_contains(&format!("\"then\" {HEARD}"));
    opencode.hooks().wait_for("session.idle");
}

#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn an_interrupted_turn_is_told_as_an_error_of_its_own_kind() {
    let rig = Rig::new();
    let opencode = Opencode::new(&rig);
    let session = opencode.start_ready("agent");
    opencode.prompt(&session, "go on HOLD[never]");
    let asked = rig.api.wait_prompt("go on");
    session.wait_screen_contains("\"go");
    opencode.interrupt(&session);
    rig.api.wait_abandoned(&asked);
    let error = opencode.hooks().wait_for("session.error");
    assert_eq!(error["properties"]["error"]["name"], "MessageAbortedError", "{error:#}");
    opencode.hooks().wait_for("session.idle");
}

#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn a_subagent_is_a_conversation_with_a_parent() {
    let rig = Rig::new();
    let opencode = Opencode::new(&rig);
    rig.home.appctl(["hooks", "install", "opencode"]).ok();
    let session = opencode.start_ready("agent");
    opencode.prompt(&session, "DELEGATE[dig HOLD[deep]] now");
    rig.api.wait_asked("the subagent", |asked| asked.prompt.starts_with("dig"));
    let child = opencode.hooks().wait("a conversation with a parent", |event| {
        event["properties"]["info"]["parentID"].is_string()
    });
    session.wait_for("at work with a task", |view| {
        view["live_tasks"] == 1 && view["turn"] == "working"
    });
    rig.api.let_go("deep");
    opencode.hooks().wait("the end of it", |event| {
        event["type"] == "session.idle"
            && event["properties"]["sessionID"] == child["properties"]["info"]["id"]
    });
    session.wait_for("idle", |view| view["turn"] == "idle");
    let tasks = rig.home.appctl(["task", "ls", &session.id, "--json"]).ok().json();
    assert_eq!(tasks[0]["outcome"], "ok", "{tasks:#}");
}
