//! Passing over output that nobody can ever see: what a flood has scrolled out of the
//! history before it is even looked at.
//!
//! In a long stretch of mere text and colours only the end counts, as many lines as the
//! screen and its history hold. Of what comes before it, the colour it leaves behind is
//! all that lasts.
//!
//! # Invariants
//!
//! 1. Skimming changes nothing that can be told apart from outside: the state is the one
//!    that reading every byte gives.

use crate::cursor::Cursor;
use crate::plain::{ESC, colour};
use crate::screen::Screen;
use crate::terminal::Terminal;

/// Shorter stretches are read in full: looking ahead would cost more than it saves.
pub(crate) const LEAST: usize = 64 * 1024;

impl Screen {
    /// Passes over the front of `stretch`, which is of [`text_and_colours`](crate::text_and_colours) only and comes
    /// next, as far as it cannot be seen once the rest was fed. Returns how many bytes
    /// that are; feed the rest, or pass over some of it when it has grown longer. Until it
    /// was fed, what the screen shows makes no sense.
    pub fn skim(&mut self, stretch: &[u8]) -> usize {
        if !self.is_between_sequences() {
            return 0;
        }
        let Some(lines) = lines_that_replace_all(&self.terminal) else { return 0 };
        let Some(at) = end_of_line_before(stretch, lines) else { return 0 };
        self.take_colours(&stretch[..at]);
        let row = self.terminal.rows - 1;
        self.terminal.cursor = Cursor { row, ..Cursor::default() };
        at
    }

    /// Obeys the colours and nothing else.
    fn take_colours(&mut self, bytes: &[u8]) {
        let mut at = last_reset(bytes);
        while let Some(next) = memchr::memchr(ESC, &bytes[at..]) {
            at += next;
            let length = colour(&bytes[at..]).unwrap_or(1);
            self.parser.advance(&mut self.terminal, &bytes[at..at + length]);
            at += length;
        }
    }
}

/// How many line feeds replace everything that the screen and its history show, wherever
/// the cursor is: the first of them only bring it to the foot. Nothing if one may do
/// something else.
fn lines_that_replace_all(terminal: &Terminal) -> Option<usize> {
    let region = terminal.region;
    let whole = region.top == 0
        && region.bottom + 1 == terminal.rows
        && region.left == 0
        && region.right + 1 == terminal.cols;
    // The other two wait for the next character, or lead back up.
    let simple = whole && terminal.single_shift.is_none() && !terminal.switches.reverse_wrap;
    simple.then(|| terminal.grid().limit.saturating_add(2 * terminal.rows))
}

/// Where the last `\r\n` begins that has at least `lines` line feeds after it.
fn end_of_line_before(bytes: &[u8], lines: usize) -> Option<usize> {
    memchr::memrchr_iter(b'\n', bytes)
        .skip(lines)
        .filter_map(|feed| feed.checked_sub(1))
        .find(|&before| bytes[before] == b'\r')
}

/// Where the last sequence begins that resets all colours, or the beginning.
fn last_reset(bytes: &[u8]) -> usize {
    memchr::memrchr_iter(ESC, bytes)
        .find(|&at| bytes[at..].starts_with(b"\x1b[m") || bytes[at..].starts_with(b"\x1b[0m"))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cut_is_where_enough_lines_follow() {
        let bytes = b"one\r\ntwo\r\nthree\nfour\r\nfive";
        assert_eq!(end_of_line_before(bytes, 1), Some(8), "a bare line feed is no place");
        assert_eq!(end_of_line_before(bytes, 3), Some(3));
        assert_eq!(end_of_line_before(bytes, 4), None);
    }
}
