//! Text and control characters.

use crate::cell::{Content, Glyph};
use crate::charset::Charset;
use crate::row::Span;
use crate::terminal::Terminal;
use crate::width::width;

/// How many characters one cell may hold. Further marks are dropped.
const CLUSTER_CHARS: usize = 16;

impl Terminal {
    /// Writes bytes that are all printable ASCII.
    pub(crate) fn print_ascii(&mut self, text: &[u8]) {
        let plain = self.single_shift.is_none()
            && !self.switches.insert
            && self.charsets.current() == Charset::Ascii;
        let Some(&last) = text.last() else { return };
        if !plain {
            for &byte in text {
                self.print(char::from(byte));
            }
            return;
        }
        let style = self.pen_id();
        let cols = self.cols;
        let mut rest = text;
        while !rest.is_empty() {
            self.wrap_if_pending();
            let limit = self.right_limit();
            let from = self.cursor.col;
            let room = limit - from;
            let (now, later) = rest.split_at(room.min(rest.len()));
            self.row_mut().write_ascii(from, now, style, cols);
            rest = later;
            if !later.is_empty() && !self.switches.autowrap {
                // All the rest lands in the last column, so only its end is seen.
                rest = &[];
                self.row_mut().write_ascii(limit - 1, &[last], style, cols);
            }
            self.advance(now.len(), limit);
        }
        self.repeatable = Some(char::from(last));
    }

    /// Writes one character that is not a control character.
    pub(crate) fn print(&mut self, c: char) {
        let shifted = self.single_shift.take();
        let c = match shifted {
            Some(set) => self.charsets.sets[usize::from(set & 3)].translate(c),
            None => self.charsets.current().translate(c),
        };
        let repeatable = match width(c) {
            // C1 in UTF-8: nobody means those.
            0 if c.is_control() => return,
            0 => return self.combine(c),
            1 => self.put(Content::narrow(c), 1),
            _ => self.put(Content::wide(c), 2),
        };
        if repeatable {
            self.repeatable = if shifted.is_none() { Some(c) } else { None };
        }
    }

    /// REP: writes the last character again.
    pub(crate) fn repeat(&mut self, count: usize) {
        if let Some(c) = self.repeatable {
            self.write_often(c, count);
            self.repeatable = Some(c);
        }
    }

    fn write_often(&mut self, c: char, count: usize) {
        // More would only scroll: the screen is full of it by then.
        let mut left = count.min(self.rows * self.cols);
        let (content, wide) = match width(c) {
            2 => (Content::wide(c), 2),
            _ => (Content::narrow(c), 1),
        };
        while left > 0 {
            self.wrap_if_pending();
            let (from, limit, cols) = (self.cursor.col, self.right_limit(), self.cols);
            let now = left.min((limit - from) / wide);
            if now == 0 {
                // A wide character wraps early. Without wrapping it stays where it is.
                if !self.put(content, wide) || !self.switches.autowrap {
                    return;
                }
                left -= 1;
                continue;
            }
            let (style, blank) = (self.pen_id(), self.erase_id());
            if self.switches.insert {
                self.row_mut().insert(Span { from, to: limit, cols }, now * wide, blank);
            }
            let span = Span { from, to: from + now * wide, cols };
            self.row_mut().write(span, content, style);
            self.advance(now * wide, limit);
            left -= now;
            if left > 0 && !self.switches.autowrap {
                self.put(content, wide);
                return;
            }
        }
    }

    /// Writes a content at the cursor. Says whether the screen is wide enough for it.
    fn put(&mut self, content: Content, wide: usize) -> bool {
        if wide > self.cols {
            return false;
        }
        self.wrap_if_pending();
        if self.cursor.col + wide > self.right_limit() {
            self.make_room();
        }
        let (from, limit, cols) = (self.cursor.col, self.right_limit(), self.cols);
        let style = self.pen_id();
        if self.switches.insert {
            let blank = self.erase_id();
            self.row_mut().insert(Span { from, to: limit, cols }, wide, blank);
        }
        self.row_mut().write(Span { from, to: from + wide, cols }, content, style);
        self.advance(wide, limit);
        true
    }

    /// A wide character does not fit in the last column.
    fn make_room(&mut self) {
        if !self.switches.autowrap {
            self.cursor.col = self.right_limit() - 2;
            return;
        }
        if self.joins_rows() {
            let (style, cols) = (self.erase_id(), self.cols);
            let span = Span { from: cols - 1, to: cols, cols };
            self.row_mut().write(span, Content::PAD, style);
        }
        self.wrap();
    }

    /// Adds a mark to the character before the cursor.
    fn combine(&mut self, mark: char) {
        let after = self.cursor.col + usize::from(self.cursor.pending);
        let Some(mut col) = after.checked_sub(1) else { return };
        if self.row_mut().cell(col).content.is_spacer() {
            col = col.saturating_sub(1);
        }
        let cell = self.row_mut().cell(col);
        let mut text = String::new();
        match cell.content.glyph() {
            Glyph::Char(c) => text.push(c),
            Glyph::Cluster(id) => text.push_str(self.pools.clusters.get(id).map_or(" ", |t| t)),
            Glyph::Spacer | Glyph::Pad => return,
        }
        if text.chars().count() >= CLUSTER_CHARS {
            return;
        }
        text.push(mark);
        let Some(id) = self.cluster_id(text.into()) else { return };
        let cols = self.cols;
        self.row_mut().set_content(col, cell.content.with_cluster(id), cols);
    }

    fn advance(&mut self, by: usize, limit: usize) {
        let col = self.cursor.col + by;
        self.cursor.pending = col >= limit && self.switches.autowrap;
        self.cursor.col = col.min(limit - 1);
    }

    /// One beyond the last column that text can reach from the cursor.
    pub(crate) fn right_limit(&self) -> usize {
        if self.cursor.col <= self.region.right { self.region.right + 1 } else { self.cols }
    }

    fn wrap_if_pending(&mut self) {
        if self.cursor.pending {
            self.cursor.pending = false;
            if self.switches.autowrap {
                self.wrap();
            }
        }
    }

    /// Whether going on in the next row makes one line of the two: not so inside margins,
    /// nor at the foot of the screen below the region.
    fn joins_rows(&self) -> bool {
        let row = self.cursor.row;
        let whole = self.region.left == 0 && self.region.right + 1 == self.cols;
        whole && (row == self.region.bottom || row + 1 < self.rows)
    }

    /// Goes on in the next row.
    fn wrap(&mut self) {
        if self.joins_rows() {
            let cols = self.cols;
            self.row_mut().wrap(cols);
        }
        self.carriage_return();
        self.index();
    }

    /// Obeys a C0 control character. DEL and the unknown ones do nothing.
    pub(crate) fn control(&mut self, byte: u8) {
        match byte {
            0x07 => self.bells += 1,
            0x08 => self.backspace(),
            0x09 => self.tab(1),
            0x0a..=0x0c => {
                self.index();
                if self.switches.newline {
                    self.carriage_return();
                }
            }
            0x0d => self.carriage_return(),
            0x0e => self.shift(1),
            0x0f => self.shift(0),
            _ => {}
        }
    }

    /// Makes another set the current one.
    pub(crate) fn shift(&mut self, set: u8) {
        self.charsets.shift = set;
        self.repeatable = None;
    }

    fn backspace(&mut self) {
        let left = if self.cursor.col >= self.region.left { self.region.left } else { 0 };
        self.cursor.pending = false;
        if self.cursor.col > left {
            self.cursor.col -= 1;
        } else if self.switches.reverse_wrap
            && self.switches.autowrap
            && self.cursor.row > self.region.top
            && self.grid().rows[self.cursor.row - 1].wrapped
        {
            self.cursor.row -= 1;
            self.cursor.col = self.region.right;
        }
    }

    pub(crate) fn carriage_return(&mut self) {
        self.cursor.pending = false;
        let left = self.region.left;
        let to_margin = self.switches.origin || self.cursor.col >= left;
        self.cursor.col = if to_margin { left } else { 0 };
    }
}
