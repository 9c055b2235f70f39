//! What programs ask their terminal, and what we say while no terminal is there.
//!
//! Editors and agents ask for the cursor or the terminal's kind when they start, and some
//! give up when nobody answers. With a driver attached, its terminal answers and this
//! module is silent.
//!
//! # Invariants
//!
//! 1. An answer is about the moment of the question: output before it has been fed to
//!    the model, output after it has not.
//! 2. We claim no more than any terminal that may attach later can do.
//! 3. No program makes this keep more than [`BODY`] bytes.

use app_model::TerminalSize;
use app_term::{Modes, Mouse, MouseEncoding};
use memchr::{memchr, memchr3};

/// Longer sequences are no questions; their bytes pass unread.
const BODY: usize = 64;

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
const CAN: u8 = 0x18;
const SUB: u8 = 0x1a;

/// Something a program wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// DA1, DA2, DA3.
    Attributes(Level),
    /// DSR 5.
    Health,
    /// DSR 6, or its DEC form.
    Cursor { dec: bool },
    /// DECRQM.
    Mode { dec: bool, number: u16 },
    /// XTVERSION.
    Version,
    /// The kitty keyboard flags.
    Keyboard,
    /// XTWINOPS 14, 16 or 18.
    Size(u16),
    /// OSC 10, 11 or 12.
    Color(u16),
    /// OSC 4.
    Palette(u8),
    /// DECRQSS.
    Setting,
    /// XTGETTCAP.
    Capability,
}

/// Which device attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Primary,
    Secondary,
    Tertiary,
}

/// What is true when a question is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    pub(crate) size: TerminalSize,
    /// Row and column from zero.
    pub(crate) cursor: (u16, u16),
    pub(crate) modes: Modes,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Ground,
    Escape,
    Csi,
    Text(Kind),
    /// An ESC within a text, which ends it if a backslash follows.
    TextEscape(Kind),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Osc,
    Dcs,
    Other,
}

/// Finds questions in the output, however it is cut.
#[derive(Debug, Default)]
pub(crate) struct Scanner {
    state: State,
    body: Vec<u8>,
    /// A sequence has ended the reports of the focus.
    focus_lost: bool,
}

impl Scanner {
    /// Whether it is between two sequences: text may be left out.
    pub(crate) fn is_idle(&self) -> bool {
        self.state == State::Ground
    }

    /// Whether terminals were told to report no focus since this was last asked.
    pub(crate) fn focus_lost(&mut self) -> bool {
        std::mem::take(&mut self.focus_lost)
    }

    /// Reads on: up to and including the next sequence, which may be a question, or to
    /// the end.
    pub(crate) fn next(&mut self, bytes: &[u8]) -> (usize, Option<Question>) {
        let mut at = 0;
        while at < bytes.len() {
            // The two states that long stretches are in are left by few bytes only.
            let skipped = match self.state {
                State::Ground => memchr(ESC, &bytes[at..]),
                State::Text(_) => memchr3(ESC, BEL, CAN, &bytes[at..]),
                State::Escape | State::Csi | State::TextEscape(_) => Some(0),
            };
            let end = skipped.map_or(bytes.len(), |count| at + count);
            if self.state != State::Ground {
                self.keep(&bytes[at..end]);
            }
            at = end;
            if let Some(&byte) = bytes.get(at) {
                at += 1;
                let question = self.step(byte);
                if self.is_idle() {
                    return (at, question);
                }
            }
        }
        (at, None)
    }

    fn step(&mut self, byte: u8) -> Option<Question> {
        match (self.state, byte) {
            (State::Text(kind), ESC) => self.state = State::TextEscape(kind),
            (State::TextEscape(kind), b'\\') => return self.end_of(kind),
            (State::Text(Kind::Osc), BEL) => return self.end_of(Kind::Osc),
            (_, ESC) => self.state = State::Escape,
            (_, CAN | SUB) => self.state = State::Ground,
            (State::Text(_), other) => self.keep(&[other]),
            (State::Escape | State::TextEscape(_), other) => {
                self.body.clear();
                self.focus_lost |= other == b'c'; // RIS.
                self.state = match other {
                    b'[' => State::Csi,
                    b']' => State::Text(Kind::Osc),
                    b'P' => State::Text(Kind::Dcs),
                    b'X' | b'^' | b'_' => State::Text(Kind::Other),
                    _ => State::Ground,
                };
            }
            (State::Csi, 0x20..=0x3f) => self.keep(&[byte]),
            (State::Csi, 0x40..=0x7e) => {
                self.state = State::Ground;
                self.focus_lost |= byte == b'l' && resets_focus(&self.body);
                return csi(&self.body, byte);
            }
            (State::Csi | State::Ground, _) => {}
        }
        None
    }

    fn end_of(&mut self, kind: Kind) -> Option<Question> {
        self.state = State::Ground;
        match kind {
            Kind::Osc => osc(&self.body),
            Kind::Dcs if self.body.starts_with(b"$q") => Some(Question::Setting),
            Kind::Dcs if self.body.starts_with(b"+q") => Some(Question::Capability),
            Kind::Dcs | Kind::Other => None,
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = BODY - self.body.len().min(BODY);
        self.body.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

/// Whether the modes that are reset have the one of focus reports among them.
fn resets_focus(body: &[u8]) -> bool {
    let modes = body.strip_prefix(b"?").unwrap_or_default();
    modes.split(|&byte| byte == b';').any(|mode| mode == b"1004")
}

fn csi(body: &[u8], last: u8) -> Option<Question> {
    Some(match (body, last) {
        (b"" | b"0", b'c') => Question::Attributes(Level::Primary),
        (b">" | b">0", b'c') => Question::Attributes(Level::Secondary),
        (b"=" | b"=0", b'c') => Question::Attributes(Level::Tertiary),
        (b"5", b'n') => Question::Health,
        (b"6", b'n') => Question::Cursor { dec: false },
        (b"?6", b'n') => Question::Cursor { dec: true },
        (b">" | b">0", b'q') => Question::Version,
        (b"?", b'u') => Question::Keyboard,
        (b"14" | b"16" | b"18", b't') => Question::Size(number(body)?),
        (_, b'p') => {
            let asked = body.strip_suffix(b"$")?;
            let private = asked.strip_prefix(b"?");
            Question::Mode { dec: private.is_some(), number: number(private.unwrap_or(asked))? }
        }
        _ => return None,
    })
}

fn osc(body: &[u8]) -> Option<Question> {
    let mut fields = body.split(|&byte| byte == b';');
    match (number(fields.next()?)?, fields.next()?, fields.next()) {
        (4, index, Some(b"?")) => Some(Question::Palette(u8::try_from(number(index)?).ok()?)),
        (which @ 10..=12, b"?", None) => Some(Question::Color(which)),
        _ => None,
    }
}

fn number(digits: &[u8]) -> Option<u16> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

impl Question {
    /// The bytes to type, or nothing where silence is the honest answer.
    pub(crate) fn answer(self, facts: &Facts) -> Option<String> {
        let TerminalSize { rows, cols, xpixel, ypixel } = facts.size;
        let (row, col) = (facts.cursor.0 + 1, facts.cursor.1 + 1);
        Some(match self {
            // A VT220 with colours: what everything understands.
            Self::Attributes(Level::Primary) => "\x1b[?62;22c".into(),
            Self::Attributes(Level::Secondary) => "\x1b[>1;10;0c".into(),
            Self::Attributes(Level::Tertiary) => "\x1bP!|00000000\x1b\\".into(),
            Self::Health => "\x1b[0n".into(),
            Self::Cursor { dec: false } => format!("\x1b[{row};{col}R"),
            Self::Cursor { dec: true } => format!("\x1b[?{row};{col};1R"),
            Self::Mode { dec, number } => {
                let mark = if dec { "?" } else { "" };
                format!("\x1b[{mark}{number};{}$y", mode(&facts.modes, dec, number))
            }
            Self::Version => format!("\x1bP>|appctl({})\x1b\\", env!("CARGO_PKG_VERSION")),
            // Only who uses the protocol already is told of it (invariant 2).
            Self::Keyboard if facts.modes.kitty_keyboard == 0 => return None,
            Self::Keyboard => format!("\x1b[?{}u", facts.modes.kitty_keyboard),
            Self::Size(18) => format!("\x1b[8;{rows};{cols}t"),
            Self::Size(_) if xpixel == 0 || ypixel == 0 => return None,
            Self::Size(14) => format!("\x1b[4;{ypixel};{xpixel}t"),
            Self::Size(_) => format!("\x1b[6;{};{}t", ypixel / rows, xpixel / cols),
            // Dark, as most are: who asks wants to know whether to write light on it.
            Self::Color(11) => "\x1b]11;rgb:0000/0000/0000\x1b\\".into(),
            Self::Color(which) => format!("\x1b]{which};rgb:d0d0/d0d0/d0d0\x1b\\"),
            Self::Palette(index) => {
                let [r, g, b] = palette(index).map(|level| u16::from(level) * 0x101);
                format!("\x1b]4;{index};rgb:{r:04x}/{g:04x}/{b:04x}\x1b\\")
            }
            Self::Setting => "\x1bP0$r\x1b\\".into(),
            Self::Capability => "\x1bP0+r\x1b\\".into(),
        })
    }
}

/// 1 is set, 2 is reset, 0 is unknown (DECRPM).
fn mode(modes: &Modes, dec: bool, number: u16) -> u8 {
    let set = match (dec, number) {
        (false, 4) => modes.insert,
        (false, 20) => modes.newline,
        (true, 1) => modes.application_cursor,
        (true, 5) => modes.reverse_video,
        (true, 6) => modes.origin,
        (true, 7) => modes.autowrap,
        (true, 9) => modes.mouse == Mouse::Press,
        (true, 12) => modes.cursor_blink,
        (true, 25) => modes.cursor_visible,
        (true, 47 | 1047 | 1049) => modes.alternate_screen,
        (true, 66) => modes.application_keypad,
        (true, 1000) => modes.mouse == Mouse::Click,
        (true, 1002) => modes.mouse == Mouse::Drag,
        (true, 1003) => modes.mouse == Mouse::Motion,
        (true, 1004) => modes.focus_events,
        (true, 1006) => modes.mouse_encoding == MouseEncoding::Sgr,
        (true, 1007) => modes.alternate_scroll,
        (true, 2004) => modes.bracketed_paste,
        (true, 2026) => modes.synchronized,
        (true, 2027) if modes.grapheme_clusters => true,
        (true, 2031) if modes.color_scheme_events => true,
        (true, 2048) if modes.resize_events => true,
        _ => return 0,
    };
    if set { 1 } else { 2 }
}

/// The colours of xterm: 16 named ones, a cube, a ramp of greys.
fn palette(index: u8) -> [u8; 3] {
    const NAMED: [[u8; 3]; 16] = [
        [0, 0, 0],
        [205, 0, 0],
        [0, 205, 0],
        [205, 205, 0],
        [0, 0, 238],
        [205, 0, 205],
        [0, 205, 205],
        [229, 229, 229],
        [127, 127, 127],
        [255, 0, 0],
        [0, 255, 0],
        [255, 255, 0],
        [92, 92, 255],
        [255, 0, 255],
        [0, 255, 255],
        [255, 255, 255],
    ];
    let level = |step: u8| if step == 0 { 0 } else { 55 + step * 40 };
    match index {
        0..=15 => NAMED[usize::from(index)],
        16..=231 => {
            let cube = index - 16;
            [level(cube / 36), level(cube / 6 % 6), level(cube % 6)]
        }
        232..=255 => [8 + (index - 232) * 10; 3],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        let size = TerminalSize { rows: 24, cols: 80, xpixel: 800, ypixel: 480 };
        Facts { size, cursor: (4, 9), modes: Modes::default() }
    }

    /// All questions in `bytes`, with the offsets at which they were complete.
    fn questions(bytes: &[u8], cut: usize) -> Vec<(usize, Question)> {
        let (mut scanner, mut found, mut base) = (Scanner::default(), Vec::new(), 0);
        for piece in bytes.chunks(cut) {
            let mut rest = piece;
            while !rest.is_empty() {
                let (taken, question) = scanner.next(rest);
                rest = &rest[taken..];
                base += taken;
                found.extend(question.map(|question| (base, question)));
            }
        }
        found
    }

    #[test]
    fn questions_are_found_however_the_output_is_cut() {
        let bytes = b"a\x1b[6nb\x1b]11;?\x07\x1b]10;?\x1b\\\x1b[?2026$p\x1bP+q544e\x1b\\\x1b[>c";
        let whole = questions(bytes, bytes.len());
        let kinds: Vec<Question> = whole.iter().map(|(_, question)| *question).collect();
        assert_eq!(
            kinds,
            [
                Question::Cursor { dec: false },
                Question::Color(11),
                Question::Color(10),
                Question::Mode { dec: true, number: 2026 },
                Question::Capability,
                Question::Attributes(Level::Secondary),
            ]
        );
        assert_eq!(whole[0].0, 5, "right after the question");
        for cut in 1..bytes.len() {
            assert_eq!(questions(bytes, cut), whole, "cut at {cut}");
        }
    }

    #[test]
    fn what_only_looks_like_a_question_is_none() {
        let texts: [&[u8]; 6] = [
            b"\x1b]0;title [6n\x07",
            b"\x1b]2;[6n\x1b\\",
            b"\x1b[31m\x1b[2J\x1b[6 q\x1b[4;1t",
            b"\x1b_Gq=1;[6n\x1b\\",
            b"\x1b[6\x18n",
            b"\x1b]11;rgb:00/00/00\x07",
        ];
        for text in texts {
            assert_eq!(questions(text, 3), [], "{text:?}");
        }
        let endless = [b"\x1b]11;?".as_slice(), &[b'x'; 100_000], b"\x1b\\"].concat();
        assert_eq!(questions(&endless, 4096), []);
    }

    #[test]
    fn the_end_of_focus_reports_is_noticed_however_it_is_cut() {
        let noticed = |bytes: &[u8], cut: usize| {
            let mut scanner = Scanner::default();
            for piece in bytes.chunks(cut) {
                let mut rest = piece;
                while !rest.is_empty() {
                    rest = &rest[scanner.next(rest).0..];
                }
            }
            let lost = scanner.focus_lost();
            assert!(!scanner.focus_lost(), "it is told once");
            lost
        };
        for cut in 1..20 {
            for lost in [&b"x\x1b[?1004ly"[..], b"\x1b[?1000;1004;2004l", b"\x1bc"] {
                assert!(noticed(lost, cut), "{} cut at {cut}", lost.escape_ascii());
            }
            for kept in [&b"\x1b[?1004h"[..], b"1004l", b"\x1b[1004l", b"\x1b[?21004l", b"c"] {
                assert!(!noticed(kept, cut), "{} cut at {cut}", kept.escape_ascii());
            }
        }
    }

    #[test]
    fn answers_have_the_form_that_terminals_use() {
        let answer = |question: Question| question.answer(&facts()).unwrap();
        assert_eq!(answer(Question::Cursor { dec: false }), "\x1b[5;10R");
        assert_eq!(answer(Question::Mode { dec: true, number: 25 }), "\x1b[?25;1$y");
        assert_eq!(answer(Question::Mode { dec: true, number: 2004 }), "\x1b[?2004;2$y");
        assert_eq!(answer(Question::Mode { dec: false, number: 99 }), "\x1b[99;0$y");
        assert_eq!(answer(Question::Size(16)), "\x1b[6;20;10t");
        assert_eq!(answer(Question::Palette(196)), "\x1b]4;196;rgb:ffff/0000/0000\x1b\\");
        assert_eq!(answer(Question::Palette(255)), "\x1b]4;255;rgb:eeee/eeee/eeee\x1b\\");
        assert_eq!(Question::Keyboard.answer(&facts()), None);
    }
}
