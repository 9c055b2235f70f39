//! Terminals: what they see, what they type, and what a slow one costs the others.

use app_model::Exit;
use app_wire::hold::{DetachReason, FromHolder, RefusedCode, ToHolder};

use crate::rig::{Rig, script, size};

#[test]
fn a_terminal_sees_what_was_there_then_what_comes_and_types() {
    let rig = Rig::start(&script("echo before; exec cat"));
    let mut first = rig.attach();
    first.output("before");
    first.type_in("typed\r");
    first.output("typed\r\ntyped");
    let mut second = rig.attach();
    let seen = second.output("typed");
    assert!(seen.contains("before"), "{seen:?}");
    second.type_in("by two\r");
    first.output("by two\r\nby two");
}

#[test]
fn the_terminal_has_the_size_of_the_driver_that_acted_last() {
    let script_text = "trap 'stty size' WINCH; stty size; while :; do read line || :; done";
    let mut rig = Rig::start(&script(script_text));
    let mut small = rig.attach_with(size(10, 40), false);
    small.output("10 40");
    let mut large = rig.attach_with(size(50, 200), false);
    large.output("50 200");
    small.type_in("x\r");
    large.output("10 40");
    rig.watcher.status("the size", |status| status.size == size(10, 40));

    let mut observer = rig.attach_with(size(5, 5), true);
    observer.type_in("ignored\r");
    observer.say(&ToHolder::Resize(size(6, 6)));
    large.say(&ToHolder::Resize(size(51, 201)));
    let seen = observer.output("51 201");
    assert!(!seen.contains("ignored") && !seen.contains("6 6"), "{seen:?}");
}

#[test]
fn a_detached_terminal_is_told_why() {
    let rig = Rig::start(&script("exec cat"));
    let reason = |message: &FromHolder| match message {
        FromHolder::Detached(reason) => Some(*reason),
        _ => None,
    };
    let mut first = rig.attach();
    let mut second = rig.attach();
    first.say(&ToHolder::Detach);
    assert_eq!(first.until("the goodbye", reason), DetachReason::Asked);
    let mut command = rig.connect();
    command.done(&ToHolder::DetachAll);
    assert_eq!(second.until("the goodbye", reason), DetachReason::ByCommand);
    command.say(&ToHolder::Status);
    assert_eq!(command.status("the state", |_| true).attached, 0);
}

#[test]
fn the_screen_can_be_asked_for_without_attaching() {
    let rig = Rig::start(&script("echo look at this; exec cat"));
    rig.attach().output("look at this");
    for ansi in [false, true] {
        let mut conn = rig.connect();
        conn.say(&ToHolder::Screen { ansi, history_lines: 0 });
        let bytes = conn.until("the screen", |message| match message {
            FromHolder::Screen { last: true, bytes } => Some(bytes.clone()),
            _ => None,
        });
        assert!(String::from_utf8_lossy(&bytes).contains("look at this"));
    }
}

#[test]
fn a_program_that_asks_its_terminal_is_answered_when_there_is_none() {
    let text = "stty raw -echo; printf 'abc\\033[6n\\033[c'; exec head -c 15 | cat -v";
    let mut rig = Rig::start(&script(text));
    assert_eq!(rig.watcher.exited(), Exit::Code(0));
    let seen = String::from_utf8(rig.transcript()).unwrap();
    assert!(seen.ends_with("^[[1;4R^[[?62;22c"), "{seen:?}");
}

#[test]
fn a_text_is_sent_as_a_paste_where_the_program_asked_for_that() {
    let rig = Rig::start(&script("stty raw -echo; printf '\\033[?2004hready '; exec cat -v"));
    let mut terminal = rig.attach();
    terminal.output("ready");
    let mut command = rig.connect();
    command.send("two\nlines", true);
    command.until("Done", |message| (*message == FromHolder::Done).then_some(()));
    terminal.output("^[[200~two^Mlines^[[201~^M");
}

#[test]
fn a_program_that_reads_nothing_is_still_read_from() {
    let dir = tempfile::tempdir().unwrap();
    let go = dir.path().join("go");
    let text = format!(
        "stty raw -echo; echo ready; until test -e {}; do :; done; seq 1 300000",
        go.display()
    );
    let mut rig = Rig::start(&script(&text));
    let mut terminal = rig.attach();
    terminal.output("ready");
    let mut command = rig.connect();
    // Far more than a terminal holds, in pieces that the input queue takes.
    let refused = loop {
        command.send(&"y".repeat(500_000), false);
        let answer = command.until("an answer", |message| match message {
            FromHolder::Done => Some(None),
            FromHolder::Refused { code, .. } => Some(Some(*code)),
            _ => None,
        });
        if let Some(code) = answer {
            break code;
        }
    };
    assert_eq!(refused, RefusedCode::Busy);
    std::fs::write(go, b"").unwrap();
    terminal.output("300000");
    assert_eq!(rig.watcher.exited(), Exit::Code(0));
}

#[test]
fn a_terminal_that_stops_reading_delays_nobody_and_catches_up_with_a_picture() {
    let text = "stty raw; read go; seq 1 2000000; echo the end; exec cat";
    let rig = Rig::start(&script(text));
    let mut stuck = rig.attach();
    let mut other = rig.attach();
    other.type_in("\n\n");
    other.output("the end");
    // All of it would be 15 MB: what was missed is replaced by the picture.
    let seen = stuck.output("the end");
    assert!(seen.len() < 4 << 20, "{} bytes were kept for it", seen.len());
    other.type_in("after");
    stuck.output("after");
    #[cfg(target_os = "linux")]
    assert!(peak_kb(&rig) < 10 << 10, "its queue grew to {} KB", peak_kb(&rig));
}

/// The most memory that the holder ever had.
#[cfg(target_os = "linux")]
fn peak_kb(rig: &Rig) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", rig.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn input_of_any_length_arrives_whole() {
    let rig = Rig::start(&script("stty raw -echo; printf ready; exec head -c 3000000 | cksum"));
    let mut terminal = rig.attach();
    terminal.output("ready");
    let long: String = (0..300_000).map(|n| format!("{:09}\n", n % 1_000_000)).collect();
    terminal.type_in(&long);
    // What `cksum` says of these bytes.
    let mut sum = std::process::Command::new("cksum")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut sum.stdin.take().unwrap(), long.as_bytes()).unwrap();
    let wanted = String::from_utf8(sum.wait_with_output().unwrap().stdout).unwrap();
    terminal.output(wanted.trim_end());
}
