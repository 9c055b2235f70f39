//! The list on a screen of any size.
//!
//! ```text
//!   > filter                                2/12
//!   ● flaky-test   bg  running  3m 20s  ~/src/app  cargo test
//!   ─ flaky-test ─────────────────────────────
//!   its last screen
//!    Enter open · Esc leave · type to filter
//! ```
//!
//! # Invariants
//!
//! 1. Every cell is printable text, whatever a session is called or writes.
//! 2. No size makes this panic, and 40 columns are enough to be of use.

use app_model::SessionView;
use app_model::text::{clipped, columns, printable};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::model::List;
use crate::tui::edit;
use crate::tui::palette::Palette;
use crate::tui::row::{self, Place, Subject};

/// Rows below which there is no room for a preview.
const PREVIEW_FROM: u16 = 12;

const PROMPT: &str = "> ";
const HELP: &str = "Enter open · Esc leave · ↑↓ choose · type to filter";

/// Draws the list.
pub(super) fn draw(frame: &mut Frame<'_>, list: &mut List, palette: Palette) {
    let area = frame.area();
    let rows = u16::try_from(list.shown().len()).unwrap_or(u16::MAX).max(1);
    let preview = area.height >= PREVIEW_FROM;
    let most = if preview { area.height / 2 - 1 } else { area.height.saturating_sub(2) };
    let below = if preview { Constraint::Min(2) } else { Constraint::Min(0) };
    let parts = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(rows.min(most)),
        below,
        Constraint::Length(1),
    ]);
    let [prompt, body, screen, help] = parts.areas(area);
    draw_prompt(frame, prompt, list);
    draw_rows(frame, body, list, palette);
    if preview {
        draw_preview(frame, screen, list);
    }
    let text = clipped(HELP, help.width.into());
    frame.render_widget(Line::from(text).style(dim()), help);
}

fn draw_prompt(frame: &mut Frame<'_>, area: Rect, list: &List) {
    let count = format!("{}/{}", list.shown().len(), list.count());
    let room = usize::from(area.width).saturating_sub(PROMPT.len() + count.len() + 2);
    let (typed, column) = edit::window(&list.filter, room);
    let line =
        Line::from(vec![Span::styled(PROMPT, Modifier::BOLD), Span::raw(clipped(&typed, room))]);
    frame.render_widget(line, area);
    let columns = u16::try_from(count.len()).unwrap_or(u16::MAX).min(area.width);
    let corner = Rect { x: area.right() - columns, width: columns, ..area };
    frame.render_widget(Line::from(count).style(dim()), corner);
    let x = area.x
        + u16::try_from(column + PROMPT.len()).unwrap_or(0).min(area.width.saturating_sub(1));
    frame.set_cursor_position(Position::new(x, area.y));
}

fn draw_rows(frame: &mut Frame<'_>, area: Rect, list: &mut List, palette: Palette) {
    let height = usize::from(area.height);
    list.page = height.max(1);
    if list.shown().len() == 0 {
        let none = if list.count() == 0 { "no sessions yet" } else { "none of them matches" };
        frame.render_widget(Line::from(none).style(dim()), area);
        return;
    }
    let first = (list.cursor + 1).saturating_sub(height);
    let lines = list.shown().enumerate().skip(first).take(height).map(|(index, view)| {
        let line = row(view, list, area.width.into(), palette);
        if index == list.cursor { row::chosen(&line, palette) } else { line }
    });
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), area);
}

fn row(view: &SessionView, list: &List, width: usize, palette: Palette) -> Line<'static> {
    let subject = Subject { view, elapsed_ms: list.elapsed_ms(view), depth: 0, cpu: None };
    let home = list.home.as_deref();
    row::session(subject, Place { width, grouped: false, now_ms: list.now_ms, home, palette })
}

fn draw_preview(frame: &mut Frame<'_>, area: Rect, list: &List) {
    let width = usize::from(area.width);
    let Some(view) = list.selected() else {
        return;
    };
    let title = clipped(&format!("─ {} ", printable(&view.name)), width);
    let rule = "─".repeat(width - columns(&title));
    let mut lines = vec![Line::from(title + &rule).style(dim())];
    let room = usize::from(area.height).saturating_sub(1);
    match list.preview() {
        Some([]) => lines.push(Line::from("nothing on its screen").style(dim())),
        Some(screen) => {
            let shown = screen.iter().skip(screen.len().saturating_sub(room));
            lines.extend(shown.map(|line| Line::from(clipped(line, width))));
        }
        None => {}
    }
    frame.render_widget(Paragraph::new(lines), area);
}

fn dim() -> Style {
    Style::new().add_modifier(Modifier::DIM)
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::super::model::samples::{list, type_in};
    use super::*;
    use crate::tui::preview::Preview;

    fn drawn(list: &mut List, width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(frame, list, Palette::new(true))).unwrap();
        terminal.backend().to_string()
    }

    fn with_preview() -> List {
        let mut list = list();
        let of = list.selected().map(|view| (view.id, view.run));
        list.show(Some(Preview { of, lines: vec!["$ cargo test".into(), "running 3".into()] }));
        list
    }

    #[test]
    fn a_wide_terminal_shows_everything() {
        insta::assert_snapshot!(drawn(&mut with_preview(), 110, 12), @r#"
        ">                                                                                                          2/2"
        "● flaky-test             bg  running     cargo test                         ~/src/app                   3m 20s"
        "✘ build�[31m                 failed      error: no rule to make target      ~/src/app          finished 3m ago"
        "─ flaky-test ─────────────────────────────────────────────────────────────────────────────────────────────────"
        "$ cargo test                                                                                                  "
        "running 3                                                                                                     "
        "                                                                                                              "
        "                                                                                                              "
        "                                                                                                              "
        "                                                                                                              "
        "                                                                                                              "
        "Enter open · Esc leave · ↑↓ choose · type to filter                                                           "
        "#);
    }

    #[test]
    fn a_usual_terminal_shows_directories() {
        insta::assert_snapshot!(drawn(&mut with_preview(), 80, 12), @r#"
        ">                                                                            2/2"
        "● flaky-test       bg  running     cargo test             ~/src/app       3m 20s"
        "✘ build�[31m           failed      error: no rule to mak… ~/src/app       3m ago"
        "─ flaky-test ───────────────────────────────────────────────────────────────────"
        "$ cargo test                                                                    "
        "running 3                                                                       "
        "                                                                                "
        "                                                                                "
        "                                                                                "
        "                                                                                "
        "                                                                                "
        "Enter open · Esc leave · ↑↓ choose · type to filter                             "
        "#);
    }

    #[test]
    fn forty_columns_are_enough() {
        insta::assert_snapshot!(drawn(&mut with_preview(), 40, 8), @r#"
        ">                                    2/2"
        "● flaky-test   bg  running        3m 20s"
        "✘ build�[31m       failed         3m ago"
        "                                        "
        "                                        "
        "                                        "
        "                                        "
        "Enter open · Esc leave · ↑↓ choose · ty…"
        "#);
    }

    #[test]
    fn a_filter_without_matches_says_so() {
        let mut list = list();
        type_in(&mut list, "zzz");
        insta::assert_snapshot!(drawn(&mut list, 60, 6), @r#"
        "> zzz                                                    0/2"
        "none of them matches                                        "
        "                                                            "
        "                                                            "
        "                                                            "
        "Enter open · Esc leave · ↑↓ choose · type to filter         "
        "#);
    }

    #[test]
    fn no_size_is_too_small() {
        for width in 1..50 {
            for height in 1..16 {
                drawn(&mut with_preview(), width, height);
            }
        }
    }

    #[test]
    fn the_cursor_is_always_in_sight() {
        let mut views = vec![crate::render::session::samples::running(); 30];
        for (index, view) in (0..).zip(&mut views) {
            view.name = format!("session-{index}");
        }
        let mut list = List::new(views, 0, None);
        for _ in 0..25 {
            list.press(crossterm::event::KeyCode::Down.into());
            let name = list.selected().unwrap().name.clone();
            assert!(drawn(&mut list, 60, 10).contains(&name));
        }
    }
}
