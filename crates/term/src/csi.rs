//! What control sequences mean: `CSI`, parameters, intermediates, final byte.

use vte::{Params, Perform};

use crate::edit::Part;
use crate::sgr;
use crate::tabs::Tabs;
use crate::terminal::Terminal;
use crate::title::Which;

/// Parameters by position, with defaults.
struct Args<'a>(&'a Params);

impl Args<'_> {
    /// The parameter at `at`, zero when absent.
    fn raw(&self, at: usize) -> u16 {
        self.0.iter().nth(at).map_or(0, |field| field[0])
    }

    /// The same for indexing.
    fn number(&self, at: usize) -> usize {
        usize::from(self.raw(at))
    }

    /// A count: absent and zero mean one.
    fn count(&self) -> usize {
        self.number(0).max(1)
    }

    /// A position: counted from one in the sequence, from zero here.
    fn position(&self, at: usize) -> usize {
        self.number(at).saturating_sub(1)
    }
}

impl Perform for Terminal {
    fn print(&mut self, c: char) {
        Self::print(self, c);
    }

    fn execute(&mut self, byte: u8) {
        self.control(byte);
    }

    fn esc_dispatch(&mut self, intermediates: &[u8], ignore: bool, byte: u8) {
        if !ignore {
            self.esc(intermediates, byte);
        }
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], _: bool, action: char) {
        let args = Args(params);
        match (intermediates, action) {
            ([], 'm') => self.sgr(params),
            ([], _) => self.csi_plain(&args, action),
            ([b'?'], _) => self.csi_private(&args, action),
            ([b'>'], 'u') => {
                let shown = self.shown();
                self.keyboards[shown].push(args.raw(0));
            }
            ([b'<'], 'u') => {
                let shown = self.shown();
                self.keyboards[shown].pop(args.count());
            }
            ([b'='], 'u') => {
                let shown = self.shown();
                self.keyboards[shown].set(args.raw(0), args.raw(1));
            }
            ([b'>'], 'm') => self.set_modify_keys(&args),
            ([b'>'], 'n') if args.raw(0) == 4 => self.switches.modify_other_keys = 0,
            ([b'!'], 'p') => self.soft_reset(),
            ([b' '], 'q') if args.raw(0) <= 6 => {
                self.switches.cursor_shape = args.raw(0).to_le_bytes()[0];
            }
            ([b' '], '@') => self.shift_columns(|terminal| terminal.delete_chars(args.count())),
            ([b' '], 'A') => self.shift_columns(|terminal| terminal.insert_chars(args.count())),
            ([b'\''], '}') => self.edit_columns(|terminal| terminal.insert_chars(args.count())),
            ([b'\''], '~') => self.edit_columns(|terminal| terminal.delete_chars(args.count())),
            _ => {}
        }
    }
}

impl Terminal {
    fn sgr(&mut self, params: &Params) {
        let mut style = self.pen.style;
        sgr::apply(&mut style, params);
        self.set_pen(style);
    }

    fn csi_plain(&mut self, args: &Args<'_>, action: char) {
        match action {
            '@' => self.insert_chars(args.count()),
            'A' => self.up(args.count()),
            'B' | 'e' => self.down(args.count()),
            'C' | 'a' => self.right(args.count()),
            'D' => self.left(args.count()),
            'E' => {
                self.down(args.count());
                self.carriage_return();
            }
            'F' => {
                self.up(args.count());
                self.carriage_return();
            }
            'G' | '`' => self.goto_col(args.position(0)),
            'H' | 'f' => self.goto(args.position(0), args.position(1)),
            'I' => self.tab(args.count()),
            'J' => self.erase_display(args.raw(0)),
            'K' => self.erase_line(args.raw(0)),
            'L' => self.insert_lines(args.count()),
            'M' => self.delete_lines(args.count()),
            'P' => self.delete_chars(args.count()),
            'S' => self.scroll_up(args.count()),
            // With five parameters it is about highlighting with the mouse.
            'T' if args.0.len() < 5 => self.scroll_down(args.count()),
            '^' => self.scroll_down(args.count()),
            'X' => self.erase_chars(args.count()),
            'Z' => self.back_tab(args.count()),
            'b' => self.repeat(args.count()),
            'd' => self.goto_row(args.position(0)),
            'g' => self.clear_tabs(args.raw(0)),
            'h' => self.each_mode(args, |terminal, mode| terminal.set_ansi_mode(mode, true)),
            'l' => self.each_mode(args, |terminal, mode| terminal.set_ansi_mode(mode, false)),
            'r' => self.set_rows_region(args.number(0), args.number(1)),
            's' if self.switches.margins => self.set_cols_region(args.number(0), args.number(1)),
            's' => self.save_cursor(),
            't' => self.window(args),
            'u' => self.restore_cursor(),
            _ => {}
        }
    }

    fn csi_private(&mut self, args: &Args<'_>, action: char) {
        match action {
            'h' => self.each_mode(args, |terminal, mode| terminal.set_private_mode(mode, true)),
            'l' => self.each_mode(args, |terminal, mode| terminal.set_private_mode(mode, false)),
            // Nothing can be protected here, so selective erasing spares nothing.
            'J' if args.raw(0) < 3 => self.erase_display(args.raw(0)),
            'K' => self.erase_line(args.raw(0)),
            // DECST8C.
            'W' if args.raw(0) == 5 => self.tabs = Tabs::default(),
            _ => {}
        }
    }

    fn each_mode(&mut self, args: &Args<'_>, set: impl Fn(&mut Self, u16)) {
        for field in args.0 {
            set(self, field[0]);
        }
    }

    fn erase_display(&mut self, part: u16) {
        match part {
            0 => self.erase_in_display(Part::After),
            1 => self.erase_in_display(Part::Before),
            2 => self.erase_in_display(Part::All),
            3 => self.primary.clear_history(),
            _ => {}
        }
    }

    fn erase_line(&mut self, part: u16) {
        match part {
            0 => self.erase_in_line(Part::After),
            1 => self.erase_in_line(Part::Before),
            2 => self.erase_in_line(Part::All),
            _ => {}
        }
    }

    fn clear_tabs(&mut self, which: u16) {
        match which {
            0 => self.tabs.set(self.cursor.col, false, self.cols),
            3 => self.tabs.clear_all(self.cols),
            _ => {}
        }
    }

    /// XTWINOPS: only the stack of titles is ours.
    fn window(&mut self, args: &Args<'_>) {
        match (args.raw(0), Which::from_number(args.raw(1))) {
            (22, Some(_)) => self.titles.push(),
            (23, Some(which)) => self.titles.pop(which),
            _ => {}
        }
    }

    /// XTMODKEYS: `4` is the resource that matters, and no resource means all.
    fn set_modify_keys(&mut self, args: &Args<'_>) {
        match (args.raw(0), args.raw(1)) {
            (0, _) if args.0.len() == 1 => self.switches.modify_other_keys = 0,
            (4, level @ 0..=3) => self.switches.modify_other_keys = level.to_le_bytes()[0],
            _ => {}
        }
    }
}
