//! A terminal's screen, by a model that shares no code with the product.

use std::cell::RefCell;
use std::rc::Rc;

use alacritty_terminal::event::{Event, EventListener};
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Column, Line, Point};
use alacritty_terminal::term::cell::Cell;
use alacritty_terminal::term::{Config, Term, TermMode};
use alacritty_terminal::vte::ansi::{Processor, StdSyncHandler};

pub use alacritty_terminal::term::TermMode as Modes;
pub use alacritty_terminal::term::cell::Flags;
pub use alacritty_terminal::vte::ansi::{Color, NamedColor, Rgb};

/// Lines the model keeps above the screen.
const HISTORY: usize = 10_000;

#[derive(Clone, Copy)]
struct Size {
    rows: usize,
    cols: usize,
}

impl Dimensions for Size {
    fn total_lines(&self) -> usize {
        self.rows
    }

    fn screen_lines(&self) -> usize {
        self.rows
    }

    fn columns(&self) -> usize {
        self.cols
    }
}

/// What the terminal itself has to say: answers to queries, titles, bells.
#[derive(Clone, Default)]
struct Said(Rc<RefCell<Heard>>);

#[derive(Default)]
struct Heard {
    replies: Vec<u8>,
    title: String,
    bells: usize,
}

impl EventListener for Said {
    fn send_event(&self, event: Event) {
        let mut heard = self.0.borrow_mut();
        match event {
            Event::PtyWrite(text) => heard.replies.extend_from_slice(text.as_bytes()),
            Event::Title(title) => heard.title = title,
            Event::ResetTitle => heard.title.clear(),
            Event::Bell => heard.bells += 1,
            _ => {}
        }
    }
}

/// The screen that somebody at the terminal would see.
pub struct Screen {
    term: Term<Said>,
    parser: Processor<StdSyncHandler>,
    said: Said,
}

impl Screen {
    /// An empty screen.
    pub fn new(rows: u16, cols: u16) -> Self {
        let said = Said::default();
        let config =
            Config { scrolling_history: HISTORY, kitty_keyboard: true, ..Config::default() };
        let size = Size { rows: rows.into(), cols: cols.into() };
        let term = Term::new(config, &size, said.clone());
        Self { term, parser: Processor::new(), said }
    }

    /// Shows output.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.parser.advance(&mut self.term, bytes);
    }

    /// Takes another size. The model itself knows no terminal without cells.
    pub fn resize(&mut self, rows: u16, cols: u16) {
        self.term.resize(Size { rows: rows.max(1).into(), cols: cols.max(2).into() });
    }

    /// Takes what the terminal answers to queries it was shown.
    pub fn take_replies(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.said.0.borrow_mut().replies)
    }

    /// Rows on the screen.
    pub fn rows(&self) -> usize {
        self.term.screen_lines()
    }

    /// Columns on the screen.
    pub fn cols(&self) -> usize {
        self.term.columns()
    }

    /// One line of the screen, the first is 0, without blanks at its end.
    pub fn line(&self, row: usize) -> String {
        self.grid_line(i32::try_from(row).unwrap())
    }

    /// The whole screen as text.
    pub fn text(&self) -> String {
        let lines: Vec<_> = (0..self.rows()).map(|row| self.line(row)).collect();
        lines.join("\n").trim_end_matches('\n').to_owned()
    }

    /// The lines above the screen and the screen.
    pub fn text_with_history(&self) -> String {
        let above = i32::try_from(self.term.history_size()).unwrap();
        let lines: Vec<_> = (-above..0).map(|line| self.grid_line(line)).collect();
        format!("{}\n{}", lines.join("\n"), self.text())
    }

    /// Lines above the screen.
    pub fn history(&self) -> usize {
        self.term.history_size()
    }

    /// Whether the screen shows this somewhere within one line.
    pub fn contains(&self, text: &str) -> bool {
        self.text().contains(text)
    }

    /// Row and column of the cursor, from 0.
    pub fn cursor(&self) -> (usize, usize) {
        let point = self.term.grid().cursor.point;
        (usize::try_from(point.line.0).unwrap(), point.column.0)
    }

    /// One cell of the screen.
    pub fn cell(&self, row: usize, col: usize) -> &Cell {
        &self.term.grid()[Point::new(Line(i32::try_from(row).unwrap()), Column(col))]
    }

    /// The cell in which `text` begins.
    pub fn cell_of(&self, text: &str) -> Option<&Cell> {
        (0..self.rows()).find_map(|row| {
            let line = self.line(row);
            let at = line.find(text)?;
            Some(self.cell(row, line[..at].chars().count()))
        })
    }

    /// The modes that programs set.
    pub fn modes(&self) -> TermMode {
        *self.term.mode()
    }

    /// Whether the alternate screen is shown.
    pub fn is_alternate(&self) -> bool {
        self.modes().contains(TermMode::ALT_SCREEN)
    }

    /// Modes in which this terminal differs from one that was just opened.
    pub fn modes_left_behind(&self) -> TermMode {
        self.modes() ^ TermMode::default()
    }

    /// The title of the window.
    pub fn title(&self) -> String {
        self.said.0.borrow().title.clone()
    }

    /// How often the bell rang.
    pub fn bells(&self) -> usize {
        self.said.0.borrow().bells
    }

    fn grid_line(&self, line: i32) -> String {
        let row = &self.term.grid()[Line(line)];
        let mut text = String::new();
        for column in 0..self.cols() {
            let cell = &row[Column(column)];
            if cell.flags.contains(Flags::WIDE_CHAR_SPACER) {
                continue;
            }
            text.push(cell.c);
            text.extend(cell.zerowidth().into_iter().flatten());
        }
        text.trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_shows_what_was_written_and_its_modes() {
        let mut screen = Screen::new(4, 20);
        screen.feed("\x1b[2;3Hgr\u{fc}n \x1b[31mrot\x1b[0m\x1b[?1002h".as_bytes());
        assert_eq!(screen.line(1), "  gr\u{fc}n rot");
        assert_eq!(screen.cell_of("rot").unwrap().fg, Color::Named(NamedColor::Red));
        assert_eq!(screen.modes_left_behind(), TermMode::MOUSE_DRAG);
        screen.feed(b"\x1b[?1002l\x1b[c");
        assert_eq!(screen.modes_left_behind(), TermMode::NONE);
        assert!(screen.take_replies().starts_with(b"\x1b[?"), "a terminal answers");
    }

    #[test]
    fn lines_that_scroll_away_are_history() {
        let mut screen = Screen::new(2, 10);
        screen.feed(b"one\r\ntwo\r\nthree");
        assert_eq!(screen.history(), 1);
        assert_eq!(screen.text_with_history(), "one\ntwo\nthree");
    }
}
