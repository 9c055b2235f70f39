//! What stands in the place of the list for a while: the help, what was told, and the form
//! below it.

use app_model::text::{clipped, columns};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::board::Board;
use super::super::form::{Form, LABELS};
use super::{cursor, list};
use crate::tui::edit;
use crate::tui::palette::Palette;

/// Keys and what they do.
const KEYS: [(&str, &str); 18] = [
    ("↑ ↓ j k", "choose a session; PgUp, PgDn, Home, End go further"),
    ("Enter", "open it in this terminal; the detach key comes back"),
    ("Space", "look into it, reply to it"),
    ("n", "start a new one in the background"),
    ("/", "filter by name, id, directory, command"),
    ("r", "run one again that ended, wake one that sleeps"),
    ("s", "stop it (y)"),
    ("d", "remove it and all it wrote (y)"),
    ("z", "let it stand still, or go on"),
    ("p", "pin it: it is kept, and never put to sleep"),
    ("R", "give it another name"),
    ("→ ←", "show all of its tasks, or a few"),
    ("!", "what was told down here"),
    ("Esc", "put an error away, show all, leave"),
    ("q", "leave"),
    ("● ○ ◆", "works, waits for its turn, waits for you"),
    ("◌ ‖ ↻", "asleep, paused, about to be started again"),
    ("✔ ✘ ■ !", "done, failed, stopped, lost"),
];

/// Columns of a key.
const KEY: usize = 8;

/// Columns from which the help has two columns.
const TWO_FROM: u16 = 120;

pub(super) fn help(frame: &mut Frame<'_>, area: Rect, palette: Palette) {
    let per_column = if area.width >= TWO_FROM { KEYS.len().div_ceil(2) } else { KEYS.len() };
    let width = area.width / if area.width >= TWO_FROM { 2 } else { 1 };
    for (index, (key, meaning)) in KEYS.into_iter().enumerate() {
        let (column, row) = (index / per_column, index % per_column);
        let (Ok(column), Ok(row)) = (u16::try_from(column), u16::try_from(row)) else { return };
        if row >= area.height {
            continue;
        }
        let gap = " ".repeat(KEY.saturating_sub(columns(key)) + 1);
        let spans = vec![Span::styled(key, palette.bold()), Span::raw(gap), Span::raw(meaning)];
        let line = list::clip(spans, usize::from(width).saturating_sub(1));
        let place = Rect { x: area.x + column * width, y: area.y + row, width, height: 1 };
        frame.render_widget(line, place);
    }
}

pub(super) fn messages(frame: &mut Frame<'_>, area: Rect, board: &Board, palette: Palette) {
    if board.notes.all().next().is_none() && area.height > 0 {
        let text = clipped("nothing was told yet", area.width.into());
        frame.render_widget(Line::from(text).style(palette.dim()), area);
    }
    let width = usize::from(area.width);
    let mut y = area.y;
    for note in board.notes.all() {
        let style = if note.is_error { palette.error() } else { palette.bold() };
        let age = format!("{:>8} ", list::age(note.at_ms, board.now_ms));
        for (index, part) in
            wrapped(&note.text, width.saturating_sub(columns(&age))).iter().enumerate()
        {
            if y >= area.bottom() {
                return;
            }
            let before = if index == 0 { age.clone() } else { " ".repeat(columns(&age)) };
            let spans =
                vec![Span::styled(before, palette.dim()), Span::styled(part.clone(), style)];
            frame.render_widget(list::clip(spans, width), Rect { y, height: 1, ..area });
            y += 1;
        }
    }
}

/// A text in lines of at most so many columns, broken at spaces where there are any.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().map(|line| columns(line)).unwrap_or_default();
        let last = lines.len() - 1;
        if line == 0 {
            lines[last].push_str(word);
        } else if line + 1 + columns(word) <= width {
            lines[last].push(' ');
            lines[last].push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

pub(super) fn form(frame: &mut Frame<'_>, area: Rect, form: &Form, palette: Palette) {
    let width = usize::from(area.width);
    let title = clipped("─ a new session ", width);
    let rule = "─".repeat(width - columns(&title));
    if area.height == 0 {
        return;
    }
    let top = Rect { height: 1, ..area };
    frame.render_widget(Line::from(title + &rule).style(palette.dim()), top);
    let (lines, at) = form.lines();
    for (index, ((label, line), y)) in
        LABELS.into_iter().zip(lines).zip(area.top() + 1..area.bottom()).enumerate()
    {
        let label = format!("{label:<10}");
        let room = width.saturating_sub(label.len() + 1);
        let (shown, column) = edit::window(line, room);
        let style = if index == at { palette.bold() } else { palette.dim() };
        let spans = vec![Span::styled(label.clone(), style), Span::raw(clipped(&shown, room))];
        let place = Rect { y, height: 1, ..area };
        frame.render_widget(list::clip(spans, width), place);
        if index == at {
            cursor(frame, place, label.len() + column);
        }
    }
}
