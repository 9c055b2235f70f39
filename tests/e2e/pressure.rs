//! Memory that is short: who waits for a person sleeps, one after the other, and nobody else.

use std::fs;

use app_tests::pressure::Pressure;
use app_tests::stand_in::StandIn;
use app_tests::terminal::DETACH_KEY;
use app_tests::{Home, Session, audit, process, wait};
use serde_json::{Value, json};

#[track_caller]
fn wait_idle(session: &Session<'_>) {
    session.wait_for("idle", |view| view["turn"] == "idle");
}

/// What the kernel does for as long as memory is short: it tells again and again.
#[track_caller]
fn tell_until_asleep(pressure: &Pressure, session: &Session<'_>) {
    wait::until("the session to sleep", || {
        let view = session.show();
        if view["phase"] == "asleep" {
            return Ok(());
        }
        pressure.tell();
        Err(format!("{view:#}"))
    });
}

/// Tells it until the daemon says this once more than it has.
#[track_caller]
fn tell_until_said(home: &Home, pressure: &Pressure, words: &str) {
    let said = || home.daemon_log().matches(words).count();
    let before = said();
    wait::until(&format!("{words:?} once more"), || {
        if said() > before {
            return Ok(());
        }
        pressure.tell();
        Err(home.daemon_log())
    });
}

/// A home whose daemon says what it looks at.
fn talkative() -> Home {
    Home::new().with("APPCTL_LOG", "debug")
}

/// What the doctor says of it.
#[track_caller]
fn memory(home: &Home) -> String {
    let looked = home.appctl(["doctor", "--json"]).json();
    let checks = looked["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == "memory");
    check.unwrap_or_else(|| panic!("{looked:#}"))["found"].to_string()
}

#[track_caller]
fn phase(session: &Session<'_>) -> Value {
    session.show()["phase"].clone()
}

#[test]
fn when_memory_is_short_the_one_that_waited_longest_sleeps_and_attaching_wakes_it() {
    let home = Home::new();
    let mut pressure = Pressure::new(&home);
    let agent = StandIn::new(&home);
    let first = agent.start("first", "one");
    assert_eq!(pressure.asked(), "some 150000 2000000\n");
    wait_idle(&first);
    let second = agent.start("second", "two");
    wait_idle(&second);

    tell_until_asleep(&pressure, &second);
    let asked = home.wait_event("run.stopping", &first.id);
    assert_eq!((&asked["sleep"], &asked["cause"]), (&json!(true), &json!("pressure")), "{asked}");
    let ended = home.wait_event("run.ended", &first.id);
    assert_eq!(ended["asleep"], true);
    let next = home.wait_event("run.stopping", &second.id);
    assert!(ended["seq"].as_u64() < next["seq"].as_u64(), "one after the other: {ended} {next}");
    assert_eq!(home.appctl(["notices", "--json"]).ok().json(), json!([]), "nobody is told");
    assert_eq!(process::that_know(&home.runtime_dir()), home.daemons(), "and memory is free");
    let mut terminal = first.attach();
    terminal.wait_until_contains("before: one");
    terminal.keys(DETACH_KEY);
    assert_eq!(terminal.wait_exit(), 0, "{terminal}");
    audit::check(&home);
}

/// Of each kind that stays awake there is one that has rested for longer than the last.
#[test]
fn what_is_pinned_or_used_or_works_or_asks_or_is_no_agent_stays_awake_under_pressure() {
    let home = talkative();
    let mut pressure = Pressure::new(&home);
    let agent = StandIn::new(&home);
    let pinned = agent.start("pinned", "one");
    pressure.asked();
    pinned.appctl("pin", &[]).ok();
    let works = agent.start("works", "work");
    let asks = agent.start("asks", "ask");
    asks.wait_for("asking", |view| view["attention"].is_object());
    let digs = agent.start("digs", "dig");
    digs.wait_for("digging", |view| view["live_tasks"] == 1);
    let used = agent.start("used", "two");
    let _terminal = used.attach();
    used.wait_attached(1);
    let task = agent.start_with(&["-n", "task", "--parent", &pinned.id], "three");
    let other = home.start("other", &["sleep", "1000"]);
    let last = agent.start("last", "four");
    tell_until_asleep(&pressure, &last);
    // Nobody is left, and that is no reason to take one that may not.
    tell_until_said(&home, &pressure, "no session is at rest that could sleep");
    for awake in [&pinned, &works, &asks, &digs, &used, &task, &other] {
        let view = awake.show();
        assert_eq!((&view["phase"], &view["run"]), (&json!("running"), &json!(1)), "{view:#}");
    }
}

#[test]
fn where_the_settings_say_so_nothing_sleeps_for_want_of_memory() {
    let home = talkative();
    let settings = home.config_dir().join("config.toml");
    fs::write(&settings, "[idle]\nunder_pressure = false\n").unwrap();
    assert!(memory(&home).contains("under_pressure = false"), "{}", memory(&home));
    let mut pressure = Pressure::new(&home);
    let session = StandIn::new(&home).start("agent", "one");
    pressure.asked();
    wait_idle(&session);
    tell_until_said(&home, &pressure, "nothing is to sleep for that");
    assert_eq!(phase(&session), "running");
    fs::write(&settings, "").unwrap();
    tell_until_asleep(&pressure, &session);
    assert_eq!(session.show()["run"], 1);
}

#[test]
fn a_daemon_without_anybody_to_tell_it_does_without() {
    let home = Home::new();
    let session = StandIn::new(&home).start("agent", "one");
    home.wait_log_contains("nobody tells here when memory is short");
    assert!(memory(&home).contains("nothing sleeps for that"), "{}", memory(&home));
    wait_idle(&session);
    home.appctl(["daemon", "stop"]).ok();
    // One that has nothing more to tell is not listened to again and again.
    let mut pressure = Pressure::new(&home);
    home.appctl(["daemon", "start"]).ok();
    pressure.asked();
    assert!(memory(&home).contains("agents at rest sleep"), "{}", memory(&home));
    pressure.end(&home);
    home.wait_log_contains("the kernel does not tell any more when memory is short");
    assert_eq!(phase(&session), "running");
}
