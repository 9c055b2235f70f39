//! The foot: what was done, what went wrong, what is asked, and which keys there are.

use app_model::text::{clipped, columns, printable};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::board::Board;
use super::super::deed::Deed;
use super::super::mode::Mode;
use super::{cursor, list};
use crate::tui::edit;
use crate::tui::palette::Palette;

/// The status line; on a low terminal it has the hints when there is nothing to say.
pub(super) fn status(
    frame: &mut Frame<'_>,
    area: Rect,
    board: &Board,
    palette: Palette,
    is_low: bool,
) {
    let width = usize::from(area.width);
    match &board.mode {
        Mode::Confirm(deed) => {
            let asked = question(deed);
            let spans = vec![
                Span::styled(asked, palette.question()),
                Span::raw("  y does it, any other key does not"),
            ];
            frame.render_widget(list::clip(spans, width), area);
        }
        Mode::Rename(view, line) => {
            let prompt = format!("{} is now called: ", clipped(&printable(&view.name), width / 3));
            let used = columns(&prompt);
            let (shown, column) = edit::window(line, width.saturating_sub(used + 1));
            let spans = vec![Span::styled(prompt, palette.bold()), Span::raw(shown)];
            frame.render_widget(list::clip(spans, width), area);
            cursor(frame, area, used + column);
        }
        Mode::List | Mode::Filter | Mode::Peek | Mode::New(_) | Mode::Help | Mode::Messages => {
            match board.notes.current() {
                Some((note, behind)) => {
                    let more =
                        if behind > 0 { format!(" (and {behind} more: !)") } else { String::new() };
                    let room = width.saturating_sub(columns(&more));
                    let text = clipped(&note.text, room) + &more;
                    let style = if note.is_error { palette.error() } else { palette.bold() };
                    frame.render_widget(Line::from(text).style(style), area);
                }
                None if is_low => hints(frame, area, board, palette),
                None => {}
            }
        }
    }
}

/// What is about to be done.
fn question(deed: &Deed) -> String {
    let name = |view: &app_model::SessionView| clipped(&printable(&view.name), 24);
    match deed {
        Deed::Stop(view) => format!("stop {}?", name(view)),
        Deed::Remove(view) => format!("remove {} and all it wrote?", name(view)),
        Deed::Resume(view) => format!("run {} again?", name(view)),
        Deed::Pin(view, _)
        | Deed::Pause(view)
        | Deed::Continue(view)
        | Deed::Rename(view, _)
        | Deed::Send(view, _) => format!("go on with {}?", name(view)),
        Deed::Start(_) | Deed::Seen(_) | Deed::Notices(_) => "go on?".into(),
    }
}

/// The keys that matter most now.
pub(super) fn hints(frame: &mut Frame<'_>, area: Rect, board: &Board, palette: Palette) {
    if area.height == 0 {
        return;
    }
    let text = match &board.mode {
        Mode::List => "Enter open · Space look · n new · / filter · s stop · ? help · q leave",
        Mode::Filter => "type to filter · ↑↓ choose · Enter keep it · Esc show all",
        Mode::Peek if board.can_reply() => {
            "type a reply, Enter sends it · Enter alone opens · ↑↓ next · Esc back"
        }
        Mode::Peek => "↑↓ next · Esc back to the list",
        Mode::Confirm(_) => "y yes · any other key no",
        Mode::Rename(..) => "Enter renames · Esc leaves it",
        Mode::New(_) => "Tab next line · Enter starts it in the background · Esc leaves it",
        Mode::Help | Mode::Messages => "any key goes back",
    };
    let text = clipped(text, area.width.into());
    frame.render_widget(Line::from(text).style(palette.dim()), area);
}
