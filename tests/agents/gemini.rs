//! What Gemini CLI tells by its hooks, and when.

use app_tests::agents::script::HEARD;
use app_tests::agents::{Agent as _, Gemini, Rig};

#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn a_turn_is_told_from_its_prompt_to_its_end() {
    let rig = Rig::new();
    let gemini = Gemini::new(&rig);
    let session = gemini.start_with(&[], &["-i", "say something"]);
    session.wait_screen_contains(HEARD);
    let told = gemini.hooks().wait_names(&["SessionStart", "BeforeAgent", "AfterAgent"]);
    assert_eq!(told[0]["source"], "startup", "{:#}", told[0]);
    assert!(told[0]["session_id"].is_string(), "{:#}", told[0]);
    assert_eq!(told[2]["session_id"], told[0]["session_id"]);
}

#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn a_permission_is_told_with_the_command() {
    let rig = Rig::new();
    let gemini = Gemini::new(&rig);
    let session = gemini.start_with(&[], &["-i", "RUN[touch made] then"]);
    gemini.wait_asks(&session);
    let asked = gemini.hooks().wait_for("Notification");
    assert_eq!(asked["notification_type"], "ToolPermission", "{asked:#}");
    assert_eq!(asked["details"]["type"], "exec", "{asked:#}");
    assert_eq!(asked["details"]["command"], "touch made", "{asked:#}");
    assert!(!rig.project().join("made").exists());
    gemini.allow(&session);
    rig.wait_file("made");
    session.wait_screen_contains(&format!("\"then\" {HEARD}"));
    let all = ["SessionStart", "BeforeAgent", "BeforeTool", "AfterTool", "AfterAgent"];
    gemini.hooks().wait_names(&all);
}

#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn an_interrupted_turn_is_told_as_one_that_ended() {
    let rig = Rig::new();
    let gemini = Gemini::new(&rig);
    let session = gemini.start_with(&[], &["-i", "go on HOLD[never]"]);
    let asked = rig.api.wait_prompt("go on");
    session.wait_screen_contains("\"go");
    gemini.interrupt(&session);
    rig.api.wait_abandoned(&asked);
    gemini.hooks().wait_names(&["SessionStart", "BeforeAgent", "AfterAgent"]);
}

#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn a_stop_is_told_as_an_end() {
    let rig = Rig::new();
    let gemini = Gemini::new(&rig);
    let session = gemini.start_ready("agent");
    gemini.hooks().wait_names(&["SessionStart"]);
    session.appctl("stop", &[]).ok();
    session.wait_over();
    let end = gemini.hooks().wait_for("SessionEnd");
    assert_eq!(end["reason"], "exit", "{end:#}");
}
