//! The lines that have left the screen at the top, packed: most of them are plain text in
//! one style, and take a byte for each character instead of a whole cell.
//!
//! # Invariants
//!
//! 1. A line comes out as it went in, but for blanks at its end that its tail stands for.

use std::borrow::Cow;
use std::collections::VecDeque;

use crate::cell::{Cell, Content};
use crate::intern::Id;
use crate::row::Row;

/// A line of the history.
#[derive(Debug)]
enum Line {
    /// ASCII in one style.
    Plain { text: Box<[u8]>, style: Id, tail: Id, wrapped: bool },
    /// Anything else.
    Row(Box<Row>),
}

impl Line {
    /// Packs a row if it can be, and leaves its memory there; else takes it.
    fn of(row: &mut Row) -> Self {
        row.compact();
        let style = row.cells.first().map_or(Id::NONE, |cell| cell.style);
        let alike = |cell: &Cell| (cell.style == style) & cell.content.is_ascii();
        if !row.cells.iter().fold(true, |all, cell| all & alike(cell)) {
            row.shrink();
            return Self::Row(Box::new(std::mem::take(row)));
        }
        let text = row.cells.iter().map(|cell| cell.content.ascii()).collect();
        Self::Plain { text, style, tail: row.tail, wrapped: row.wrapped }
    }

    fn row(&self) -> Cow<'_, Row> {
        match self {
            Self::Row(row) => Cow::Borrowed(row),
            Self::Plain { text, style, tail, wrapped } => {
                let cell =
                    |&byte: &u8| Cell { content: Content::narrow(char::from(byte)), style: *style };
                let cells = text.iter().map(cell).collect();
                Cow::Owned(Row { cells, tail: *tail, wrapped: *wrapped })
            }
        }
    }
}

/// Lines, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Past(VecDeque<Line>);

impl Past {
    /// Packs all of these rows.
    pub(crate) fn of(rows: VecDeque<Row>) -> Self {
        Self(rows.into_iter().map(|mut row| Line::of(&mut row)).collect())
    }

    /// All lines as rows again; none are left.
    pub(crate) fn take(&mut self) -> VecDeque<Row> {
        std::mem::take(&mut self.0).iter().map(|line| line.row().into_owned()).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds a row, and keeps no more than `limit` lines. What is left of the row is some
    /// row that may be written over.
    pub(crate) fn push(&mut self, row: &mut Row, limit: usize) {
        let oldest = if self.0.len() >= limit { self.0.pop_front() } else { None };
        self.0.push_back(Line::of(row));
        if let Some(Line::Row(oldest)) = oldest
            && row.cells.capacity() == 0
        {
            *row = *oldest;
        }
    }

    /// The newest line does not go on in the next row any more.
    pub(crate) fn end_line(&mut self) {
        match self.0.back_mut() {
            Some(Line::Plain { wrapped, .. }) => *wrapped = false,
            Some(Line::Row(row)) => row.end_line(),
            None => {}
        }
    }

    /// The newest `count` lines, oldest first.
    pub(crate) fn last(&self, count: usize) -> impl Iterator<Item = Cow<'_, Row>> {
        self.0.range(self.0.len() - count.min(self.0.len())..).map(Line::row)
    }

    /// Bytes of heap that they take.
    #[cfg(test)]
    pub(crate) fn heap(&self) -> usize {
        let of_line = |line: &Line| match line {
            Line::Plain { text, .. } => text.len(),
            Line::Row(row) => size_of::<Row>() + row.cells.capacity() * size_of::<Cell>(),
        };
        self.0.capacity() * size_of::<Line>() + self.0.iter().map(of_line).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_costs_no_more_than_a_row_and_little_beside_its_text() {
        assert!(size_of::<Line>() <= size_of::<Row>());
        let mut row = Row::default();
        row.write_ascii(0, b"some plain text", Id::NONE, 80);
        let mut past = Past::default();
        past.push(&mut row, 10);
        assert!(past.heap() <= 4 * size_of::<Line>() + 15);
        assert_eq!(past.last(1).next().unwrap().used(), 15);
    }
}
