//! What is believed of a session is never wrong for more than a second: real agents, with
//! and without hooks, and everything that happens to a turn.
//!
//! The truth is what the model and the test know: a prompt was entered and the model asked, it
//! has answered, nobody wants its answer any more, a question is on the screen or is not.

use std::fs;

use app_tests::agents::record::{ASKING, FAILED, IDLE, Record, WORKING};
use app_tests::agents::{Agent, Claude, Codex, Rig};
use app_tests::{Session, wait};

/// Takes as long as the test wants.
const TOOL: &str = "until test -e go; do sleep 0.05; done\n";

/// Starts an agent with a record of it; it is ready.
fn start<'r>(agent: &impl Agent<'r>, more: &[&str]) -> (Session<'r>, Record) {
    fs::write(agent.rig().project().join("tool"), TOOL).unwrap();
    let session = agent.start_with(&["-n", "agent"], more);
    let mut record = Record::of(&agent.rig().home, &session);
    record.comes(IDLE, "it is ready", || agent.wait_ready(&session));
    (session, record)
}

/// Enters a prompt, and waits until the model is asked for it.
fn enter<'r>(agent: &impl Agent<'r>, session: &Session<'_>, prompt: &str) {
    agent.type_line(session, prompt);
    agent.rig().api.wait_prompt(prompt);
}

fn answers_and_is_interrupted<'r>(agent: &impl Agent<'r>, more: &[&str]) {
    let api = &agent.rig().api;
    let (session, mut record) = start(agent, more);
    record.comes(WORKING, "the model is asked", || enter(agent, &session, "one HOLD[one]"));
    let asked = api.wait_prompt("one");
    record.comes(IDLE, "it has answered", || {
        api.let_go("one");
        api.wait_answered(&asked);
        agent.hooks().wait_count(agent.end_event(), 1);
    });
    record.comes(WORKING, "it is asked again", || enter(agent, &session, "two HOLD[never]"));
    let asked = api.wait_prompt("two");
    record.comes(IDLE, "it is interrupted", || {
        agent.interrupt(&session);
        api.wait_abandoned(&asked);
    });
    let ended = agent.hooks().count(agent.end_event());
    record.comes_briefly(WORKING, "a short turn begins", || enter(agent, &session, "three"));
    record.comes(IDLE, "it ends", || {
        agent.hooks().wait_count(agent.end_event(), ended + 1);
    });
    record.check();
}

fn asks_and_is_allowed<'r>(agent: &impl Agent<'r>, more: &[&str]) {
    let api = &agent.rig().api;
    let (session, mut record) = start(agent, more);
    record.comes_briefly(WORKING, "the model is asked", || {
        enter(agent, &session, "RUN[sh tool] HOLD[gate] one");
    });
    record.comes(ASKING, "the question is there", || agent.wait_asks(&session));
    record.comes(WORKING, "the tool runs", || agent.allow(&session));
    let asked = record.comes(WORKING, "the tool has run", || {
        fs::write(agent.rig().project().join("go"), "").unwrap();
        api.wait_asked("the rest", |asked| asked.is_work() && asked.tool_done)
    });
    record.comes(IDLE, "it has answered", || {
        api.let_go("gate");
        api.wait_answered(&asked);
        agent.hooks().wait_count(agent.end_event(), 1);
    });
    record.check();
}

fn asks_and_is_refused<'r>(agent: &impl Agent<'r>, more: &[&str]) {
    let (session, mut record) = start(agent, more);
    record.comes_briefly(WORKING, "the model is asked", || {
        enter(agent, &session, "RUN[sh tool] two");
    });
    record.comes(ASKING, "the question is there", || agent.wait_asks(&session));
    record.comes(IDLE, "it is refused", || {
        wait::until("the question to be gone", || {
            session.appctl("send", &["--key", "esc"]).ok();
            let screen = session.peek();
            if screen.contains(agent.question()) { Err(screen) } else { Ok(()) }
        });
    });
    record.check();
}

/// Runs the checks as tests of one way to run an agent.
macro_rules! tests_of {
    ($way:ident, $agent:expr, $more:expr) => {
        mod $way {
            use super::*;

            #[test]
            #[ignore = "needs agents: cargo xtask agents"]
            fn a_turn_that_ends_and_one_that_is_interrupted() {
                let rig = Rig::new();
                answers_and_is_interrupted(&$agent(&rig), $more);
            }

            #[test]
            #[ignore = "needs agents: cargo xtask agents"]
            fn a_question_that_is_allowed() {
                let rig = Rig::new();
                asks_and_is_allowed(&$agent(&rig), $more);
            }

            #[test]
            #[ignore = "needs agents: cargo xtask agents"]
            fn a_question_that_is_refused() {
                let rig = Rig::new();
                asks_and_is_refused(&$agent(&rig), $more);
            }
        }
    };
}

tests_of!(claude_with_hooks, Claude::new, &[]);
// Who brings settings along gets no hooks from us.
tests_of!(claude_without_hooks, Claude::new, &["--settings", "{}"]);
tests_of!(codex_with_hooks, codex_with_hooks, &[]);
tests_of!(codex_without_hooks, Codex::new, &[]);

/// Codex, with our hooks beside those of the test.
fn codex_with_hooks(rig: &Rig) -> Codex<'_> {
    let codex = Codex::new(rig);
    rig.home.appctl(["hooks", "install", "codex"]).ok();
    codex
}

#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn a_subagent_of_claude_works_on_after_the_turn() {
    let rig = Rig::new();
    let claude = Claude::new(&rig);
    let (session, mut record) = start(&claude, &[]);
    record.comes_briefly(WORKING, "the model is asked", || {
        enter(&claude, &session, "DELEGATE[dig HOLD[deep]] now");
    });
    record.comes(WORKING.with_task(), "the subagent works", || {
        rig.api.wait_asked("the subagent", |asked| asked.prompt.starts_with("dig"));
    });
    record.comes(IDLE, "all is done", || {
        rig.api.let_go("deep");
        claude.hooks().wait("the end of the last turn", |event| {
            event["hook_event_name"] == "Stop" && event["background_tasks"] == serde_json::json!([])
        });
    });
    record.check();
}

#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn a_turn_of_claude_that_fails() {
    let rig = Rig::new();
    let claude = Claude::new(&rig);
    a_turn_fails(&claude, |_| drop(claude.hooks().wait_for("StopFailure")));
}

#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn a_turn_of_codex_that_fails() {
    let rig = Rig::new();
    a_turn_fails(&codex_with_hooks(&rig), |session| {
        session.wait_screen_contains("unexpected status 529");
    });
}

fn a_turn_fails<'r>(agent: &impl Agent<'r>, has_failed: impl Fn(&Session<'_>)) {
    let (session, mut record) = start(agent, &[]);
    record.comes_briefly(WORKING, "the model is asked", || enter(agent, &session, "one FAIL[529]"));
    record.comes(FAILED, "it failed", || has_failed(&session));
    record.comes(WORKING, "somebody types, and the model is asked again", || {
        enter(agent, &session, "two HOLD[two]");
    });
    record.check();
}
