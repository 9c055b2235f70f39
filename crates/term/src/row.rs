//! One row of cells.
//!
//! # Invariants
//!
//! 1. Columns at and beyond `cells.len()` are blanks in the style `tail`, so a blank row
//!    owns no heap, whatever its background. A tail is a background at most, and reaches
//!    to the end of the row whatever its width.
//! 2. No operation leaves half of a wide character behind; the other half becomes a blank.
//! 3. `wrapped` says that the text goes on in the next row. Whatever changes the last
//!    column afterwards clears it, and a pad exists only while it is set.

use crate::cell::{Cell, Content};
use crate::intern::Id;
use crate::work;

/// The smallest room a row asks for, so that typing does not allocate per key.
const FIRST_CELLS: usize = 16;
/// A row in the history may waste this many cells before it is shrunk.
const WASTE: usize = 8;

/// A row of the screen or of the history.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    pub(crate) cells: Vec<Cell>,
    pub(crate) tail: Id,
    pub(crate) wrapped: bool,
}

/// Columns `from..to` of a row that is `cols` wide.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) cols: usize,
}

impl Row {
    pub(crate) fn cell(&self, col: usize) -> Cell {
        self.cells.get(col).copied().unwrap_or(Cell::blank(self.tail))
    }

    /// Whether nothing was ever shown here: no text, no colour, no end of a full row.
    pub(crate) fn is_blank(&self) -> bool {
        self.tail == Id::NONE && !self.wrapped && self.used() == 0
    }

    /// How many columns differ from the tail.
    pub(crate) fn used(&self) -> usize {
        let blank = Cell::blank(self.tail);
        self.cells.iter().rposition(|cell| *cell != blank).map_or(0, |last| last + 1)
    }

    /// Makes the row blank in the given style, keeping its memory for reuse.
    pub(crate) fn clear(&mut self, tail: Id) {
        self.cells.clear();
        self.tail = tail;
        self.wrapped = false;
    }

    /// Forgets the blanks at the end that the tail stands for.
    pub(crate) fn compact(&mut self) {
        self.cells.truncate(self.used());
    }

    /// Gives back what a row needs no more once it has left the screen.
    pub(crate) fn shrink(&mut self) {
        if self.cells.capacity() > self.cells.len() + WASTE {
            self.cells.shrink_to_fit();
        }
    }

    /// Writes printable ASCII.
    pub(crate) fn write_ascii(&mut self, from: usize, text: &[u8], style: Id, cols: usize) {
        let span = Span { from, to: from + text.len(), cols };
        self.open(span);
        let cell = |&byte: &u8| Cell { content: Content::narrow(char::from(byte)), style };
        let over = self.cells.len().min(span.to) - from;
        for (old, new) in self.cells[from..from + over].iter_mut().zip(text) {
            *old = cell(new);
        }
        self.cells.extend(text[over..].iter().map(cell));
        self.written(span);
    }

    /// Writes the same content `span` wide; a wide content fills pairs of columns.
    pub(crate) fn write(&mut self, span: Span, content: Content, style: Id) {
        self.open(span);
        if self.cells.len() < span.to {
            self.cells.resize(span.to, Cell::blank(self.tail));
        }
        let cells = &mut self.cells[span.from..span.to];
        if content.is_wide() {
            for pair in cells.chunks_exact_mut(2) {
                pair[0] = Cell { content, style };
                pair[1] = Cell { content: Content::SPACER, style };
            }
        } else {
            cells.fill(Cell { content, style });
        }
        self.written(span);
    }

    /// Changes what one cell shows, but neither its width nor its style.
    pub(crate) fn set_content(&mut self, col: usize, content: Content, cols: usize) {
        work::count(1);
        self.fill_to(col + 1, cols);
        self.cells[col].content = content;
    }

    /// Prepares a span for being written: no halves at its ends, no gap before it.
    fn open(&mut self, span: Span) {
        work::count(span.to - span.from);
        self.split_wide(span.from);
        self.split_wide(span.to);
        self.grow(span.to, span.cols);
        if self.cells.len() < span.from {
            self.cells.resize(span.from, Cell::blank(self.tail));
        }
    }

    fn written(&mut self, span: Span) {
        if span.to == span.cols {
            self.wrapped = false;
        }
        self.drop_hidden_tail(span.cols);
    }

    /// A full row has no tail, so that rows that look alike are alike.
    fn drop_hidden_tail(&mut self, cols: usize) {
        if self.cells.len() >= cols {
            self.tail = Id::NONE;
        }
    }

    /// Ends the row in full and lets the next row go on with its line.
    pub(crate) fn wrap(&mut self, cols: usize) {
        self.fill_to(cols, cols);
        self.wrapped = true;
    }

    /// Makes room for `len` cells, and for not many more than the row is wide.
    fn grow(&mut self, len: usize, cols: usize) {
        let capacity = self.cells.capacity();
        if len > capacity {
            let aim = (capacity * 2).max(FIRST_CELLS).min(cols).max(len);
            self.cells.reserve_exact(aim - self.cells.len());
        }
    }

    /// Makes cells of what the tail stands for, in the first columns.
    pub(crate) fn fill_to(&mut self, len: usize, cols: usize) {
        if self.cells.len() < len {
            self.grow(len, cols);
            self.cells.resize(len, Cell::blank(self.tail));
        }
        self.drop_hidden_tail(cols);
    }

    /// Turns a wide character that lies across the left edge of `col` into blanks.
    fn split_wide(&mut self, col: usize) {
        if col > 0 && self.cells.get(col).is_some_and(|cell| cell.content.is_spacer()) {
            self.cells[col - 1].content = Content::BLANK;
            self.cells[col].content = Content::BLANK;
        }
    }

    /// Ends the line here: the next row is no longer a part of it.
    pub(crate) fn end_line(&mut self) {
        self.wrapped = false;
        if let Some(last) = self.cells.last_mut()
            && last.content.is_pad()
        {
            last.content = Content::BLANK;
        }
    }

    /// Makes the span blank in the given style.
    pub(crate) fn erase(&mut self, span: Span, style: Id) {
        if span.from >= span.to {
            return;
        }
        work::count(1 + self.cells.len().saturating_sub(span.from));
        self.split_wide(span.from);
        self.split_wide(span.to);
        if span.to >= span.cols {
            self.end_line();
            if self.tail != style {
                self.fill_to(span.from, span.cols);
            }
            self.cells.truncate(span.from);
            self.tail = style;
            return;
        }
        if self.tail != style {
            self.fill_to(span.to, span.cols);
        }
        let end = self.cells.len().min(span.to);
        if span.from < end {
            self.cells[span.from..end].fill(Cell::blank(style));
        }
    }

    /// Moves the span right by `n` and leaves blanks; what passes its end is lost.
    pub(crate) fn insert(&mut self, span: Span, n: usize, style: Id) {
        let n = n.min(span.to.saturating_sub(span.from));
        if n == 0 {
            return;
        }
        self.edit(span);
        self.split_wide(span.to - n);
        self.fill_to(span.to, span.cols);
        self.cells.copy_within(span.from..span.to - n, span.from + n);
        self.cells[span.from..span.from + n].fill(Cell::blank(style));
    }

    /// Moves the span left by `n`, over its first columns, and leaves blanks at its end.
    pub(crate) fn delete(&mut self, span: Span, n: usize, style: Id) {
        let n = n.min(span.to.saturating_sub(span.from));
        if n == 0 {
            return;
        }
        self.edit(span);
        self.split_wide(span.from + n);
        self.fill_to(span.to, span.cols);
        self.cells.copy_within(span.from + n..span.to, span.from);
        self.cells[span.to - n..span.to].fill(Cell::blank(style));
    }

    fn edit(&mut self, span: Span) {
        work::count(span.to - span.from);
        if span.to == span.cols {
            self.end_line();
        }
        self.split_wide(span.from);
        self.split_wide(span.to);
    }

    /// Copies the span out, for a move between rows.
    pub(crate) fn copy(&mut self, span: Span, into: &mut Vec<Cell>) {
        self.edit(span);
        into.clear();
        into.extend((span.from..span.to).map(|col| self.cell(col)));
    }

    /// Puts cells that [`Row::copy`] took in the same columns of another row.
    pub(crate) fn paste(&mut self, span: Span, cells: &[Cell]) {
        self.edit(span);
        self.fill_to(span.to, span.cols);
        self.cells[span.from..span.to].copy_from_slice(cells);
    }

    /// Cuts the row to a smaller width.
    pub(crate) fn clip(&mut self, cols: usize) {
        self.end_line();
        self.compact();
        self.split_wide(cols);
        self.cells.truncate(cols);
        self.drop_hidden_tail(cols);
        if self.cells.capacity() > cols + WASTE {
            self.cells.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str) -> Row {
        let mut row = Row::default();
        row.write_ascii(0, text.as_bytes(), Id::NONE, 10);
        row
    }

    fn shown(row: &Row) -> String {
        (0..10)
            .map(|col| match row.cell(col).content.glyph() {
                crate::cell::Glyph::Char(c) => c,
                crate::cell::Glyph::Spacer => '<',
                crate::cell::Glyph::Cluster(_) | crate::cell::Glyph::Pad => '?',
            })
            .collect()
    }

    fn span(from: usize, to: usize) -> Span {
        Span { from, to, cols: 10 }
    }

    #[test]
    fn an_erased_tail_costs_nothing() {
        let mut row = row("abcdef");
        row.erase(span(2, 10), Id(3));
        assert_eq!((row.cells.len(), row.tail), (2, Id(3)));
        assert_eq!(shown(&row), "ab        ");
    }

    #[test]
    fn erasing_beyond_the_text_keeps_the_old_tail_before_it() {
        let mut row = row("ab");
        row.erase(span(4, 10), Id(3));
        assert_eq!(row.cell(3).style, Id::NONE);
        assert_eq!(row.cell(4).style, Id(3));
    }

    #[test]
    fn half_a_wide_character_never_stays() {
        let mut row = row("ab");
        row.write(span(2, 4), Content::wide('字'), Id::NONE);
        row.write_ascii(3, b"x", Id::NONE, 10);
        assert_eq!(shown(&row), "ab x      ");
        row.write(span(2, 4), Content::wide('字'), Id::NONE);
        row.insert(span(3, 10), 1, Id::NONE);
        assert_eq!(shown(&row), "ab        ");
    }

    #[test]
    fn inserting_and_deleting_keep_to_the_span() {
        let mut row = row("abcdefghij");
        row.insert(span(2, 6), 2, Id::NONE);
        assert_eq!(shown(&row), "ab  cdghij");
        row.delete(span(0, 6), 3, Id::NONE);
        assert_eq!(shown(&row), " cd   ghij");
    }
}
