//! `send`: typing into a session without a terminal.

use app_tests::Home;

/// Shows every byte it gets.
const SHOWS_BYTES: &str = "stty raw -echo; echo ready; exec cat -v";

#[test]
fn text_is_typed_without_an_enter_unless_asked() {
    let home = Home::new();
    let session = home.start_sh("bytes", SHOWS_BYTES);
    session.wait_screen_contains("ready");
    session.appctl("send", &["hello"]).ok();
    session.appctl("send", &["--enter", " world"]).ok();
    session.appctl("send", &["."]).ok();
    session.wait_screen_contains("hello world^M.");
}

#[test]
fn text_in_several_words_is_one_line() {
    let home = Home::new();
    let session = home.start_sh("lines", "while read x; do echo heard $x; done");
    session.appctl("send", &["--enter", "several words of text"]).ok();
    session.wait_screen_contains("heard several words of text");
}

#[test]
fn keys_are_sent_by_name() {
    let home = Home::new();
    let session = home.start_sh("bytes", SHOWS_BYTES);
    session.wait_screen_contains("ready");
    session.appctl("send", &["--key", "ctrl-c", "--key", "up", "--key", "esc"]).ok();
    session.appctl("send", &["--key", "tab", "--key", "enter", "--key", "f5"]).ok();
    session.appctl("send", &["."]).ok();
    let screen = session.wait_screen_contains(".");
    assert!(screen.contains("^C^[[A^["), "{screen}");
    assert!(screen.contains("^M"), "{screen}");
    assert!(screen.contains("^[[15~"), "{screen}");
}

#[test]
fn the_interrupt_key_interrupts_the_program() {
    let home = Home::new();
    let session = home.start("sleeper", &["sleep", "1000"]);
    session.appctl("send", &["--key", "ctrl-c"]).ok();
    let view = session.wait_over();
    assert_eq!(view["exit"], serde_json::json!({"signal": "INT"}));
}

#[test]
fn an_unknown_key_is_wrong_usage_and_types_nothing() {
    let home = Home::new();
    let session = home.start_sh("bytes", SHOWS_BYTES);
    session.wait_screen_contains("ready");
    let outcome = session.appctl("send", &["--key", "ctrl-nonsense"]).exits(2);
    assert!(outcome.err().contains("ctrl-nonsense"), "{outcome:?}");
    session.appctl("send", &["."]).ok();
    let screen = session.wait_screen_contains(".");
    let typed: Vec<_> = screen.split_whitespace().collect();
    assert_eq!(typed, ["ready", "."], "{screen}");
}

#[test]
fn standard_input_is_typed() {
    let home = Home::new();
    let session = home.start_sh("lines", "while read x; do echo heard $x; done");
    home.appctl_reading(b"from a pipe\n", ["send", &session.id, "-"]).ok();
    session.wait_screen_contains("heard from a pipe");
}

/// A program that asked for bracketed paste gets several lines as one text, not as several
/// commands.
#[test]
fn a_text_is_bracketed_when_the_program_asked_for_it() {
    let home = Home::new();
    let script = "stty raw -echo; printf '\\033[?2004h'; echo ready; exec cat -v";
    let session = home.start_sh("paste", script);
    session.wait_screen_contains("ready");
    session.appctl("send", &["two\nlines"]).ok();
    session.wait_screen_contains("^[[201~");
    let screen = session.peek();
    assert!(screen.contains("^[[200~two"), "{screen}");
    assert!(screen.contains("lines^[[201~"), "{screen}");
}

#[test]
fn keys_are_never_bracketed() {
    let home = Home::new();
    let script = "stty raw -echo; printf '\\033[?2004h'; echo ready; exec cat -v";
    let session = home.start_sh("paste", script);
    session.wait_screen_contains("ready");
    session.appctl("send", &["--key", "up", "--key", "enter"]).ok();
    let screen = session.wait_screen_contains("^M");
    assert!(!screen.contains("200~"), "{screen}");
}

/// Text that ends the bracket itself would be run as a command.
#[test]
fn a_text_cannot_end_its_own_bracket() {
    let home = Home::new();
    let script = "stty raw -echo; printf '\\033[?2004h'; echo ready; exec cat -v";
    let session = home.start_sh("paste", script);
    session.wait_screen_contains("ready");
    session.appctl("send", &["a\x1b[201~b"]).ok();
    session.appctl("send", &["--key", "q"]).ok();
    let screen = session.wait_screen_contains("q");
    assert_eq!(screen.matches("^[[201~").count(), 1, "{screen}");
}

/// Text and Enter as two requests raced somewhere else: both of two senders' lines must
/// arrive whole.
#[test]
fn what_two_senders_submit_at_once_is_not_mixed() {
    let home = Home::new();
    let session = home.start_sh("lines", "stty -echo; echo ready; exec cat");
    session.wait_screen_contains("ready");
    let senders: Vec<_> = ["aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc", "dddddddddd"]
        .iter()
        .map(|text| {
            app_tests::home::spawn(home.appctl_command(["send", &session.id, "--enter", text]))
        })
        .collect();
    for sender in senders {
        sender.finish().ok();
    }
    session.wait_for("heard of", |_| session.peek().lines().count() >= 5);
    let mut lines: Vec<_> = session.peek().lines().map(|l| l.trim().to_owned()).collect();
    lines.retain(|line| !line.is_empty() && line != "ready");
    lines.sort();
    assert_eq!(lines, ["aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc", "dddddddddd"]);
}

#[test]
fn sending_to_an_ended_session_is_an_error() {
    let home = Home::new();
    let session = home.start_sh("over", "exit 0");
    session.wait_over();
    let outcome = session.appctl("send", &["x"]);
    assert_ne!(outcome.code(), 0, "{outcome:?}");
    assert!(outcome.err().starts_with("error: "), "{outcome:?}");
}

#[test]
fn sending_to_a_session_without_a_terminal_is_an_error() {
    let home = Home::new();
    let session = home.start_with(&["--no-tty"], &["sleep", "1000"]);
    let outcome = session.appctl("send", &["x"]);
    assert_ne!(outcome.code(), 0, "{outcome:?}");
    assert!(outcome.err().contains("terminal"), "{outcome:?}");
}

/// What a program does not read must neither be lost silently nor block for ever.
#[test]
fn more_than_a_program_reads_is_refused_in_time() {
    let home = Home::new();
    let session = home.start_sh("deaf", "stty raw -echo; echo ready; exec sleep 1000");
    session.wait_screen_contains("ready");
    let text = "x".repeat(900_000);
    let mut refused = None;
    for _ in 0..4 {
        let outcome = home.appctl_reading(text.as_bytes(), ["send", &session.id, "-"]);
        if outcome.code() != 0 {
            refused = Some(outcome);
            break;
        }
    }
    let refused = refused.unwrap();
    assert!(refused.err().starts_with("error: "), "{refused:?}");
    assert_eq!(session.show()["phase"], "running");
}
