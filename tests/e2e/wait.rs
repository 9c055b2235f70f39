//! `wait`: the way for scripts to learn of an end.

use std::time::{Duration, Instant};

use app_tests::{Home, home};
use rustix::process::Signal;

/// Ends with this code when it is told to.
fn ends_with(code: i32) -> String {
    format!("read x; exit {code}")
}

#[test]
fn waiting_ends_with_the_programs_exit_code() {
    let home = Home::new();
    let session = home.start_sh("five", &ends_with(5));
    let mut waiting = home::spawn(home.appctl_command(["wait", &session.id]));
    assert!(!waiting.is_over());
    session.appctl("send", &["--enter", ""]).ok();
    waiting.finish().exits(5);
}

#[test]
fn waiting_for_a_session_that_has_ended_returns_at_once_with_its_code() {
    let home = Home::new();
    let session = home.start_sh("five", "exit 5");
    session.wait_over();
    session.appctl("wait", &[]).exits(5);
    session.appctl("wait", &[]).exits(5);
}

#[test]
fn a_program_that_a_signal_ended_is_128_and_the_signal() {
    let home = Home::new();
    for (signal, code) in [(Signal::TERM, 143), (Signal::KILL, 137), (Signal::SEGV, 139)] {
        let session = home.start("victim", &["sleep", "1000"]);
        session.program().signal(signal);
        session.appctl("wait", &[]).exits(code);
        home.appctl(["rm", &session.id]).ok();
    }
}

#[test]
fn waiting_with_a_timeout_is_124_and_leaves_the_session_alone() {
    let home = Home::new();
    let session = home.start("long", &["sleep", "1000"]);
    let before = Instant::now();
    session.appctl("wait", &["--timeout", "300ms"]).exits(124);
    assert!(before.elapsed() >= Duration::from_millis(300));
    assert_eq!(session.show()["phase"], "running");
}

#[test]
fn waiting_for_several_waits_for_all_of_them() {
    let home = Home::new();
    let one = home.start_sh("one", &ends_with(0));
    let two = home.start_sh("two", &ends_with(0));
    let mut waiting = home::spawn(home.appctl_command(["wait", &one.id, &two.id]));
    one.appctl("send", &["--enter", ""]).ok();
    one.wait_over();
    assert!(!waiting.is_over());
    two.appctl("send", &["--enter", ""]).ok();
    waiting.finish().exits(0);
}

#[test]
fn waiting_for_any_ends_with_the_first_one_and_its_code() {
    let home = Home::new();
    let slow = home.start_sh("slow", &ends_with(1));
    let quick = home.start_sh("quick", &ends_with(9));
    let waiting = home::spawn(home.appctl_command(["wait", "--any", &slow.id, &quick.id]));
    quick.appctl("send", &["--enter", ""]).ok();
    waiting.finish().exits(9);
    assert_eq!(slow.show()["phase"], "running");
}

#[test]
fn waiting_for_several_fails_when_one_of_them_failed() {
    let home = Home::new();
    let good = home.start_sh("good", "exit 0");
    let bad = home.start_sh("bad", "exit 7");
    let outcome = home.appctl(["wait", &good.id, &bad.id]);
    assert_ne!(outcome.code(), 0, "{outcome:?}");
}

#[test]
fn waiting_for_an_unknown_session_is_3() {
    Home::new().appctl(["wait", "nobody"]).fails(3, &["nobody"]);
}

#[test]
fn a_timeout_that_makes_no_sense_is_wrong_usage() {
    let home = Home::new();
    let session = home.start("long", &["sleep", "1000"]);
    session.appctl("wait", &["--timeout", "soon"]).exits(2);
}

/// A wait that outlives its session once hung for ever.
#[test]
fn waiting_ends_when_the_session_is_stopped_or_removed() {
    let home = Home::new();
    let session = home.start("gone", &["sleep", "1000"]);
    let waiting = home::spawn(home.appctl_command(["wait", &session.id]));
    home.wait_event("run.started", &session.id);
    session.appctl("kill", &[]).ok();
    let outcome = waiting.finish();
    assert_eq!(outcome.code(), 137, "{outcome:?}");
}
