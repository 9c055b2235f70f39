//! Output without a plan, made of what programs write.
//!
//! Left out is what xterm.js does not know (margins at the sides, the kitty keyboard), what
//! it does in a way of its own (scrolling down leaves lines without the background of the
//! pen, a soft reset ends every private mode, a restored cursor has no shifted character set and no origin mode,
//! REP wants no sequence before it, each screen has tab stops of its own), and what terminals do not agree on: halves of wide
//! characters, and clusters. The recordings have wide characters.

use crate::judge::{Numbers, fault};
use crate::xterm::Xterm;

/// Streams, each with one attachment.
const STREAMS: u64 = 400;

const SIZES: [(u16, u16); 4] = [(4, 12), (6, 20), (9, 7), (24, 80)];

const PIECES: &[&str] = &[
    "a",
    "hello",
    "some text ",
    "0123456789",
    "   ",
    "é",
    "─│",
    "e\u{301}",
    "\r\n",
    "\r\n",
    "\r\n",
    "\n",
    "\r",
    "\x08",
    "\t",
    "\x1b[H",
    "\x1b[2;3H",
    "\x1b[9;9H",
    "\x1b[3;99H",
    "\x1b[A",
    "\x1b[2B",
    "\x1b[3C",
    "\x1b[D",
    "\x1b[5G",
    "\x1b[2d",
    "\x1b[E",
    "\x1b[F",
    "\x1b[K",
    "\x1b[1K",
    "\x1b[2K",
    "\x1b[J",
    "\x1b[1J",
    "\x1b[X",
    "\x1b[3X",
    "\x1b[P",
    "\x1b[2P",
    "\x1b[@",
    "\x1b[2@",
    "\x1b[L",
    "\x1b[2M",
    "\x1b[S",
    "\x1bM",
    "\x1bD",
    "\x1bE",
    "\x1b[2;3r",
    "\x1b[r",
    "\x1b[?7h",
    "\x1b[4h",
    "\x1b[4l",
    "\x1b7",
    "\x1b8",
    "\x1b[s",
    "\x1b[u",
    "\x1b[?25l",
    "\x1b[?25h",
    "\x1b[?1h",
    "\x1b=",
    "\x1b[?2004h",
    "\x1b[?1004h",
    "\x1b[?1000h",
    "\x1b[?1002h",
    "\x1b[?1003h",
    "\x1b[?1003l",
    "\x1b[?1006h",
    "\x1b[?1016h",
    "\x1b[?45h",
    "\x1b(0",
    "\x1b(B",
    "\x1b[Z",
    "\x1b[2I",
    "\x1b]2;title\x07",
    "\x1b]0;other\x1b\\",
    "\x1b]8;;http://x/\x07",
    "\x1b]8;id=1;http://y/\x1b\\",
    "\x1b]8;;\x07",
    "\x1b[5 q",
    "\x1b[m",
    "\x1b[m",
    "\x1b[1m",
    "\x1b[2;3m",
    "\x1b[4m",
    "\x1b[4:3m",
    "\x1b[4:5m",
    "\x1b[58;5;9m",
    "\x1b[58:2::1:2:3m",
    "\x1b[59m",
    "\x1b[24m",
    "\x1b[5m",
    "\x1b[7m",
    "\x1b[8m",
    "\x1b[9m",
    "\x1b[53m",
    "\x1b[31m",
    "\x1b[94m",
    "\x1b[38;5;200m",
    "\x1b[38:2::9:8:7m",
    "\x1b[41m",
    "\x1b[48;2;1;2;3m",
    "\x1b[39m",
    "\x1b[49m",
    "\x1bc",
];

fn stream(numbers: &mut Numbers) -> String {
    let mut stream = String::new();
    let mut alternate = None;
    for _ in 0..10 + numbers.below(50) {
        let piece = match (numbers.below(24), alternate) {
            (0, None) => {
                let mode = [1049, 1047, 47][numbers.below(3)];
                alternate = Some(mode);
                // There it is opened with the background of the pen, and here empty; and what
                // it saved when it was last shown is forgotten there.
                format!("\x1b[49m\x1b[r\x1b[?{mode}h\x1b7")
            }
            // Terminals disagree on leaving it in another way than it was opened, and when
            // it is not open.
            (0..=1, Some(mode)) => {
                alternate = None;
                // The region is of both screens there, and of each its own here.
                format!("\x1b[r\x1b[?{mode}l\x1b[r")
            }
            _ => PIECES[numbers.below(PIECES.len())].to_owned(),
        };
        stream.push_str(&piece);
    }
    stream
}

#[test]
fn who_attaches_in_the_midst_of_anything_sees_what_everybody_sees() {
    let Some(mut xterm) = Xterm::start() else { return };
    let mut faults = Vec::new();
    for number in 0..STREAMS {
        let mut numbers = Numbers(number << 20);
        let size = SIZES[numbers.below(SIZES.len())];
        let stream = stream(&mut numbers);
        let whole = xterm.shows(size, &[stream.as_bytes()]);
        let cut = numbers.below(stream.len() + 1);
        if let Some(fault) = fault(&mut xterm, size, stream.as_bytes(), cut, &whole) {
            let shown = stream.as_bytes().escape_ascii();
            faults.push(format!("stream {number}, {fault}\nthe stream was \"{shown}\""));
        }
    }
    let same = STREAMS - faults.len() as u64;
    faults.truncate(4);
    assert!(faults.is_empty(), "{same} of {STREAMS} the same\n{}", faults.join("\n\n"));
}
