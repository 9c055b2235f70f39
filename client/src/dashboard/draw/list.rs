//! The list: headings, sessions, and what belongs to them.

use app_model::elapsed::elapsed;
use app_model::text::clipped;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::board::Board;
use super::super::rows::Row;
use crate::render::task;
use crate::tui::palette::Palette;
use crate::tui::row::{self, Place, Subject};

/// The sign before what belongs to something.
const BRANCH: char = '└';

pub(super) fn list(frame: &mut Frame<'_>, area: Rect, board: &Board, palette: Palette) {
    if board.rows.is_empty() && area.height > 0 {
        let text = clipped(nothing(board), area.width.into());
        frame.render_widget(Line::from(text).style(palette.dim()), area);
        return;
    }
    for (index, sight) in board.in_sight().iter().enumerate() {
        let Ok(offset) = u16::try_from(index) else { return };
        if offset >= area.height {
            return;
        }
        let line = line(*sight, board, area.width.into(), palette);
        let is_chosen = board.top + index == board.cursor() && sight.session().is_some();
        let line = if is_chosen { row::chosen(&line, palette) } else { line };
        frame.render_widget(line, Rect { y: area.y + offset, height: 1, ..area });
    }
}

/// Why there is nothing to be seen.
fn nothing(board: &Board) -> &'static str {
    match (board.is_loaded, board.sessions.count()) {
        (false, _) => "asking the daemon",
        (true, 0) => "no sessions yet; n starts one, ? says what else there is",
        (true, _) => "none of them matches",
    }
}

fn line(row: Row, board: &Board, width: usize, palette: Palette) -> Line<'static> {
    let home = board.home.as_deref();
    let place = Place { width, grouped: true, now_ms: board.now_ms, home, palette };
    match row {
        Row::Heading(group) => {
            let text = clipped(group.heading(), width);
            Line::from(text).style(palette.group(group).patch(palette.bold()))
        }
        Row::Session { id, depth } => match board.sessions.get(id) {
            Some(entry) => {
                let elapsed_ms = entry.elapsed_ms(board.boot_ms);
                let subject = Subject { view: &entry.view, elapsed_ms, depth, cpu: entry.cpu };
                row::session(subject, place)
            }
            None => Line::default(),
        },
        Row::Task { of, index, depth } => {
            let found =
                board.sessions.get(of).and_then(|entry| Some((entry, entry.tasks.get(index)?)));
            let Some((entry, of)) = found else { return Line::default() };
            let state = task::state(of);
            let more = match &of.model {
                Some(model) => format!("{state} · {model}"),
                None => state.to_owned(),
            };
            let time = row::short(entry.task_elapsed_ms(of, board.boot_ms));
            row::other(BRANCH, [&of.label, &more], &time, depth, place)
        }
        Row::Folded { count, depth, .. } => {
            let s = if count == 1 { "" } else { "s" };
            let text = format!("{count} more task{s} that ended; → shows all");
            row::other(BRANCH, [&text, ""], "", depth, place)
        }
    }
}

/// A time for a note: how long ago.
pub(super) fn age(at_ms: i64, now_ms: i64) -> String {
    elapsed(u64::try_from(now_ms - at_ms).unwrap_or(0))
}

/// Spans in so many columns.
pub(super) fn clip(spans: Vec<Span<'static>>, width: usize) -> Line<'static> {
    let mut left = width;
    let mut line = Line::default();
    for span in spans {
        let text = clipped(&span.content, left);
        left -= app_model::text::columns(&text);
        line.push_span(Span::styled(text, span.style));
        if left == 0 {
            break;
        }
    }
    line
}
