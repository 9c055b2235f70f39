//! The terminal on attach and afterwards: what the program set is there, and gone again.

use app_tests::screen::{Color, Flags, NamedColor, Screen};
use app_tests::terminal::DETACH_KEY;
use app_tests::{Home, Session, Terminal, process};
use rustix::process::Signal;
use rustix::termios::Termios;

/// Sets every mode that a full-screen program may leave behind, draws a line, and waits.
const SETS_EVERYTHING: &str = "printf '\\033[?1049h\\033[?1h\\033=\\033[?25l\\033[?1000h\\033[?1002h\\033[?1003h\\033[?1006h\\033[?1007l\\033[?1004h\\033[?2004h\\033[>1u\\033[?7l\\033[4h\\033[2;10r\\033[?6h\\033[1;31;44m\\033[4 q\\033]0;my title\\007drawn'; exec sleep 1000";

fn everything(home: &Home) -> (Session<'_>, Terminal, Termios) {
    let session = home.start_sh("modes", SETS_EVERYTHING);
    session.wait_screen_contains("drawn");
    let terminal = session.attach();
    let before = terminal.settings_found().clone();
    (session, terminal, before)
}

/// The terminal is as it was: settings, modes, screen, colours.
#[track_caller]
fn left_as_found(terminal: &mut Terminal, before: &Termios) {
    terminal.settle();
    let left = terminal.screen().modes_left_behind();
    assert!(left.is_empty(), "modes left behind: {left:?}: {terminal}");
    let after = terminal.settings();
    assert_eq!(after.local_modes, before.local_modes, "settings left behind");
    assert_eq!(after.input_modes, before.input_modes, "settings left behind");
    assert_eq!(after.output_modes, before.output_modes, "settings left behind");
    let raw = terminal.raw();
    for reset in ["\x1b[?1049l", "\x1b[?25h", "\x1b[?2004l", "\x1b[?1004l"] {
        let found = raw.windows(reset.len()).any(|window| window == reset.as_bytes());
        assert!(found, "{reset:?} must be written: {terminal}");
    }
    draws_plainly(terminal);
}

/// What is written next has no colour and scrolls over the whole screen.
#[track_caller]
fn draws_plainly(terminal: &Terminal) {
    let mut probe = Screen::new(24, 80);
    probe.feed(terminal.raw());
    probe.feed(b"\r\nplain");
    let cell = probe.cell_of("plain").unwrap();
    assert_eq!(cell.fg, Color::Named(NamedColor::Foreground), "{terminal}");
    assert_eq!(cell.bg, Color::Named(NamedColor::Background), "{terminal}");
    assert!(!cell.flags.contains(Flags::BOLD), "{terminal}");
    let lines: String = (0..60).map(|n| format!("\r\nline {n}")).collect();
    probe.feed(lines.as_bytes());
    assert_eq!(probe.line(0), "line 36", "the scroll region is the whole screen: {terminal}");
    assert_eq!(probe.line(23), "line 59", "{terminal}");
}

#[track_caller]
fn all_modes_on(terminal: &mut Terminal) {
    use alacritty_modes as on;
    terminal.wait_until("all modes the program set", |screen| {
        screen.contains("drawn") && screen.modes().contains(on())
    });
}

fn alacritty_modes() -> app_tests::screen::Modes {
    use app_tests::screen::Modes;
    Modes::ALT_SCREEN
        | Modes::APP_CURSOR
        | Modes::APP_KEYPAD
        | Modes::MOUSE_MOTION
        | Modes::SGR_MOUSE
        | Modes::FOCUS_IN_OUT
        | Modes::BRACKETED_PASTE
        | Modes::DISAMBIGUATE_ESC_CODES
}

#[test]
fn an_attached_terminal_has_every_mode_the_program_set() {
    let home = Home::new();
    let (_session, mut terminal, _) = everything(&home);
    all_modes_on(&mut terminal);
    let modes = terminal.screen().modes();
    assert!(!modes.contains(app_tests::screen::Modes::SHOW_CURSOR), "{terminal}");
    assert_eq!(terminal.screen().title(), "my title", "{terminal}");
    let cell = terminal.screen().cell_of("drawn").unwrap();
    assert_eq!(cell.fg, Color::Named(NamedColor::Red), "{terminal}");
    assert_eq!(cell.bg, Color::Named(NamedColor::Blue), "{terminal}");
}

#[test]
fn the_detach_key_leaves_the_terminal_as_it_was_found() {
    let home = Home::new();
    let (_session, mut terminal, before) = everything(&home);
    all_modes_on(&mut terminal);
    terminal.keys(DETACH_KEY);
    assert_eq!(terminal.wait_exit(), 0);
    left_as_found(&mut terminal, &before);
}

#[test]
fn a_detach_by_command_leaves_the_terminal_as_it_was_found() {
    let home = Home::new();
    let (session, mut terminal, before) = everything(&home);
    all_modes_on(&mut terminal);
    session.appctl("detach", &[]).ok();
    assert_eq!(terminal.wait_exit(), 0);
    left_as_found(&mut terminal, &before);
}

#[test]
fn a_program_that_is_killed_leaves_the_terminal_as_it_was_found() {
    let home = Home::new();
    let (session, mut terminal, before) = everything(&home);
    all_modes_on(&mut terminal);
    session.program().signal(Signal::KILL);
    assert_eq!(terminal.wait_exit(), 128 + 9);
    left_as_found(&mut terminal, &before);
}

#[test]
fn a_holder_that_is_killed_leaves_the_terminal_as_it_was_found() {
    let home = Home::new();
    let (session, mut terminal, before) = everything(&home);
    let program = session.program();
    all_modes_on(&mut terminal);
    session.holder().kill();
    assert_ne!(terminal.wait_exit(), 0, "{terminal}");
    left_as_found(&mut terminal, &before);
    program.kill();
}

/// `kill` of the client (not `kill -9`) is the polite way, and leaves no wreck.
#[test]
fn a_client_that_is_asked_to_end_leaves_the_terminal_as_it_was_found() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let home = Home::new();
        let (session, mut terminal, before) = everything(&home);
        all_modes_on(&mut terminal);
        terminal.signal(signal);
        terminal.wait_exit();
        left_as_found(&mut terminal, &before);
        assert_eq!(session.show()["phase"], "running");
    }
}

#[test]
fn a_start_in_a_terminal_leaves_it_as_it_was_found_when_the_program_ends() {
    let home = Home::new();
    let script = SETS_EVERYTHING.replace("exec sleep 1000", "read line; exit 3");
    let mut terminal = home.terminal(&["start", "-n", "modes", "--", "sh", "-c", &script]);
    let before = terminal.settings_found().clone();
    all_modes_on(&mut terminal);
    terminal.keys("go\r");
    assert_eq!(terminal.wait_exit(), 3);
    left_as_found(&mut terminal, &before);
}

/// What stood in the window before the attach is not overwritten: it is above the screen.
#[test]
fn the_shell_finds_its_own_lines_and_settings_again_after_a_detach() {
    let home = Home::new();
    let session = home.start_sh("modes", SETS_EVERYTHING);
    session.wait_screen_contains("drawn");
    let script = format!("echo before; appctl attach {}; echo after; stty -a; read x", session.id);
    let mut terminal = home.terminal_with("sh", &["-c", &script]);
    terminal.wait_until_contains("drawn");
    terminal.keys(DETACH_KEY);
    terminal.wait_until_contains("after");
    terminal.wait_until_contains("icanon");
    let all = terminal.screen().text_with_history();
    assert!(all.starts_with("before\n"), "{all}");
    let stty = terminal.screen().text();
    assert!(!stty.contains("-icanon") && !stty.contains("-echo "), "{terminal}");
    assert!(!stty.contains("drawn"), "{terminal}");
}

#[test]
fn the_alternate_screen_is_restored_with_colours_and_cursor() {
    let home = Home::new();
    let script = "printf 'shell line\\n\\033[?1049h\\033[2J\\033[5;10H\\033[38;5;208mindexed\\033[m\\033[7;20H\\033[48;2;1;2;3mdirect\\033[m\\033[9;3H\\033[4;1mstyled\\033[m\\033[12;34H'; exec cat";
    let session = home.start_sh("alt", script);
    session.wait_screen_contains("styled");
    let mut terminal = session.attach();
    terminal.wait_until("the alternate screen", |screen| {
        screen.is_alternate() && screen.contains("styled") && screen.cursor() == (11, 33)
    });
    let screen = terminal.screen();
    assert_eq!(screen.line(4), "         indexed", "{terminal}");
    assert_eq!(screen.line(6), "                   direct", "{terminal}");
    assert_eq!(screen.cell(4, 9).fg, Color::Indexed(208), "{terminal}");
    let direct = app_tests::screen::Rgb { r: 1, g: 2, b: 3 };
    assert_eq!(screen.cell(6, 19).bg, Color::Spec(direct), "{terminal}");
    let flags = screen.cell(8, 2).flags;
    assert!(flags.contains(Flags::BOLD) && flags.contains(Flags::UNDERLINE), "{terminal}");
    assert!(!screen.contains("shell line"), "{terminal}");
}

/// Leaving the alternate screen after an attach must show what was below it.
#[test]
fn the_primary_screen_is_there_when_the_program_leaves_the_alternate_one() {
    let home = Home::new();
    let script = "printf 'below it\\n\\033[?1049hdrawn'; read line; printf '\\033[?1049l'; echo back; exec cat";
    let session = home.start_sh("alt", script);
    session.wait_screen_contains("drawn");
    let mut terminal = session.attach();
    terminal.wait_until_contains("drawn");
    terminal.type_line("");
    terminal.wait_until("the primary screen", |screen| {
        !screen.is_alternate() && screen.contains("below it") && screen.contains("back")
    });
}

#[test]
fn lines_above_the_screen_are_there_after_an_attach() {
    let home = Home::new();
    let session = home.start_sh("long", "seq 1 200; echo the end; exec cat");
    session.wait_screen_contains("the end");
    let mut terminal = session.attach();
    terminal.wait_until_contains("the end");
    let shown = terminal.screen().text_with_history();
    let wanted: String = (1..=200).map(|n| format!("{n}\n")).collect();
    assert!(shown.contains(&wanted), "{shown}");
}

/// Prints its size at the start and at each change. The signal is blocked and waited for,
/// so that none is missed between two waits, as a trap of a shell may.
const TELLS_SIZE: &str = "
import os, signal
change = {signal.SIGWINCH}
signal.pthread_sigmask(signal.SIG_BLOCK, change)
while True:
    size = os.get_terminal_size()
    print(size.lines, size.columns, flush=True)
    signal.sigwait(change)
";

#[test]
fn a_resize_reaches_the_program() {
    let home = Home::new();
    let session = home.start("sizes", &["/usr/bin/python3", "-c", TELLS_SIZE]);
    session.wait_screen_contains("24 80");
    let mut terminal = session.attach();
    terminal.wait_until_contains("24 80");
    terminal.resize(30, 100);
    terminal.wait_until_contains("30 100");
    terminal.resize(12, 50);
    terminal.wait_until_contains("12 50");
}

#[test]
fn the_program_gets_the_size_of_the_terminal_that_attaches() {
    let home = Home::new();
    let session = home.start("sizes", &["/usr/bin/python3", "-c", TELLS_SIZE]);
    session.wait_screen_contains("24 80");
    let mut terminal = session.attach_from(40, 132);
    terminal.wait_until_contains("40 132");
    terminal.keys(DETACH_KEY);
    terminal.wait_exit();
    // Nobody looks, and the size stays: output is not wrapped anew at a fallback size.
    let mut again = session.attach_from(40, 132);
    again.wait_until_contains("40 132");
    assert_eq!(again.screen().text().matches("40 132").count(), 1, "{again}");
}

/// A program that does not care about sizes of one (and less) must not end the holder.
#[test]
fn a_terminal_of_no_size_does_no_harm() {
    let home = Home::new();
    let session = home.start_sh("tiny", "echo ready; while read x; do echo heard $x; done");
    session.wait_screen_contains("ready");
    for (rows, cols) in [(0, 0), (1, 1), (1, 200), (200, 1)] {
        let mut terminal = session.attach_from(rows.max(1), cols.max(2));
        terminal.resize(rows, cols.max(2));
        terminal.settle();
        terminal.keys(DETACH_KEY);
        terminal.wait_exit();
    }
    let mut terminal = session.attach();
    terminal.type_line("well");
    terminal.wait_until_contains("heard well");
}

/// The client reports for the terminal: with `Ctrl-C` the interrupt belongs to the
/// program, and so do `Ctrl-Z`, `Ctrl-S` and `Ctrl-D`.
#[test]
fn control_keys_go_to_the_program_and_not_to_the_client() {
    let home = Home::new();
    let session = home.start_sh("keys", "stty raw -echo; echo ready; exec cat -v");
    let mut terminal = session.attach();
    terminal.wait_until_contains("ready");
    let client = terminal.pid();
    terminal.keys(b"\x03\x1a\x13\x04\x11.");
    terminal.wait_until_contains("^C^Z^S^D^Q.");
    assert!(process::runs(client));
}
