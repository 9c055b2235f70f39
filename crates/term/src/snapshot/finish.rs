//! The end of a snapshot: region, cursor, pen and modes.

use super::Writer;
use super::paint::is_contested;
use crate::cell::{Cell, Glyph};
use crate::intern::Id;
use crate::modes::{Modes, Mouse, MouseEncoding};
use crate::style::Style;

impl Writer<'_> {
    pub(super) fn finish(&mut self) {
        let terminal = self.terminal;
        let last = self.last_written();
        if terminal.repeatable.is_some() {
            // Nothing may come after the last character that makes a terminal forget it.
            self.charsets(&terminal.charsets);
            if !terminal.cursor.pending && last.is_none() {
                self.repeatable();
            }
        }
        self.region();
        if last.is_none() {
            self.cursor();
        }
        if terminal.repeatable.is_none() {
            self.push(b"\x0f");
            self.charsets(&terminal.charsets);
        }
        self.pen(terminal.pen.style);
        self.modes(&terminal.switches);
        match terminal.single_shift {
            Some(2) => self.push(b"\x1bN"),
            Some(_) => self.push(b"\x1bO"),
            None => {}
        }
        if let Some((row, col)) = last {
            self.goto(row, col);
            self.cell(terminal.grid().rows[row].cell(col));
        }
    }

    /// The place of the character that was just written, if painting it once more leaves the
    /// cursor where it is and changes nothing else. Then it can be the very end: to some
    /// terminals a mark that follows belongs to it only if no sequence came between.
    fn last_written(&self) -> Option<(usize, usize)> {
        let terminal = self.terminal;
        let c = terminal.repeatable?;
        let switches = &terminal.switches;
        let region = terminal.region;
        let whole = region.top == 0 && region.bottom + 1 == terminal.rows;
        let plain = switches.autowrap && !(switches.margins || switches.origin || switches.insert);
        if !whole || !plain {
            return None;
        }
        let cursor = terminal.cursor;
        let row = &terminal.grid().rows[cursor.row];
        let end = cursor.col + usize::from(cursor.pending);
        let col = end.checked_sub(1)?;
        let col = if row.cell(col).content.is_spacer() { col.checked_sub(1)? } else { col };
        // Terminals disagree on the width of what is not a plain character.
        let cell =
            self.free_cell((cursor.row, col)).filter(|cell| !is_contested(cell.content.glyph()))?;
        let is_last = cell.content.glyph() == Glyph::Char(c)
            && col + 1 + usize::from(cell.content.is_wide()) == end;
        let same_pen = terminal.pools.style(cell.style) == terminal.pen.style;
        (is_last && same_pen && terminal.single_shift.is_none()).then_some((cursor.row, col))
    }

    fn region(&mut self) {
        let terminal = self.terminal;
        let region = terminal.region;
        if terminal.switches.margins {
            self.push(b"\x1b[?69h");
            if region.left > 0 || region.right + 1 < terminal.cols {
                self.csi(&[region.left + 1, region.right + 1], "s");
            }
        }
        if region.top > 0 || region.bottom + 1 < terminal.rows {
            self.csi(&[region.top + 1, region.bottom + 1], "r");
        }
    }

    /// Writes the character that REP would repeat once more, over itself: it is still to be
    /// seen, most likely before the cursor.
    fn repeatable(&mut self) {
        let terminal = self.terminal;
        let Some(c) = terminal.repeatable else { return };
        let shows = |cell: Cell| match cell.content.glyph() {
            Glyph::Char(shown) => shown == c,
            Glyph::Cluster(id) => {
                terminal.pools.clusters.get(id).is_some_and(|cluster| cluster.starts_with(c))
            }
            Glyph::Spacer | Glyph::Pad => false,
        };
        let cursor = terminal.cursor;
        let near = (1..=2).filter_map(|by| Some((cursor.row, cursor.col.checked_sub(by)?)));
        let all = (0..terminal.rows).flat_map(|row| (0..terminal.cols).map(move |col| (row, col)));
        let place = near.chain(all).find(|&place| self.free_cell(place).is_some_and(shows));
        if let Some((row, col)) = place {
            self.goto(row, col);
            self.cell(terminal.grid().rows[row].cell(col));
        }
    }

    /// A cell that can be painted again without ending a line that goes on, or a tail.
    fn free_cell(&self, (row, col): (usize, usize)) -> Option<Cell> {
        let terminal = self.terminal;
        let row = &terminal.grid().rows[row];
        let cell = row.cell(col);
        let last = col + usize::from(cell.content.is_wide()) + 1 >= terminal.cols;
        let ends = last && (row.wrapped || row.tail != Id::NONE);
        (col < terminal.cols && !ends).then_some(cell)
    }

    fn cursor(&mut self) {
        let terminal = self.terminal;
        let cursor = terminal.cursor;
        let (mut row, mut col) = (cursor.row, cursor.col);
        let cells = &terminal.grid().rows[row];
        if cursor.pending && cells.cell(col).content.is_spacer() {
            col -= 1;
        }
        let cell = cells.cell(col);
        if terminal.switches.origin {
            self.private_mode(6, true);
            row -= terminal.region.top;
            col -= terminal.region.left;
        }
        self.pen(Style::default());
        self.goto(row, col);
        if cursor.pending {
            self.cell(cell);
        }
    }

    /// Modes that are not as after a reset, except those that the painting needed.
    fn modes(&mut self, now: &Modes) {
        let reset = Modes::default();
        let switches = [
            (1, now.application_cursor, reset.application_cursor),
            (5, now.reverse_video, reset.reverse_video),
            (7, now.autowrap, reset.autowrap),
            (12, now.cursor_blink, reset.cursor_blink),
            (25, now.cursor_visible, reset.cursor_visible),
            (45, now.reverse_wrap, reset.reverse_wrap),
            (1004, now.focus_events, reset.focus_events),
            (1007, now.alternate_scroll, reset.alternate_scroll),
            (2004, now.bracketed_paste, reset.bracketed_paste),
            (2027, now.grapheme_clusters, reset.grapheme_clusters),
            (2031, now.color_scheme_events, reset.color_scheme_events),
            (2048, now.resize_events, reset.resize_events),
            (2026, now.synchronized, reset.synchronized),
        ];
        if now.cursor_shape != reset.cursor_shape {
            self.push(format!("\x1b[{} q", now.cursor_shape).as_bytes());
        }
        for (mode, on, _) in switches.into_iter().filter(|(_, on, reset)| on != reset) {
            self.private_mode(mode, on);
        }
        if now.insert {
            self.push(b"\x1b[4h");
        }
        if now.newline {
            self.push(b"\x1b[20h");
        }
        if now.application_keypad {
            self.push(b"\x1b=");
        }
        if now.modify_other_keys > 0 {
            self.push(format!("\x1b[>4;{}m", now.modify_other_keys).as_bytes());
        }
        self.mouse(now);
    }

    fn mouse(&mut self, now: &Modes) {
        match now.mouse {
            Mouse::Off => {}
            Mouse::Press => self.private_mode(9, true),
            Mouse::Click => self.private_mode(1000, true),
            Mouse::Drag => self.private_mode(1002, true),
            Mouse::Motion => self.private_mode(1003, true),
        }
        match now.mouse_encoding {
            MouseEncoding::Legacy => {}
            MouseEncoding::Utf8 => self.private_mode(1005, true),
            MouseEncoding::Sgr => self.private_mode(1006, true),
            MouseEncoding::Urxvt => self.private_mode(1015, true),
            MouseEncoding::SgrPixels => self.private_mode(1016, true),
        }
    }
}
