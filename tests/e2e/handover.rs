//! The terminal in the holder's hands: whoever dies or leaves, it is put right.

use app_tests::process;
use app_tests::screen::Modes;
use app_tests::terminal::{DETACH_KEY, Terminal, size};
use app_tests::{Home, wait};
use rustix::process::Signal;
use rustix::termios::LocalModes;

/// Changes whatever a program can change of a terminal, and goes on.
const GREEDY: &str = r"printf '\033[?1049h\033[?1003h\033[?2004h\033[?25l\033[>1uready'; exec cat";

fn is_cooked(terminal: &Terminal) -> bool {
    let modes = terminal.settings().local_modes;
    modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
}

fn wait_put_right(terminal: &mut Terminal) {
    terminal.wait_raw_from_anybody("the reset", |it| {
        let reset = [&b"\x1b[?1003l"[..], b"\x1b[?1049l", b"\x1b[?25h"];
        reset.iter().all(|wanted| it.raw().windows(wanted.len()).any(|bytes| bytes == *wanted))
    });
    wait::until("the settings", || is_cooked(terminal).then_some(()).ok_or("raw".into()));
}

#[test]
fn a_client_that_is_killed_leaves_a_terminal_that_can_be_used() {
    let home = Home::new();
    let session = home.start_sh("greedy", GREEDY);
    let mut terminal = session.attach();
    terminal.wait_until_contains("ready");
    assert!(!is_cooked(&terminal));
    terminal.signal(Signal::KILL);
    wait_put_right(&mut terminal);
    session.wait_attached(0);
    session.attach().wait_until_contains("ready");
}

#[test]
fn a_holder_that_is_killed_leaves_a_terminal_that_can_be_used() {
    let home = Home::new();
    let session = home.start_sh("greedy", GREEDY);
    home.expects_leftovers();
    let mut terminal = session.attach();
    terminal.wait_until_contains("ready");
    session.holder().kill();
    wait_put_right(&mut terminal);
    assert_ne!(terminal.wait_exit(), 0);
}

/// The program knows nothing of it: the reports are for the holder.
#[test]
fn a_terminal_reports_its_focus_while_it_is_attached_and_no_longer() {
    let home = Home::new();
    let session = home.start_sh("plain", "stty raw -echo; printf ready; exec cat -v");
    let asked = |terminal: &mut Terminal| {
        terminal.wait_until("a terminal that reports", |screen| {
            screen.contains("ready") && screen.modes().contains(Modes::FOCUS_IN_OUT)
        });
    };
    for (relay, shown) in [(&[][..], "readyabc"), (&["--relay"], "readyabcabc")] {
        let mut terminal = home.terminal(&[&["attach"], relay, &[session.id.as_str()]].concat());
        asked(&mut terminal);
        // One report whole, one in two pieces, and keys around them.
        for keys in ["a\u{1b}[I", "b\u{1b}", "[O", "c"] {
            terminal.keys(keys);
        }
        terminal.wait_until_contains(shown);
        terminal.keys(DETACH_KEY);
        assert_eq!(terminal.wait_exit(), 0);
        assert!(terminal.screen().modes_left_behind().is_empty(), "{terminal}");
    }
    let mut terminal = session.attach();
    asked(&mut terminal);
    terminal.signal(Signal::KILL);
    terminal.wait_raw_from_anybody("the end of the reports", |it| {
        !it.screen().modes().contains(Modes::FOCUS_IN_OUT)
    });
    session.wait_attached(0);
}

#[test]
fn every_way_to_leave_gives_the_terminal_back() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let home = Home::new();
        let session = home.start_sh("greedy", GREEDY);
        let mut terminal = session.attach();
        terminal.wait_until_contains("ready");
        terminal.signal(signal);
        wait_put_right(&mut terminal);
        assert_eq!(terminal.wait_exit(), 0, "{terminal}");
        session.wait_attached(0);
    }
}

#[test]
fn a_session_can_be_taken_over_and_the_others_are_told() {
    let home = Home::new();
    let session = home.start_sh("demo", "echo ready; exec cat");
    let mut one = session.attach();
    one.wait_until_contains("ready");
    let mut two = home.terminal(&["attach", "--steal", &session.id]);
    two.wait_until_contains("ready");
    assert_eq!(one.wait_exit(), 0);
    one.wait_until_contains("taken over by another terminal");
    assert!(is_cooked(&one));
    session.wait_attached(1);
    two.type_line("mine");
    two.wait_until_contains("mine");
}

#[test]
fn the_key_and_ctrl_z_suspend_the_client_and_it_comes_back() {
    let home = Home::new();
    let session = home.start_sh("demo", "echo ready; exec cat");
    for relay in [&[][..], &["--relay"]] {
        let mut terminal = home.terminal(&[&["attach"], relay, &[session.id.as_str()]].concat());
        terminal.wait_until_contains("ready");
        terminal.keys([DETACH_KEY, b"\x1a"].concat());
        let client = terminal.pid();
        wait::until("the client stopped", || match process::state(client) {
            Some('T') => Ok(()),
            other => Err(format!("{other:?}")),
        });
        assert!(is_cooked(&terminal));
        session.wait_attached(0);
        terminal.signal(Signal::CONT);
        session.wait_attached(1);
        terminal.type_line("and on");
        terminal.wait_until_contains("and on");
        terminal.keys(DETACH_KEY);
        assert_eq!(terminal.wait_exit(), 0);
    }
}

#[test]
fn when_the_driver_leaves_the_terminal_takes_the_size_of_another() {
    let home = Home::new();
    let session = home.start_sh(
        "sizes",
        "trap 'stty size' WINCH; echo ready; sleep 1000 & while kill -0 $!; do wait $!; done",
    );
    let mut large = session.attach_from(40, 120);
    large.wait_until_contains("40 120");
    let mut small = session.attach_from(10, 40);
    small.wait_until_contains("10 40");
    small.keys(DETACH_KEY);
    assert_eq!(small.wait_exit(), 0);
    wait::until("the size", || {
        let screen = session.peek();
        screen.trim_end().ends_with("40 120").then_some(()).ok_or(screen)
    });
}

#[test]
fn as_many_lines_of_history_are_shown_as_were_asked_for() {
    let home = Home::new();
    let session = home.start_sh("lines", "seq -f 'line %g' 200; echo ready; exec cat");
    session.wait_screen_contains("ready");
    for (history, first) in [("all", 1), ("none", 179), ("20", 159)] {
        for relay in [&[][..], &["--relay"]] {
            let args = [&["attach", "--history", history], relay, &[session.id.as_str()]].concat();
            let mut terminal = home.terminal(&args);
            terminal.wait_until_contains("ready");
            let text = terminal.screen().text_with_history();
            let seen = text.lines().find(|line| line.starts_with("line")).unwrap_or_default();
            assert_eq!(seen.trim_end(), format!("line {first}"), "--history {history} {relay:?}");
        }
    }
    let bad = home.appctl(["attach", "--history", "some", &session.id]);
    assert_eq!(bad.code(), 2);
}

/// Draws its size into two corners whenever it changes or a line is typed.
const FRAMED: &str = r#"draw() { set -- $(stty size); printf '\033[2J\033[Hsize %s' "$1x$2"; \
    printf '\033[%d;%dHcorner' "$1" $(($2 - 5)); }; trap draw WINCH; draw; \
    while :; do read line && draw && printf '\033[3;1Hheard %s' "$line"; done"#;

#[test]
fn terminals_of_other_sizes_see_what_fits() {
    let home = Home::new();
    let session = home.start_sh("framed", FRAMED);
    let mut large = session.attach_from(30, 100);
    large.type_line("large");
    large.wait_until_contains("heard large");
    large.wait_until_contains("size 30x100");
    let mut small = session.attach_from(8, 40);
    small.type_line("small");
    small.wait_until("the small one's picture", |screen| {
        let text = screen.text();
        text.contains("size 8x40") && text.contains("corner") && text.contains("heard small")
    });
    // The large one sees the same, at its top left, and nothing of what was there before.
    large.wait_until("the same on the large one", |screen| {
        let text = screen.text();
        text.contains("size 8x40") && text.contains("heard small") && !text.contains("30x100")
    });
    large.type_line("large again");
    large.wait_until_contains("size 30x100");
    // Now the small one sees the part around the cursor.
    small.wait_until("a part", |screen| screen.text().contains("heard large again"));
    assert!(!small.screen().text().contains("corner"));
    large.keys(DETACH_KEY);
    assert_eq!(large.wait_exit(), 0);
    small.type_line("alone");
    small.wait_until_contains("heard alone");
    small.wait_until_contains("size 8x40");
}

#[test]
fn an_observer_of_another_size_changes_nothing_and_sees_what_fits() {
    let home = Home::new();
    let session = home.start_sh("framed", FRAMED);
    let mut driver = session.attach_from(24, 80);
    driver.type_line("one");
    driver.wait_until_contains("heard one");
    for relay in [&[][..], &["--relay"]] {
        let args = [&["attach", "--read-only"], relay, &[session.id.as_str()]].concat();
        let mut observer = home.terminal_of(size(6, 30), &args);
        observer.wait_until_contains("size 24x80");
        observer.type_line("nobody hears this");
        driver.type_line("two");
        observer.wait_until_contains("heard two");
        observer.keys(DETACH_KEY);
        assert_eq!(observer.wait_exit(), 0);
        assert!(is_cooked(&observer));
        driver.type_line("one");
        driver.wait_until_contains("heard one");
    }
    let seen = driver.screen().text();
    assert!(seen.contains("size 24x80") && !seen.contains("nobody"), "{seen}");
}

#[test]
fn a_terminal_whose_relay_was_killed_is_put_right_by_the_next_command() {
    let home = Home::new();
    let session = home.start_sh("greedy", GREEDY);
    // The shell that a person has: it waits, then runs what is typed.
    let script = "\"$1\" attach --relay \"$2\"; echo killed; read line; \"$1\" $line; echo done";
    let appctl = home.program("appctl");
    for command in ["ls", "reset"] {
        let args = ["-c", script, "sh", appctl.to_str().unwrap(), &session.id];
        let mut terminal = home.terminal_with("sh", &args);
        terminal.wait_until_contains("ready");
        let client = process::children(terminal.pid())[0];
        process::Process::of(client).kill();
        terminal.wait_raw("the shell", |it| String::from_utf8_lossy(it.raw()).contains("killed"));
        assert!(!is_cooked(&terminal));
        // As it is, Enter is not what ends a line.
        terminal.keys(format!("{command}\n"));
        terminal.wait_raw("the end", |it| String::from_utf8_lossy(it.raw()).contains("done"));
        wait_put_right(&mut terminal);
    }
    assert_eq!(home.appctl(["reset"]).code(), 2);
}

/// What only the terminal itself understands: pictures, the clipboard, links, notices,
/// frames, colours. None of it is ours to touch.
const EXTRAS: [&[u8]; 8] = [
    b"\x1b_Ga=T,f=24,s=1,v=2;AAAAAAAA\x1b\\",
    b"\x1bP0;0;8q\"1;1;4;6#0;2;0;0;0#0~~~~-\x1b\\",
    b"\x1b]8;id=a;https://example.com/a%20b\x1b\\link\x1b]8;;\x1b\\",
    b"\x1b]52;c;aGVsbG8=\x07",
    b"\x1b]1337;File=inline=1;width=1:AAAA\x07",
    b"\x1b]9;done\x1b\\\x1b]777;notify;a;b\x07",
    b"\x1b[?2026hframe\x1b[?2026l",
    b"\x1b[38;2;1;2;3mtrue\x1b[48:2::4:5:6mcolour\x1b[m",
];

#[test]
fn what_only_a_terminal_understands_reaches_it_byte_for_byte() {
    let home = Home::new();
    let extras = [EXTRAS.concat(), b"the end".to_vec()].concat();
    let file = home.path().join("extras");
    std::fs::write(&file, &extras).unwrap();
    let script = format!("stty -opost; echo ready; read x; cat {}; exec cat", file.display());
    for relay in [&[][..], &["--relay"]] {
        let session = home.start_sh("extras", &script);
        let mut terminal = home.terminal(&[&["attach"], relay, &[session.id.as_str()]].concat());
        terminal.wait_until_contains("ready");
        terminal.keys("\n");
        terminal.wait_raw("the end", |it| it.raw().windows(7).any(|bytes| bytes == b"the end"));
        let raw = terminal.raw();
        assert!(raw.windows(extras.len()).any(|bytes| bytes == extras), "{relay:?}: {terminal}");
    }
}

#[test]
fn the_key_works_when_the_program_reads_nothing() {
    let home = Home::new();
    let session = home.start_sh("deaf", "stty raw -echo; printf ready; exec sleep 1000");
    let mut terminal = session.attach();
    terminal.wait_until_contains("ready");
    terminal.keys(vec![b'x'; 1300 << 10]);
    terminal.keys(DETACH_KEY);
    assert_eq!(terminal.wait_exit(), 0);
    assert!(is_cooked(&terminal));
    session.wait_attached(0);
}

#[test]
fn a_session_is_not_shown_on_its_own_terminal() {
    let home = Home::new();
    let appctl = home.program("appctl");
    let script = "read id; APPCTL_SESSION= \"$0\" attach \"$id\"; echo \"code $?\"; exec cat";
    let session = home.start("inside", &["sh", "-c", script, appctl.to_str().unwrap()]);
    session.appctl("send", &[&session.id, "--enter"]).ok();
    let screen = session.wait_screen_contains("code 125");
    assert!(screen.contains("cannot be taken over"), "{screen}");
}

/// Writes far more than any queue holds, and says so in the end.
const FLOOD: &str =
    "stty -opost; echo ready; read x; seq 1 1000000 | tr '\\n' ' '; echo; echo over; exec cat";

#[test]
fn a_flood_reaches_the_terminal_whole_and_the_keys_work_during_it() {
    let home = Home::new();
    let session = home.start_sh("flood", FLOOD);
    let mut terminal = session.attach();
    terminal.wait_until_contains("ready");
    terminal.keys("\n");
    terminal.wait_raw("the end", |it| it.raw().ends_with(b"over\n"));
    let wanted: String = (1..=1_000_000).map(|number| format!("{number} ")).collect();
    let raw = terminal.raw();
    let from = raw.windows(8).position(|bytes| bytes == b"1 2 3 4 ").expect("the beginning");
    assert!(raw[from..].starts_with(wanted.as_bytes()), "some of it is missing or changed");
    terminal.keys(DETACH_KEY);
    assert_eq!(terminal.wait_exit(), 0);
    assert!(is_cooked(&terminal));
}

#[test]
fn a_terminal_that_takes_no_more_of_a_flood_stops_neither_the_program_nor_the_key() {
    let home = Home::new();
    let session = home.start_sh("flood", FLOOD);
    let mut terminal = session.attach();
    terminal.wait_until_contains("ready");
    terminal.keys("\n");
    terminal.wait_raw("the flood", |it| it.raw().len() > 1 << 20);
    // From here on nobody reads the terminal.
    wait::until("the end of it", || {
        let shown = session.peek();
        shown.contains("over").then_some(()).ok_or(shown)
    });
    terminal.keys(DETACH_KEY);
    assert_eq!(terminal.wait_exit(), 0);
    assert!(is_cooked(&terminal));
    session.wait_attached(0);
}
