//! The rows of one screen and the lines that have left it at the top.
//!
//! # Invariants
//!
//! 1. `rows` has exactly as many rows as the screen is tall, and at least one.
//! 2. The last row of the screen is never wrapped: nothing follows it.
//! 3. The history never exceeds its limit; the oldest line goes first. The row that leaves
//!    the screen, once it is packed, becomes the next blank one.

use std::borrow::Cow;
use std::collections::VecDeque;

use crate::cell::Cell;
use crate::cursor::Cursor;
use crate::intern::Id;
use crate::past::Past;
use crate::row::{Row, Span};
use crate::work;

/// The rows and the history of the primary or the alternate screen.
#[derive(Debug)]
pub(crate) struct Grid {
    pub(crate) rows: VecDeque<Row>,
    pub(crate) history: Past,
    /// How many lines the history may keep.
    pub(crate) limit: usize,
}

/// The part of the screen that scrolls. All bounds are inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) top: usize,
    pub(crate) bottom: usize,
    pub(crate) left: usize,
    pub(crate) right: usize,
}

impl Region {
    pub(crate) fn full(rows: usize, cols: usize) -> Self {
        Self { top: 0, bottom: rows - 1, left: 0, right: cols - 1 }
    }

    pub(crate) fn holds_row(self, row: usize) -> bool {
        (self.top..=self.bottom).contains(&row)
    }

    pub(crate) fn holds_col(self, col: usize) -> bool {
        (self.left..=self.right).contains(&col)
    }

    pub(crate) fn height(self) -> usize {
        self.bottom - self.top + 1
    }
}

/// How far to scroll, in which style the new rows come, and how wide rows are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scroll {
    pub(crate) region: Region,
    pub(crate) by: usize,
    pub(crate) style: Id,
    pub(crate) cols: usize,
}

impl Scroll {
    fn is_full_width(&self) -> bool {
        self.region.left == 0 && self.region.right + 1 == self.cols
    }

    fn span(&self) -> Span {
        Span { from: self.region.left, to: self.region.right + 1, cols: self.cols }
    }
}

impl Grid {
    pub(crate) fn new(rows: usize, limit: usize) -> Self {
        let mut all = VecDeque::with_capacity(rows);
        all.resize_with(rows, Row::default);
        Self { rows: all, history: Past::default(), limit }
    }

    /// Moves the text of the region up. Rows that leave a region which begins at the top
    /// of the screen, and is as wide, go to the history.
    pub(crate) fn scroll_up(&mut self, scroll: Scroll) {
        let Region { top, bottom, .. } = scroll.region;
        let by = scroll.by.min(scroll.region.height());
        if scroll.is_full_width() && top == 0 {
            for _ in 0..by {
                self.push_history(bottom, scroll.style);
            }
        } else {
            self.delete_rows(scroll);
        }
    }

    /// Moves the text of the region up; what passes its top is lost.
    pub(crate) fn delete_rows(&mut self, scroll: Scroll) {
        let Region { top, bottom, .. } = scroll.region;
        let by = scroll.by.min(scroll.region.height());
        if !scroll.is_full_width() {
            self.move_up(scroll, by);
            return;
        }
        self.end_line_above(top);
        let rows = &mut self.rows.make_contiguous()[top..=bottom];
        work::count(rows.len());
        rows.rotate_left(by);
        let kept = rows.len() - by;
        rows[kept..].iter_mut().for_each(|row| row.clear(scroll.style));
    }

    /// Moves the text of the region down; what passes its bottom is lost.
    pub(crate) fn scroll_down(&mut self, scroll: Scroll) {
        let Region { top, bottom, .. } = scroll.region;
        let by = scroll.by.min(scroll.region.height());
        if !scroll.is_full_width() {
            self.move_down(scroll, by);
            return;
        }
        self.end_line_above(top);
        let rows = &mut self.rows.make_contiguous()[top..=bottom];
        work::count(rows.len());
        rows.rotate_right(by);
        rows[..by].iter_mut().for_each(|row| row.clear(scroll.style));
        self.rows[bottom].end_line();
    }

    /// The line that ends above `top` no longer goes on there.
    fn end_line_above(&mut self, top: usize) {
        match top.checked_sub(1).and_then(|row| self.rows.get_mut(row)) {
            Some(row) => row.end_line(),
            None => self.history.end_line(),
        }
    }

    /// The first row leaves the screen; a blank one enters below `bottom`.
    fn push_history(&mut self, bottom: usize, style: Id) {
        work::count(1);
        let Some(mut entering) = self.rows.pop_front() else { return };
        if self.limit > 0 {
            self.history.push(&mut entering, self.limit);
        }
        entering.clear(style);
        if bottom == self.rows.len() {
            self.rows.push_back(entering);
        } else {
            work::count(self.rows.len());
            self.rows.insert(bottom, entering);
        }
    }

    fn move_up(&mut self, scroll: Scroll, by: usize) {
        let Region { top, bottom, .. } = scroll.region;
        let mut cells = Vec::new();
        for to in top..=bottom {
            self.move_span(scroll, to + by, to, &mut cells);
        }
    }

    fn move_down(&mut self, scroll: Scroll, by: usize) {
        let Region { top, bottom, .. } = scroll.region;
        let mut cells = Vec::new();
        for to in (top..=bottom).rev() {
            // Wraps to a row below the region, which stands for a blank one.
            self.move_span(scroll, to.wrapping_sub(by), to, &mut cells);
        }
    }

    fn move_span(&mut self, scroll: Scroll, from: usize, to: usize, cells: &mut Vec<Cell>) {
        let span = scroll.span();
        if scroll.region.holds_row(from) {
            self.rows[from].copy(span, cells);
            self.rows[to].paste(span, cells);
        } else {
            self.rows[to].erase(span, scroll.style);
        }
    }

    /// Gives an alternate screen another size: cut at the right, and at the top as far as
    /// the cursor needs it. Returns how many rows went at the top.
    pub(crate) fn clip(&mut self, rows: usize, cols: usize, cursor: usize) -> usize {
        let gone = (cursor + 1).saturating_sub(rows);
        self.rows.drain(..gone);
        self.rows.resize_with(rows, Row::default);
        self.rows.shrink_to_fit();
        for row in &mut self.rows {
            row.clip(cols);
        }
        gone
    }

    /// ED 3.
    pub(crate) fn clear_history(&mut self) {
        self.history = Past::default();
    }

    /// How many rows of the screen there are down to the last that is not blank, with the
    /// one that it wraps to.
    pub(crate) fn used_rows(&self) -> usize {
        let last = self.rows.iter().rposition(|row| !row.is_blank());
        last.map_or(0, |at| at + 1 + usize::from(self.rows[at].wrapped)).min(self.rows.len())
    }

    /// The beginning of the last row that is used.
    pub(crate) fn foot(&self) -> Cursor {
        Cursor { row: self.used_rows().saturating_sub(1), ..Cursor::default() }
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = Cow<'_, Row>> {
        self.history.last(usize::MAX).chain(self.rows.iter().map(Cow::Borrowed))
    }
}
