//! A terminal written down as the bytes that make it again.
//!
//! The bytes are for a terminal of the same size that was just reset, ours or any other.
//! What is painted first must survive what is painted later, so the order matters:
//!
//! ```text
//!   names, colours, directory     touch no cell
//!   tab stops                     move the cursor
//!   saved cursor (primary)        if it waits to wrap: writes a blank into the empty screen
//!   history and primary screen    scrolls
//!   saved cursor (primary)        else here: some terminals let it scroll away
//!   keyboard (primary)
//!   alternate screen              as above, once more, when it is shown
//!   character, region, cursor     the cursor goes where it was
//!   pen and other modes           would have disturbed the painting
//! ```
//!
//! # Invariants
//!
//! 1. Until the last step every mode is as after a reset.
//! 2. The screen never scrolls while the pen has a background: the new row would get it.
//! 3. Links take at most [`LINK_BUDGET`] bytes for each screen; cells beyond it have none.

mod finish;
mod names;
mod paint;

use crate::charset::Charsets;
use crate::cursor::{Cursor, Saved};
use crate::intern::Id;
use crate::row::Row;
use crate::screen::History;
use crate::sgr;
use crate::style::Style;
use crate::terminal::{Opener, Terminal};

/// How many bytes of links one screen may take.
const LINK_BUDGET: usize = 512 * 1024;

/// Bytes that give a terminal that was just reset the state of this one.
pub(crate) fn of(terminal: &Terminal, history: History) -> Vec<u8> {
    let mut writer = Writer::new(terminal);
    writer.names();
    writer.progress();
    writer.tabs();
    writer.hidden_keyboard();
    let saved = &terminal.saved[0];
    if saved.cursor.pending {
        writer.saved_cursor(saved);
    }
    writer.paint(&terminal.primary, history);
    if !saved.cursor.pending {
        writer.saved_cursor(saved);
    }
    writer.keyboard(&terminal.keyboards[0]);
    if let Some(alternate) = &terminal.alternate {
        match alternate.opener {
            Opener::Saved => writer.open_alternate(terminal.saved[0].cursor),
            Opener::Plain => writer.push(b"\x1b[?47h"),
            Opener::Cleared => writer.push(b"\x1b[?1047h"),
        }
        writer.forget_pen();
        writer.reset_charsets();
        // It may have come with the background of the saved pen.
        writer.push(b"\x1b[2J");
        writer.links_left = LINK_BUDGET;
        writer.saved_cursor(&terminal.saved[1]);
        writer.paint(&alternate.grid, History::None);
        writer.keyboard(&terminal.keyboards[1]);
    }
    writer.finish();
    writer.out
}

/// Bytes that paint so many columns of a row, from one on, on a row whose cursor is in the
/// first column and whose pen is the default; the rest of the row is cleared.
pub(crate) fn clipped(terminal: &Terminal, row: &Row, from: usize, cols: usize) -> Vec<u8> {
    let mut writer = Writer::new(terminal);
    writer.part_of_row(row, from, cols);
    writer.out
}

/// What has been written, and what the terminal that reads it now has for a pen.
struct Writer<'a> {
    terminal: &'a Terminal,
    out: Vec<u8>,
    style: Style,
    links_left: usize,
}

impl<'a> Writer<'a> {
    fn new(terminal: &'a Terminal) -> Self {
        let style = Style::default();
        Self { terminal, out: Vec::new(), style, links_left: LINK_BUDGET }
    }

    fn push(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    fn push_char(&mut self, c: char) {
        self.push(c.encode_utf8(&mut [0; 4]).as_bytes());
    }

    /// `CSI`, numbers, final bytes.
    fn csi(&mut self, numbers: &[usize], end: &str) {
        let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
        self.push(format!("\x1b[{}{end}", numbers.join(";")).as_bytes());
    }

    fn private_mode(&mut self, mode: u16, on: bool) {
        self.push(format!("\x1b[?{mode}{}", if on { 'h' } else { 'l' }).as_bytes());
    }

    /// Moves the cursor; both count from zero.
    fn goto(&mut self, row: usize, col: usize) {
        self.csi(&[row + 1, col + 1], "H");
    }

    /// Changes the pen, if need be.
    fn pen(&mut self, style: Style) {
        if style.link != self.style.link {
            self.link(style.link);
        }
        let (link, old) = (self.style.link, self.style);
        if (Style { link, ..style }) != old {
            sgr::write(&style, &mut self.out);
            self.style = Style { link, ..style };
        }
    }

    fn link(&mut self, id: Id) {
        let link = self.terminal.pools.links.get(id);
        let Some(link) = link.filter(|link| link.weight() <= self.links_left) else {
            if self.style.link != Id::NONE {
                self.push(b"\x1b]8;;\x1b\\");
                self.style.link = Id::NONE;
            }
            return;
        };
        self.links_left -= link.weight();
        self.push(format!("\x1b]8;{};{}\x1b\\", link.params, link.uri).as_bytes());
        self.style.link = id;
    }

    /// The pen as after a reset, whatever it is now.
    fn forget_pen(&mut self) {
        self.push(b"\x1b[m\x1b]8;;\x1b\\");
        self.style = Style::default();
    }

    /// DECSC, with everything but the screen as after a reset, and the screen empty if the
    /// cursor waits to wrap.
    fn saved_cursor(&mut self, saved: &Saved) {
        let Saved { cursor, style, charsets, origin } = *saved;
        if *saved == Saved::default() {
            return;
        }
        if origin {
            self.private_mode(6, true);
        }
        let margin = self.goto_pending(cursor);
        self.charsets(&charsets);
        self.pen(style);
        self.push(b"\x1b7");
        if margin {
            self.push(b"\x1b[?69l");
        }
        self.forget_pen();
        if cursor.pending {
            // The blank that it waits behind is no part of the screen.
            self.push(b"\x1b[2K");
        }
        self.reset_charsets();
        if origin {
            self.private_mode(6, false);
        }
    }

    /// Opens the alternate screen by 1049, which saves the cursor: it must be the one that is
    /// saved already.
    fn open_alternate(&mut self, saved: Cursor) {
        let margin = self.margin_of(saved);
        self.push(b"\x1b8\x1b[?1049h\x1b[?6l");
        if margin {
            self.push(b"\x1b[?69l");
        }
    }

    /// Moves the cursor, on an empty screen. A blank in its column makes it wait there.
    /// Says whether there is a margin now.
    fn goto_pending(&mut self, cursor: Cursor) -> bool {
        let margin = self.margin_of(cursor);
        self.goto(cursor.row, cursor.col);
        if cursor.pending {
            self.push(b" ");
        }
        margin
    }

    /// Sets a margin if that is where a cursor waits; it may be elsewhere by now.
    fn margin_of(&mut self, cursor: Cursor) -> bool {
        let margin = cursor.pending && cursor.col + 1 < self.terminal.cols;
        if margin {
            self.push(b"\x1b[?69h");
            self.csi(&[1, cursor.col + 1], "s");
        }
        margin
    }

    fn charsets(&mut self, charsets: &Charsets) {
        for (set, introducer) in charsets.sets.iter().zip(*b"()*+") {
            if set.final_byte() != b'B' {
                self.push(&[0x1b, introducer, set.final_byte()]);
            }
        }
        match charsets.shift {
            1 => self.push(b"\x0e"),
            2 => self.push(b"\x1bn"),
            3 => self.push(b"\x1bo"),
            _ => {}
        }
    }

    fn reset_charsets(&mut self) {
        self.push(b"\x1b(B\x1b)B\x1b*B\x1b+B\x0f");
    }
}
