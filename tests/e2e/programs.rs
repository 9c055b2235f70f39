//! Real programs, driven through an attached terminal.

use std::fs;

use app_tests::Home;
use app_tests::terminal::DETACH_KEY;

/// A job that tells when it runs: at its start and each time it goes on.
const JOB: &str = "
import os, signal
signal.signal(signal.SIGCONT, lambda *_: os.write(1, b'continued\\n'))
os.write(1, b'in front\\n')
while True:
    signal.pause()
";

#[test]
fn a_shell_has_job_control_and_its_prompt_survives_a_detach() {
    let home = Home::new().with("PS1", "prompt> ");
    fs::write(home.user_dir().join("job"), JOB).unwrap();
    let session = home.start("shell", &["bash", "--norc", "--noprofile", "-i"]);
    let mut terminal = session.attach();
    terminal.wait_until_contains("prompt>");
    terminal.type_line("/usr/bin/python3 job");
    // Its words show that it is in the foreground: a key that comes earlier is the shell's.
    terminal.wait_until_contains("in front");
    terminal.keys(b"\x1a");
    terminal.wait_until_contains("Stopped");
    terminal.type_line("fg");
    terminal.wait_until_contains("continued");
    terminal.keys(b"\x03");
    terminal.type_line("echo $((41 + 1)) $?");
    terminal.wait_until_contains("42 130");
    terminal.keys(DETACH_KEY);
    assert_eq!(terminal.wait_exit(), 0);
    let mut again = session.attach();
    again.wait_until_contains("42 130");
    again.type_line("exit 17");
    assert_eq!(again.wait_exit(), 17);
}

#[test]
fn a_shell_edits_its_line_and_completes() {
    let home = Home::new().with("PS1", "prompt> ");
    fs::write(home.user_dir().join("a-long-file-name"), "its content\n").unwrap();
    let session = home.start("shell", &["bash", "--norc", "--noprofile", "-i"]);
    let mut terminal = session.attach();
    terminal.wait_until_contains("prompt>");
    terminal.keys("at a-lo\t");
    terminal.wait_until_contains("at a-long-file-name");
    terminal.keys("\x01c\r");
    terminal.wait_until_contains("its content");
}

#[test]
fn a_pager_pages_and_comes_back_at_the_same_place() {
    let home = Home::new();
    let text: String = (1..=500).map(|n| format!("line {n}\n")).collect();
    fs::write(home.user_dir().join("text"), text).unwrap();
    let session = home.start("pager", &["less", "text"]);
    let mut terminal = session.attach();
    terminal.wait_until_contains("line 1");
    assert!(terminal.screen().is_alternate(), "{terminal}");
    terminal.keys(" ");
    terminal.wait_until_contains("line 46");
    terminal.keys("/line 321\r");
    terminal.wait_until("the match on top", |screen| screen.line(0) == "line 321");
    terminal.keys(DETACH_KEY);
    assert_eq!(terminal.wait_exit(), 0);
    assert!(!terminal.screen().is_alternate(), "{terminal}");
    let mut again = session.attach();
    again.wait_until("the same place", |screen| {
        screen.is_alternate() && screen.line(0) == "line 321"
    });
    again.keys("q");
    assert_eq!(again.wait_exit(), 0);
    assert!(again.screen().modes_left_behind().is_empty(), "{again}");
}

#[test]
fn an_editor_writes_what_was_typed_across_a_detach() {
    let home = Home::new();
    let session = home.start("editor", &["vim", "-u", "NONE", "-N", "file.txt"]);
    session.wait_screen_contains("file.txt");
    let mut terminal = session.attach();
    terminal.wait_until_contains("file.txt");
    terminal.keys("ifirst line\rgrün 日本");
    terminal.wait_until_contains("日本");
    terminal.keys(DETACH_KEY);
    assert_eq!(terminal.wait_exit(), 0);
    assert!(terminal.screen().modes_left_behind().is_empty(), "{terminal}");
    let mut again = session.attach();
    again.wait_until_contains("first line");
    again.wait_until_contains("日本");
    again.keys(" and more\x1b:wq\r");
    assert_eq!(again.wait_exit(), 0);
    let written = fs::read_to_string(home.user_dir().join("file.txt")).unwrap();
    assert_eq!(written, "first line\ngrün 日本 and more\n");
    assert!(again.screen().modes_left_behind().is_empty(), "{again}");
}

#[test]
fn an_editor_redraws_for_the_size_of_the_terminal_that_attaches() {
    let home = Home::new();
    let session = home.start("editor", &["vim", "-u", "NONE", "-N", "file.txt"]);
    session.wait_screen_contains("file.txt");
    let mut small = session.attach_from(10, 40);
    small.wait_until("a small editor", |screen| screen.line(8).starts_with('~'));
    small.keys(DETACH_KEY);
    small.wait_exit();
    let mut large = session.attach_from(40, 120);
    large.wait_until("a large editor", |screen| screen.line(38).starts_with('~'));
    large.resize(20, 80);
    large.wait_until("a resized editor", |screen| screen.line(18).starts_with('~'));
    large.keys(":q!\r");
    assert_eq!(large.wait_exit(), 0);
}

#[test]
fn a_process_viewer_is_drawn_and_quits() {
    let home = Home::new();
    let session = home.start("viewer", &["htop"]);
    let mut terminal = session.attach_from(30, 100);
    terminal.wait_until("its table", |screen| {
        screen.contains("PID") && screen.contains("CPU%") && screen.contains("F10Quit")
    });
    terminal.keys(DETACH_KEY);
    assert_eq!(terminal.wait_exit(), 0);
    assert!(terminal.screen().modes_left_behind().is_empty(), "{terminal}");
    let mut again = session.attach_from(30, 100);
    again.wait_until_contains("F10Quit");
    again.keys("q");
    assert_eq!(again.wait_exit(), 0);
    assert!(again.screen().modes_left_behind().is_empty(), "{again}");
}

/// Many people live in tmux; a client inside of it is a client like any other.
#[test]
fn a_client_inside_tmux_attaches_and_detaches() {
    let home = Home::new();
    let session = home.start_sh("inner", "echo ready; while read x; do echo heard $x; done");
    let socket = home.path().join("tmux");
    let attach = format!("appctl attach {}; echo code $?; read x", session.id);
    let args = ["-S", socket.to_str().unwrap(), "-f", "/dev/null", "new-session", &attach];
    let mut terminal = home.terminal_with("tmux", &args);
    terminal.wait_until_contains("ready");
    terminal.type_line("through tmux");
    terminal.wait_until_contains("heard through tmux");
    terminal.keys(DETACH_KEY);
    terminal.wait_until_contains("code 0");
    terminal.type_line("");
    terminal.wait_exit();
}

/// A query that nobody answers makes programs wait; with nobody attached the holder answers.
#[test]
fn a_program_that_asks_its_terminal_is_answered_while_nobody_is_attached() {
    let home = Home::new();
    let script = "stty raw -echo; printf '\\033[6n'; answer=$(head -c 6 | cat -v); stty sane; echo; echo \"answer <$answer>\"; exec cat";
    let session = home.start_sh("asks", script);
    session.wait_screen_contains("answer <^[[1;1R>");
}
