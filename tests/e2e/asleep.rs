//! Sessions whose agents wait and that nobody uses: put to sleep, and woken where they were.

use app_tests::stand_in::{CONVERSATION, StandIn, sleep_after};
use app_tests::terminal::DETACH_KEY;
use app_tests::{Home, Session, audit, process};
use serde_json::json;

#[track_caller]
fn wait_asleep(session: &Session<'_>) -> serde_json::Value {
    session.wait_for("asleep", |view| view["phase"] == "asleep")
}

/// The prompt was said once, and every start but the first went on with the conversation.
#[track_caller]
fn no_prompt_was_said_again(agent: &StandIn<'_>, prompt: &str) {
    assert_eq!(agent.heard().iter().filter(|line| *line == prompt).count(), 1);
    let starts = agent.starts();
    assert!(starts[0].ends_with(prompt), "{starts:?}");
    for again in &starts[1..] {
        assert!(again.contains(&format!("--resume {CONVERSATION}")), "{starts:?}");
        assert!(!again.contains(prompt), "{starts:?}");
    }
}

#[test]
fn an_agent_that_nobody_uses_sleeps_and_attaching_finds_it_where_it_was() {
    let home = Home::new();
    sleep_after(&home, "1s");
    let agent = StandIn::new(&home);
    let session = agent.start("agent", "first words");
    let view = wait_asleep(&session);
    assert_eq!((&view["pid"], &view["state"]), (&json!(null), &json!("asleep")), "{view:#}");
    let left = process::that_know(&home.runtime_dir());
    let daemons = home.daemons();
    assert_eq!(left, daemons, "neither the program nor its holder is left");
    assert_eq!(home.appctl(["notices", "--json"]).ok().json(), json!([]));
    assert!(home.appctl(["ls"]).ok().out().contains("asleep\tfor "), "it is listed");
    assert_eq!(home.wait_event("run.ended", &session.id)["asleep"], true);

    let mut terminal = session.attach();
    terminal.wait_until_contains("before: first words");
    assert_eq!(session.show()["run"], 2);
    terminal.type_line("more words");
    terminal.wait_until_contains("heard: more words");
    terminal.keys(DETACH_KEY);
    assert_eq!(terminal.wait_exit(), 0, "{terminal}");
    // And again, although nothing more was said in it.
    session.wait_for("asleep again", |view| view["phase"] == "asleep" && view["run"] == 2);
    let mut terminal = session.attach();
    terminal.wait_until_contains("before: more words");
    terminal.keys(DETACH_KEY);
    terminal.wait_exit();
    session.wait_for("asleep again", |view| view["phase"] == "asleep" && view["run"] == 3);
    no_prompt_was_said_again(&agent, "first words");
    assert_eq!(agent.heard(), ["first words", "more words"]);
    audit::check(&home);
}

#[test]
fn what_is_sent_to_one_that_sleeps_wakes_it_and_arrives() {
    let home = Home::new();
    sleep_after(&home, "1s");
    let agent = StandIn::new(&home);
    let session = agent.start("agent", "first words");
    wait_asleep(&session);
    session.appctl("send", &["--enter", "more words"]).ok();
    session.wait_logs_contain("heard: more words");
    no_prompt_was_said_again(&agent, "first words");
    assert_eq!(agent.heard(), ["first words", "more words"]);
}

/// The last one to come to rest is the last to be due: when it sleeps, the others were looked
/// at.
#[test]
fn what_is_pinned_or_used_or_works_or_asks_or_is_a_task_stays_awake() {
    let home = Home::new();
    let agent = StandIn::new(&home);
    let pinned = agent.start("pinned", "one");
    pinned.appctl("pin", &[]).ok();
    let works = agent.start("works", "work");
    let asks = agent.start("asks", "ask");
    asks.wait_for("asking", |view| view["attention"].is_object());
    let digs = agent.start("digs", "dig");
    digs.wait_for("digging", |view| view["live_tasks"] == 1);
    let used = agent.start("used", "two");
    let terminal = used.attach();
    used.wait_attached(1);
    let task = agent.start_with(&["-n", "task", "--parent", &pinned.id], "three");
    let other = home.start("other", &["sleep", "1000"]);
    sleep_after(&home, "1s");
    wait_asleep(&agent.start("last", "four"));
    for awake in [&pinned, &works, &asks, &digs, &used, &task, &other] {
        let view = awake.show();
        assert_eq!((&view["phase"], &view["run"]), (&json!("running"), &json!(1)), "{view:#}");
    }
    drop(terminal);
    pinned.appctl("unpin", &[]).ok();
    digs.appctl("send", &["--enter", "dug"]).ok();
    for sleepy in [&used, &digs] {
        wait_asleep(sleepy);
    }
    assert_eq!(pinned.show()["phase"], "running", "it has a task");
    task.appctl("stop", &[]).ok();
    wait_asleep(&pinned);
}

/// The fact `sleep` of `why`: its value, and what it rests on.
#[track_caller]
fn why_awake(session: &Session<'_>) -> (String, String) {
    let why = session.appctl("why", &["--json"]).ok().json();
    let facts = why["facts"].as_array().unwrap();
    let fact = facts.iter().find(|fact| fact["fact"] == "sleep");
    let fact = fact.unwrap_or_else(|| panic!("{why:#}"));
    assert_eq!(fact["evidence"]["source"], "policy", "{fact:#}");
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    (text(&fact["value"]), text(&fact["evidence"]["detail"]))
}

#[test]
fn why_tells_when_it_sleeps_or_what_keeps_it_awake() {
    let home = Home::new();
    let agent = StandIn::new(&home);
    let session = agent.start("agent", "one");
    session.wait_for("idle", |view| view["turn"] == "idle");
    let told = |value: &str, detail: &str| {
        let (found, why) = why_awake(&session);
        assert!(found.starts_with(value) && why.contains(detail), "{found:?} {why:?}");
    };
    told("only when memory is short", "`[idle] after` is not set");
    sleep_after(&home, "1h");
    told("at ", "nobody uses it");
    session.appctl("why", &[]).ok().mentions("sleep      at ").mentions("policy: it waits");
    session.appctl("pin", &[]).ok();
    told("never", "it is pinned");
    session.appctl("unpin", &[]).ok();
    let mut terminal = session.attach();
    session.wait_attached(1);
    told("never", "a terminal is attached");
    terminal.keys(DETACH_KEY);
    terminal.wait_exit();
    let task = agent.start_with(&["-n", "task", "--parent", &session.id], "two");
    task.wait_for("idle", |view| view["turn"] == "idle");
    told("never", "a task of it runs");
    assert!(why_awake(&task).1.contains("it is a task"));
    // Of one that works, and of one that sleeps, there is nothing to say.
    let works = agent.start("works", "work");
    works.wait_for("working", |view| view["turn"] == "working");
    let facts = works.appctl("why", &["--json"]).ok().out();
    assert!(!facts.contains("\"sleep\""), "{facts}");
}

#[test]
fn without_the_setting_nothing_sleeps_and_it_counts_from_when_it_is_set() {
    let home = Home::new();
    let agent = StandIn::new(&home);
    let session = agent.start("agent", "first words");
    session.wait_for("idle", |view| view["turn"] == "idle");
    sleep_after(&home, "1s");
    // Whatever happens has the settings looked at.
    home.start("other", &["sleep", "1000"]);
    wait_asleep(&session);
}

#[test]
fn one_that_sleeps_is_ended_for_good_by_stop() {
    let home = Home::new();
    sleep_after(&home, "1s");
    let session = StandIn::new(&home).start("agent", "first words");
    wait_asleep(&session);
    let mut waiting = app_tests::home::spawn(home.appctl_command(["wait", &session.id]));
    session.appctl("wait", &["--for", "idle"]).ok();
    assert!(!waiting.is_over(), "sleep is no end");
    session.appctl("stop", &[]).ok();
    waiting.finish();
    let view = session.show();
    assert_eq!((&view["phase"], &view["run"]), (&json!("ended"), &json!(1)), "{view:#}");
    session.appctl("send", &["--enter", "x"]).fails(1, &["not running"]);
}

#[test]
fn one_that_is_just_falling_asleep_is_woken_when_it_has() {
    let home = Home::new();
    sleep_after(&home, "1s");
    let agent = StandIn::new(&home);
    agent.make_gate();
    let session = agent.start("agent", "cling");
    session.wait_for("falling asleep", |view| view["phase"] == "stopping");
    let mut terminal = session.attach();
    agent.let_go();
    terminal.wait_until_contains("before: cling");
    assert_eq!(session.show()["run"], 2);
    no_prompt_was_said_again(&agent, "cling");
}

#[test]
fn one_that_cannot_be_woken_says_why_and_stays_asleep() {
    let home = Home::new();
    sleep_after(&home, "1s");
    let agent = StandIn::new(&home);
    let session = agent.start("agent", "first words");
    wait_asleep(&session);
    agent.remove();
    session.appctl("send", &["--enter", "lost"]).fails(127, &["stays asleep", "cannot start"]);
    let mut terminal = session.attach();
    assert_eq!(terminal.wait_exit(), 127, "{terminal}");
    let view = session.show();
    assert_eq!((&view["phase"], &view["run"]), (&json!("asleep"), &json!(1)), "{view:#}");
    agent.install();
    session.appctl("send", &["--enter", "more words"]).ok();
    session.wait_logs_contain("heard: more words");
    assert_eq!(agent.heard(), ["first words", "more words"], "nothing else arrived");
}

#[test]
fn a_session_that_ended_is_resumed_with_its_conversation() {
    let home = Home::new();
    let agent = StandIn::new(&home);
    let session = agent.start("agent", "first words");
    session.wait_for("idle", |view| view["turn"] == "idle");
    session.appctl("stop", &[]).ok();
    session.appctl("resume", &["--bg"]).ok();
    session.wait_screen_contains("before: first words");
    no_prompt_was_said_again(&agent, "first words");
}

/// Its first prompt would be said again, otherwise.
#[test]
fn a_session_that_its_policy_starts_again_goes_on_with_its_conversation() {
    let home = Home::new();
    let agent = StandIn::new(&home);
    let session = agent.start_with(&["-n", "agent", "--restart", "on-failure"], "first words");
    session.wait_for("idle", |view| view["turn"] == "idle");
    session.program().kill();
    session.wait_for("back", |view| view["run"] == 2 && view["phase"] == "running");
    session.wait_screen_contains("before: first words");
    no_prompt_was_said_again(&agent, "first words");
}

/// Who has said nothing yet has no conversation to go on with: it is started as it was.
#[test]
fn a_session_whose_agent_was_never_asked_is_resumed_as_it_was_started() {
    let home = Home::new();
    let agent = StandIn::new(&home);
    let session = agent.start("agent", "work");
    session.wait_for("working", |view| view["turn"] == "working");
    session.appctl("kill", &[]).ok();
    session.appctl("resume", &["--bg"]).ok();
    session.wait_logs_contain("heard: work");
    assert!(agent.starts().iter().all(|start| !start.contains("--resume")));
}

#[test]
fn sessions_sleep_and_wake_across_daemons() {
    let home = Home::new();
    let agent = StandIn::new(&home);
    let session = agent.start("agent", "first words");
    session.wait_for("idle", |view| view["turn"] == "idle");
    home.kill_daemon_hard();
    sleep_after(&home, "1s");
    wait_asleep(&session);
    home.kill_daemon_hard();
    assert_eq!(session.show()["phase"], "asleep");
    let mut terminal = session.attach();
    terminal.wait_until_contains("before: first words");
    no_prompt_was_said_again(&agent, "first words");
}
