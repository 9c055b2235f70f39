//! Whoever watches a program is told what can be seen of it: soon, not too often, and in the
//! end what is true.

use std::fs::File;
use std::io::Write as _;
use std::time::{Duration, Instant};

use app_model::look::Sight;
use app_model::{Exit, Spec, TerminalSize};
use app_sys::pty::{self, WinSize};
use app_sys::socket;
use app_wire::hold::{Attach, FromHolder, Handover, RefusedCode, ToHolder};

use crate::rig::{self, Conn, Rig, script, size};

/// No two looks come closer together.
const GAP: Duration = Duration::from_millis(250);

/// No two that differ in their times alone.
const TIMES_GAP: Duration = Duration::from_secs(1);

/// What asks a terminal to report its focus.
const ASKS: &str = "\u{1b}[?1004h";

/// Fifty pictures a second for three seconds.
const SPINNER: &str = "awk 'BEGIN { for (n = 1; n <= 150; n++) {
    printf \"\\rframe %d of 150 \", n; fflush(); system(\"sleep 0.02\") } }'";

fn look(message: &FromHolder) -> Option<Sight> {
    match message {
        FromHolder::Look(sight) => Some((**sight).clone()),
        _ => None,
    }
}

/// A connection that watches, and what it was told at once.
fn watch(rig: &Rig) -> (Conn, Sight) {
    let mut conn = rig.connect();
    conn.say(&ToHolder::WatchLooks);
    let sight = conn.until("the first look", look);
    (conn, sight)
}

/// Looks until one is as wanted. Says how many came.
fn look_until(conn: &mut Conn, what: &str, wanted: impl Fn(&Sight) -> bool) -> (Sight, u32) {
    let mut count = 0;
    loop {
        let sight = conn.until(what, look);
        count += 1;
        if wanted(&sight) {
            return (sight, count);
        }
    }
}

/// How many looks may come in this time.
fn most(since: Instant, gap: Duration) -> u32 {
    u32::try_from(since.elapsed().as_millis() / gap.as_millis()).unwrap() + 1
}

fn shows(sight: &Sight, line: &str) -> bool {
    sight.look.lines.iter().any(|shown| shown.contains(line))
}

#[test]
fn a_watcher_sees_what_is_there_at_once_and_then_what_changes() {
    let text = "printf '\\033]2;vi\\a\\a\\033]133;A\\aone\\r\\n\\r\\n two'; read x; \
        printf '\\033]133;C\\a\\033]9;come\\a\\033]9;4;3\\a\\033]7501;state=working:app=x\\a'; exec cat";
    let rig = Rig::start(&script(text));
    let mut terminal = rig.attach();
    terminal.output(" two");
    let (mut watcher, first) = watch(&rig);
    assert_eq!(first.look.lines, ["one", " two"]);
    assert_eq!((first.look.title.as_str(), first.look.bells), ("vi", 1), "an end does not ring");
    assert_eq!((first.look.prompt, first.look.messages), (Some(true), 0));
    assert!(first.last_output_at_ms > 0 && first.last_typed_at_ms == 0);
    assert_eq!(first.focused, None);
    terminal.type_in("\r");
    let (next, _) = look_until(&mut watcher, "the message", |sight| sight.look.messages == 1);
    assert_eq!((next.look.message.as_str(), next.look.state.as_str()), ("come", "working"));
    assert_eq!((next.look.progress, next.look.prompt), (3, Some(false)));
    assert!(next.last_typed_at_ms >= first.last_output_at_ms);
}

#[test]
fn a_spinner_is_told_no_more_often_than_the_gap_and_its_last_picture_is_told() {
    let mut rig = Rig::start(&script(&format!("read x; {SPINNER}; exec cat")));
    let (mut watcher, _) = watch(&rig);
    let since = Instant::now();
    rig.connect().send("go", true);
    let (_, count) = look_until(&mut watcher, "the end", |sight| shows(sight, "frame 150 of"));
    assert!(count <= most(since, GAP), "{count} in {:?}", since.elapsed());
    assert!(count >= 3, "{count} in {:?}", since.elapsed());
    // The one who did not ask was told nothing of it.
    rig.connect().done(&ToHolder::Kill);
    while let Some(message) = rig.watcher.next() {
        assert!(look(&message).is_none(), "{message:?}");
    }
}

#[test]
fn output_that_changes_nothing_is_told_by_its_time_and_seldom() {
    let still = SPINNER.replace("frame %d of 150 \", n", "the same\"");
    let rig = Rig::start(&script(&format!("stty -echo; echo on; read x; {still}; exec cat")));
    rig.attach().output("on");
    let (mut watcher, _) = watch(&rig);
    let since = Instant::now();
    rig.connect().send("go", true);
    let (begun, _) = look_until(&mut watcher, "the output", |sight| shows(sight, "the same"));
    let mut count = 0;
    let mut last = begun.last_output_at_ms;
    while last < begun.last_output_at_ms + 2000 {
        let sight = watcher.until("a later time", look);
        assert_eq!(sight.look, begun.look);
        assert!(sight.last_output_at_ms > last);
        (count, last) = (count + 1, sight.last_output_at_ms);
    }
    assert!(count <= most(since, TIMES_GAP), "{count} in {:?}", since.elapsed());
}

#[test]
fn of_a_flood_little_is_told_and_its_end_is() {
    let flood = r#"awk 'BEGIN { for (n = 1; n <= 300000; n++)
        printf "\033[3%dmline %d of a flood, in colour\033[m\r\n", n % 8, n }'"#;
    let second = flood.replace("in colour", "once more");
    let said = r"printf '\a\033]9;amid\a'";
    let text = format!("stty -opost -echo; read x; {flood}; {said}; {second}; exec cat");
    let rig = Rig::start(&script(&text));
    let (mut watcher, _) = watch(&rig);
    let since = Instant::now();
    rig.connect().send("go", true);
    let is_end = |sight: &Sight| {
        sight.look.messages == 1 && shows(sight, "line 300000 of a flood, once more")
    };
    let (end, count) = look_until(&mut watcher, "the end", is_end);
    assert_eq!((end.look.bells, end.look.message.as_str()), (1, "amid"));
    assert_eq!(end.look.lines.len(), 23, "the lowest line is empty");
    assert!(count <= most(since, GAP), "{count} in {:?}", since.elapsed());
}

#[test]
fn a_message_that_comes_in_pieces_is_one() {
    let text = r"stty -echo; printf 'on\033]9;hel'; read x; printf 'lo\033'; read x; printf '\\!'; \
        exec cat";
    let rig = Rig::start(&script(text));
    let terminal = rig.attach();
    terminal.type_in("a\r");
    let (mut watcher, first) = watch(&rig);
    assert_eq!((first.look.messages, first.look.bells), (0, 0));
    terminal.type_in("b\r");
    let (sight, _) = look_until(&mut watcher, "the message", |sight| sight.look.messages > 0);
    assert_eq!((sight.look.messages, sight.look.message.as_str()), (1, "hello"));
}

#[test]
fn two_watchers_are_told_the_same_and_each_at_its_time() {
    let rig = Rig::start(&script("stty -echo; while read x; do echo $x; done"));
    let (mut first, _) = watch(&rig);
    rig.connect().send("one", true);
    look_until(&mut first, "one", |sight| shows(sight, "one"));
    let (mut second, now) = watch(&rig);
    assert!(shows(&now, "one"), "who comes later sees what is there: {now:?}");
    rig.connect().send("two", true);
    let (seen, _) = look_until(&mut first, "two", |sight| shows(sight, "two"));
    let (same, _) = look_until(&mut second, "two", |sight| shows(sight, "two"));
    assert_eq!(seen.look, same.look);
    drop(first);
    rig.connect().send("three", true);
    look_until(&mut second, "three", |sight| shows(sight, "three"));
}

#[test]
fn what_was_said_last_is_told_before_the_end() {
    let rig = Rig::start(&script(r"stty -echo; read x; printf '\033]9;done\a'; exit 3"));
    let (mut watcher, _) = watch(&rig);
    rig.connect().send("go", true);
    let (sight, _) = look_until(&mut watcher, "the message", |sight| sight.look.messages == 1);
    assert_eq!(sight.look.message, "done");
    assert_eq!(watcher.exited(), Exit::Code(3));
}

#[test]
fn a_run_without_a_terminal_has_no_looks() {
    let rig = Rig::start(&Spec { terminal: None, ..script("exec sleep 1000") });
    let mut conn = rig.connect();
    conn.say(&ToHolder::WatchLooks);
    let code = conn.until("a refusal", |message| match message {
        FromHolder::Refused { code, .. } => Some(*code),
        _ => None,
    });
    assert_eq!(code, RefusedCode::NoTerminal);
}

#[test]
fn the_focus_is_known_from_the_reports_of_all_terminals() {
    let text = r"stty raw -echo; printf 'on\033[?1004h'; head -c 8 >/dev/null; \
        printf '\033[?1004loff'; exec cat";
    let rig = Rig::start(&script(text));
    let terminal = rig.attach();
    let (mut watcher, mut first) = watch(&rig);
    if !shows(&first, "on") {
        first = look_until(&mut watcher, "the program", |sight| shows(sight, "on")).0;
    }
    assert_eq!(first.focused, None);
    let mut focus = |wanted: Option<bool>| {
        look_until(&mut watcher, "the focus", |sight| sight.focused == wanted).0
    };
    terminal.type_in("\u{1b}[O");
    assert_eq!(focus(Some(false)).last_typed_at_ms, 0, "nobody typed that");
    let observer = rig.attach_with(size(24, 80), true);
    focus(None);
    terminal.type_in("\u{1b}[I");
    focus(Some(true));
    drop(observer);
    terminal.type_in("go");
    let (off, _) = look_until(&mut watcher, "the end", |sight| shows(sight, "onoff"));
    assert_eq!(off.focused, Some(true), "they go on to report");
    assert!(off.last_typed_at_ms > 0);
}

/// Shows what it is typed, and ends the reports of the focus when it is told to.
const TAKES_FOCUS_AWAY: &str = r"stty raw -echo; printf 'ready'; head -c 1 >/dev/null;
    printf '\033[?1004h'; head -c 1 >/dev/null; printf '\033[?1004lgone'; exec cat -v";

/// A program that ends the reports, as many do when they leave, ends them for the others who
/// want to know as well.
#[test]
fn terminals_are_asked_for_their_focus_again_when_the_program_has_ended_the_reports() {
    let rig = Rig::start(&script(TAKES_FOCUS_AWAY));
    let mut terminal = rig.attach();
    assert!(terminal.output("ready").starts_with(ASKS));
    terminal.type_in("1");
    terminal.output(ASKS);
    terminal.type_in("2");
    let after = terminal.output(ASKS);
    assert!(after.contains("\u{1b}[?1004lgone"), "{after:?}");
    terminal.type_in("\u{1b}[Iok");
    let shown = terminal.output("ok");
    assert_eq!(shown, "ok", "the report is not for the program");
    rig.status("the focus", |status| status.focused == Some(true));
}

/// It stops in the midst of a title: what is written then would be a part of that.
#[test]
fn nothing_is_written_into_a_sequence_of_the_program() {
    let text = r"stty raw -echo; printf 'ready'; head -c 1 >/dev/null;
        printf '\033[?1004l\033]2;half'; head -c 1 >/dev/null; printf ' a title\007done'; exec cat";
    let rig = Rig::start(&script(text));
    let mut terminal = rig.attach();
    terminal.output("ready");
    terminal.type_in("1");
    terminal.output("half");
    terminal.type_in("2");
    let after = terminal.output(ASKS);
    assert_eq!(after, format!(" a title\u{7}done{ASKS}"));
}

/// The holder reads the keys of such a terminal by itself.
#[test]
fn a_terminal_that_was_handed_over_tells_of_its_focus_and_of_keys() {
    let rig = Rig::start(&script(r"stty raw -echo; printf '\033[?1004hon'; exec cat >/dev/null"));
    let TerminalSize { rows, cols, .. } = TerminalSize::DEFAULT;
    let tty = pty::open(WinSize { rows, cols, xpixel: 0, ypixel: 0 }).unwrap();
    let mut keys = File::from(tty.master);
    let (mut watcher, first) = watch(&rig);
    if !shows(&first, "on") {
        look_until(&mut watcher, "the program", |sight| shows(sight, "on"));
    }
    let mut conn = rig.connect();
    let terminal = Some(Handover { detach_key: 0 });
    let attach = ToHolder::Attach(Attach { history_lines: 0, terminal, ..rig::attach() });
    let bytes = attach.to_bytes();
    assert_eq!(socket::send_with(&conn.stream, &bytes, &tty.slave).unwrap(), bytes.len());
    conn.until("Done", |message| (*message == FromHolder::Done).then_some(()));
    keys.write_all(b"\x1b[I").unwrap();
    let (seen, _) = look_until(&mut watcher, "the focus", |sight| sight.focused == Some(true));
    assert_eq!(seen.last_typed_at_ms, 0, "nobody typed that");
    keys.write_all(b"\x1b[Oq").unwrap();
    look_until(&mut watcher, "a key", |sight| {
        sight.focused == Some(false) && sight.last_typed_at_ms > 0
    });
}

/// A watched program in which nothing happens costs nothing.
#[test]
#[cfg(target_os = "linux")]
fn nothing_wakes_a_holder_that_is_watched_while_nothing_happens() {
    let rig = Rig::start(&script("printf 'still\\033]2;busy\\a'; exec sleep 1000"));
    let (mut watcher, _) = watch(&rig);
    let switches = || {
        let path = format!("/proc/{}/status", rig.pid());
        let text = std::fs::read_to_string(path).unwrap();
        text.lines().find(|line| line.starts_with("voluntary")).unwrap().to_owned()
    };
    // All that the beginning has to say is said.
    while app_sys::poll::readable(&watcher.stream, Some(TIMES_GAP * 2)).unwrap() {
        watcher.next();
    }
    let before = switches();
    assert!(!app_sys::poll::readable(&watcher.stream, Some(TIMES_GAP)).unwrap());
    assert_eq!(switches(), before, "it woke up");
}
