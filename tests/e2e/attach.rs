//! `attach` and the ways to leave: the program never notices.

use app_tests::terminal::DETACH_KEY;
use app_tests::{Home, process};
use rustix::process::Signal;

/// Says what reaches it, and would say so if it were hung up on.
const LISTENER: &str =
    "trap 'echo hung up' HUP; echo ready; while read line; do echo \"heard $line\"; done";

#[test]
fn an_attached_terminal_shows_the_screen_and_types_into_it() {
    let home = Home::new();
    let session = home.start_sh("demo", LISTENER);
    session.wait_screen_contains("ready");
    let mut terminal = session.attach();
    terminal.wait_until_contains("ready");
    terminal.type_line("one");
    terminal.wait_until_contains("heard one");
    terminal.type_line("grün 日本");
    terminal.wait_until_contains("heard grün 日本");
}

#[test]
fn the_detach_key_leaves_and_the_program_never_notices() {
    let home = Home::new();
    let session = home.start_sh("demo", LISTENER);
    let pid = session.pid();
    let mut terminal = session.attach();
    terminal.wait_until_contains("ready");
    terminal.keys(DETACH_KEY);
    assert_eq!(terminal.wait_exit(), 0);
    session.wait_attached(0);
    let mut again = session.attach();
    again.type_line("still here");
    again.wait_until_contains("heard still here");
    assert!(!again.screen().text_with_history().contains("hung up"), "{again}");
    assert_eq!(session.pid(), pid);
    assert_eq!(session.show()["run"], 1);
}

/// Legacy terminals send 0x1c for `Ctrl-\`; kitty's keyboard protocol another sequence.
#[test]
fn the_detach_key_is_known_in_the_kitty_encoding() {
    let home = Home::new();
    let session = home.start_sh("kitty", "printf '\\033[>1u'; echo ready; exec cat -v");
    let mut terminal = session.attach();
    terminal.wait_until_contains("ready");
    terminal.keys(b"\x1b[92;5u");
    assert_eq!(terminal.wait_exit(), 0);
    assert_eq!(session.show()["phase"], "running");
}

#[test]
fn the_detach_key_twice_is_sent_through() {
    let home = Home::new();
    let session = home.start_sh("keys", "stty -isig -echo; echo ready; exec cat -v");
    let mut terminal = session.attach();
    terminal.wait_until_contains("ready");
    terminal.keys([DETACH_KEY, DETACH_KEY, b"x\r"].concat());
    terminal.wait_until_contains("^\\x");
    assert!(!terminal.is_over(), "{terminal}");
}

#[test]
fn a_detach_by_command_lets_go_of_every_terminal() {
    let home = Home::new();
    let session = home.start_sh("demo", LISTENER);
    let mut one = session.attach();
    let mut two = session.attach();
    one.wait_until_contains("ready");
    two.wait_until_contains("ready");
    session.wait_attached(2);
    session.appctl("detach", &[]).ok();
    assert_eq!((one.wait_exit(), two.wait_exit()), (0, 0));
    session.wait_attached(0);
    assert_eq!(session.show()["phase"], "running");
}

#[test]
fn closing_the_window_leaves_the_program_alone() {
    let home = Home::new();
    let session = home.start_sh("demo", LISTENER);
    let mut terminal = session.attach();
    terminal.wait_until_contains("ready");
    session.wait_attached(1);
    let client = process::Process::of(terminal.pid());
    terminal.close_window();
    client.wait_over();
    session.wait_attached(0);
    let mut again = session.attach();
    again.type_line("still here");
    again.wait_until_contains("heard still here");
    assert!(!again.screen().text_with_history().contains("hung up"), "{again}");
}

#[test]
fn a_client_that_is_killed_leaves_the_program_alone() {
    let home = Home::new();
    let session = home.start_sh("demo", LISTENER);
    let mut terminal = session.attach();
    terminal.wait_until_contains("ready");
    session.wait_attached(1);
    terminal.signal(Signal::KILL);
    assert_eq!(terminal.wait_exit(), 128 + 9);
    session.wait_attached(0);
    let mut again = session.attach();
    again.type_line("still here");
    again.wait_until_contains("heard still here");
}

#[test]
fn two_terminals_both_see_the_output_and_both_type() {
    let home = Home::new();
    let session = home.start_sh("demo", LISTENER);
    let mut one = session.attach();
    let mut two = session.attach();
    one.wait_until_contains("ready");
    two.wait_until_contains("ready");
    one.type_line("from one");
    one.wait_until_contains("heard from one");
    two.wait_until_contains("heard from one");
    two.type_line("from two");
    one.wait_until_contains("heard from two");
    two.wait_until_contains("heard from two");
}

/// "One window's back detaches others" was somebody's bug.
#[test]
fn one_terminal_leaving_does_not_disturb_another() {
    let home = Home::new();
    let session = home.start_sh("demo", LISTENER);
    let mut one = session.attach();
    let mut two = session.attach();
    one.wait_until_contains("ready");
    two.wait_until_contains("ready");
    one.keys(DETACH_KEY);
    assert_eq!(one.wait_exit(), 0);
    session.wait_attached(1);
    two.type_line("alone");
    two.wait_until_contains("heard alone");
}

#[test]
fn the_client_ends_with_the_programs_exit_code() {
    let home = Home::new();
    let session = home.start_sh("ends", "echo ready; read line; exit 42");
    let mut terminal = session.attach();
    terminal.wait_until_contains("ready");
    terminal.type_line("go");
    assert_eq!(terminal.wait_exit(), 42);
    assert_eq!(session.wait_over()["exit"], serde_json::json!({"code": 42}));
}

#[test]
fn the_client_ends_like_a_shell_would_when_a_signal_ends_the_program() {
    let home = Home::new();
    let session = home.start_sh("ends", "echo ready; exec sleep 1000");
    let mut terminal = session.attach();
    terminal.wait_until_contains("ready");
    session.wait_attached(1);
    session.program().signal(Signal::TERM);
    assert_eq!(terminal.wait_exit(), 128 + 15);
}

#[test]
fn the_last_words_of_a_program_are_shown_before_the_client_ends() {
    let home = Home::new();
    let session =
        home.start_sh("words", "echo ready; read line; seq 1 500; echo these are the last words");
    let mut terminal = session.attach();
    terminal.wait_until_contains("ready");
    terminal.type_line("go");
    assert_eq!(terminal.wait_exit(), 0);
    let shown = terminal.screen().text_with_history();
    assert!(shown.contains("these are the last words"), "{terminal}");
    assert!(shown.contains("\n499\n500\n"), "{terminal}");
}

#[test]
fn a_terminal_sees_nothing_twice_and_misses_nothing_while_it_attaches() {
    let home = Home::new();
    let session = home.start_sh(
        "busy",
        "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo line $i; done; echo the end; exec cat",
    );
    let mut terminal = session.attach();
    terminal.wait_until_contains("the end");
    let shown = terminal.screen().text_with_history();
    let numbers: Vec<u32> = shown
        .lines()
        .filter_map(|line| line.trim_end().strip_prefix("line ")?.parse().ok())
        .collect();
    let first = numbers[0];
    let expected: Vec<u32> = (first..=3000).collect();
    assert_eq!(numbers, expected, "each line once, in order");
    assert!(numbers.len() > 500, "with history: {} lines", numbers.len());
}

#[test]
fn a_large_paste_arrives_whole() {
    let home = Home::new();
    let session =
        home.start_sh("paste", "stty raw -echo; echo ready; head -c 2000000 | cksum; sleep 1000");
    let mut terminal = session.attach();
    terminal.wait_until_contains("ready");
    let paste: Vec<u8> = (0u32..2_000_000).map(|n| b'a' + (n % 26) as u8).collect();
    terminal.keys(&paste);
    let local = app_tests::home::run(
        {
            let mut cksum = home.command("cksum");
            cksum.stdin(std::process::Stdio::piped());
            cksum
        },
        &paste,
    );
    terminal.wait_until_contains(local.out().trim());
}

/// A client in the background of its shell (Ctrl-Z, a frozen window) must not hold up the
/// program, however much it writes.
#[test]
fn a_client_that_is_stopped_does_not_stop_the_program() {
    let home = Home::new();
    let script = "echo ready; read line; seq 1 2000000; echo the end; exec cat";
    let session = home.start_sh("flood", script);
    let mut terminal = session.attach();
    terminal.wait_until_contains("ready");
    session.wait_attached(1);
    terminal.signal(Signal::STOP);
    session.appctl("send", &["--enter", "go"]).ok();
    session.wait_screen_contains("the end");
    terminal.signal(Signal::CONT);
    // Either it catches up with what it can, or it was left behind and is told so; the
    // terminal can be used again in both cases.
    let mut again = session.attach();
    again.wait_until_contains("the end");
}

#[test]
fn attaching_to_an_ended_session_says_what_to_do() {
    let home = Home::new();
    let session = home.start_sh("over", "exit 0");
    session.wait_over();
    let mut terminal = session.attach();
    assert_ne!(terminal.wait_exit(), 0, "{terminal}");
    assert!(terminal.screen().contains("error: "), "{terminal}");
    assert!(terminal.screen().contains("resume"), "{terminal}");
}

#[test]
fn attaching_without_a_terminal_is_refused() {
    let home = Home::new();
    let session = home.start_sh("demo", LISTENER);
    let outcome = session.appctl("attach", &[]);
    assert_ne!(outcome.code(), 0, "{outcome:?}");
    assert!(outcome.err().contains("terminal"), "{outcome:?}");
    assert_eq!(session.show()["phase"], "running");
}

#[test]
fn attaching_to_an_unknown_session_is_3() {
    let home = Home::new();
    home.start_sh("demo", LISTENER);
    let mut terminal = home.terminal(&["attach", "nobody"]);
    assert_eq!(terminal.wait_exit(), 3);
    assert!(terminal.screen().contains("nobody"), "{terminal}");
}

#[test]
fn a_terminal_can_attach_from_another_directory_and_without_colours() {
    let home = Home::new().with("NO_COLOR", "1");
    let session = home.start_sh("red", "printf '\\033[31mred\\033[0m\\n'; exec cat");
    let mut terminal = session.attach();
    terminal.wait_until_contains("red");
    // `NO_COLOR` is about our own words, never about the program's output.
    let cell = terminal.screen().cell_of("red").unwrap();
    assert_eq!(
        cell.fg,
        app_tests::screen::Color::Named(app_tests::screen::NamedColor::Red),
        "{terminal}"
    );
}

/// What a terminal answers to queries was once typed into the program on each attach.
#[test]
fn attaching_types_nothing_into_the_program() {
    let home = Home::new();
    // It asks for the device, the cursor and the keyboard before anybody is there.
    let script = "stty raw -echo; printf '\\033[c\\033[6n\\033[?u'; echo ready; exec cat -v";
    let session = home.start_sh("quiet", script);
    let alone = session.wait_for("answered", |_| session.peek().contains('R'));
    assert_eq!(alone["attached"], 0);
    let typed = session.peek();
    for _ in 0..3 {
        let mut terminal = session.attach();
        terminal.wait_until_contains("ready");
        terminal.settle();
        terminal.keys(DETACH_KEY);
        assert_eq!(terminal.wait_exit(), 0);
    }
    session.appctl("send", &["."]).ok();
    session.wait_screen_contains(".");
    assert_eq!(session.peek().trim_end(), format!("{}.", typed.trim_end()));
}

/// Exactly one terminal answers, however many look.
#[test]
fn a_question_with_two_terminals_attached_is_answered_once() {
    let home = Home::new();
    let script = "stty raw -echo; echo ready; head -c 1 >/dev/null; printf '\\033[6n'; cat -v";
    let session = home.start_sh("asks", script);
    let mut one = session.attach();
    let mut two = session.attach();
    one.wait_until_contains("ready");
    two.wait_until_contains("ready");
    session.wait_attached(2);
    one.keys("x");
    one.wait_until("an answer", |screen| screen.contains("R"));
    two.wait_until("an answer", |screen| screen.contains("R"));
    one.settle();
    two.settle();
    session.appctl("send", &["."]).ok();
    let screen = session.wait_screen_contains(".");
    assert_eq!(screen.matches("^[[").count(), 1, "{screen}");
}

#[test]
fn an_observer_sees_everything_and_touches_nothing() {
    let home = Home::new();
    let session = home.start_sh("shown", LISTENER);
    let mut driver = session.attach();
    driver.wait_until_contains("ready");
    let args = ["attach", "--read-only", &session.id];
    let mut observer = home.terminal_of(app_tests::size(24, 80), &args);
    observer.wait_until_contains("ready");
    observer.type_line("from the observer");
    driver.type_line("from the driver");
    observer.wait_until_contains("heard from the driver");
    assert!(!session.logs().contains("observer"), "{}", session.logs());
    observer.keys(DETACH_KEY);
    assert_eq!(observer.wait_exit(), 0);
}

#[test]
fn another_detach_key_can_be_chosen() {
    let home = Home::new();
    let session = home.start_sh("keys", "stty raw -echo; echo ready; exec cat -v");
    let mut terminal = home.terminal(&["attach", "--detach-key", "ctrl-x", "keys"]);
    terminal.wait_until_contains("ready");
    terminal.keys(DETACH_KEY);
    terminal.wait_until_contains("^\\");
    terminal.keys(b"\x18");
    assert_eq!(terminal.wait_exit(), 0);
    assert_eq!(session.show()["phase"], "running");
}

/// A program asks while a terminal is on its way: the holder answers for nobody, or the
/// terminal answers, and never both. A second answer is typed into the program.
#[test]
fn a_question_while_a_terminal_attaches_is_answered_once() {
    let home = Home::new();
    let script = "stty raw -echo; printf '\\033[6n'; exec cat -v";
    for round in 0..10 {
        let name = format!("asks{round}");
        let mut terminal = home.terminal(&["start", "-n", &name, "--", "sh", "-c", script]);
        terminal.wait_until("an answer", |screen| screen.contains("R"));
        terminal.settle();
        terminal.keys(".");
        terminal.wait_until_contains(".");
        assert_eq!(terminal.screen().text().matches("^[[").count(), 1, "{terminal}");
        home.appctl(["kill", &name]).ok();
    }
}

#[test]
fn a_dash_goes_back_to_the_session_that_was_opened_before() {
    let home = Home::new();
    home.appctl(["attach", "-"]).fails(3, &["no other session was opened", "appctl ls"]);
    for name in ["alpha", "bravo"] {
        home.start_sh(name, &format!("echo this is {name}; exec cat"));
    }
    for (open, shows) in [("alpha", "alpha"), ("bravo", "bravo"), ("-", "alpha"), ("-", "bravo")] {
        let mut terminal = home.terminal(&["attach", open]);
        terminal.wait_until_contains(&format!("this is {shows}"));
        terminal.keys(DETACH_KEY);
        assert_eq!(terminal.wait_exit(), 0);
    }
}
