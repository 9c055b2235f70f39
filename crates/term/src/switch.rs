//! Switching modes on and off, and the alternate screen.

use crate::grid::{Grid, Region};
use crate::modes::{Mouse, MouseEncoding};
use crate::terminal::{Alternate, Opener, Terminal};

impl Terminal {
    /// SM and RM.
    pub(crate) fn set_ansi_mode(&mut self, mode: u16, on: bool) {
        match mode {
            4 => self.switches.insert = on,
            20 => self.switches.newline = on,
            _ => {}
        }
    }

    /// DECSET and DECRST.
    pub(crate) fn set_private_mode(&mut self, mode: u16, on: bool) {
        let switches = &mut self.switches;
        match mode {
            1 => switches.application_cursor = on,
            5 => switches.reverse_video = on,
            6 => {
                switches.origin = on;
                self.goto(0, 0);
            }
            7 => switches.autowrap = on,
            12 => switches.cursor_blink = on,
            25 => switches.cursor_visible = on,
            45 => switches.reverse_wrap = on,
            66 => switches.application_keypad = on,
            69 => self.set_margins_mode(on),
            9 => self.set_mouse(Mouse::Press, on),
            1000 => self.set_mouse(Mouse::Click, on),
            1002 => self.set_mouse(Mouse::Drag, on),
            1003 => self.set_mouse(Mouse::Motion, on),
            1004 => switches.focus_events = on,
            1005 => self.set_mouse_encoding(MouseEncoding::Utf8, on),
            1006 => self.set_mouse_encoding(MouseEncoding::Sgr, on),
            1007 => switches.alternate_scroll = on,
            1015 => self.set_mouse_encoding(MouseEncoding::Urxvt, on),
            1016 => self.set_mouse_encoding(MouseEncoding::SgrPixels, on),
            2004 => switches.bracketed_paste = on,
            2026 => switches.synchronized = on,
            2027 => switches.grapheme_clusters = on,
            2031 => switches.color_scheme_events = on,
            2048 => switches.resize_events = on,
            47 => self.set_alternate(Opener::Plain, on),
            1047 => self.set_alternate(Opener::Cleared, on),
            1049 => self.set_alternate(Opener::Saved, on),
            1048 if on => self.save_cursor(),
            1048 => self.restore_cursor(),
            _ => {}
        }
    }

    fn set_mouse(&mut self, mouse: Mouse, on: bool) {
        self.switches.mouse = if on { mouse } else { Mouse::Off };
    }

    fn set_mouse_encoding(&mut self, encoding: MouseEncoding, on: bool) {
        self.switches.mouse_encoding = if on { encoding } else { MouseEncoding::Legacy };
    }

    fn set_margins_mode(&mut self, on: bool) {
        self.switches.margins = on;
        self.cursor.pending = false;
        self.region.left = 0;
        self.region.right = self.cols - 1;
    }

    /// Shows the alternate screen, which is then blank, or the primary one again.
    fn set_alternate(&mut self, opener: Opener, on: bool) {
        if on == self.alternate.is_some() {
            return;
        }
        self.repeatable = None;
        if on {
            if opener == Opener::Saved {
                self.save_cursor();
            }
            self.cursor.pending = false;
            let mut grid = Grid::new(self.rows, 0);
            if opener == Opener::Saved {
                let style = self.erase_id();
                grid.rows.iter_mut().for_each(|row| row.clear(style));
            }
            self.alternate = Some(Alternate { grid, opener });
        } else {
            self.alternate = None;
            self.saved[1] = Default::default();
            self.cursor.pending = false;
            if opener == Opener::Saved {
                self.restore_cursor();
            }
        }
    }

    /// DECSTBM. Bounds count from one; zero is the default.
    pub(crate) fn set_rows_region(&mut self, top: usize, bottom: usize) {
        let (top, bottom) = (top.max(1), if bottom == 0 { self.rows } else { bottom });
        let bottom = bottom.min(self.rows);
        if top < bottom {
            self.region = Region { top: top - 1, bottom: bottom - 1, ..self.region };
            self.goto(0, 0);
        }
    }

    /// DECSLRM. Bounds count from one; zero is the default.
    pub(crate) fn set_cols_region(&mut self, left: usize, right: usize) {
        let (left, right) = (left.max(1), if right == 0 { self.cols } else { right });
        let right = right.min(self.cols);
        if left < right {
            self.region = Region { left: left - 1, right: right - 1, ..self.region };
            self.goto(0, 0);
        }
    }

    /// DECSTR: as after a reset, but the screen and the cursor stay.
    pub(crate) fn soft_reset(&mut self) {
        let shown = self.shown();
        self.switches.insert = false;
        self.switches.origin = false;
        self.switches.autowrap = true;
        self.switches.reverse_wrap = false;
        self.switches.cursor_visible = true;
        self.switches.application_cursor = false;
        self.switches.application_keypad = false;
        self.region.top = 0;
        self.region.bottom = self.rows - 1;
        self.set_margins_mode(false);
        self.charsets = Default::default();
        self.single_shift = None;
        self.repeatable = None;
        self.pen = Default::default();
        self.saved[shown] = Default::default();
    }
}
