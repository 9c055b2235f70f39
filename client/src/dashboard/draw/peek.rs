//! A look into a session: what it asks, what was told of it, its screen, and a line to
//! reply.

use app_model::text::{clipped, columns, printable};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::board::Board;
use super::cursor;
use crate::tui::edit;
use crate::tui::palette::Palette;

/// Notices that are shown at most.
const MOST_NOTICES: usize = 2;

/// Rows from which there is room for notices.
const NOTICES_FROM: u16 = 8;

/// Before a reply.
const PROMPT: &str = "› ";

pub(super) fn peek(frame: &mut Frame<'_>, area: Rect, board: &Board, palette: Palette) {
    if area.height == 0 {
        return;
    }
    let Some(entry) = board.peeked_entry() else {
        let text = clipped("it was removed", area.width.into());
        frame.render_widget(Line::from(text).style(palette.dim()), area);
        return;
    };
    let (view, width) = (&entry.view, usize::from(area.width));
    let mut above = vec![rule(&printable(&view.name), view.state(), width, palette)];
    if let Some(raised) = view.attention.as_ref().filter(|_| view.phase.is_live()) {
        let text = clipped(&format!("? {}", printable(&raised.why)), width);
        above.push(Line::from(text).style(palette.question()));
    }
    if area.height >= NOTICES_FROM
        && let Some((_, notices)) = board.notices.as_ref().filter(|(id, _)| *id == view.id)
    {
        for notice in notices.iter().take(MOST_NOTICES) {
            let text = clipped(&printable(notice), width);
            above.push(Line::from(text).style(palette.dim()));
        }
    }
    let has_line = board.can_reply() || !board.reply.value().is_empty();
    let reply = u16::from(has_line);
    let rows = area.height.saturating_sub(reply);
    above.truncate(rows.into());
    let head = u16::try_from(above.len()).unwrap_or(rows);
    for (line, y) in above.into_iter().zip(area.y..) {
        frame.render_widget(line, Rect { y, height: 1, ..area });
    }
    let screen = Rect { y: area.y + head, height: rows - head, ..area };
    draw_screen(frame, screen, board, palette);
    if reply > 0 {
        draw_reply(frame, Rect { y: area.bottom() - 1, height: 1, ..area }, board, palette);
    }
}

fn rule(name: &str, state: &str, width: usize, palette: Palette) -> Line<'static> {
    let title = clipped(&format!("─ {name} · {state} "), width);
    let rule = "─".repeat(width - columns(&title));
    Line::from(title + &rule).style(palette.dim())
}

fn draw_screen(frame: &mut Frame<'_>, area: Rect, board: &Board, palette: Palette) {
    let Some(entry) = board.peeked_entry() else { return };
    if board.preview.of != Some((entry.view.id, entry.view.run)) {
        return; // Another one's, or not there yet.
    }
    let lines = &board.preview.lines;
    if lines.is_empty() && area.height > 0 {
        let text = clipped("nothing on its screen", area.width.into());
        frame.render_widget(Line::from(text).style(palette.dim()), area);
    }
    let skipped = lines.len().saturating_sub(area.height.into());
    for (line, y) in lines.iter().skip(skipped).zip(area.top()..area.bottom()) {
        let text = clipped(line, area.width.into());
        frame.render_widget(Line::from(text), Rect { y, height: 1, ..area });
    }
}

fn draw_reply(frame: &mut Frame<'_>, area: Rect, board: &Board, palette: Palette) {
    let width = usize::from(area.width);
    let room = width.saturating_sub(columns(PROMPT) + 1);
    let (shown, column) = edit::window(&board.reply, room);
    let text = if board.reply.value().is_empty() {
        Span::styled(clipped("reply", room), palette.dim())
    } else {
        Span::raw(clipped(&shown, room))
    };
    let prompt = Span::styled(clipped(PROMPT, width), palette.question());
    frame.render_widget(Line::from(vec![prompt, text]), area);
    cursor(frame, area, columns(PROMPT) + column);
}
