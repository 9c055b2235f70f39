//! What a program says beside what it shows.

use crate::signals::{Prompt, Signals, Stated};
use crate::{History, Screen};

fn fed(text: &str) -> Screen {
    let mut screen = Screen::new(24, 80, 100);
    screen.feed(text.as_bytes());
    screen
}

fn messages(text: &str) -> (u32, String) {
    let screen = fed(text);
    (screen.signals().messages, screen.signals().message.clone())
}

#[test]
fn a_state_is_read_in_any_order_and_with_any_separator() {
    for (text, state) in [
        ("\x1b]7501;state=working:app=codex\x1b\\", Some(Stated::Working)),
        ("\x1b]7501;app=codex;state=idle\x07", Some(Stated::Idle)),
        ("\x1b]7501;app=codex:state=done\x07", Some(Stated::Done)),
        ("\x1b]7501;state=blocked:app=x\x07", Some(Stated::Blocked)),
        ("\x1b]7501;state=error:app=codex\x1b\\", Some(Stated::Error)),
        ("\x1b]7501;state=done\x07\x1b]7501;state=clear:app=x\x07", None),
        ("\x1b]7501;state=done\x07\x1b]7501;state=on fire\x07", Some(Stated::Done)),
        ("\x1b]7501;state=done\x07\x1b]7501;app=codex\x07", Some(Stated::Done)),
        ("\x1b]7501;state=done\x07\x1bc", None),
        ("\x1b]7501\x07\x1b]7501;substate=idle\x07", None),
    ] {
        assert_eq!(fed(text).signals().state, state, "{text:?}");
    }
}

#[test]
fn a_shell_is_followed_from_prompt_to_command_to_its_code() {
    for (text, prompt, exit) in [
        ("", None, None),
        ("\x1b]133;A;k=i\x07$ ", Some(Prompt::Shown), None),
        ("\x1b]133;A\x07$ \x1b]133;B\x07", Some(Prompt::Shown), None),
        ("\x1b]133;B\x07ls\r\n\x1b]133;C\x07", Some(Prompt::Running), None),
        ("\x1b]133;C\x07x\x1b]133;D;3;aid=1\x07", Some(Prompt::Ended(Some(3))), Some(3)),
        ("\x1b]133;D;3\x07\x1b]133;A\x07", Some(Prompt::Shown), Some(3)),
        ("\x1b]133;D;3\x07\x1b]133;C\x07", Some(Prompt::Running), None),
        ("\x1b]133;D\x07", Some(Prompt::Ended(None)), None),
        ("\x1b]133;A\x07\x1b]133;?\x07", Some(Prompt::Shown), None),
    ] {
        let screen = fed(text);
        let Signals { prompt: got, exit: code, .. } = screen.signals();
        assert_eq!((*got, *code), (prompt, exit), "{text:?}");
    }
}

#[test]
fn a_message_is_told_from_an_order_to_the_terminal() {
    assert_eq!(messages("\x1b]9;Turn complete\x07"), (1, "Turn complete".into()));
    assert_eq!(messages("\x1b]9;one; two\x1b\\"), (1, "one; two".into()));
    assert_eq!(messages("\x1b]9;42 tests\x07\x1b]9;42\x07"), (2, "42".into()));
    for order in ["4;1;50", "4;0;", "4", "1;500", "2;text", "5", "9;/tmp", "12", ""] {
        assert_eq!(messages(&format!("\x1b]9;{order}\x07")), (0, String::new()), "{order}");
    }
    assert!(fed("\x1b]9;4;3\x07").progress().is_some());
}

#[test]
fn a_message_with_a_title_has_both() {
    assert_eq!(
        messages("\x1b]777;notify;Done;It took 3 s; really\x07").1,
        "Done: It took 3 s; really"
    );
    assert_eq!(messages("\x1b]777;notify;Done\x07"), (1, "Done".into()));
    assert_eq!(messages("\x1b]777;notify;;x\x07"), (1, "x".into()));
    assert_eq!(messages("\x1b]777;precmd\x07\x1b]777;notify;;\x07").0, 0);
}

#[test]
fn a_message_in_parts_counts_once_when_it_is_whole() {
    let parts = "\x1b]99;i=1:d=0;Hel\x1b\\\x1b]99;i=2;other\x1b\\\x1b]99;i=1:d=0:p=title;lo\x1b\\";
    assert_eq!(messages(parts), (1, "other".into()));
    assert_eq!(messages(&format!("{parts}\x1b]99;i=1:p=body;you\x1b\\")), (2, "Hello: you".into()));
    let icon_last = "\x1b]99;i=1:d=0;Hi\x1b\\\x1b]99;i=1:p=icon:e=1;AAAA\x1b\\";
    assert_eq!(messages(icon_last), (1, "Hi".into()));
    assert_eq!(messages("\x1b]99;;plain\x1b\\"), (1, "plain".into()));
    assert_eq!(messages("\x1b]99;i=1:e=1:p=body;w6k=\x1b\\"), (1, "é".into()));
    for other in ["i=1:p=?;", "i=1:p=close;", "i=x:p=alive;", "i=1:p=icon;AAAA", "", "i=1"] {
        assert_eq!(messages(&format!("\x1b]99;{other}\x1b\\")).0, 0, "{other}");
    }
}

#[test]
fn a_message_is_clean_and_bounded() {
    let (count, text) = messages(&format!("\x1b]777;notify;{0};{0}\x07", "é\u{9b}\n".repeat(3000)));
    assert!(count == 1 && text.len() <= 1024 && !text.contains(char::is_control));
    let mut screen = Screen::new(24, 80, 100);
    for name in 0..100_000 {
        screen.feed(format!("\x1b]99;i={name}:d=0;{}\x1b\\", "x".repeat(40)).as_bytes());
        screen.feed(b"\x1b]99;i=same:d=0;more and more\x1b\\");
    }
    screen.feed(b"\x1b]99;i=same;\x1b\\");
    assert_eq!(screen.signals().messages, 1);
    assert_eq!(screen.signals().message.len(), 1024, "it never waited longest");
    assert!(size_of::<Signals>() <= 128);
}

#[test]
fn signals_are_the_same_however_they_are_cut() {
    let text = "\x07a\x1b]9;m\u{e9}\x07\x1b]7501;state=idle\x1b\\\x1b]99;i=1:d=0;T\x1b\\\x07\
        \x1b]133;C\x07\x1b]99;i=1:p=body;B\x1b\\\x1b]777;notify;a;b\x07";
    let whole = fed(text);
    assert_eq!((whole.bells(), whole.signals().messages), (2, 3));
    for cut in 1..20 {
        let mut screen = Screen::new(24, 80, 100);
        text.as_bytes().chunks(cut).for_each(|piece| screen.feed(piece));
        assert_eq!(screen.signals(), whole.signals(), "{cut}");
        assert_eq!(screen.bells(), whole.bells());
    }
}

#[test]
fn nothing_in_a_flood_hides_a_signal() {
    let lines = "\x1b[32mline of a flood\x1b[m\r\n".repeat(20_000);
    let screen = fed(&format!("{lines}\x1b]9;amid\x07{lines}\x07{lines}\x1b]133;A\x07{lines}"));
    assert_eq!((screen.signals().message.as_str(), screen.bells()), ("amid", 1));
    assert_eq!(screen.signals().prompt, Some(Prompt::Shown));
}

#[test]
fn a_snapshot_says_nothing_twice() {
    let said = "\x1b]9;hello\x07\x1b]7501;state=idle\x07\x1b]133;A\x07\x1b]777;notify;a;b\x07\x07";
    assert_eq!(fed(said).snapshot(History::All), fed("").snapshot(History::All));
}

#[test]
fn what_was_said_stays_said_after_a_reset() {
    let screen = fed("\x1b]9;hello\x07\x1b]133;A\x07\x1bc");
    assert_eq!((screen.signals().messages, screen.signals().prompt), (1, None));
    assert_eq!(screen.signals().message, "hello");
}

#[test]
fn the_foot_is_the_lowest_lines_with_something_in_them() {
    let screen = fed("one\r\n\r\n  two  \r\n \u{a0}\r\n漢字\x1b[44m   \r\n");
    assert_eq!(screen.foot(2), ["  two", "漢字"]);
    assert_eq!(screen.foot(40), ["one", "  two", "漢字"]);
    assert!(screen.foot(0).is_empty() && fed("").foot(9).is_empty());
}
