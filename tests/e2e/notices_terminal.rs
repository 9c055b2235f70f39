//! Notices on the terminals that are attached to another session.

use std::path::PathBuf;

use app_tests::Home;
use app_tests::terminal::{DETACH_KEY, Launch, Terminal, size};
use rustix::process::Signal;

use crate::notices::write_settings;

/// An installation that tells on terminals first, then by a command, which appends to a file.
fn telling_terminals(home: &Home) -> PathBuf {
    let got = home.path().join("got");
    let argv = format!("[\"sh\", \"-c\", \"cat >> '{}'\"]", got.display());
    write_settings(
        home,
        &format!(
            "[notify]\nmin_duration = \"0s\"\nchannels = [\"terminal\", \"command\"]\n\
             [notify.command]\nargv = {argv}\n"
        ),
    );
    got
}

fn has(terminal: &Terminal, bytes: &str) -> bool {
    String::from_utf8_lossy(terminal.raw()).contains(bytes)
}

/// Each way of attaching, each terminal in its own words, and the program sees none of it.
#[test]
fn a_terminal_that_shows_another_session_is_told() {
    let home = Home::new();
    telling_terminals(&home);
    for (relay, variable, wanted) in [
        (&[][..], ("TERM_PROGRAM", "WezTerm"), "\u{1b}]9;✔ told finished · 0s · "),
        (&["--relay"], ("VTE_VERSION", "7800"), "\u{1b}]777;notify;✔ told finished · 0s;"),
        (&[], ("KITTY_WINDOW_ID", "1"), ":d=0;✔ told finished · 0s\u{1b}\\"),
        (&["--relay"], ("TERM_PROGRAM", "tmux"), "\u{1b}Ptmux;\u{1b}\u{1b}]9;✔ told finished"),
    ] {
        let shown = home.start_sh("shown", "stty raw -echo; printf ready; exec cat -v");
        let args = [&["attach"], relay, &[shown.id.as_str()]].concat();
        let mut terminal = Terminal::launch(&Launch {
            home: &home,
            program: &home.program("appctl"),
            args: &args,
            size: size(24, 80),
            variables: &[(variable.0, variable.1.as_ref())],
        });
        terminal.wait_until_contains("ready");
        shown.wait_attached(1);
        let bells = terminal.screen().bells();
        let told = home.start_sh("told", "echo well done");
        told.wait_over();
        assert_eq!(home.wait_event("notice.sent", &told.id)["channel"], "terminal");
        terminal.wait_raw("the notice", |it| has(it, wanted) && it.screen().bells() > bells);
        assert!(has(&terminal, "well done"), "{terminal}");
        terminal.keys("typed");
        terminal.wait_until_contains("readytyped");
        terminal.keys(DETACH_KEY);
        terminal.wait_exit();
        assert!(!shown.appctl("logs", &["--raw"]).ok().out().contains("finished"));
        shown.appctl("kill", &[]).ok();
    }
}

/// Nobody looks, or only at the very session, which is in the background: the next channel.
#[test]
fn where_nobody_shows_another_session_the_next_channel_is_tried() {
    let home = Home::new();
    let got = telling_terminals(&home);
    let alone = home.start_sh("alone", "exit 0");
    alone.wait_over();
    assert_eq!(home.wait_event("notice.sent", &alone.id)["channel"], "command");
    let session = home.start_sh("own", "stty -echo; echo ready; read x; echo bye");
    let mut terminal = session.attach();
    terminal.wait_until_contains("ready");
    terminal.keys("\u{1b}[O");
    terminal.type_line("end");
    terminal.wait_exit();
    session.wait_over();
    assert_eq!(home.wait_event("notice.sent", &session.id)["channel"], "command");
    assert!(!has(&terminal, "finished"), "{terminal}");
    assert_eq!(std::fs::read_to_string(got).unwrap().lines().count(), 2);
}

#[test]
fn the_channel_of_terminals_can_be_tested() {
    let home = Home::new();
    let test = ["notify", "test", "--channel", "terminal"];
    let outcome = home.appctl(test).exits(1);
    assert!(outcome.out().contains("nobody is attached to another session"), "{outcome:?}");
    let session = home.start_sh("shown", "echo ready; exec cat");
    let mut terminal = session.attach();
    terminal.wait_until_contains("ready");
    session.wait_attached(1);
    assert!(home.appctl(test).ok().out().contains("terminal: shown within"));
    terminal.wait_raw("the notice", |it| has(it, "appctl can tell you"));
}

/// A holder of an older release does not know what it is asked, and says nothing.
#[test]
fn a_holder_that_does_not_answer_costs_a_moment_and_the_next_channel_is_tried() {
    let home = Home::new();
    telling_terminals(&home);
    let shown = home.start_sh("shown", "echo ready; exec cat");
    let mut terminal = shown.attach();
    terminal.wait_until_contains("ready");
    shown.wait_attached(1);
    let holder = shown.holder();
    holder.signal(Signal::STOP);
    let told = home.start_sh("told", "exit 0");
    told.wait_over();
    assert_eq!(home.wait_event("notice.sent", &told.id)["channel"], "command");
    holder.signal(Signal::CONT);
    terminal.type_line("well");
    terminal.wait_until_contains("well");
}
