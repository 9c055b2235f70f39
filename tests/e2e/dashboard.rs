//! Bare `appctl`: the dashboard on a real terminal, with real sessions under it.

use std::ffi::OsStr;

use app_tests::stand_in::{StandIn, never_sleep};
use app_tests::terminal::{DETACH_KEY, Launch, size};
use app_tests::{Home, Screen, Terminal, wait};
use rustix::process::Signal;

/// What the dashboard shows and no session does.
const FOOT: &str = "? help";

/// The heading above the row that has this name.
fn group(screen: &Screen, name: &str) -> Option<String> {
    let headings = ["needs you", "working", "idle", "interrupted", "done", "failed"];
    let text = screen.text();
    let rows: Vec<&str> = text.lines().skip(1).collect();
    let at = rows.iter().position(|row| row.contains(name))?;
    let above = rows[..at].iter().rev();
    let mut found = above.filter_map(|row| headings.iter().find(|word| row.starts_with(**word)));
    Some((*found.next()?).to_owned())
}

#[track_caller]
fn dashboard(home: &Home) -> Terminal {
    let mut terminal = home.terminal(&[]);
    terminal.wait_until_contains(FOOT);
    terminal
}

#[track_caller]
fn wait_group(terminal: &mut Terminal, name: &str, wanted: &str) {
    terminal.wait_until(&format!("{name} under {wanted:?}"), |screen| {
        group(screen, name).as_deref() == Some(wanted)
    });
}

/// It is over, and the terminal is as it was found.
#[track_caller]
fn is_as_found(terminal: &mut Terminal) {
    assert!(terminal.screen().modes_left_behind().is_empty(), "{terminal}");
    let (now, found) = (terminal.settings(), terminal.settings_found());
    assert_eq!(now.local_modes, found.local_modes);
    assert_eq!(now.input_modes, found.input_modes);
    assert_eq!(now.output_modes, found.output_modes);
}

#[track_caller]
fn leave(mut terminal: Terminal) {
    terminal.keys("q");
    assert_eq!(terminal.wait_exit(), 0);
    is_as_found(&mut terminal);
}

#[test]
fn sessions_appear_change_their_group_and_go_by_themselves() {
    let home = Home::new();
    never_sleep(&home);
    let mut terminal = dashboard(&home);
    terminal.wait_until_contains("no sessions yet");
    let agent = StandIn::new(&home).start("agent", "hello");
    wait_group(&mut terminal, "agent", "idle");
    agent.appctl("send", &["work", "--enter"]).ok();
    wait_group(&mut terminal, "agent", "working");
    agent.appctl("stop", &[]).ok();
    wait_group(&mut terminal, "agent", "failed");
    let asks = StandIn::new(&home).start("asker", "ask");
    wait_group(&mut terminal, "asker", "needs you");
    terminal.wait_until_contains("? Bash");
    let fails = home.start_sh("fails", "read code; exit $code");
    wait_group(&mut terminal, "fails", "working");
    fails.appctl("send", &["3", "--enter"]).ok();
    wait_group(&mut terminal, "fails", "failed");
    home.start_sh("fine", "exit 0");
    wait_group(&mut terminal, "fine", "done");
    fails.appctl("rename", &["other name"]).ok();
    terminal.wait_until("the new name", |screen| {
        screen.contains("other name") && !screen.contains("fails")
    });
    fails.appctl("rm", &[]).ok();
    terminal.wait_until("it to be gone", |screen| !screen.contains("other name"));
    leave(terminal);
    assert_eq!(asks.show()["phase"], "running");
}

#[test]
fn tasks_stand_below_their_session() {
    let home = Home::new();
    never_sleep(&home);
    let agent = StandIn::new(&home).start("agent", "hello");
    let mut terminal = dashboard(&home);
    wait_group(&mut terminal, "agent", "idle");
    agent.appctl("send", &["dig", "--enter"]).ok();
    terminal.wait_until_contains("└ Explore · working");
    home.start_with(&["-n", "child", "--parent", &agent.id], &["sleep", "1000"]);
    terminal.wait_until_contains("  ● child");
    agent.appctl("send", &["dug", "--enter"]).ok();
    terminal.wait_until_contains("└ Explore · done");
    leave(terminal);
}

#[test]
fn enter_opens_a_session_and_the_detach_key_comes_back() {
    let home = Home::new();
    let session = home.start_sh("alpha", "echo this is alpha; exec cat");
    let mut terminal = dashboard(&home);
    terminal.wait_until_contains("alpha");
    for word in ["first", "second"] {
        terminal.keys("\r");
        terminal.wait_until("the session itself", |screen| {
            screen.contains("this is alpha") && !screen.is_alternate()
        });
        session.wait_attached(1);
        terminal.type_line(word);
        terminal.wait_until_contains(word);
        terminal.keys(DETACH_KEY);
        terminal.wait_until("the list again", |screen| {
            screen.is_alternate() && screen.contains("detached · ")
        });
        session.wait_attached(0);
        assert!(!terminal.screen().contains(word));
    }
    leave(terminal);
}

#[test]
fn the_list_is_back_when_what_was_opened_ends() {
    let home = Home::new();
    let session = home.start_sh("alpha", "echo this is alpha; read x; exit 4");
    let mut terminal = dashboard(&home);
    terminal.wait_until_contains("alpha");
    terminal.keys("\r");
    terminal.wait_until_contains("this is alpha");
    session.wait_attached(1);
    terminal.keys("\r");
    terminal.wait_until("how it ended", |screen| {
        screen.is_alternate() && screen.contains("[ended · exit 4")
    });
    wait_group(&mut terminal, "alpha", "failed");
    leave(terminal);
}

#[test]
fn a_reply_arrives_as_one_line_and_the_screen_shows_what_comes_of_it() {
    let home = Home::new();
    home.start_sh("alpha", "echo this is alpha; while read x; do echo \"got <$x>\"; done");
    let mut terminal = dashboard(&home);
    terminal.wait_until_contains("alpha");
    terminal.keys(" ");
    terminal.wait_until_contains("this is alpha");
    terminal.keys("hello, you\r");
    terminal.wait_until_contains("got <hello, you>");
    terminal.wait_until_contains("sent · ");
    terminal.keys("\x1b");
    terminal.wait_until("the list alone", |screen| !screen.contains("got <"));
    leave(terminal);
}

#[test]
fn a_reply_that_cannot_be_delivered_is_kept_and_told() {
    let home = Home::new();
    let session = home.start_sh("alpha", "echo this is alpha; read x; exit 0");
    let mut terminal = dashboard(&home);
    terminal.wait_until_contains("alpha");
    terminal.keys(" ");
    terminal.wait_until_contains("this is alpha");
    terminal.keys("half a thou");
    session.appctl("send", &["--enter"]).ok();
    wait_group(&mut terminal, "alpha", "done");
    // It ended in the midst of a word: the rest means nothing else.
    terminal.keys("ghtsyd");
    terminal.keys("\r");
    terminal.wait_until("why not", |screen| screen.contains("is not running"));
    terminal.keys("\x03");
    assert_eq!(terminal.wait_exit(), 0);
    is_as_found(&mut terminal);
    assert!(terminal.screen().contains("half a thou"), "what was not sent is told: {terminal}");
    assert_eq!(home.ls_all().len(), 1, "nothing was removed");
}

#[test]
fn what_ends_a_session_or_removes_it_asks_first() {
    let home = Home::new();
    let session = home.start_sh("alpha", "echo this is alpha; exec cat");
    let mut terminal = dashboard(&home);
    terminal.wait_until_contains("alpha");
    terminal.keys("s");
    terminal.wait_until_contains("stop alpha?");
    terminal.keys("n");
    terminal.wait_until_contains("left as it is");
    assert_eq!(session.show()["phase"], "running");
    terminal.keys("sy");
    terminal.wait_until_contains("stopped · ");
    wait_group(&mut terminal, "alpha", "failed");
    terminal.keys("r");
    terminal.wait_until_contains("run alpha again?");
    terminal.keys("y");
    wait_group(&mut terminal, "alpha", "working");
    assert_eq!(session.show()["run"], 2);
    terminal.keys("d");
    terminal.wait_until_contains("remove alpha and all it wrote?");
    terminal.keys("y");
    terminal.wait_until("that it runs, and what to do", |screen| screen.contains("Stop it first"));
    terminal.keys("\x1b");
    terminal.wait_until("it to be put away", |screen| !screen.contains("Stop it first"));
    terminal.keys("sy");
    wait_group(&mut terminal, "alpha", "failed");
    terminal.keys("dy");
    terminal.wait_until_contains("no sessions yet");
    assert!(home.ls_all().is_empty());
    leave(terminal);
}

#[test]
fn a_new_session_is_started_where_the_form_says_and_named_so() {
    let home = Home::new();
    let mut terminal = dashboard(&home);
    terminal.wait_until_contains("no sessions yet");
    terminal.keys("n");
    terminal.wait_until_contains("a new session");
    terminal.keys("pwd && cat\tfresh\t\x15/usr");
    terminal.keys("\r");
    wait_group(&mut terminal, "fresh", "working");
    let id = home.ls()[0]["id"].as_str().unwrap().to_owned();
    let session = home.session(id);
    session.wait_screen_contains("/usr");
    assert_eq!(session.show()["background"], true);
    terminal.keys("n");
    terminal.wait_until_contains("a new session");
    terminal.keys("/no/such/program\r");
    terminal.wait_until("the error", |screen| screen.contains("/no/such/program"));
    leave(terminal);
}

#[test]
fn pausing_pinning_and_renaming_are_one_key_and_show_at_once() {
    let home = Home::new();
    home.start_sh("alpha", "exec cat");
    let mut terminal = dashboard(&home);
    terminal.wait_until_contains("alpha");
    terminal.keys("z");
    wait_group(&mut terminal, "alpha", "idle");
    terminal.wait_until_contains("‖ alpha");
    terminal.keys("z");
    wait_group(&mut terminal, "alpha", "working");
    terminal.keys("p");
    terminal.wait_until_contains("bg*");
    terminal.keys("R");
    terminal.wait_until_contains("is now called: alpha");
    terminal.keys("\x15omega\r");
    wait_group(&mut terminal, "omega", "working");
    leave(terminal);
}

#[test]
fn a_filter_finds_one_of_many() {
    let home = Home::new();
    for name in ["alpha", "bravo", "charlie"] {
        home.start_sh(name, "exec cat");
    }
    let mut terminal = dashboard(&home);
    terminal.wait_until_contains("charlie");
    terminal.keys("/bravo");
    terminal.wait_until("the one", |screen| {
        screen.contains("bravo") && !screen.contains("alpha") && screen.contains("1/3")
    });
    terminal.keys("\x1b");
    terminal.wait_until_contains("alpha");
    leave(terminal);
}

#[test]
fn a_click_chooses_and_two_open() {
    let home = Home::new();
    home.start_sh("alpha", "echo this is alpha; exec cat");
    home.start_sh("bravo", "echo this is bravo; exec cat");
    let mut terminal = dashboard(&home);
    terminal.wait_until("both", |screen| screen.contains("alpha") && screen.contains("bravo"));
    // The header, the heading, bravo, alpha; rows count from 1.
    terminal.keys("\x1b[<0;5;4M\x1b[<0;5;4m\x1b[<0;5;4M\x1b[<0;5;4m");
    terminal.wait_until("alpha itself", |screen| {
        screen.contains("this is alpha") && !screen.is_alternate()
    });
    terminal.keys(DETACH_KEY);
    terminal.wait_until_contains(FOOT);
    leave(terminal);
}

#[test]
fn a_daemon_that_is_killed_is_back_at_once_and_nothing_is_missed() {
    let home = Home::new();
    let session = home.start_sh("alpha", "read code; exit $code");
    let mut terminal = dashboard(&home);
    wait_group(&mut terminal, "alpha", "working");
    home.kill_daemon_hard();
    terminal.wait_until_contains("the daemon is back");
    session.appctl("send", &["0", "--enter"]).ok();
    wait_group(&mut terminal, "alpha", "done");
    home.start_sh("bravo", "exec cat");
    wait_group(&mut terminal, "bravo", "working");
    leave(terminal);
}

#[test]
fn a_daemon_that_was_stopped_is_waited_for_and_not_started() {
    let home = Home::new();
    home.start_sh("alpha", "exec cat");
    let mut terminal = dashboard(&home);
    wait_group(&mut terminal, "alpha", "working");
    home.appctl(["daemon", "stop"]).ok();
    terminal.wait_until_contains("the daemon was stopped");
    home.wait_no_daemon();
    terminal.keys("j");
    assert!(home.daemons().is_empty(), "{terminal}");
    home.start_sh("bravo", "exec cat");
    terminal.wait_until_contains("the daemon is back");
    wait_group(&mut terminal, "bravo", "working");
    home.appctl(["daemon", "restart"]).ok();
    home.start_sh("charlie", "exec cat");
    wait_group(&mut terminal, "charlie", "working");
    leave(terminal);
}

#[test]
fn however_it_ends_the_terminal_is_as_it_was_found() {
    let home = Home::new();
    home.start_sh("alpha", "exec cat");
    for keys in ["q", "\x1b", "\x03", "/x\x03", " \x03", "n\x03"] {
        let mut terminal = dashboard(&home);
        terminal.keys(keys);
        assert_eq!(terminal.wait_exit(), 0, "{keys:?}");
        is_as_found(&mut terminal);
    }
    for signal in [Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT] {
        let mut terminal = dashboard(&home);
        terminal.signal(signal);
        assert_eq!(terminal.wait_exit(), 0, "{signal:?}");
        is_as_found(&mut terminal);
    }
    assert!(home.ls().iter().all(|view| view["attached"] == 0), "nothing was opened");
}

/// A signal while a session is shown in the dashboard's place ends both.
#[test]
fn a_signal_ends_it_also_while_a_session_is_shown() {
    let home = Home::new();
    let session = home.start_sh("alpha", "echo this is alpha; exec cat");
    let mut terminal = dashboard(&home);
    terminal.wait_until_contains("alpha");
    terminal.keys("\r");
    session.wait_attached(1);
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.wait_exit(), 0);
    is_as_found(&mut terminal);
    session.wait_attached(0);
}

/// Opens a dashboard that ends at this point.
#[track_caller]
fn doomed(home: &Home, point: &str) -> Terminal {
    let mark = home.path().join("mark");
    let program = home.program("appctl");
    let variables = [("APPCTL_FAULT", OsStr::new(point)), ("APPCTL_FAULT_MARK", mark.as_os_str())];
    let launch =
        Launch { home, program: &program, args: &[], size: size(24, 80), variables: &variables };
    let mut terminal = Terminal::launch(&launch);
    wait::until("it to end", || if mark.exists() { Ok(()) } else { Err("no mark".to_owned()) });
    terminal.wait_exit();
    terminal
}

#[test]
fn a_panic_gives_the_terminal_back_and_can_be_read() {
    let home = Home::new();
    home.start_sh("alpha", "exec cat");
    let mut terminal = doomed(&home, "panic-dashboard.drawn:2");
    is_as_found(&mut terminal);
    assert!(terminal.screen().contains("a test wants a panic"), "{terminal}");
}

#[test]
fn a_dashboard_that_is_killed_leaves_a_terminal_that_the_next_command_puts_right() {
    let home = Home::new();
    home.start_sh("alpha", "exec cat");
    let appctl = home.program("appctl");
    let script = format!(
        "APPCTL_FAULT=dashboard.drawn:2 APPCTL_FAULT_MARK=$HOME/mark {0}; {0} ls; echo over",
        appctl.display()
    );
    let mut terminal = home.terminal_with("sh", &["-c", &script]);
    terminal.wait_until_contains("over");
    terminal.wait_exit();
    assert!(terminal.screen().modes_left_behind().is_empty(), "{terminal}");
    let settings = terminal.settings();
    assert!(settings.local_modes.contains(rustix::termios::LocalModes::ICANON));
}

#[test]
fn a_window_of_another_size_is_filled_at_once() {
    let home = Home::new();
    home.start_sh("alpha", "exec cat");
    let mut terminal = dashboard(&home);
    terminal.wait_until_contains("alpha");
    for (rows, cols) in [(8, 40), (50, 200), (24, 80)] {
        terminal.resize(rows, cols);
        terminal.wait_until("a foot in the last row", |screen| {
            screen.line(usize::from(rows) - 1).contains("Enter open") && screen.contains("alpha")
        });
    }
    leave(terminal);
}

#[test]
fn without_colours_there_are_none() {
    let home = Home::new();
    home.start_sh("fails", "exit 3").wait_over();
    home.start_sh("alpha", "exec cat");
    for (value, wanted) in [("", true), ("1", false)] {
        let program = home.program("appctl");
        let variables = [("NO_COLOR", OsStr::new(value))];
        let args = &[];
        let size = size(24, 80);
        let launch = Launch { home: &home, program: &program, args, size, variables: &variables };
        let mut terminal = Terminal::launch(&launch);
        terminal.wait_until("all of it", |screen| {
            screen.contains("alpha") && screen.contains("fails") && screen.contains(FOOT)
        });
        let text = String::from_utf8_lossy(terminal.raw()).into_owned();
        let has_colour = text.contains("\x1b[38;5;");
        assert_eq!(has_colour, wanted, "{text:?}");
        leave(terminal);
    }
}
