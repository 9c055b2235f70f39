//! Terminal output as plain text, line by line: what `logs` shows.
//!
//! Control sequences are dropped. Within a line, carriage return, backspace and
//! "erase to the end" act as on a terminal, so that a progress bar leaves its last
//! state and not all of them. Movements between lines are ignored: a full-screen
//! program has no log, only a screen.
//!
//! # Invariants
//!
//! 1. No control character but the line ends it writes itself is in the output, and nothing
//!    that turns text around.
//! 2. A line holds at most [`MAX_LINE`] characters; a longer one is broken.
//! 3. Memory is bounded whatever comes: the parser's own buffers are cut by
//!    `MAX_STRING`.

use vte::{Params, Parser, Perform};

use crate::text::acts;

/// Characters after which a line is broken.
pub const MAX_LINE: usize = 16 << 10;

/// Bytes of a control string (OSC, DCS, APC) after which the rest is skipped.
const MAX_STRING: usize = 4 << 10;

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
const CAN: u8 = 0x18;
const SUB: u8 = 0x1a;

/// Turns terminal output into plain lines, in pieces of any size.
#[derive(Default)]
pub struct PlainText {
    parser: Parser,
    line: Line,
    strings: StringGuard,
    /// The beginning of a character whose end has not come: the parser loses bytes when
    /// it is given a character in pieces.
    cut: Vec<u8>,
}

impl PlainText {
    /// Nothing read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads output; whole lines, each with its line end, are appended to `out`.
    pub fn feed(&mut self, bytes: &[u8], out: &mut String) {
        let whole = bytes.len() - incomplete_tail(bytes);
        if self.cut.is_empty() {
            self.advance(&bytes[..whole], out);
            self.cut.extend_from_slice(&bytes[whole..]);
            return;
        }
        let mut joined = std::mem::take(&mut self.cut);
        joined.extend_from_slice(bytes);
        let whole = joined.len() - incomplete_tail(&joined);
        self.advance(&joined[..whole], out);
        self.cut.extend_from_slice(&joined[whole..]);
    }

    fn advance(&mut self, bytes: &[u8], out: &mut String) {
        let mut sink = Sink { line: &mut self.line, out };
        let mut rest = bytes;
        while let Some(&byte) = rest.first() {
            // Outside of sequences nothing has to be guarded: one step up to the next.
            let plain = if self.strings.state == Guard::Text {
                rest.iter().position(|&b| b == ESC).unwrap_or(rest.len())
            } else {
                0
            };
            if plain > 0 {
                self.parser.advance(&mut sink, &rest[..plain]);
                rest = &rest[plain..];
                continue;
            }
            if self.strings.admits(byte) {
                self.parser.advance(&mut sink, &[byte]);
            }
            rest = &rest[1..];
        }
    }

    /// Whether nothing stands on the line that has no end yet.
    pub fn at_line_start(&self) -> bool {
        self.line.cells.is_empty()
    }

    /// The line that has no end yet, or nothing when it is empty.
    pub fn finish(&mut self, out: &mut String) {
        if !self.line.cells.is_empty() {
            self.line.end(out);
        }
    }
}

/// Bytes at the end of `bytes` that begin a UTF-8 character without finishing it.
fn incomplete_tail(bytes: &[u8]) -> usize {
    for back in 1..=bytes.len().min(3) {
        let needed = match bytes[bytes.len() - back] {
            0x80..=0xbf => continue,
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => 1,
        };
        return if needed > back { back } else { 0 };
    }
    0
}

/// Keeps the parser's buffer small: lets the beginning and the end of a control string
/// through, and drops what is too much in between.
#[derive(Default)]
struct StringGuard {
    state: Guard,
    length: usize,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Guard {
    #[default]
    Text,
    Escape,
    String,
    StringEscape,
}

impl StringGuard {
    fn admits(&mut self, byte: u8) -> bool {
        self.state = match (self.state, byte) {
            (Guard::Text, ESC) => Guard::Escape,
            (Guard::Escape, b']' | b'P' | b'X' | b'^' | b'_') => {
                self.length = 0;
                Guard::String
            }
            (Guard::Escape, ESC) => Guard::Escape,
            (Guard::Escape | Guard::Text, _) => Guard::Text,
            (Guard::String | Guard::StringEscape, BEL | CAN | SUB) => Guard::Text,
            (Guard::String | Guard::StringEscape, ESC) => Guard::StringEscape,
            (Guard::StringEscape, _) => Guard::Text,
            (Guard::String, _) => {
                self.length += 1;
                Guard::String
            }
        };
        self.state != Guard::String || self.length <= MAX_STRING
    }
}

/// The line being written.
#[derive(Default)]
struct Line {
    cells: Vec<char>,
    /// Where the next character goes.
    cursor: usize,
}

impl Line {
    fn put(&mut self, c: char) {
        match self.cells.get_mut(self.cursor) {
            Some(cell) => *cell = c,
            None => {
                self.cells.resize(self.cursor, ' ');
                self.cells.push(c);
            }
        }
        self.cursor += 1;
    }

    fn end(&mut self, out: &mut String) {
        let text: String = self.cells.drain(..).collect();
        out.push_str(text.trim_end_matches(' '));
        out.push('\n');
        self.cursor = 0;
    }
}

/// The line and where finished ones go.
struct Sink<'a> {
    line: &'a mut Line,
    out: &'a mut String,
}

impl Perform for Sink<'_> {
    fn print(&mut self, c: char) {
        if acts(c) {
            return; // Invariant 1: the parser prints DEL and C1 as characters.
        }
        self.line.put(c);
        if self.line.cursor >= MAX_LINE {
            self.line.end(self.out); // Invariant 2.
        }
    }

    fn execute(&mut self, byte: u8) {
        match byte {
            b'\n' | 0x0b | 0x0c => self.line.end(self.out),
            b'\r' => self.line.cursor = 0,
            0x08 => self.line.cursor = self.line.cursor.saturating_sub(1),
            b'\t' => self.line.cursor = (self.line.cursor / 8 + 1) * 8,
            _ => {}
        }
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], _: bool, action: char) {
        let first = params.iter().next().and_then(|p| p.first().copied()).unwrap_or(0);
        match (action, first, intermediates) {
            ('K', 0, []) => self.line.cells.truncate(self.line.cursor),
            ('K', 2, []) => self.line.cells.clear(),
            ('G', column, []) => {
                self.line.cursor = usize::from(column.max(1) - 1).min(MAX_LINE - 1);
            }
            ('C', count, []) => {
                let column = self.line.cursor + usize::from(count.max(1));
                self.line.cursor = column.min(MAX_LINE - 1);
            }
            _ => {}
        }
    }
}

/// All of `bytes` as plain text.
pub fn plain_text(bytes: &[u8]) -> String {
    let mut out = String::new();
    let mut reader = PlainText::new();
    reader.feed(bytes, &mut out);
    reader.finish(&mut out);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn colours_titles_and_modes_are_dropped() {
        let raw = b"\x1b[1;31mred\x1b[0m\r\n\x1b]0;title\x07\x1b[?25lnext\r\n";
        assert_eq!(plain_text(raw), "red\nnext\n");
    }

    #[test]
    fn a_progress_bar_leaves_its_last_state() {
        assert_eq!(plain_text(b" 10%\r 50%\r100%\r\ndone"), "100%\ndone\n");
        assert_eq!(plain_text(b"long line\r\x1b[Kshort\n"), "short\n");
        assert_eq!(plain_text(b"ab\x08c\n"), "ac\n");
    }

    #[test]
    fn tabs_become_columns() {
        assert_eq!(plain_text(b"a\tb\n"), "a       b\n");
    }

    #[test]
    fn an_endless_string_costs_no_memory_and_ends_with_its_end() {
        let mut raw = b"\x1b]0;".to_vec();
        raw.extend(std::iter::repeat_n(b'x', 1 << 20));
        raw.extend_from_slice(b"\x1b\\after\n");
        assert_eq!(plain_text(&raw), "after\n");
    }

    proptest! {
        #[test]
        fn pieces_of_any_size_give_the_same_text(
            text in "(\\PC|[\r\n\t\x1b\x08\x07\\[\\]0-9;mKé日])*",
            cut in 1usize..17,
        ) {
            let whole = plain_text(text.as_bytes());
            let mut pieces = String::new();
            let mut reader = PlainText::new();
            for piece in text.as_bytes().chunks(cut) {
                reader.feed(piece, &mut pieces);
            }
            reader.finish(&mut pieces);
            prop_assert_eq!(whole, pieces);
        }

        #[test]
        fn no_control_character_gets_through(
            bytes in prop::collection::vec(any::<u8>(), 0..400),
        ) {
            let text = plain_text(&bytes);
            prop_assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
        }
    }
}
