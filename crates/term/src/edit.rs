//! Moving the cursor, erasing, inserting, deleting and scrolling.
//!
//! # Invariants
//!
//! 1. Everything here ends the wait for a wrap.
//! 2. Counts come from the program and are clamped before they are used.

use crate::cell::Content;
use crate::cursor::{Cursor, Pen, Saved};
use crate::grid::{Region, Scroll};
use crate::intern::Id;
use crate::row::Span;
use crate::terminal::{Opener, Terminal};

/// Which part of a row or of the screen is meant, as ED and EL number it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    After,
    Before,
    All,
}

impl Terminal {
    // --- the cursor ---------------------------------------------------------------

    /// Puts the cursor at a place counted from the origin, and keeps it there.
    pub(crate) fn goto(&mut self, row: usize, col: usize) {
        let bounds = self.bounds();
        self.cursor = Cursor {
            row: (bounds.top + row).min(bounds.bottom),
            col: (bounds.left + col).min(bounds.right),
            pending: false,
        };
    }

    pub(crate) fn goto_row(&mut self, row: usize) {
        self.goto(row, self.cursor.col.saturating_sub(self.bounds().left));
    }

    pub(crate) fn goto_col(&mut self, col: usize) {
        self.goto(self.cursor.row.saturating_sub(self.bounds().top), col);
    }

    /// Where absolute positions may be.
    fn bounds(&self) -> Region {
        if self.switches.origin { self.region } else { Region::full(self.rows, self.cols) }
    }

    pub(crate) fn up(&mut self, by: usize) {
        let row = self.cursor.row;
        let top = if row >= self.region.top { self.region.top } else { 0 };
        self.cursor.row = row.saturating_sub(by).max(top);
        self.cursor.pending = false;
    }

    pub(crate) fn down(&mut self, by: usize) {
        let row = self.cursor.row;
        let bottom = if row <= self.region.bottom { self.region.bottom } else { self.rows - 1 };
        self.cursor.row = row.saturating_add(by).min(bottom);
        self.cursor.pending = false;
    }

    pub(crate) fn left(&mut self, by: usize) {
        let col = self.cursor.col;
        let left = if col >= self.region.left { self.region.left } else { 0 };
        self.cursor.col = col.saturating_sub(by).max(left);
        self.cursor.pending = false;
    }

    pub(crate) fn right(&mut self, by: usize) {
        let last = self.right_limit() - 1;
        self.cursor.col = self.cursor.col.saturating_add(by).min(last);
        self.cursor.pending = false;
    }

    pub(crate) fn tab(&mut self, count: usize) {
        let last = self.right_limit() - 1;
        for _ in 0..count.min(self.cols) {
            self.cursor.col = self.tabs.next(self.cursor.col, last);
        }
        self.cursor.pending = false;
    }

    pub(crate) fn back_tab(&mut self, count: usize) {
        let first = if self.switches.origin { self.region.left } else { 0 };
        for _ in 0..count.min(self.cols) {
            self.cursor.col = self.tabs.previous(self.cursor.col, first);
        }
        self.cursor.pending = false;
    }

    /// Down one row; at the foot of the region its text moves up instead.
    pub(crate) fn index(&mut self) {
        self.cursor.pending = false;
        if self.cursor.row == self.region.bottom {
            if self.region.holds_col(self.cursor.col) {
                self.scroll_up(1);
            }
        } else if self.cursor.row + 1 < self.rows {
            self.cursor.row += 1;
        }
    }

    /// Up one row; at the head of the region its text moves down instead.
    pub(crate) fn reverse_index(&mut self) {
        self.cursor.pending = false;
        if self.cursor.row == self.region.top {
            if self.region.holds_col(self.cursor.col) {
                self.scroll_down(1);
            }
        } else {
            self.cursor.row = self.cursor.row.saturating_sub(1);
        }
    }

    /// DECSC.
    pub(crate) fn save_cursor(&mut self) {
        let shown = self.shown();
        self.saved[shown] = Saved {
            cursor: self.cursor,
            style: self.pen.style,
            charsets: self.charsets,
            origin: self.switches.origin,
        };
    }

    /// DECRC.
    pub(crate) fn restore_cursor(&mut self) {
        let Saved { cursor, style, charsets, origin } = self.saved[self.shown()];
        self.pen = Pen::new(style);
        self.charsets = charsets;
        self.switches.origin = origin;
        self.cursor = cursor;
        self.settle_cursor();
        self.repeatable = None;
    }

    /// Brings a cursor that came from elsewhere in line with the screen.
    pub(crate) fn settle_cursor(&mut self) {
        let bounds = self.bounds();
        let Cursor { row, col, pending } = self.cursor;
        self.cursor.row = row.clamp(bounds.top, bounds.bottom);
        self.cursor.col = col.clamp(bounds.left, bounds.right);
        let at_end = self.cursor.col + 1 == self.right_limit();
        let taken = self.cursor.col + 1 == self.cols && self.row_mut().wrapped;
        self.cursor.pending = pending && at_end && !taken && self.cursor.col == col;
        if self.cursor.pending {
            // What it waits behind counts as written, even if it was erased meanwhile: only
            // by writing can a snapshot bring a cursor to wait.
            let (col, cols) = (self.cursor.col, self.cols);
            self.row_mut().fill_to(col + 1, cols);
        }
    }

    // --- the screen ---------------------------------------------------------------

    /// Cells are about to be erased or moved: no wrap is waited for, and what was written
    /// last may be gone.
    fn disturb(&mut self) {
        self.cursor.pending = false;
        self.repeatable = None;
    }

    fn span(&self, from: usize, to: usize) -> Span {
        Span { from, to, cols: self.cols }
    }

    pub(crate) fn erase_in_line(&mut self, part: Part) {
        let (from, to) = match part {
            Part::After => (self.cursor.col, self.cols),
            Part::Before => (0, self.cursor.col + 1),
            Part::All => (0, self.cols),
        };
        let (span, style) = (self.span(from, to), self.erase_id());
        self.row_mut().erase(span, style);
        self.disturb();
    }

    pub(crate) fn erase_in_display(&mut self, part: Part) {
        let (row, rows) = (self.cursor.row, self.rows);
        let whole = match part {
            Part::After => row + 1..rows,
            Part::Before => 0..row,
            Part::All => 0..rows,
        };
        self.erase_in_line(part);
        let (span, style) = (self.span(0, self.cols), self.erase_id());
        for row in self.grid_mut().rows.range_mut(whole) {
            row.erase(span, style);
        }
    }

    pub(crate) fn erase_chars(&mut self, count: usize) {
        let from = self.cursor.col;
        let to = from.saturating_add(count).min(self.cols);
        let (span, style) = (self.span(from, to), self.erase_id());
        self.row_mut().erase(span, style);
        self.disturb();
    }

    pub(crate) fn insert_chars(&mut self, count: usize) {
        self.disturb();
        if self.region.holds_col(self.cursor.col) {
            let span = self.span(self.cursor.col, self.region.right + 1);
            let style = self.erase_id();
            self.row_mut().insert(span, count, style);
        }
    }

    pub(crate) fn delete_chars(&mut self, count: usize) {
        self.disturb();
        if self.region.holds_col(self.cursor.col) {
            let span = self.span(self.cursor.col, self.region.right + 1);
            let style = self.erase_id();
            self.row_mut().delete(span, count, style);
        }
    }

    /// DECIC and DECDC: the same in every row of the region.
    pub(crate) fn edit_columns(&mut self, edit: impl Fn(&mut Self)) {
        let cursor = self.cursor;
        if self.region.holds_row(cursor.row) {
            for row in self.region.top..=self.region.bottom {
                self.cursor.row = row;
                edit(self);
            }
            self.cursor.row = cursor.row;
        }
    }

    /// SL and SR: columns move within the region.
    pub(crate) fn shift_columns(&mut self, edit: impl Fn(&mut Self)) {
        let cursor = self.cursor;
        self.cursor.row = self.region.top;
        self.cursor.col = self.region.left;
        self.edit_columns(edit);
        self.cursor = Cursor { pending: false, ..cursor };
    }

    fn scroll(&mut self, by: usize) -> Scroll {
        self.disturb();
        Scroll { region: self.region, by, style: self.erase_id(), cols: self.cols }
    }

    pub(crate) fn scroll_up(&mut self, by: usize) {
        let scroll = self.scroll(by);
        self.grid_mut().scroll_up(scroll);
    }

    pub(crate) fn scroll_down(&mut self, by: usize) {
        let scroll = self.scroll(by);
        self.grid_mut().scroll_down(scroll);
    }

    fn cursor_is_in_region(&self) -> bool {
        self.region.holds_row(self.cursor.row) && self.region.holds_col(self.cursor.col)
    }

    pub(crate) fn insert_lines(&mut self, count: usize) {
        self.disturb();
        if self.cursor_is_in_region() {
            let mut scroll = self.scroll(count);
            scroll.region.top = self.cursor.row;
            self.grid_mut().scroll_down(scroll);
            self.cursor.col = self.region.left;
        }
    }

    pub(crate) fn delete_lines(&mut self, count: usize) {
        self.disturb();
        if self.cursor_is_in_region() {
            let mut scroll = self.scroll(count);
            scroll.region.top = self.cursor.row;
            self.grid_mut().delete_rows(scroll);
            self.cursor.col = self.region.left;
        }
    }

    /// DECALN: the screen full of `E`, for adjusting a tube.
    pub(crate) fn align(&mut self) {
        self.region = Region::full(self.rows, self.cols);
        self.switches.origin = false;
        self.goto(0, 0);
        self.disturb();
        let span = self.span(0, self.cols);
        for row in &mut self.grid_mut().rows {
            row.end_line();
            row.write(span, Content::narrow('E'), Id::NONE);
        }
    }

    /// Gives the terminal another size.
    pub(crate) fn resize(&mut self, rows: usize, cols: usize) {
        if (rows, cols) == (self.rows, self.cols) {
            return;
        }
        self.repeatable = None;
        let old = (self.rows, self.cols);
        (self.rows, self.cols) = (rows, cols);
        self.region = Region::full(rows, cols);
        self.tabs.resize(cols);
        let [mut kept, _] = self.saved.map(|saved| saved.cursor);
        match &mut self.alternate {
            Some(alternate) => {
                let mut anchor = match alternate.opener {
                    Opener::Saved => kept,
                    Opener::Plain | Opener::Cleared => self.primary.foot(),
                };
                self.primary.reflow(old.1, (rows, cols), &mut anchor, &mut kept);
                let gone = alternate.grid.clip(rows, cols, self.cursor.row);
                self.cursor.row -= gone;
                self.saved[1].cursor.row = self.saved[1].cursor.row.saturating_sub(gone);
            }
            None => self.primary.reflow(old.1, (rows, cols), &mut self.cursor, &mut kept),
        }
        self.saved[0].cursor = kept;
        for saved in &mut self.saved {
            if cols != old.1 {
                saved.cursor.pending &= saved.cursor.col + 1 == cols;
            }
            saved.cursor.row = saved.cursor.row.min(rows - 1);
            saved.cursor.col = saved.cursor.col.min(cols - 1);
        }
        self.settle_cursor();
    }
}
