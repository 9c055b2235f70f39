//! The screen model: however its input is cut, whatever its size is on the way, and whether
//! or not it passes over what cannot be seen, it comes to the same state, and a snapshot
//! carries all of it.
//!
//! ```text
//!   rows │ columns │ history │ cut │ part before the snapshot │ output…
//! ```
//!
//! In the output, [`RESIZE`] and two bytes stand for another size.

use app_term::{History, Screen, text_and_colours};

use crate::input::{Input, pieces};

/// A byte that no text holds.
const RESIZE: u8 = 0xf8;

/// More is only slower.
const LONGEST: usize = 16 << 10;

#[derive(Clone, Copy)]
enum Step<'a> {
    Output(&'a [u8]),
    Resize(u16, u16),
}

/// Panics when the input breaks it.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(&bytes[..bytes.len().min(LONGEST)]);
    let (rows, cols) = (size(input.byte()), size(input.byte()));
    let limit = usize::from(input.below(24));
    let cut = input.byte();
    let before = usize::from(input.byte());
    let steps = steps(input.rest());
    let (before, after) = steps.split_at(steps.len() * before / 255);
    // Half of the inputs have no resize and so only one step: that one is cut.
    let (before, after) = match (before, after) {
        ([], [Step::Output(only)]) => {
            let (front, back) = only.split_at(only.len() * usize::from(bytes[4]) / 255);
            (vec![Step::Output(front)], vec![Step::Output(back)])
        }
        (before, after) => (before.to_vec(), after.to_vec()),
    };

    let new = || Screen::new(rows, cols, limit);
    let (mut whole, mut in_pieces, mut skimmed) = (new(), new(), new());
    for part in [&before, &after] {
        feed(&mut whole, part, |screen, output| screen.feed(output));
        feed(&mut in_pieces, part, |screen, output| {
            pieces(output, cut).for_each(|piece| screen.feed(piece));
        });
        feed(&mut skimmed, part, skim);
        same("cut", &whole, &in_pieces);
        same("skimmed", &whole, &skimmed);
        assert_eq!(whole.bells(), in_pieces.bells(), "bells, cut");
        assert_eq!(whole.bells(), skimmed.bells(), "bells, skimmed");
        assert_eq!(whole.signals(), in_pieces.signals(), "signals, cut");
        assert_eq!(whole.signals(), skimmed.signals(), "signals, skimmed");
    }

    let mut original = new();
    feed(&mut original, &before, |screen, output| screen.feed(output));
    let mut copy = Screen::new(original.rows(), original.cols(), limit);
    copy.feed(&original.snapshot(History::All));
    same("replayed", &original, &copy);
    let mut shorter = Screen::new(original.rows(), original.cols(), limit);
    shorter.feed(&original.snapshot(History::Lines(3)));
    assert_eq!(original.text(), shorter.text(), "text, replayed with some history");
    assert_eq!(original.cursor(), shorter.cursor(), "cursor, replayed with some history");
    feed(&mut copy, &after, |screen, output| screen.feed(output));
    same("replayed and fed the rest", &whole, &copy);
}

/// Mostly small, so that things meet each other; at times a real one.
fn size(byte: u8) -> u16 {
    match byte {
        0..=199 => u16::from(byte % 14) + 1,
        200..=249 => u16::from(byte - 200) + 10,
        250..=255 => u16::from(byte - 249) * 40,
    }
}

fn steps(bytes: &[u8]) -> Vec<Step<'_>> {
    let mut input = Input::new(bytes);
    let mut steps = Vec::new();
    while !input.is_empty() {
        let rest = input.take(usize::MAX);
        let output = rest.iter().position(|&byte| byte == RESIZE).unwrap_or(rest.len());
        steps.push(Step::Output(&rest[..output]));
        input = Input::new(rest.get(output + 1..).unwrap_or_default());
        if output < rest.len() {
            steps.push(Step::Resize(size(input.byte()), size(input.byte())));
        }
    }
    steps
}

fn feed(screen: &mut Screen, steps: &[Step<'_>], mut output: impl FnMut(&mut Screen, &[u8])) {
    for step in steps {
        match *step {
            Step::Output(bytes) => output(screen, bytes),
            Step::Resize(rows, cols) => screen.resize(rows, cols),
        }
    }
}

/// Passes over whatever can be passed over, however little it is.
fn skim(screen: &mut Screen, output: &[u8]) {
    let mut rest = output;
    while !rest.is_empty() {
        let stretch = text_and_colours(rest);
        let passed = screen.skim(&rest[..stretch]);
        // The rest of the stretch, and the byte that ended it.
        let end = rest.len().min(stretch + 1);
        screen.feed(&rest[passed..end]);
        rest = &rest[end..];
    }
}

/// Fails unless nothing that can be asked tells the two apart.
fn same(how: &str, a: &Screen, b: &Screen) {
    assert_eq!((a.rows(), a.cols()), (b.rows(), b.cols()), "size, {how}");
    assert_eq!(a.text(), b.text(), "text, {how}");
    assert_eq!(a.cursor(), b.cursor(), "cursor, {how}");
    assert_eq!(a.history_len(), b.history_len(), "history, {how}");
    assert_eq!(a.modes(), b.modes(), "modes, {how}");
    assert_eq!(a.title(), b.title(), "title, {how}");
    assert_eq!(a.working_directory(), b.working_directory(), "directory, {how}");
    assert_eq!(a.progress(), b.progress(), "progress, {how}");
    assert_eq!(a.last_line(), b.last_line(), "last line, {how}");
    assert_eq!(a.foot(3), b.foot(3), "foot, {how}");
    let shown = |screen: &Screen| {
        let bytes = screen.snapshot(History::All);
        bytes.escape_ascii().to_string()
    };
    assert_eq!(shown(a), shown(b), "snapshot, {how}");
}

/// What programs write.
pub(crate) const WORDS: &[&[u8]] = &[
    b"\r\n",
    b"\r\n",
    b"\n",
    b"\r",
    b"\x08",
    b"\t",
    b"\x0e",
    b"\x0f",
    b"\x07",
    b"\x1b",
    b"a",
    b"hello world",
    b"0123456789",
    b"   ",
    "字".as_bytes(),
    "漢字かな".as_bytes(),
    "e\u{301}".as_bytes(),
    "\u{200d}".as_bytes(),
    "\u{fe0f}".as_bytes(),
    "👩".as_bytes(),
    "⚠\u{fe0f}".as_bytes(),
    b"\xe5",
    b"\xf0\x9f",
    b"\xf8\x03\x05",
    b"\xf8\x01\x01",
    b"\xf8\x18\xcb",
    b"\x1b]9;",
    b"\x1b]99;i=a:d=0:p=body;",
    b"\x1b]99;i=a:e=1;aGk=\x1b\\",
    b"\x1b]133;",
    b"\x1b]777;notify;a;",
    b"\x1b]7501;app=x:state=idle\x07",
    b"\x1b[H",
    b"\x1b[2;3H",
    b"\x1b[9;9H",
    b"\x1b[K",
    b"\x1b[1K",
    b"\x1b[2K",
    b"\x1b[J",
    b"\x1b[1J",
    b"\x1b[2J",
    b"\x1b[3J",
    b"\x1b[2L",
    b"\x1b[M",
    b"\x1b[3@",
    b"\x1b[2P",
    b"\x1b[4X",
    b"\x1b[2S",
    b"\x1b[T",
    b"\x1b[5b",
    b"\x1b[65535b",
    b"\x1b[2;3r",
    b"\x1b[r",
    b"\x1b[2I",
    b"\x1b[Z",
    b"\x1bH",
    b"\x1b[3g",
    b"\x1b[g",
    b"\x1b7",
    b"\x1b8",
    b"\x1b[s",
    b"\x1b[u",
    b"\x1bM",
    b"\x1bD",
    b"\x1bE",
    b"\x1bc",
    b"\x1b[!p",
    b"\x1b#8",
    b"\x1b(0",
    b"\x1b(B",
    b"\x1b)0",
    b"\x1b*0",
    b"\x1b+A",
    b"\x1bN",
    b"\x1bO",
    b"\x1bn",
    b"\x1bo",
    b"\x1b[31m",
    b"\x1b[1;3;4m",
    b"\x1b[m",
    b"\x1b[0;7m",
    b"\x1b[44m",
    b"\x1b[38;5;200m",
    b"\x1b[48;2;1;2;3m",
    b"\x1b[38:2::9:8:7m",
    b"\x1b[4:3m",
    b"\x1b[58:5:1m",
    b"\x1b[59m",
    b"\x1b[4h",
    b"\x1b[4l",
    b"\x1b[20h",
    b"\x1b[20l",
    b"\x1b[?6h",
    b"\x1b[?6l",
    b"\x1b[?7l",
    b"\x1b[?7h",
    b"\x1b[?45h",
    b"\x1b[?69h\x1b[2;5s",
    b"\x1b[?69l",
    b"\x1b[?1049h",
    b"\x1b[?1049l",
    b"\x1b[?47h",
    b"\x1b[?47l",
    b"\x1b[?1047h",
    b"\x1b[?1048h",
    b"\x1b[?1h",
    b"\x1b=",
    b"\x1b>",
    b"\x1b[?25l",
    b"\x1b[?5h",
    b"\x1b[?1000h",
    b"\x1b[?1003;1006h",
    b"\x1b[?1016h",
    b"\x1b[?1004h",
    b"\x1b[?1007l",
    b"\x1b[?2004h",
    b"\x1b[?2026h",
    b"\x1b[?2026l",
    b"\x1b[?2027h",
    b"\x1b[?2031h",
    b"\x1b[?2048h",
    b"\x1b[>1u",
    b"\x1b[>31u",
    b"\x1b[<u",
    b"\x1b[=3;2u",
    b"\x1b[>4;2m",
    b"\x1b[>4m",
    b"\x1b[5 q",
    b"\x1b[ q",
    b"\x1b[2 @",
    b"\x1b[1 A",
    b"\x1b[2'}",
    b"\x1b['~",
    b"\x1b]2;title\x07",
    b"\x1b]0;t\x1b\\",
    b"\x1b]1;icon\x07",
    b"\x1b[22;0t",
    b"\x1b[23;0t",
    b"\x1b[22t",
    b"\x1b[23t",
    b"\x1b]8;;http://x/\x07",
    b"\x1b]8;id=1;http://y\x1b\\",
    b"\x1b]8;;\x07",
    b"\x1b]7;file://h/tmp\x07",
    b"\x1b]9;4;1;42\x07",
    b"\x1b]9;4;0\x07",
    b"\x1b]4;1;red\x07",
    b"\x1b]104\x07",
    b"\x1b]10;#fff\x07",
    b"\x1b]11;rgb:00/11/22\x07",
    b"\x1b]110\x07",
    b"\x1b]12;red\x07",
    b"\x1b]112\x07",
    b"\x1bPq#\x1b\\",
    b"\x1b_G\x1b\\",
    b"\x1b^p\x1b\\",
    b"\x1b]2;open",
    b"\x1b[3",
    b"\x1b[?",
    b"\x1b(",
    b"\x18",
    b"\x1a",
    b"\x9c",
    b"\x7f",
    b"\0",
    b"\x1b[2;65535H",
    b"\x1b[65535L",
    b"\x1b[65535@",
    b"\x1b[65535S",
    b"65535",
    b";",
    b":",
    b"1",
];
