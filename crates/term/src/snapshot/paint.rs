//! The cells of a snapshot: rows, from the oldest line to the last row of the screen.

use std::borrow::Cow;

use super::Writer;
use crate::cell::{Cell, Glyph};
use crate::grid::Grid;
use crate::intern::Id;
use crate::row::Row;
use crate::screen::History;
use crate::style::Style;

/// The wide blank that makes a terminal wrap one column early.
const WIDE_BLANK: char = '\u{3000}';

/// From here on characters are young, and not every terminal knows all of them.
const FIRST_EMOJI: char = '\u{1f000}';

impl Writer<'_> {
    /// Paints a screen that is empty, from its first row on. Lines of the history come
    /// first and are pushed up by what follows.
    pub(super) fn paint(&mut self, grid: &Grid, history: History) {
        let lines = match history {
            History::None => 0,
            History::Lines(lines) => lines.min(grid.history.len()),
            History::All => grid.history.len(),
        };
        let old = grid.history.last(lines);
        // Without history the blank rows at the foot are there already.
        let used = match lines {
            0 => grid.used_rows(),
            _ => grid.rows.len(),
        };
        self.push(b"\x1b[H");
        let mut above: Option<Cow<'_, Row>> = None;
        for row in old.chain(grid.rows.range(..used).map(Cow::Borrowed)) {
            if let Some(above) = &above {
                self.next_row(above);
            }
            self.row(&row);
            above = Some(row);
        }
        self.pen(Style::default());
    }

    /// Goes from a painted row to the first column of the next.
    fn next_row(&mut self, above: &Row) {
        if !above.wrapped {
            self.pen(Style::default());
            self.push(b"\r\n");
            return;
        }
        let last = above.cell(self.terminal.cols - 1);
        if last.content.is_pad() {
            self.pen(self.terminal.pools.style(last.style));
            self.push_char(WIDE_BLANK);
            self.push(b"\r");
            self.pen(Style::default());
            self.push(b"\x1b[K");
        } else {
            self.pen(Style::default());
            self.push(b" \r");
        }
    }

    fn row(&mut self, row: &Row) {
        let cols = self.terminal.cols;
        let end = if row.wrapped { cols } else { row.used() };
        let mut col = 0;
        while col < end {
            let cell = row.cell(col);
            if cell.content.is_pad() {
                break;
            }
            col += self.cell(cell);
            // At the end of a row this would end the wait for a wrap.
            if col < end && is_contested(cell.content.glyph()) {
                self.csi(&[col + 1], "G");
            }
        }
        if end < cols && row.tail != Id::NONE {
            self.csi(&[end + 1], "G");
            self.pen(self.terminal.pools.style(row.tail));
            self.push(b"\x1b[K");
        }
    }

    /// Paints columns `from..from + cols` at the left edge, and clears what is beside them.
    pub(super) fn part_of_row(&mut self, row: &Row, from: usize, cols: usize) {
        let end = row.used().min(from + cols);
        let mut col = from;
        while col < end {
            let cell = row.cell(col);
            let glyph = cell.content.glyph();
            let cut = cell.content.is_wide() && col + 2 > from + cols;
            col += if cut { self.cell(Cell::blank(cell.style)) } else { self.cell(cell) };
            if col < end && is_contested(glyph) {
                self.csi(&[col - from + 1], "G");
            }
        }
        if col < from + cols {
            self.pen(self.terminal.pools.style(row.tail));
            self.push(b"\x1b[K");
        }
        self.pen(Style::default());
    }

    /// Paints a cell at the cursor. Gives its width.
    pub(super) fn cell(&mut self, cell: Cell) -> usize {
        let pools = &self.terminal.pools;
        self.pen(pools.style(cell.style));
        match cell.content.glyph() {
            Glyph::Char(c) => self.push_char(c),
            Glyph::Cluster(id) => {
                self.push(pools.clusters.get(id).map_or(" ", |cluster| cluster).as_bytes());
            }
            // Neither is painted by itself.
            Glyph::Spacer | Glyph::Pad => self.push(b" "),
        }
        if cell.content.is_wide() { 2 } else { 1 }
    }
}

/// Whether terminals disagree on the width, so that it is better said where it ends.
pub(super) fn is_contested(glyph: Glyph) -> bool {
    match glyph {
        Glyph::Char(c) => c >= FIRST_EMOJI,
        Glyph::Cluster(_) => true,
        Glyph::Spacer | Glyph::Pad => false,
    }
}
