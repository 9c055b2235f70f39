//! Agents that wait are put to sleep, and go on where they were.

use app_tests::agents::script::HEARD;
use app_tests::agents::{Agent, Claude, Codex, Gemini, Opencode, Rig};
use app_tests::stand_in::{never_sleep, sleep_after};
use app_tests::terminal::DETACH_KEY;

/// How long they wait: some are slow to show what was said.
const AFTER: &str = "8s";

/// It says something, sleeps, shows that again when a terminal attaches, sleeps, and answers
/// what is sent to it. The model was asked each thing once. `began` has the first prompt.
fn it_sleeps_and_wakes_where_it_was<'r>(agent: &impl Agent<'r>, began: &[&str]) {
    let home = &agent.rig().home;
    sleep_after(home, AFTER);
    let session = agent.start_with(&["-n", "agent"], began);
    agent.hooks().wait_for(agent.end_event());
    let asleep = |run: u64| {
        session.wait_for("asleep", |view| view["phase"] == "asleep" && view["run"] == run)
    };
    asleep(1);
    let answer = format!("\"say something\" {HEARD}");
    let mut terminal = session.attach();
    terminal.wait_until_contains(&answer);
    terminal.keys(DETACH_KEY);
    assert_eq!(terminal.wait_exit(), 0, "{terminal}");
    asleep(2);
    // However long it takes to take what is typed.
    never_sleep(home);
    session.appctl("send", &["--enter", "are you there"]).ok();
    agent.rig().api.wait_prompt("are you there");
    sleep_after(home, AFTER);
    asleep(3);
    for prompt in ["say something", "are you there"] {
        let asked = agent.rig().api.asked();
        let times = asked.iter().filter(|asked| asked.is_work() && asked.prompt.contains(prompt));
        assert_eq!(times.count(), 1, "{prompt}");
    }
}

#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn claude_sleeps_and_wakes_where_it_was() {
    let rig = Rig::new();
    it_sleeps_and_wakes_where_it_was(&Claude::new(&rig), &["say something"]);
}

#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn codex_sleeps_and_wakes_where_it_was() {
    let rig = Rig::new();
    let codex = Codex::new(&rig);
    rig.home.appctl(["hooks", "install", "codex"]).ok();
    it_sleeps_and_wakes_where_it_was(&codex, &["say something"]);
}

#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn gemini_sleeps_and_wakes_where_it_was() {
    let rig = Rig::new();
    let gemini = Gemini::new(&rig);
    rig.home.appctl(["hooks", "install", "gemini"]).ok();
    it_sleeps_and_wakes_where_it_was(&gemini, &["-i", "say something"]);
}

#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn opencode_sleeps_and_wakes_where_it_was() {
    let rig = Rig::new();
    let opencode = Opencode::new(&rig);
    rig.home.appctl(["hooks", "install", "opencode"]).ok();
    it_sleeps_and_wakes_where_it_was(&opencode, &["--prompt", "say something"]);
}
