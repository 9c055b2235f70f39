//! `--no-tty`: a program without a terminal, its output straight in the transcript.

use app_tests::Home;
use serde_json::json;

#[test]
fn both_streams_of_a_program_without_a_terminal_are_in_the_logs_in_order() {
    let home = Home::new();
    let script = "echo one; echo two >&2; echo three; exit 3";
    let session = home.start_with(&["--no-tty", "-n", "plain"], &["sh", "-c", script]);
    let view = session.wait_over();
    assert_eq!(view["exit"], json!({"code": 3}));
    assert_eq!(view["tty"], false);
    assert_eq!(session.logs(), "one\ntwo\nthree\n");
    assert_eq!(session.appctl("logs", &["--raw"]).ok().stdout, b"one\ntwo\nthree\n");
}

#[test]
fn a_program_without_a_terminal_sees_none() {
    let home = Home::new();
    let script = "test -t 0 || test -t 1 || test -t 2 && echo terminal; cat; echo end of input";
    let session = home.start_with(&["--no-tty"], &["sh", "-c", script]);
    session.wait_over();
    assert_eq!(session.logs(), "end of input\n");
    let tty = home.start_with(&["--no-tty"], &["sh", "-c", "exec </dev/tty || exec sleep 0"]);
    tty.wait_over();
    assert!(tty.logs().contains("/dev/tty"), "no controlling terminal: {}", tty.logs());
}

#[test]
fn the_elapsed_time_and_the_end_are_those_of_any_other_session() {
    let home = Home::new();
    let session = home.start_with(&["--no-tty"], &["sh", "-c", "sleep 1.1; kill -9 $$"]);
    let view = session.wait_over();
    assert_eq!(view["exit"], json!({"signal": "KILL"}));
    assert!(view["elapsed_ms"].as_u64().unwrap() >= 1100, "{view:#}");
}

#[test]
fn output_without_a_terminal_can_be_followed() {
    let home = Home::new();
    let fifo = home.path().join("fifo");
    let script = format!("mkfifo {0}; echo one; read x <{0}; echo $x; exit 0", fifo.display());
    let session = home.start_with(&["--no-tty"], &["sh", "-c", &script]);
    session.wait_logs_contain("one");
    let following = app_tests::home::spawn(home.appctl_command(["logs", "-f", &session.id]));
    std::fs::write(&fifo, "two\n").unwrap();
    following.finish().ok().prints("one\ntwo\n");
}

#[test]
fn a_session_without_a_terminal_survives_the_death_of_the_daemon_and_can_be_stopped() {
    let home = Home::new();
    let session = home.start_with(&["--no-tty"], &["sh", "-c", "echo up; sleep 1000 & wait"]);
    session.wait_logs_contain("up");
    let program = session.program();
    home.kill_daemon_hard();
    assert_eq!(session.show()["phase"], "running");
    session.appctl("stop", &[]).ok();
    program.wait_over();
    assert_eq!(session.show()["exit"], json!({"signal": "TERM"}));
}

#[test]
fn what_cannot_be_executed_is_said_without_a_terminal_too() {
    let home = Home::new();
    home.appctl(["start", "--bg", "--no-tty", "--", "no-such-program"]).fails(127, &["no-such"]);
    assert_eq!(home.ls_all().len(), 0);
}

#[test]
fn there_is_nothing_to_attach_to_and_nothing_to_peek_at() {
    let home = Home::new();
    let session = home.start_with(&["--no-tty"], &["sleep", "1000"]);
    let mut terminal = session.attach();
    assert_ne!(terminal.wait_exit(), 0, "{terminal}");
    assert!(terminal.screen().contains("error: "), "{terminal}");
    let outcome = session.appctl("peek", &[]);
    assert_ne!(outcome.code(), 0, "{outcome:?}");
}
