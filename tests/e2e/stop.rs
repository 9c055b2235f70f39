//! `stop` and `kill`: stop means stop, for the whole tree, and only for that.

use std::time::{Duration, Instant};

use app_tests::process::{self, Process};
use app_tests::{Home, Session};
use serde_json::json;

/// A script that neither a hang-up nor a request can end.
const STUBBORN: &str =
    "trap 'echo not me' TERM HUP; echo ready; while :; do sleep 1000 & wait $!; done";

#[test]
fn a_stop_asks_and_waits_for_the_program_to_leave() {
    let home = Home::new();
    let session = home.start_sh(
        "polite",
        "trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 1000 & wait $!; done",
    );
    session.wait_screen_contains("ready");
    session.appctl("stop", &[]).ok();
    let view = session.show();
    assert_eq!(view["phase"], "ended", "{view:#}");
    assert_eq!(view["exit"], json!({"code": 3}));
    assert_eq!(view["state"], "stopped");
    assert!(session.logs().contains("bye"), "{}", session.logs());
}

#[test]
fn a_program_that_says_nothing_about_signals_is_ended_by_the_request() {
    let home = Home::new();
    let session = home.start("sleeper", &["sleep", "1000"]);
    session.appctl("stop", &[]).ok();
    assert_eq!(session.show()["exit"], json!({"signal": "TERM"}));
}

/// Interactive shells ignore SIGTERM; waiting out the grace for each would be a nuisance.
#[test]
fn an_interactive_shell_is_stopped_long_before_the_grace_is_over() {
    let home = Home::new();
    let session = home.start("shell", &["bash", "--norc", "-i"]);
    session.wait_screen_contains("bash-");
    let before = Instant::now();
    session.appctl("stop", &["--grace", "30s"]).ok();
    assert!(before.elapsed() < Duration::from_secs(15), "{:?}", before.elapsed());
    assert_eq!(session.show()["phase"], "ended");
}

#[test]
fn a_program_that_ignores_requests_is_ended_when_the_grace_is_over() {
    let home = Home::new();
    let session = home.start("stubborn", &["bash", "-c", STUBBORN]);
    session.wait_screen_contains("ready");
    let before = Instant::now();
    session.appctl("stop", &["--grace", "1s"]).ok();
    assert!(before.elapsed() >= Duration::from_secs(1), "the grace is kept");
    let view = session.show();
    assert_eq!(view["exit"], json!({"signal": "KILL"}), "{view:#}");
    assert_eq!(view["state"], "stopped");
    assert!(session.logs().contains("not me"), "it was asked first");
}

#[test]
fn a_kill_ends_the_program_at_once() {
    let home = Home::new();
    let session = home.start("stubborn", &["bash", "-c", STUBBORN]);
    session.wait_screen_contains("ready");
    session.appctl("kill", &[]).ok();
    let view = session.show();
    assert_eq!(view["phase"], "ended", "{view:#}");
    assert_eq!(view["exit"], json!({"signal": "KILL"}));
    assert!(!session.logs().contains("not me"), "nobody asked");
}

#[test]
fn a_stop_of_a_session_that_has_ended_changes_nothing() {
    let home = Home::new();
    let session = home.start_sh("over", "exit 4");
    session.wait_over();
    session.appctl("stop", &[]);
    let view = session.show();
    assert_eq!(view["exit"], json!({"code": 4}));
    assert_eq!(view["state"], "failed", "nobody stopped it");
}

#[test]
fn several_sessions_are_stopped_by_one_command() {
    let home = Home::new();
    let sessions = ["a", "b", "c"].map(|name| home.start(name, &["sleep", "1000"]));
    home.appctl(["stop", "a", "b", &sessions[2].id]).ok();
    for session in &sessions {
        assert_eq!(session.show()["phase"], "ended");
    }
}

#[test]
fn an_unknown_session_among_several_stops_none_of_them() {
    let home = Home::new();
    let session = home.start("a", &["sleep", "1000"]);
    home.appctl(["stop", "a", "nobody"]).fails(3, &["nobody"]);
    assert_eq!(session.show()["phase"], "running");
}

#[test]
fn stopping_an_unknown_session_is_3() {
    let home = Home::new();
    home.appctl(["stop", "nobody"]).fails(3, &["nobody"]);
    home.appctl(["kill", "nobody"]).fails(3, &["nobody"]);
}

/// The process whose number the session printed after `word`.
#[track_caller]
fn printed(session: &Session<'_>, word: &str) -> Process {
    let pid = |logs: &str| {
        let line = logs.lines().find(|line| line.starts_with(word))?.strip_prefix(word)?;
        line.trim().parse::<u32>().ok()
    };
    let logs = session.wait_logs_contain(word);
    let logs = if pid(&logs).is_some() { logs } else { session.wait_logs_contain("\n") };
    Process::of(pid(&logs).unwrap_or_else(|| panic!("no process after {word}: {logs}")))
}

#[test]
fn a_stop_ends_a_grandchild_with_a_session_of_its_own() {
    let home = Home::new();
    let script = "setsid sh -c 'echo grandchild $$; exec sleep 1000' & wait";
    let session = home.start_sh("tree", script);
    let grandchild = printed(&session, "grandchild");
    session.appctl("stop", &["--grace", "5s"]).ok();
    assert!(grandchild.is_over(), "{}", process::describe(grandchild.pid));
}

#[test]
fn a_stop_ends_a_grandchild_that_ignores_it_and_whose_parent_is_gone() {
    let home = Home::new();
    let inner = "trap : TERM HUP; echo orphan $$; while :; do sleep 1000 & wait $!; done";
    let script = format!("(setsid bash -c '{inner}' &) ; exec sleep 1000");
    let session = home.start_sh("tree", &script);
    let orphan = printed(&session, "orphan");
    session.appctl("stop", &["--grace", "1s"]).ok();
    orphan.wait_over();
    assert_eq!(session.show()["phase"], "ended");
}

#[test]
fn a_kill_ends_the_whole_tree() {
    let home = Home::new();
    let script = "setsid sh -c 'echo grandchild $$; exec sleep 1000' & wait";
    let session = home.start_sh("tree", script);
    let grandchild = printed(&session, "grandchild");
    session.appctl("kill", &[]).ok();
    grandchild.wait_over();
}

/// A build that leaves a server behind is over when the build is; the server was left on
/// purpose and is nobody's to end.
#[test]
fn a_run_ends_with_its_program_and_not_with_what_that_left_behind() {
    let home = Home::new();
    let script = "setsid sh -c 'echo left $$; exec sleep 1000' </dev/null >left 2>&1 & until [ -s left ]; do :; done; exit 6";
    let session = home.start_sh("parent", script);
    let view = session.wait_over();
    assert_eq!(view["exit"], json!({"code": 6}), "{view:#}");
    let line = std::fs::read_to_string(home.user_dir().join("left")).unwrap();
    let left = Process::of(line.trim().strip_prefix("left ").unwrap().parse().unwrap());
    assert!(!left.is_over(), "a natural end touches nobody");
    left.kill();
}

/// The same when the grandchild still holds the terminal open: the end is the program's
/// exit, not the end of its output.
#[test]
fn a_run_ends_with_its_program_though_a_grandchild_keeps_the_terminal() {
    let home = Home::new();
    let script =
        "trap '' HUP; sh -c 'echo left $$; exec sleep 1000' & wait_for=$!; sleep 0.2; exit 6";
    let session = home.start_sh("parent", script);
    let left = printed(&session, "left");
    let view = session.wait_over();
    assert_eq!(view["exit"], json!({"code": 6}), "{view:#}");
    let elapsed = view["elapsed_ms"].as_u64().unwrap();
    assert!(elapsed < 20_000, "{view:#}");
    left.kill();
}

/// "Stop undone by a racing respawn", "killed agents respawn": what was stopped stays so,
/// across a daemon that dies at the worst moment.
#[test]
fn a_stop_holds_when_the_daemon_is_killed_in_the_middle_of_it() {
    let home = Home::new();
    let session = home.start("stubborn", &["bash", "-c", STUBBORN]);
    session.wait_screen_contains("ready");
    let program = session.program();
    let daemon = Process::of(home.daemon_pid());
    let stop = app_tests::home::spawn(home.appctl_command(["stop", "--grace", "2s", &session.id]));
    session.wait_logs_contain("not me");
    daemon.kill();
    drop(stop);
    home.appctl(["daemon", "start"]).ok();
    program.wait_over();
    let view = session.wait_over();
    assert_eq!(view["exit"], json!({"signal": "KILL"}), "{view:#}");
    assert_eq!(view["state"], "stopped", "the request was not forgotten: {view:#}");
    assert_eq!(view["run"], 1);
}

#[test]
fn a_second_stop_with_less_patience_counts() {
    let home = Home::new();
    let session = home.start("stubborn", &["bash", "-c", STUBBORN]);
    session.wait_screen_contains("ready");
    let patient =
        app_tests::home::spawn(home.appctl_command(["stop", "--grace", "10m", &session.id]));
    session.wait_for("stopping", |view| view["phase"] == "stopping");
    session.appctl("kill", &[]).ok();
    patient.finish().ok();
    assert_eq!(session.show()["exit"], json!({"signal": "KILL"}));
}
