//! What Claude Code tells by its hooks, and when.

use app_tests::agents::script::HEARD;
use app_tests::agents::{Agent as _, Claude, Rig};
use app_tests::process::Process;
use app_tests::wait;

/// The model works on while a subagent does: its turn ends with a task under way, and the
/// end of that task begins another turn, with a prompt that no person wrote.
#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn a_subagent_outlives_the_turn_that_began_it() {
    let rig = Rig::new();
    let claude = Claude::new(&rig);
    let session = claude.start_ready("agent");
    claude.prompt(&session, "DELEGATE[dig HOLD[deep]] now");
    rig.api.wait_prompt("dig");
    let stop = claude.hooks().wait_for("Stop");
    let mut names = claude.hooks().names();
    // These two come in either order: the tool has answered once the subagent is under way.
    names[3..5].sort();
    let begun = ["SessionStart", "UserPromptSubmit", "PreToolUse"];
    assert_eq!(names, [&begun[..], &["PostToolUse", "SubagentStart", "Stop"]].concat());
    assert_eq!(claude.hooks().wait_for("PreToolUse")["tool_name"], "Agent");
    let agent = claude.hooks().wait_for("SubagentStart")["agent_id"].clone();
    assert!(agent.is_string(), "{agent}");
    let tool = claude.hooks().wait_for("PostToolUse");
    assert_eq!(tool["tool_response"]["agentId"], agent, "{tool:#}");
    assert_eq!(stop["background_tasks"][0]["id"], agent, "{stop:#}");
    assert_eq!(stop["background_tasks"][0]["status"], "running", "{stop:#}");

    rig.api.let_go("deep");
    let done = claude.hooks().wait_for("SubagentStop");
    assert_eq!(done["agent_id"], agent);
    assert_eq!(done["last_assistant_message"], format!("\"dig\" {HEARD}"));
    // It is still on its own list when it tells of its end.
    assert_eq!(done["background_tasks"][0]["id"], agent, "{done:#}");
    let again = claude.hooks().wait("a turn that nobody asked for", |event| {
        let prompt = event["prompt"].as_str().unwrap_or_default();
        prompt.starts_with("<task-notification>")
    });
    assert_eq!(again["hook_event_name"], "UserPromptSubmit");
    let last = claude.hooks().wait("the end of that turn", |event| {
        event["hook_event_name"] == "Stop" && event["prompt_id"] == again["prompt_id"]
    });
    assert_eq!(last["background_tasks"], serde_json::json!([]), "{last:#}");
}

#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn a_model_without_room_ends_the_turn_with_a_failure_and_no_stop() {
    let rig = Rig::new();
    let claude = Claude::new(&rig);
    let session = claude.start_ready("agent");
    claude.prompt(&session, "FAIL[529] please");
    let told = claude.hooks().wait_names(&["SessionStart", "UserPromptSubmit", "StopFailure"]);
    assert_eq!(told[2]["error"], "server_error", "{:#}", told[2]);
    let tries = rig.api.asked().iter().filter(|asked| asked.prompt.contains("FAIL")).count();
    assert_eq!(tries, 3);
    session.wait_screen_contains("529");
    claude.prompt(&session, "say something");
    session.wait_screen_contains(HEARD);
}

/// A permission that nobody gives is told a second time, after some seconds.
#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn a_permission_that_waits_is_told_again() {
    let rig = Rig::new();
    let claude = Claude::new(&rig);
    let session = claude.start_ready("agent");
    claude.prompt(&session, "RUN[touch made] then");
    claude.hooks().wait_for("PermissionRequest");
    let told = claude.hooks().wait_for("Notification");
    assert_eq!(told["notification_type"], "permission_prompt", "{told:#}");
}

#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn an_interrupted_turn_ends_without_a_word() {
    let rig = Rig::new();
    let claude = Claude::new(&rig);
    let session = claude.start_ready("agent");
    claude.prompt(&session, "go on HOLD[never]");
    let asked = rig.api.wait_prompt("go on");
    session.wait_screen_contains("esc to interrupt");
    session.appctl("send", &["--key", "esc"]).ok();
    rig.api.wait_abandoned(&asked);
    session.wait_screen_contains("Interrupted");
    claude.prompt(&session, "say something");
    let prompt = "UserPromptSubmit";
    claude.hooks().wait_names(&["SessionStart", prompt, prompt, "Stop"]);
}

#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn a_stop_is_told_as_an_end() {
    let rig = Rig::new();
    let claude = Claude::new(&rig);
    let session = claude.start_ready("agent");
    session.appctl("stop", &[]).ok();
    session.wait_over();
    let end = claude.hooks().wait_for("SessionEnd");
    assert_eq!(end["reason"], "other", "{end:#}");
}

#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn a_kill_is_told_by_nobody() {
    let rig = Rig::new();
    let claude = Claude::new(&rig);
    let session = claude.start_ready("agent");
    Process::of(session.pid()).kill();
    session.wait_over();
    assert_eq!(claude.hooks().names(), ["SessionStart"]);
}

#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn a_conversation_goes_on_after_a_kill_in_the_midst_of_an_answer() {
    let rig = Rig::new();
    let claude = Claude::new(&rig);
    let session = claude.start_ready("agent");
    claude.prompt(&session, "say something");
    let stopped = claude.hooks().wait_for("Stop");
    let id = stopped["session_id"].as_str().unwrap().to_owned();
    // It says that it has stopped before that is in its own record.
    let record = stopped["transcript_path"].as_str().unwrap();
    wait::until("its own record", || {
        let text = std::fs::read_to_string(record).map_err(|error| error.to_string())?;
        if text.contains(HEARD) { Ok(()) } else { Err(text) }
    });
    claude.prompt(&session, "go on HOLD[never]");
    rig.api.wait_prompt("go on");
    Process::of(session.pid()).kill();
    session.wait_over();

    let again = claude.start_with(&[], &["--resume", &id]);
    let told = claude.hooks().wait("that it resumes", |event| event["source"] == "resume");
    assert_eq!(told["session_id"], id, "{told:#}");
    again.wait_screen_contains(&format!("\"say something\" {HEARD}"));
    claude.prompt(&again, "are you there");
    again.wait_screen_contains(&format!("\"are you there\" {HEARD}"));
}
