//! The public face of the model: bytes in, a picture out.
//!
//! # Invariants
//!
//! 1. The parser is between two sequences whenever [`Screen::feed`] returns; what is not
//!    complete waits in the framer.
//! 2. Work and memory are bounded by the length of the input and the size of the screen
//!    and its history, whatever the input says.

use vte::Parser;

use crate::frame::{End, Framer, State};
use crate::modes::Modes;
use crate::plain::text_and_colours;
use crate::signals::Signals;
use crate::skim;
use crate::terminal::Terminal;
use crate::utf8::{self, Front};
use crate::{snapshot, text};

/// The tallest screen; more is clamped.
pub const MAX_ROWS: u16 = 1000;
/// The widest screen; more is clamped.
pub const MAX_COLS: u16 = 2000;

/// How many lines above the screen a snapshot carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum History {
    /// None: the visible rows only.
    None,
    /// At most this many of the newest lines.
    Lines(usize),
    /// All that are kept.
    All,
}

/// How far along a program says it is (OSC 9;4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// 1 is normal, 2 failed, 3 of unknown length, 4 waiting or warned.
    pub state: u8,
    /// 0 to 100.
    pub percent: u8,
}

/// A terminal screen that is fed the output of a program.
pub struct Screen {
    pub(crate) parser: Parser,
    framer: Framer,
    pub(crate) terminal: Terminal,
}

impl std::fmt::Debug for Screen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Screen")
            .field("rows", &self.rows())
            .field("cols", &self.cols())
            .field("history", &self.history_len())
            .finish_non_exhaustive()
    }
}

impl Screen {
    /// An empty screen. Sizes are clamped to `1..=`[`MAX_ROWS`] and `1..=`[`MAX_COLS`].
    pub fn new(rows: u16, cols: u16, history_limit: usize) -> Self {
        let (rows, cols) = clamp(rows, cols);
        Self {
            parser: Parser::new(),
            framer: Framer::default(),
            terminal: Terminal::new(rows, cols, history_limit),
        }
    }

    /// Takes the next output of the program. It may be cut anywhere. Of a flood, large
    /// pieces cost less: what would not be seen at the end of a piece is hardly read.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.feed_skimming(bytes, skim::LEAST);
    }

    /// Feeds, and looks once in every `least` bytes whether the next of them can be
    /// skimmed.
    pub(crate) fn feed_skimming(&mut self, bytes: &[u8], least: usize) {
        let mut rest = bytes;
        let mut look_at = bytes.len();
        while !rest.is_empty() {
            let taken = match self.framer.state {
                State::Text if self.framer.waiting.is_empty() => {
                    if rest.len() <= look_at && rest.len() >= least {
                        let stretch = &rest[..text_and_colours(rest)];
                        rest = &rest[self.skim(stretch)..];
                        look_at = rest.len().saturating_sub(least);
                    }
                    self.text_bytes(rest)
                }
                State::Text => self.rest_of_char(rest),
                State::Escape | State::Intermediate | State::Csi | State::Osc | State::Other => {
                    self.sequence(rest, 0)
                }
            };
            rest = &rest[taken..];
        }
    }

    /// Whether nothing is half read: neither a sequence nor a character.
    pub fn is_between_sequences(&self) -> bool {
        self.framer.state == State::Text && self.framer.waiting.is_empty()
    }

    /// Text from the front of `bytes`, up to and including the next sequence.
    fn text_bytes(&mut self, bytes: &[u8]) -> usize {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            match byte {
                0x20..=0x7e => {
                    let len = printable(&bytes[at..]);
                    self.terminal.print_ascii(&bytes[at..at + len]);
                    at += len;
                }
                0x1b => {
                    self.framer.begin();
                    return at + self.sequence(&bytes[at..], 1);
                }
                0x00..=0x1f | 0x7f => {
                    self.terminal.control(byte);
                    at += 1;
                }
                0x80..=0xff => match utf8::front(&bytes[at..]) {
                    Front::Char(c, len) => {
                        self.terminal.print(c);
                        at += len;
                    }
                    Front::Broken(len) => {
                        self.terminal.print(char::REPLACEMENT_CHARACTER);
                        at += len;
                    }
                    Front::Partial => {
                        self.framer.keep(&bytes[at..]);
                        return bytes.len();
                    }
                },
            }
        }
        at
    }

    /// Completes a character that was cut.
    fn rest_of_char(&mut self, bytes: &[u8]) -> usize {
        let had = self.framer.waiting.len();
        let more = bytes.len().min(utf8::LONGEST.saturating_sub(had));
        self.framer.keep(&bytes[..more]);
        let (c, len) = match utf8::front(&self.framer.waiting) {
            Front::Char(c, len) => (c, len),
            Front::Broken(len) => (char::REPLACEMENT_CHARACTER, len),
            Front::Partial => return more,
        };
        self.framer.finish();
        self.terminal.print(c);
        len.saturating_sub(had)
    }

    /// Takes bytes of a sequence, of which the first `known` need no look.
    fn sequence(&mut self, bytes: &[u8], known: usize) -> usize {
        let (len, end) = self.framer.scan(&bytes[known..]);
        let len = known + len;
        let Some(end) = end else {
            self.framer.keep(&bytes[..len]);
            return len;
        };
        let Self { parser, framer, terminal } = self;
        if !framer.is_too_long(len) {
            let whole = if framer.waiting.is_empty() {
                &bytes[..len]
            } else {
                framer.waiting.extend_from_slice(&bytes[..len]);
                &framer.waiting
            };
            match framer.state {
                // What begins like a stub is taken for one, whether or not it was cut.
                state if whole.starts_with(state.stub()) => {}
                State::Escape | State::Intermediate | State::Csi => {
                    parser.advance(terminal, whole);
                }
                State::Osc if end != End::Cancelled => terminal.osc(&whole[2..]),
                State::Osc | State::Other | State::Text => {}
            }
        }
        framer.finish();
        if end == End::Escaped {
            // The ESC that ended this sequence is the first byte of the next.
            framer.begin();
            framer.keep(b"\x1b");
            return len + 1;
        }
        len
    }

    /// Changes the size. The primary screen reflows, the alternate one is clipped.
    pub fn resize(&mut self, rows: u16, cols: u16) {
        let (rows, cols) = clamp(rows, cols);
        self.terminal.resize(rows, cols);
    }

    /// The height.
    pub fn rows(&self) -> u16 {
        narrow(self.terminal.rows)
    }

    /// The width.
    pub fn cols(&self) -> u16 {
        narrow(self.terminal.cols)
    }

    /// Bytes which, written to a terminal of the same size that was just reset, give the
    /// same cells, cursor, modes and history.
    pub fn snapshot(&self, history: History) -> Vec<u8> {
        let mut out = snapshot::of(&self.terminal, history);
        out.extend_from_slice(&self.framer.waiting);
        out
    }

    /// The visible rows as plain text, one line per row, without trailing blanks and
    /// trailing empty rows.
    pub fn text(&self) -> String {
        text::of(&self.terminal)
    }

    /// The last visible row that is not blank, trimmed.
    pub fn last_line(&self) -> Option<String> {
        text::last_line(&self.terminal)
    }

    /// The lowest visible rows that are not blank, at most `count`, the upper ones first,
    /// without trailing blanks.
    pub fn foot(&self, count: usize) -> Vec<String> {
        text::foot(&self.terminal, count)
    }

    /// The window title, without control characters and of bounded length.
    pub fn title(&self) -> &str {
        &self.terminal.titles.current.title
    }

    /// The working directory that the program reported (OSC 7), as it came.
    pub fn working_directory(&self) -> Option<&str> {
        self.terminal.working_directory.as_deref()
    }

    /// The progress that the program reports, unless it has none.
    pub fn progress(&self) -> Option<Progress> {
        self.terminal.progress
    }

    /// The modes in force.
    pub fn modes(&self) -> Modes {
        self.terminal.modes()
    }

    /// Row and column of the cursor, from zero.
    pub fn cursor(&self) -> (u16, u16) {
        let cursor = self.terminal.cursor;
        (narrow(cursor.row), narrow(cursor.col))
    }

    /// How many lines are kept above the screen.
    pub fn history_len(&self) -> usize {
        self.terminal.primary.history.len()
    }

    /// How often the bell rang. The BEL that ends an OSC is none.
    pub fn bells(&self) -> u64 {
        self.terminal.bells
    }

    /// What the program said of itself and to the person.
    pub fn signals(&self) -> &Signals {
        &self.terminal.signals
    }

    /// What is being read.
    #[cfg(test)]
    pub(crate) fn framing(&self) -> State {
        self.framer.state
    }

    /// The bytes of a sequence or a character that is not complete yet.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> &[u8] {
        &self.framer.waiting
    }
}

/// How many bytes at the front are printable ASCII.
fn printable(bytes: &[u8]) -> usize {
    const STEP: usize = 16;
    let plain = |byte: u8| byte.wrapping_sub(0x20) < 0x5f;
    let mut len = 0;
    for chunk in bytes.chunks_exact(STEP) {
        if !chunk.iter().fold(true, |all, &byte| all & plain(byte)) {
            break;
        }
        len += STEP;
    }
    len + bytes[len..].iter().take_while(|&&byte| plain(byte)).count()
}

fn clamp(rows: u16, cols: u16) -> (usize, usize) {
    (usize::from(rows.clamp(1, MAX_ROWS)), usize::from(cols.clamp(1, MAX_COLS)))
}

fn narrow(size: usize) -> u16 {
    u16::try_from(size).unwrap_or(u16::MAX)
}
