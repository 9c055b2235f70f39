//! What holds for every agent.

use std::fs;

use app_tests::agents::network::Network;
use app_tests::agents::script::HEARD;
use app_tests::agents::{Agent, Claude, Codex, Rig};
use app_tests::process;
use app_tests::terminal::DETACH_KEY;

/// Runs a check as a test for each agent.
macro_rules! for_each_agent {
    ($($check:ident),* $(,)?) => {
        mod claude_code {
            use super::*;
            $(
                #[test]
                #[ignore = "needs agents: cargo xtask agents"]
                fn $check() {
                    let rig = Rig::new();
                    super::$check(&Claude::new(&rig));
                }
            )*
        }

        mod codex {
            use super::*;
            $(
                #[test]
                #[ignore = "needs agents: cargo xtask agents"]
                fn $check() {
                    let rig = Rig::new();
                    super::$check(&Codex::new(&rig));
                }
            )*
        }
    };
}

for_each_agent!(
    it_comes_up_with_nobody_attached_and_answers,
    a_prompt_and_its_enter_in_one_command_are_taken,
    it_reaches_nothing_but_the_model,
    attaching_and_detaching_leaves_terminal_and_agent_alone,
    it_survives_the_death_of_the_daemon,
    a_permission_is_asked_for_on_the_screen_and_can_be_given,
    it_ends_when_it_is_told_to,
);

/// A terminal is asked a dozen things at the start, and nobody's is there to answer.
fn it_comes_up_with_nobody_attached_and_answers<'r>(agent: &impl Agent<'r>) {
    let session = agent.start_ready("agent");
    agent.prompt(&session, "say something");
    session.wait_screen_contains(&format!("\"say something\" {HEARD}"));
    let told = agent.hooks().wait_names(&["SessionStart", "UserPromptSubmit", "Stop"]);
    assert_eq!(told[0]["source"], "startup", "{:#}", told[0]);
    let answer = format!("\"say something\" {HEARD}");
    assert_eq!(told[2]["last_assistant_message"], answer, "{:#}", told[2]);
}

fn a_prompt_and_its_enter_in_one_command_are_taken<'r>(agent: &impl Agent<'r>) {
    let session = agent.start_ready("agent");
    session.appctl("send", &["--enter", "say something in one go"]).ok();
    agent.wait_taken("say something in one go");
    session.wait_screen_contains(HEARD);
}

/// Of the rig itself: root can give an agent a network with nothing in it.
fn it_reaches_nothing_but_the_model<'r>(agent: &impl Agent<'r>) {
    let session = agent.start_ready("agent");
    let devices = fs::read_to_string(format!("/proc/{}/net/dev", session.pid())).unwrap();
    let names: Vec<_> = devices
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, _)| name.trim())
        .collect();
    match agent.rig().network {
        Network::OnlyThisThread => assert_eq!(names, ["lo"], "{devices}"),
        Network::AsTheMachine => assert!(names.contains(&"lo"), "{devices}"),
    }
    let model = process::variable(session.pid(), "ANTHROPIC_BASE_URL");
    assert_eq!(model, Some(agent.rig().api.url()));
}

fn attaching_and_detaching_leaves_terminal_and_agent_alone<'r>(agent: &impl Agent<'r>) {
    let session = agent.start_ready("agent");
    let pid = session.pid();
    agent.prompt(&session, "go on HOLD[gate]");
    agent.rig().api.wait_prompt("go on");
    let mut terminal = session.attach();
    terminal.wait_until_contains("go on");
    let before = terminal.settings_found().clone();
    terminal.keys(DETACH_KEY);
    assert_eq!(terminal.wait_exit(), 0, "{terminal}");
    terminal.settle();
    let left = terminal.screen().modes_left_behind();
    assert!(left.is_empty(), "modes left behind: {left:?}: {terminal}");
    let after = terminal.settings();
    assert_eq!(after.local_modes, before.local_modes, "{terminal}");
    assert_eq!(after.input_modes, before.input_modes, "{terminal}");
    session.wait_attached(0);
    agent.rig().api.let_go("gate");
    session.wait_screen_contains(HEARD);
    assert_eq!(session.pid(), pid);
}

fn it_survives_the_death_of_the_daemon<'r>(agent: &impl Agent<'r>) {
    let session = agent.start_ready("agent");
    let pid = session.pid();
    agent.prompt(&session, "go on HOLD[gate]");
    let asked = agent.rig().api.wait_prompt("go on");
    agent.rig().home.kill_daemon_hard();
    agent.rig().api.let_go("gate");
    agent.rig().api.wait_answered(&asked);
    session.wait_screen_contains(HEARD);
    assert_eq!(session.pid(), pid);
    agent.prompt(&session, "are you there");
    session.wait_screen_contains(&format!("\"are you there\" {HEARD}"));
}

fn a_permission_is_asked_for_on_the_screen_and_can_be_given<'r>(agent: &impl Agent<'r>) {
    let session = agent.start_ready("agent");
    agent.prompt(&session, "RUN[touch made] then");
    let screen = agent.wait_asks(&session);
    assert!(screen.contains("touch made"), "{screen}");
    let asked = agent.hooks().wait_for("PermissionRequest");
    assert_eq!(asked["tool_name"], "Bash");
    assert_eq!(asked["tool_input"]["command"], "touch made");
    assert!(!agent.rig().project().join("made").exists());
    agent.allow(&session);
    agent.rig().wait_file("made");
    session.wait_screen_contains(&format!("\"then\" {HEARD}"));
    agent.hooks().wait_names(&[
        "SessionStart",
        "UserPromptSubmit",
        "PreToolUse",
        "PermissionRequest",
        "PostToolUse",
        "Stop",
    ]);
}

fn it_ends_when_it_is_told_to<'r>(agent: &impl Agent<'r>) {
    let session = agent.start_ready("agent");
    agent.prompt(&session, "say something");
    session.wait_screen_contains(HEARD);
    agent.hooks().wait_for("Stop");
    let view = agent.leave(&session);
    assert_eq!(view["exit"]["code"], 0, "{view:#}");
    agent.hooks().wait_names(&["SessionStart", "UserPromptSubmit", "Stop", "SessionEnd"]);
}
