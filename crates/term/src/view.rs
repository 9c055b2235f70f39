//! A look at a screen from a terminal of another size: what fits is shown, the rest is
//! clipped, and only what has changed is painted again.
//!
//! # Invariants
//!
//! 1. The row and the column of the cursor are always within what is shown.
//! 2. Nothing is written that could scroll or wrap the terminal, whatever the screen
//!    shows.
//! 3. Of the modes, those that decide what keys send are passed on; the mouse is not,
//!    for its coordinates would be wrong.

use crate::modes::Modes;
use crate::screen::Screen;
use crate::snapshot;

/// What one terminal shows of a screen.
#[derive(Debug)]
pub struct View {
    rows: usize,
    cols: usize,
    /// Each row as it was painted; nothing before it was.
    shown: Vec<Vec<u8>>,
    told: Option<Told>,
}

/// What was said last, besides rows.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    cursor: (usize, usize),
    modes: Modes,
    title: String,
}

impl View {
    /// For a terminal of this size, which was just reset and shows nothing.
    pub fn new(rows: u16, cols: u16) -> Self {
        let (rows, cols) = (usize::from(rows.max(1)), usize::from(cols.max(1)));
        Self { rows, cols, shown: vec![Vec::new(); rows], told: None }
    }

    /// The size of the terminal.
    pub fn size(&self) -> (u16, u16) {
        let narrow = |size| u16::try_from(size).unwrap_or(u16::MAX);
        (narrow(self.rows), narrow(self.cols))
    }

    /// Bytes that bring the terminal up to date; none if nothing has changed.
    pub fn draw(&mut self, screen: &Screen) -> Vec<u8> {
        let terminal = &screen.terminal;
        let first_row = offset(terminal.cursor.row, self.rows);
        let first_col = offset(terminal.cursor.col, self.cols);
        let mut out = Vec::new();
        for (at, shown) in self.shown.iter_mut().enumerate() {
            let row = terminal.grid().rows.get(first_row + at);
            let painted = row.map_or_else(Vec::new, |row| {
                snapshot::clipped(terminal, row, first_col, self.cols)
            });
            if painted != *shown {
                out.extend_from_slice(format!("\x1b[{};1H\x1b[m", at + 1).as_bytes());
                out.extend_from_slice(&painted);
                // What was there before and is no more.
                if painted.is_empty() {
                    out.extend_from_slice(b"\x1b[K");
                }
                *shown = painted;
            }
        }
        let now = Told {
            cursor: (terminal.cursor.row - first_row, terminal.cursor.col - first_col),
            modes: screen.modes(),
            title: screen.title().to_owned(),
        };
        if self.told.as_ref() != Some(&now) || !out.is_empty() {
            say(self.told.as_ref(), &now, &mut out);
            self.told = Some(now);
            // All at once, where the terminal can; and without wrapping.
            out.splice(0..0, *b"\x1b[?2026h\x1b[?7l");
            out.extend_from_slice(b"\x1b[?2026l");
        }
        out
    }
}

/// How far to look down, or right, so that the cursor is in sight.
fn offset(cursor: usize, size: usize) -> usize {
    (cursor + 1).saturating_sub(size)
}

/// Says where the cursor is, and what else differs from before.
fn say(before: Option<&Told>, now: &Told, out: &mut Vec<u8>) {
    let reset = Modes::default();
    let was = before.map_or(&reset, |told| &told.modes);
    let is = &now.modes;
    let mut push = |text: String| out.extend_from_slice(text.as_bytes());
    for (mode, was, is) in [
        (1, was.application_cursor, is.application_cursor),
        (5, was.reverse_video, is.reverse_video),
        (25, was.cursor_visible, is.cursor_visible),
        (2004, was.bracketed_paste, is.bracketed_paste),
    ] {
        if was != is {
            push(format!("\x1b[?{mode}{}", if is { 'h' } else { 'l' }));
        }
    }
    if was.application_keypad != is.application_keypad {
        push(format!("\x1b{}", if is.application_keypad { '=' } else { '>' }));
    }
    if was.cursor_shape != is.cursor_shape {
        push(format!("\x1b[{} q", is.cursor_shape));
    }
    if was.kitty_keyboard != is.kitty_keyboard {
        push(format!("\x1b[={}u", is.kitty_keyboard));
    }
    if was.modify_other_keys != is.modify_other_keys {
        push(format!("\x1b[>4;{}m", is.modify_other_keys));
    }
    if before.map_or("", |told| &told.title) != now.title {
        push(format!("\x1b]2;{}\x1b\\", now.title));
    }
    push(format!("\x1b[m\x1b[{};{}H", now.cursor.0 + 1, now.cursor.1 + 1));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A terminal that a view is drawn on.
    struct Eye {
        view: View,
        terminal: Screen,
    }

    impl Eye {
        fn new(rows: u16, cols: u16) -> Self {
            Self { view: View::new(rows, cols), terminal: Screen::new(rows, cols, 100) }
        }

        fn look(&mut self, screen: &Screen) -> usize {
            let bytes = self.view.draw(screen);
            self.terminal.feed(&bytes);
            assert_eq!(self.terminal.history_len(), 0, "it scrolled");
            bytes.len()
        }
    }

    #[test]
    fn a_smaller_terminal_sees_what_is_around_the_cursor() {
        let mut screen = Screen::new(10, 40, 0);
        screen.feed(b"one\r\n\x1b[31mtwo, which is longer\r\n\r\n\r\nfive\r\nsix");
        let mut eye = Eye::new(4, 10);
        eye.look(&screen);
        assert_eq!(eye.terminal.text(), "\n\nfive\nsix");
        assert_eq!(eye.terminal.cursor(), (3, 3));
        screen.feed(b"\x1b[H");
        eye.look(&screen);
        assert_eq!(eye.terminal.text(), "one\ntwo, which");
        screen.feed(b"\x1b[2;20H");
        eye.look(&screen);
        assert_eq!(eye.terminal.text(), "\n is longer");
        assert_eq!(eye.terminal.cursor(), (1, 9));
    }

    #[test]
    fn only_what_has_changed_is_painted() {
        let mut screen = Screen::new(20, 40, 0);
        screen.feed("row of text\r\n".repeat(15).as_bytes());
        let mut eye = Eye::new(30, 60);
        assert!(eye.look(&screen) > 15 * 11);
        assert_eq!(eye.look(&screen), 0);
        screen.feed(b"x");
        assert!(eye.look(&screen) < 60);
        assert_eq!(eye.terminal.text(), screen.text());
    }

    #[test]
    fn wide_characters_are_never_cut_in_half() {
        let mut screen = Screen::new(2, 20, 0);
        screen.feed("字字字字字\x1b[2;1Hab字\x1b[2;1H".as_bytes());
        let mut eye = Eye::new(2, 5);
        eye.look(&screen);
        assert_eq!(eye.terminal.text(), "字字\nab字");
        screen.feed(b"\x1b[1;6H");
        eye.look(&screen);
        assert_eq!(eye.terminal.text(), " 字字\nb字");
    }

    #[test]
    fn keys_send_what_the_program_expects_and_the_mouse_nothing() {
        let mut screen = Screen::new(5, 20, 0);
        screen.feed(b"\x1b[?1h\x1b=\x1b[?2004h\x1b[?1003;1006h\x1b[>5u\x1b]2;hello\x07");
        let mut eye = Eye::new(3, 10);
        eye.look(&screen);
        let modes = eye.terminal.modes();
        assert!(modes.application_cursor && modes.application_keypad && modes.bracketed_paste);
        assert_eq!((modes.kitty_keyboard, modes.mouse), (5, crate::Mouse::Off));
        assert_eq!(eye.terminal.title(), "hello");
        screen.feed(b"\x1b[?1l\x1b>\x1b[?2004l\x1b[<u");
        eye.look(&screen);
        let modes = eye.terminal.modes();
        assert!(!modes.application_cursor && !modes.application_keypad && !modes.bracketed_paste);
        assert_eq!(modes.kitty_keyboard, 0);
    }
}
