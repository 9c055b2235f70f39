//! The dashboard on a screen of any size.
//!
//! ```text
//!   appctl  1 needs you · 2 working · 9 done
//!   needs you
//!   ◆ review         bg  ? Run the tests?                 ~/src/app        3m 20s
//!   working
//!   ● flaky-test     bg  cargo test                       ~/src/app        1h 2m
//!     └ ○ search the sources                                               12s
//!   stopped · 7c5dcf5d · flaky-test
//!   Enter open · Space look · n new · / filter · ? help · q leave
//! ```
//!
//! # Invariants
//!
//! 1. Every cell is printable text, whatever a session is called or writes.
//! 2. No size makes this panic; 40 columns and 8 rows are enough to be of use.
//! 3. What a frame costs depends on what is in sight, not on how much there is.

mod foot;
mod list;
mod overlay;
mod peek;

#[cfg(test)]
mod tests;

use app_model::text::clipped;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::board::Board;
use super::layout::Areas;
use super::mode::{Link, Mode};
use crate::tui::edit;
use crate::tui::palette::Palette;

/// What stands at the very beginning.
const NAME: &str = "appctl";

/// Before a filter.
const SLASH: &str = "/";

/// Draws the dashboard.
pub(super) fn draw(frame: &mut Frame<'_>, board: &Board, palette: Palette) {
    let areas = Areas::of(frame.area(), &board.mode);
    header(frame, areas.header, board, palette);
    match &board.mode {
        Mode::Help => overlay::help(frame, areas.list, palette),
        Mode::Messages => overlay::messages(frame, areas.list, board, palette),
        Mode::List
        | Mode::Filter
        | Mode::Peek
        | Mode::Confirm(_)
        | Mode::Rename(..)
        | Mode::New(_) => list::list(frame, areas.list, board, palette),
    }
    match &board.mode {
        Mode::Peek => peek::peek(frame, areas.below, board, palette),
        Mode::New(form) => overlay::form(frame, areas.below, form, palette),
        Mode::List
        | Mode::Filter
        | Mode::Confirm(_)
        | Mode::Rename(..)
        | Mode::Help
        | Mode::Messages => {}
    }
    foot::status(frame, areas.status, board, palette, areas.hints.height == 0);
    foot::hints(frame, areas.hints, board, palette);
}

fn header(frame: &mut Frame<'_>, area: Rect, board: &Board, palette: Palette) {
    let is_typed = matches!(board.mode, Mode::Filter);
    let state = link(&board.link);
    let corner = clipped(&state, usize::from(area.width) / 2);
    let columns = u16::try_from(app_model::text::columns(&corner)).unwrap_or(area.width);
    let room = usize::from(area.width.saturating_sub(columns + 1));
    if is_typed || !board.filter.value().is_empty() {
        let found = board.rows.iter().filter(|row| row.session().is_some()).count();
        let count = format!(" {found}/{}", board.sessions.count());
        let room = room.saturating_sub(SLASH.len() + count.len());
        let (typed, column) = edit::window(&board.filter, room);
        let spans = vec![
            Span::styled(SLASH, palette.bold()),
            Span::raw(clipped(&typed, room)),
            Span::styled(count, palette.dim()),
        ];
        frame.render_widget(Line::from(spans), area);
        if is_typed {
            cursor(frame, area, SLASH.len() + column);
        }
    } else {
        frame.render_widget(list::clip(counts(board, palette), room), area);
    }
    let right = Rect { x: area.right() - columns.min(area.width), width: columns, ..area };
    frame.render_widget(Line::from(corner).style(palette.error()), right);
}

fn counts(board: &Board, palette: Palette) -> Vec<Span<'static>> {
    let mut spans = vec![Span::styled(NAME, palette.bold()), Span::raw("  ")];
    for (index, &(group, count)) in board.counts.iter().enumerate() {
        if index > 0 {
            spans.push(Span::styled(" · ", palette.dim()));
        }
        spans.push(Span::styled(format!("{count} {}", group.heading()), palette.group(group)));
    }
    spans
}

/// What is to be said of the daemon.
fn link(link: &Link) -> String {
    match link {
        Link::Loading | Link::Up => String::new(),
        Link::Stopped => "the daemon was stopped".into(),
        Link::Lost => "the daemon is away".into(),
        Link::Deaf(why) => format!("not live: {why}"),
    }
}

/// Puts the terminal's cursor into a line.
fn cursor(frame: &mut Frame<'_>, area: Rect, column: usize) {
    if area.height > 0 && area.width > 0 {
        let column = u16::try_from(column).unwrap_or(u16::MAX).min(area.width - 1);
        frame.set_cursor_position((area.x + column, area.y));
    }
}
