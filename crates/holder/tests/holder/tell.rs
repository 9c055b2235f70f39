//! A notice on the terminals that are attached: between two sequences of the output, as each
//! of them understands it, and nowhere else.

use app_model::TerminalSize;
use app_model::notice::voice::Voice;
use app_wire::hold::{Attach, FromHolder, RefusedCode, Tell, ToHolder};

use crate::rig::{self, Conn, Rig, script, size};

const TELL: &str = "\u{1b}]9;✔ tests finished · fine\u{1b}\\\u{7}";

fn tell() -> ToHolder {
    ToHolder::Tell(Tell { about: None, title: "✔ tests finished".into(), body: "fine".into() })
}

/// What the holder answers.
fn answer(conn: &mut Conn) -> Result<(), RefusedCode> {
    conn.until("an answer", |message| match message {
        FromHolder::Done => Some(Ok(())),
        FromHolder::Refused { code, .. } => Some(Err(*code)),
        _ => None,
    })
}

fn attach(rig: &Rig, voice: Voice) -> Conn {
    rig.attach_as(Attach { voice, ..rig::attach() })
}

#[test]
fn each_terminal_is_told_in_its_own_way_and_nobody_else() {
    let mut rig = Rig::start(&script("stty raw -echo; printf ready; exec cat"));
    let mut sender = rig.connect();
    sender.say(&tell());
    assert_eq!(answer(&mut sender), Err(RefusedCode::NobodyAttached));
    let (mut one, mut two) = (attach(&rig, Voice::Osc9), attach(&rig, Voice::Bell));
    // Shown pictures, since it has another size.
    let other = Attach { size: size(10, 40), read_only: true, ..rig::attach() };
    let mut three = rig.attach_as(Attach { voice: Voice::Osc777, ..other });
    one.output("ready");
    two.output("ready");
    three.output("ready");
    sender.say(&tell());
    assert_eq!(answer(&mut sender), Ok(()));
    one.output(TELL);
    two.output("\u{7}");
    three.output("\u{1b}]777;notify;✔ tests finished;fine\u{1b}\\\u{7}");
    sender.done(&ToHolder::Kill);
    rig.watcher.exited();
    rig.ended();
    assert_eq!(String::from_utf8_lossy(&rig.transcript()), "ready", "the program said only this");
}

#[test]
fn the_terminal_with_the_focus_is_told_and_no_other() {
    let rig = Rig::start(&script("stty raw -echo; printf ready; exec cat"));
    let (mut behind, mut front) = (attach(&rig, Voice::Osc9), attach(&rig, Voice::Osc9));
    behind.output("ready");
    front.output("ready");
    front.type_in("\u{1b}[I");
    behind.type_in("\u{1b}[O");
    rig.status("the focus", |status| status.focused == Some(true));
    rig.connect().done(&tell());
    front.output(TELL);
    front.type_in("typed");
    assert_eq!(behind.output("typed"), "typed");
}

/// It stops within a title, then within a character: what is written there would be lost, and
/// spoil both.
#[test]
fn a_notice_waits_for_the_end_of_a_sequence_and_of_a_character() {
    let text = r"stty raw -echo; printf ready; head -c 1 >/dev/null; printf '\033]2;half';
        head -c 1 >/dev/null; printf ' a title\007now \303'; head -c 1 >/dev/null;
        printf '\251 done'; exec cat";
    let rig = Rig::start(&script(text));
    let mut terminal = attach(&rig, Voice::Osc9);
    terminal.output("ready");
    terminal.type_in("1");
    terminal.output("half");
    let mut sender = rig.connect();
    sender.say(&tell());
    assert_eq!(answer(&mut sender), Err(RefusedCode::Busy), "it stays there");
    sender.say(&tell());
    // The holder has it once it answers what was said after it.
    sender.say(&ToHolder::Status);
    sender.status("the request is taken", |_| true);
    terminal.type_in("2");
    assert!(terminal.output("now ").starts_with(" a title\u{7}now "), "half a character follows");
    terminal.type_in("3");
    let rest = terminal.output(TELL);
    assert!(rest.ends_with(&format!(" done{TELL}")), "{rest:?}");
    assert_eq!(answer(&mut sender), Ok(()));
}

/// What the flood repeats: a notice may come where one of these ends.
const PIECES: [&str; 4] = ["\u{1b}[31m", "é", "\u{1b}[m", "\n"];

#[test]
fn a_notice_is_told_in_the_midst_of_a_flood_and_harms_none_of_it() {
    let line = PIECES.concat();
    let text = format!(
        "stty raw -echo; printf ready; head -c 1 >/dev/null; yes '{}' | head -c 2200000; \
         printf over; exec cat",
        line.trim_end()
    );
    let rig = Rig::start(&script(&text));
    let mut terminal = attach(&rig, Voice::Osc9);
    terminal.output("ready");
    let mut sender = rig.connect();
    terminal.type_in("1");
    sender.say(&tell());
    let all = terminal.output("over");
    assert_eq!(answer(&mut sender), Ok(()));
    let (before, after) = all.split_once(TELL).expect("the notice");
    assert!(PIECES.iter().any(|piece| before.ends_with(piece)) || before.is_empty());
    let flood = format!("{before}{after}");
    let count = flood.len() / line.len();
    assert!(flood == format!("{}over", line.repeat(count)), "some of it is missing or changed");
}

#[test]
fn a_run_without_a_terminal_has_nobody_to_tell() {
    let rig = Rig::start(&app_model::Spec { terminal: None, ..script("exec sleep 1000") });
    let mut sender = rig.connect();
    sender.say(&tell());
    assert_eq!(answer(&mut sender), Err(RefusedCode::NobodyAttached));
    let nobody = TerminalSize { rows: 0, cols: 0, xpixel: 0, ypixel: 0 };
    assert_eq!(rig.status("no terminal", |_| true).size, nobody);
}
