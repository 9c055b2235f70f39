//! Giving the primary screen another size: lines that were wrapped are wrapped anew.
//!
//! # Invariants
//!
//! 1. A line is the same characters before and after, unless it has wide ones and the
//!    screen is one column wide.
//! 2. The cursor stays at the character it was at, and on the screen. Text below it is
//!    lost only if it does not fit below the cursor even with the cursor in the first row.
//! 3. The history comes back only to fill rows that a taller screen gained, and only when
//!    the screen was full.

use std::collections::VecDeque;
use std::mem;

use crate::cell::{Cell, Content};
use crate::cursor::Cursor;
use crate::grid::Grid;
use crate::intern::Id;
use crate::past::Past;
use crate::row::Row;
use crate::work;

/// A place that is followed through a reflow. Rows count from the oldest line.
#[derive(Clone, Copy, Debug)]
struct Point {
    row: usize,
    col: usize,
    pending: bool,
    stage: Stage,
}

/// How far a [`Point`] has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Its row was not reached yet.
    Ahead,
    /// So far into the line that is being collected.
    InLine(usize),
    /// Its row and column are new.
    Placed,
}

impl Point {
    fn new(cursor: Cursor, above: usize) -> Self {
        let Cursor { row, col, pending } = cursor;
        Self { row: above + row, col, pending, stage: Stage::Ahead }
    }

    /// Settles in the new row `row`, which begins at `start` of its line.
    fn place(&mut self, row: usize, start: usize, len: usize, cols: usize) {
        let Stage::InLine(offset) = self.stage else { return };
        self.stage = Stage::Placed;
        let col = offset - start;
        self.row = row;
        self.col = col.min(cols - 1);
        // Right behind a full row: the next character wraps.
        self.pending = col == cols && len == cols;
    }
}

impl Grid {
    /// Changes the size to `rows` and `cols`, taking the cursor and a saved one along.
    pub(crate) fn reflow(
        &mut self,
        old_cols: usize,
        (rows, cols): (usize, usize),
        cursor: &mut Cursor,
        saved: &mut Cursor,
    ) {
        let (above, height) = (self.history.len(), self.rows.len());
        let used = above + self.used_rows().max(cursor.row + 1);
        let mut lines = self.history.take();
        lines.append(&mut self.rows);
        let mut points =
            [*cursor, *saved, Cursor::default()].map(|cursor| Point::new(cursor, above));

        let was_full = used == lines.len();
        lines.truncate(used);
        if cols != old_cols {
            let mut wrapper = Wrapper::new(old_cols, cols, &mut points);
            lines.into_iter().enumerate().for_each(|(at, row)| wrapper.take(at, row));
            lines = wrapper.finish();
        }
        let [at, kept, top] = points;

        let gained = if was_full { rows.saturating_sub(height) } else { 0 };
        let wanted = top.row.saturating_sub(gained);
        let start = wanted.max(lines.len().saturating_sub(rows)).min(at.row);
        self.rows = lines.split_off(start);
        self.rows.resize_with(rows, Row::default);
        if let Some(last) = self.rows.back_mut() {
            last.end_line();
        }
        lines.drain(..lines.len().saturating_sub(self.limit));
        self.history = Past::of(lines);

        *cursor = Cursor { row: at.row - start, col: at.col, pending: at.pending };
        // A saved cursor below all text has only its row to keep.
        let followed = kept.stage == Stage::Placed || above + saved.row < used;
        let row = if followed { kept.row.saturating_sub(start) } else { saved.row };
        *saved = Cursor { row: row.min(rows - 1), col: kept.col, pending: kept.pending };
    }
}

/// Collects rows into lines and cuts the lines into rows of another width.
struct Wrapper<'a> {
    old: usize,
    cols: usize,
    points: &'a mut [Point],
    /// The line so far, while its rows are wrapped.
    line: Vec<Cell>,
    open: bool,
    out: VecDeque<Row>,
}

impl<'a> Wrapper<'a> {
    fn new(old: usize, cols: usize, points: &'a mut [Point]) -> Self {
        Self { old, cols, points, line: Vec::new(), open: false, out: VecDeque::new() }
    }

    fn take(&mut self, at: usize, mut row: Row) {
        work::count(1 + row.cells.len());
        for point in self.points.iter_mut() {
            if point.stage == Stage::Ahead && point.row == at {
                let into = point.col + usize::from(point.pending);
                point.stage = Stage::InLine(self.line.len() + into);
            }
        }
        let used = row.used();
        if row.wrapped {
            self.open = true;
            let pad = row.cell(self.old - 1).content.is_pad();
            self.line.extend((0..self.old - usize::from(pad)).map(|col| row.cell(col)));
        } else if self.open || used > self.cols {
            self.line.extend_from_slice(&row.cells[..used]);
            self.flush(row.tail);
        } else {
            row.cells.truncate(used);
            if used == self.cols {
                row.tail = Id::NONE;
            }
            for point in self.points.iter_mut() {
                point.place(self.out.len(), 0, used, self.cols);
            }
            self.out.push_back(row);
        }
    }

    /// Cuts the line that is now complete.
    fn flush(&mut self, tail: Id) {
        self.open = false;
        let mut line = mem::take(&mut self.line);
        if self.cols == 1 {
            line.retain(|cell| !cell.content.is_spacer());
            for cell in line.iter_mut().filter(|cell| cell.content.is_wide()) {
                cell.content = Content::BLANK;
            }
        }
        let mut start = 0;
        loop {
            let mut end = line.len().min(start + self.cols);
            let splits = line.get(end).is_some_and(|cell| cell.content.is_spacer());
            end -= usize::from(splits);
            let mut row = Row { cells: line[start..end].to_vec(), ..Row::default() };
            let is_last = end == line.len();
            if splits {
                row.cells.push(Cell { content: Content::PAD, style: Id::NONE });
            }
            row.wrapped = !is_last;
            if is_last && row.cells.len() < self.cols {
                row.tail = tail;
            }
            for point in self.points.iter_mut() {
                if is_last || matches!(point.stage, Stage::InLine(offset) if offset < end) {
                    point.place(self.out.len(), start, end - start, self.cols);
                }
            }
            self.out.push_back(row);
            if is_last {
                break;
            }
            start = end;
        }
        line.clear();
        self.line = line;
    }

    fn finish(mut self) -> VecDeque<Row> {
        if self.open {
            self.flush(Id::NONE);
        }
        self.out
    }
}
