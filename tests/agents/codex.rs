//! What Codex tells by its hooks, and when.

use app_tests::agents::api::Interface;
use app_tests::agents::record::{IDLE, Record, WORKING};
use app_tests::agents::script::HEARD;
use app_tests::agents::{Agent as _, Codex, Rig};
use app_tests::process::Process;

/// Nothing is told until the first prompt, not even that there is a conversation.
#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn the_conversation_is_told_with_the_first_prompt() {
    let rig = Rig::new();
    let codex = Codex::new(&rig);
    let session = codex.start_ready("agent");
    assert_eq!(codex.hooks().names(), Vec::<String>::new());
    codex.prompt(&session, "say something");
    let told = codex.hooks().wait_names(&["SessionStart", "UserPromptSubmit", "Stop"]);
    assert!(told[0]["session_id"].is_string(), "{:#}", told[0]);
    assert_eq!(told[2]["last_assistant_message"], format!("\"say something\" {HEARD}"));
}

#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn a_model_without_room_is_told_on_the_screen_alone() {
    let rig = Rig::new();
    let codex = Codex::new(&rig);
    let session = codex.start_ready("agent");
    codex.prompt(&session, "FAIL[529] please");
    session.wait_screen_contains("unexpected status 529");
    codex.prompt(&session, "say something");
    session.wait_screen_contains(HEARD);
    let prompt = "UserPromptSubmit";
    codex.hooks().wait_names(&["SessionStart", prompt, prompt, "Stop"]);
}

#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn an_interrupted_turn_is_told() {
    let rig = Rig::new();
    let codex = Codex::new(&rig);
    let session = codex.start_ready("agent");
    codex.prompt(&session, "go on HOLD[never]");
    let asked = rig.api.wait_prompt("go on");
    session.wait_screen_contains("\"go");
    session.appctl("send", &["--key", "esc"]).ok();
    rig.api.wait_abandoned(&asked);
    codex.hooks().wait_names(&["SessionStart", "UserPromptSubmit", "Interrupt"]);
}

#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn a_conversation_goes_on_after_a_kill_in_the_midst_of_an_answer() {
    let rig = Rig::new();
    let codex = Codex::new(&rig);
    let session = codex.start_ready("agent");
    codex.prompt(&session, "say something");
    let id = codex.hooks().wait_for("Stop")["session_id"].as_str().unwrap().to_owned();
    codex.prompt(&session, "go on HOLD[never]");
    rig.api.wait_prompt("go on");
    Process::of(session.pid()).kill();
    session.wait_over();

    let again = codex.start_with(&[], &["resume", &id]);
    again.wait_screen_contains(&format!("\"say something\" {HEARD}"));
    codex.prompt(&again, "are you there");
    again.wait_screen_contains(&format!("\"are you there\" {HEARD}"));
    let told = codex.hooks().wait("that it resumes", |event| event["source"] == "resume");
    assert_eq!(told["session_id"], id, "{told:#}");
}

/// It asks the model for a title in a conversation of its own, beside the person's.
#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn with_our_hooks_the_conversation_is_known_and_a_title_is_no_turn() {
    let rig = Rig::new();
    let codex = Codex::new(&rig);
    rig.home.appctl(["hooks", "install", "codex"]).ok();
    let session = codex.start_ready("agent");
    let mut record = Record::of(&rig.home, &session);
    codex.type_text(&session, "one HOLD[one]");
    let asked = record.comes(WORKING, "the model is asked, and has given a title", || {
        session.appctl("send", &["--key", "enter"]).ok();
        let asked = rig.api.wait_prompt("one");
        let is_aside = |a: &app_tests::agents::Asked| {
            a.interface == Interface::Responses && a.tools.is_empty()
        };
        let title = rig.api.wait_asked("a title", is_aside);
        rig.api.wait_answered(&title);
        asked
    });
    let told = codex.hooks().wait_for("UserPromptSubmit");
    let conversation = told["session_id"].as_str().unwrap();
    let view = rig.home.appctl(["show", conversation, "--json"]).ok().json();
    assert_eq!(view["id"], session.id.as_str(), "{view:#}");
    record.comes(IDLE, "it has answered", || {
        rig.api.let_go("one");
        rig.api.wait_answered(&asked);
    });
    let view = rig.home.appctl(["show", conversation, "--json"]).ok().json();
    assert_eq!(view["id"], session.id.as_str(), "{view:#}");
    let tasks = rig.home.appctl(["task", "ls", &session.id, "--json"]).ok().json();
    assert_eq!(tasks.as_array().map(Vec::len), Some(0), "{tasks:#}");
    record.check();
}
