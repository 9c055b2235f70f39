//! One row per thing that a terminal can be in the midst of: it must survive a snapshot.

use super::state::{self, difference, replayed};
use crate::Screen;

/// Name, what a program wrote, what it writes afterwards.
const FEATURES: &[(&str, &str, &str)] = &[
    ("text and cursor", "hello\r\nworld\x1b[3;7H", "x"),
    (
        "sgr 16, 256, rgb",
        "\x1b[31ma\x1b[94mb\x1b[38;5;200mc\x1b[48;2;1;2;3md\x1b[38:2::9:8:7me",
        "x",
    ),
    ("bold dim italic underline inverse", "\x1b[1ma\x1b[2mb\x1b[22;3mc\x1b[4md\x1b[7me", "x"),
    ("strike", "\x1b[9mx\x1b[29my", "z"),
    ("conceal", "\x1b[8mx\x1b[28my", "z"),
    ("blink", "\x1b[5mx\x1b[25my\x1b[6mz", "z"),
    ("overline", "\x1b[53mx\x1b[55my", "z"),
    ("underline styles", "\x1b[4:2ma\x1b[4:3mb\x1b[4:4mc\x1b[4:5md\x1b[21me\x1b[4:0mf", "x"),
    ("underline colour", "\x1b[4;58;5;9ma\x1b[58:2::1:2:3mb\x1b[58;2;4;5;6mc\x1b[59md", "x"),
    (
        "hyperlink",
        "\x1b]8;id=1;http://a/\x07one\x1b]8;;\x1b\\ two \x1b]8;;file:///b\x1b\\three",
        "x",
    ),
    ("current pen", "\x1b[1;3;4:3;38;5;9;48;2;1;2;3;58;5;7m", "x"),
    ("alternate screen", "one\x1b[?1049h\x1b[2;2Htwo", "\x1b[?1049lthree"),
    ("primary under alternate", "1\r\n2\r\n\x1b[31m3\x1b[?1049h\x1b[Hvim\x1b[0m", "\x1b[?1049lx"),
    ("alternate by 47", "one\x1b[?47htwo", "\x1b[?47lthree"),
    ("alternate by 1047", "one\x1b[?1047htwo", "\x1b[?1047lthree"),
    ("bracketed paste", "\x1b[?2004h", ""),
    ("application cursor keys", "\x1b[?1h", ""),
    ("application keypad", "\x1b=", ""),
    ("mouse 9", "\x1b[?9h", ""),
    ("mouse 1000 and 1006", "\x1b[?1000;1006h", "\x1b[?1000l"),
    ("mouse 1002 and 1005", "\x1b[?1002h\x1b[?1005h", "\x1b[?1005l"),
    ("mouse 1003 and 1015", "\x1b[?1003h\x1b[?1015h", ""),
    ("mouse 1016", "\x1b[?1003;1016h", ""),
    ("focus 1004", "\x1b[?1004h", "\x1b[?1004l"),
    ("alternate scroll 1007", "\x1b[?1007l", ""),
    ("kitty keyboard", "\x1b[=1u\x1b[>3u\x1b[>31u", "\x1b[<u"),
    (
        "kitty keyboard, alternate",
        "\x1b[>1u\x1b[?1049h\x1b[>7u\x1b[>5u",
        "\x1b[<u\x1b[?1049l\x1b[<2u",
    ),
    ("kitty keyboard, hidden alternate", "\x1b[?1049h\x1b[>7u\x1b[?1049l", "\x1b[?1049h"),
    ("modifyOtherKeys", "\x1b[>4;2m", "\x1b[>4m"),
    ("scroll region", "\x1b[2;4r\x1b[4;1Hx", "\r\n\n\ny"),
    ("origin mode", "\x1b[2;4r\x1b[?6h\x1b[2;3H", "x\x1b[Hy"),
    ("graphics in G0", "\x1b(0lqk", "x\x1b(Bx"),
    ("G1 and shift out", "\x1b)0a\x0eqqq", "q\x0fq"),
    ("G2 and G3", "\x1b*0\x1b+A\x1bn", "q\x1bo#\x0fq"),
    ("single shift", "\x1b*0a\x1bN", "qq"),
    ("cursor shape", "\x1b[5 q", ""),
    ("cursor hidden", "\x1b[?25l", ""),
    ("cursor blink", "\x1b[?12h", ""),
    ("autowrap off", "\x1b[?7l\x1b[1;18Habcdef", "x"),
    ("insert mode", "abc\x1b[4h\x1b[1;2H", "xy"),
    ("line feed mode", "\x1b[20h", "a\nb"),
    ("reverse wrap", "\x1b[?45h", ""),
    ("tab stops", "\x1b[3g\x1b[1;5H\x1bH\x1b[1;11H\x1bH\r", "\tx\ty"),
    ("title", "\x1b]2;work \u{2733}\x07", ""),
    ("title and icon", "\x1b]0;both\x1b\\\x1b]1;icon\x07", ""),
    ("title stack", "\x1b]2;a\x07\x1b[22;0t\x1b]2;b\x07\x1b[22;2t\x1b]2;c\x07", "\x1b[23;0t"),
    ("working directory", "\x1b]7;file://host/tmp\x1b\\", ""),
    ("pending wrap", "\x1b[2;1H01234567890123456789", "x"),
    ("pending wrap, wide", "\x1b[2;1H012345678901234567字", "x"),
    ("soft wrap kept", "0123456789012345678901234567890123456789abc", "x"),
    ("saved cursor", "\x1b[3;4H\x1b[1;31m\x1b(0\x1b7\x1b[m\x1b(B\x1b[H", "\x1b8q"),
    (
        "saved cursor waiting to wrap over a coloured end of a line",
        "\x1b[1;20Hx\x1b7\x1b[H\x1b[41m\x1b[2K\x1b[my",
        "\x1b8z",
    ),
    ("saved cursor waiting to wrap", "01234567890123456789\x1b7\x1b[3;3H", "\x1b8x"),
    ("saved cursor with origin", "\x1b[2;4r\x1b[?6h\x1b[2;2H\x1b7\x1b[?6l\x1b[H", "\x1b8x\x1b[Hy"),
    ("saved cursor of the alternate", "\x1b[?1049h\x1b[3;4H\x1b[7m\x1b7\x1b[m\x1b[H", "\x1b8x"),
    ("wide characters", "漢字かな\x1b[2;19H漢字", "x"),
    ("wide character that wraps", "0123456789012345678字x", "y"),
    ("combining marks", "e\u{301}a\u{308}\u{323}", "\u{302}x"),
    ("emoji with joiners", "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}!", "x"),
    ("variation selector", "\u{26A0}\u{FE0F} ok", "x"),
    ("erased with a background", "\x1b[44mab\x1b[2J\x1b[H", "x"),
    ("line erased with a background", "abc\x1b[41m\x1b[K\x1b[m\r\nx", "y"),
    ("scrolled with a background", "\x1b[4;1H\x1b[42m\n\n\x1b[m", "x"),
    ("styled trailing blanks", "ab\x1b[4m   \x1b[m", "x"),
    ("history", "1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n\x1b[32m8", "\r\n9"),
    ("history that wraps", "0123456789012345678901234567890123456789abc\r\n2\r\n3\r\n4", "\r\n9"),
    ("partial control sequence", "abc\x1b[38;5;1", "96mx"),
    ("partial escape", "abc\x1b", "[31mx"),
    ("partial designation", "abc\x1b(", "0q"),
    ("partial title", "\x1b]2;half a ti", "tle\x07x"),
    ("partial title, at its end", "\x1b]2;title\x1b", "\\x"),
    ("partial device control string", "\x1bP1$r0m", "\x1b\\x"),
    ("partial character", "a字", "x"),
    ("partial character of four bytes", "a👩", "x"),
    ("partial cursor shape", "ab\x1b[5 ", "qx"),
    ("partial private mode", "ab\x1b[?2004", "hx"),
    ("partial hyperlink", "\x1b]8;id=1;http://a", "b\x07x\x1b]8;;\x07"),
    ("saved cursor by 1048", "\x1b[2;5H\x1b[35m\x1b[?1048h\x1b[m\x1b[H", "\x1b[?1048lx"),
    ("region on the alternate screen", "\x1b[?1049h\x1b[2;3r\x1b[3;1Hx", "\n\ny\x1b[?1049lz"),
    ("soft wrap under the alternate screen", "01234567890123456789012\x1b[?1049h", "\x1b[?1049lx"),
    ("mouse encoding without a mode", "\x1b[?1006h", "\x1b[?1000h"),
    ("text colour alone", "\x1b]10;#123456\x07", "\x1b]110\x07"),
    ("background colour alone", "\x1b]11;#123456\x07", "\x1b]111\x07"),
    ("left and right margins", "\x1b[?69h\x1b[3;9s\x1b[2;3Habcdefghij", "\r\nx\x1b[2P"),
    ("pending wrap at a margin", "\x1b[?69h\x1b[3;9s\x1b[2;3Habcdefg", "x"),
    (
        "alternate screen opened at a margin",
        "\x1b[?69h\x1b[3;9s\x1b[Habcdefghi\x1b[?1049h",
        "\x1b[?1049lx",
    ),
    ("saved cursor waiting at a margin", "\x1b[?69h\x1b[3;9s\x1b[2;3Habcdefg\x1b7\x1b[H", "\x1b8x"),
    ("colour scheme 2031", "\x1b[?2031h", ""),
    ("resize events 2048", "\x1b[?2048h", ""),
    ("grapheme clusters 2027", "\x1b[?2027h", ""),
    ("synchronized 2026", "\x1b[?2026hab", "c\x1b[?2026l"),
    ("reverse video", "\x1b[?5h", ""),
    (
        "text and background colours",
        "\x1b]10;#ffffff\x07\x1b]11;rgb:00/11/22\x1b\\",
        "\x1b]110\x07",
    ),
    ("palette", "\x1b]4;1;#102030;200;rgb:a/b/c\x07", "\x1b]104;1\x07"),
    ("cursor colour", "\x1b]12;red\x07", "\x1b]112\x07"),
    ("progress", "\x1b]9;4;1;42\x07", "\x1b]9;4;0\x07"),
    ("repeat", "ab\x1b[2;2H", "\x1b[3b"),
    ("repeat at the end of a row", "\x1b[1;20H-", "\x1b[30b"),
    ("repeat nothing, for it was erased", "x\x1b[2J\x1b[3;3H", "\x1b[5b"),
];

/// The bytes of a row; the name of some says that their last character is to be cut.
fn bytes(name: &str, text: &str) -> Vec<u8> {
    let cut = usize::from(name.starts_with("partial character"));
    text.as_bytes()[..text.len() - cut].to_vec()
}

fn fed(bytes: &[u8]) -> Screen {
    let mut screen = Screen::new(4, 20, 100);
    screen.feed(bytes);
    screen
}

/// Says what is wrong with a feature, if anything.
fn fault(name: &str, before: &[u8], after: &[u8]) -> Option<String> {
    let mut original = fed(before);
    state::check(&original);
    if state::of(&original) == state::of(&Screen::new(4, 20, 100)) {
        return Some(format!("{name}: leaves no trace"));
    }
    let mut bytewise = Screen::new(4, 20, 100);
    before.iter().for_each(|byte| bytewise.feed(&[*byte]));
    if let Some(fault) = difference(&state::of(&original), &state::of(&bytewise)) {
        return Some(format!("{name}, byte by byte: {fault}"));
    }
    let mut copy = replayed(&original);
    if let Some(fault) = difference(&state::of(&original), &state::of(&copy)) {
        let snapshot = original.snapshot(crate::History::All);
        return Some(format!(
            "{name}, replayed: {fault}\n{:?}",
            String::from_utf8_lossy(&snapshot)
        ));
    }
    original.feed(after);
    copy.feed(after);
    difference(&state::of(&original), &state::of(&copy))
        .map(|fault| format!("{name}, later: {fault}"))
}

#[test]
fn every_feature_survives_a_snapshot() {
    let faults: Vec<String> = FEATURES
        .iter()
        .filter_map(|(name, before, after)| fault(name, &bytes(name, before), after.as_bytes()))
        .collect();
    println!("{} of {} features restored", FEATURES.len() - faults.len(), FEATURES.len());
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

#[test]
fn a_snapshot_of_a_snapshot_is_the_same() {
    for (name, before, _) in FEATURES {
        let first = fed(&bytes(name, before)).snapshot(crate::History::All);
        assert_eq!(fed(&first).snapshot(crate::History::All), first, "{name}");
    }
}

/// A mark belonged to nothing, in terminals that join it to what was written right before.
#[test]
fn the_character_just_written_is_the_end_of_a_snapshot() {
    for (written, end) in [
        ("abe", "e"),
        ("\x1b[31mabe", "e"),
        ("字", "字"),
        ("\x1b[2;1H01234567890123456789", "9"),
        ("\x1b[?1049h\x1b[?2004h\x1b[4mab\x08\x08xy", "y"),
    ] {
        let snapshot = fed(written.as_bytes()).snapshot(crate::History::All);
        assert!(snapshot.ends_with(end.as_bytes()), "{:?}", String::from_utf8_lossy(&snapshot));
    }
}

/// xterm.js counts the row of a saved cursor from the top of the history: saved before the
/// history was there, it was restored in the first row.
#[test]
fn a_cursor_is_saved_after_what_scrolls() {
    let screen = fed(b"1\r\n2\r\n3\r\n4\r\n5\r\n6\x1b[3;4H\x1b[31m\x1b7\x1b[m\x1b[H");
    let snapshot = screen.snapshot(crate::History::All);
    let at = |bytes: &[u8]| snapshot.windows(bytes.len()).position(|window| window == bytes);
    assert!(at(b"\x1b7").unwrap() > at(b"6").unwrap());
}

#[test]
fn a_snapshot_carries_as_much_history_as_was_asked_for() {
    let screen = fed(b"1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7");
    for (history, kept) in [
        (crate::History::None, 0),
        (crate::History::Lines(2), 2),
        (crate::History::Lines(9), 3),
        (crate::History::All, 3),
    ] {
        let copy = fed(&screen.snapshot(history));
        assert_eq!((copy.history_len(), copy.text()), (kept, screen.text()));
    }
}
