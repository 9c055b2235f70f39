//! `logs` and `peek`: what a session said and what it shows, without attaching.

use app_tests::screen::Screen;
use app_tests::{Home, home, wait};

#[test]
fn logs_are_text_without_control_sequences() {
    let home = Home::new();
    let script =
        r"printf '\033[1;31mred\033[0m and \033]0;title\007plain\r\n10%%\r50%%\r100%%\n'; exec cat";
    let session = home.start_sh("colours", script);
    let logs = session.wait_logs_contain("100%");
    assert_eq!(logs, "red and plain\n100%\n");
}

#[test]
fn raw_logs_are_the_bytes_the_program_wrote() {
    let home = Home::new();
    let session = home.start_sh("raw", r"printf '\033[31mred\033[0m'; exec cat");
    session.wait_logs_contain("red");
    let outcome = session.appctl("logs", &["--raw"]).ok();
    assert_eq!(outcome.stdout, b"\x1b[31mred\x1b[0m", "{outcome:?}");
}

#[test]
fn logs_of_the_last_lines_only() {
    let home = Home::new();
    let session = home.start_sh("lines", "seq 1 1000; exit 0");
    session.wait_over();
    session.appctl("logs", &["-n", "3"]).ok().prints("998\n999\n1000\n");
    session.appctl("logs", &["-n", "0"]).ok().prints("");
    let all = session.appctl("logs", &["-n", "5000"]).ok().out();
    assert_eq!(all.lines().count(), 1000);
}

#[test]
fn following_logs_shows_what_comes_and_ends_with_the_run() {
    let home = Home::new();
    let session =
        home.start_sh("follow", "echo one; while read x; do echo heard $x; done; echo last");
    session.wait_logs_contain("one");
    let mut command = home.appctl_command(["logs", "-f", &session.id]);
    command.stdin(std::process::Stdio::null());
    let mut following = home::spawn(command);
    session.appctl("send", &["--enter", "two"]).ok();
    session.wait_logs_contain("heard two");
    assert!(!following.is_over());
    session.appctl("send", &["--key", "ctrl-d"]).ok();
    let outcome = following.finish().ok();
    assert!(outcome.out().contains("one"), "{outcome:?}");
    assert!(outcome.out().contains("heard two"), "{outcome:?}");
    assert!(outcome.out().ends_with("last\n"), "{outcome:?}");
}

#[test]
fn logs_of_an_ended_session_are_still_there() {
    let home = Home::new();
    let session = home.start_sh("over", "echo I was here; exit 3");
    session.wait_over();
    session.appctl("logs", &[]).ok().mentions("I was here\n");
    home.appctl(["logs", "over"]).ok().mentions("I was here\n");
}

#[test]
fn logs_of_an_unknown_session_are_3() {
    Home::new().appctl(["logs", "nobody"]).fails(3, &["nobody"]);
}

/// A reader that goes away (`logs | head -1`) is no reason to panic.
#[test]
fn a_closed_pipe_is_no_error() {
    let home = Home::new();
    let session = home.start_sh("long", "seq 1 200000");
    session.wait_over();
    let mut shell = home.command("bash");
    let script = format!("appctl logs {} | head -n 1; echo ${{PIPESTATUS[0]}}", session.id);
    shell.args(["-c", &script]);
    let outcome = home::run(shell, b"").ok();
    assert!(!outcome.err().contains("panic"), "{outcome:?}");
    assert_eq!(outcome.err(), "", "{outcome:?}");
}

#[test]
fn a_character_that_is_cut_by_reads_arrives_whole() {
    let home = Home::new();
    // One byte per write, so that every character is cut somewhere.
    let script =
        r#"for b in 303 274 342 202 254 360 237 246 200; do printf "\\$b"; done; echo; exec cat"#;
    let session = home.start_sh("utf8", script);
    let logs = session.wait_logs_contain("🦀");
    assert_eq!(logs, "ü€🦀\n");
    assert!(session.peek().starts_with("ü€🦀"), "{}", session.peek());
    let mut terminal = session.attach();
    terminal.wait_until_contains("ü€🦀");
}

/// The same while a terminal is attached: pieces of a character come in frames of their own.
#[test]
fn a_character_that_is_cut_by_reads_arrives_whole_in_an_attached_terminal() {
    let home = Home::new();
    let script = r#"stty -echo; echo ready; read x; for b in 303 274 342 202 254 360 237 246 200; do printf "\\$b"; read x; done; echo .; exec cat"#;
    let session = home.start_sh("utf8", script);
    let mut terminal = session.attach();
    terminal.wait_until_contains("ready");
    for _ in 0..10 {
        terminal.keys("\r");
    }
    terminal.wait_until_contains("ü€🦀.");
}

#[test]
fn peek_is_the_screen_as_text() {
    let home = Home::new();
    let script = r"printf 'history\n'; printf '\033[2J\033[3;5Hhere\033[5;1H\033[31mred\033[0m\033[1;1H'; exec cat";
    let session = home.start_sh("screen", script);
    session.wait_screen_contains("red");
    let screen = session.peek();
    let lines: Vec<_> = screen.lines().map(str::trim_end).collect();
    assert_eq!(lines[2], "    here", "{screen:?}");
    assert_eq!(lines[4], "red", "{screen:?}");
    assert!(!screen.chars().any(|c| c.is_control() && c != '\n'), "{screen:?}");
}

#[test]
fn peek_with_colours_can_be_shown_by_a_terminal() {
    let home = Home::new();
    let script = r"printf '\033[3;5H\033[32mgreen\033[0m'; exec cat";
    let session = home.start_sh("screen", script);
    session.wait_screen_contains("green");
    let ansi = session.appctl("peek", &["--ansi"]).ok().stdout;
    let mut screen = Screen::new(30, 80);
    screen.feed(&String::from_utf8(ansi).unwrap().replace('\n', "\r\n").into_bytes());
    let cell = screen.cell_of("green").unwrap();
    assert_eq!(cell.fg, app_tests::screen::Color::Named(app_tests::screen::NamedColor::Green));
    assert_eq!(screen.line(2).trim(), "green");
}

#[test]
fn peek_sees_the_alternate_screen() {
    let home = Home::new();
    let session = home.start_sh("alt", r"echo below; printf '\033[?1049h\033[Habove'; exec cat");
    let screen = session.wait_screen_contains("above");
    assert!(!screen.contains("below"), "{screen}");
}

#[test]
fn the_last_screen_of_an_ended_session_can_be_looked_at() {
    let home = Home::new();
    let session = home.start_sh("over", "echo the last screen; exit 1");
    session.wait_over();
    let outcome = session.appctl("peek", &[]);
    // Its screen went with its holder; what is left is its output, and the way to it.
    if outcome.code() == 0 {
        outcome.mentions("the last screen");
    } else {
        outcome.fails(1, &["logs"]);
    }
}

/// Long lines, no line ends, and more than fits anywhere.
#[test]
fn output_without_line_ends_is_no_problem() {
    let home = Home::new();
    let session = home.start_sh("long", "head -c 3000000 /dev/zero | tr '\\0' x; echo; echo end");
    session.wait_over();
    let outcome = session.appctl("logs", &["-n", "1"]).ok();
    assert_eq!(outcome.out(), "end\n");
    let all = session.appctl("logs", &["-n", "100000"]).ok().out();
    assert_eq!(all.bytes().filter(|&b| b == b'x').count(), 3_000_000);
    wait::until("the daemon to answer", || {
        if home.appctl(["ls"]).code() == 0 { Ok(()) } else { Err(String::new()) }
    });
}
