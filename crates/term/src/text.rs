//! The screen as plain text.

use crate::cell::Glyph;
use crate::row::Row;
use crate::terminal::Terminal;

/// All visible rows, without trailing blanks and trailing empty rows.
pub(crate) fn of(terminal: &Terminal) -> String {
    let mut text = String::new();
    let mut full = 0;
    for (at, row) in terminal.grid().rows.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        let start = text.len();
        push_row(terminal, row, &mut text);
        text.truncate(start + text[start..].trim_end_matches(' ').len());
        if text.len() > start {
            full = text.len();
        }
    }
    text.truncate(full);
    text
}

/// The last visible row with something in it, trimmed.
pub(crate) fn last_line(terminal: &Terminal) -> Option<String> {
    terminal.grid().rows.iter().rev().find_map(|row| {
        let mut text = String::new();
        push_row(terminal, row, &mut text);
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    })
}

/// The lowest visible rows that are not blank, the upper ones first.
pub(crate) fn foot(terminal: &Terminal, count: usize) -> Vec<String> {
    let rows = terminal.grid().rows.iter().rev();
    let mut lines: Vec<String> = rows
        .filter_map(|row| {
            let mut text = String::new();
            push_row(terminal, row, &mut text);
            text.truncate(text.trim_end().len());
            (!text.is_empty()).then_some(text)
        })
        .take(count)
        .collect();
    lines.reverse();
    lines
}

fn push_row(terminal: &Terminal, row: &Row, text: &mut String) {
    for cell in &row.cells {
        match cell.content.glyph() {
            Glyph::Char(c) => text.push(c),
            Glyph::Cluster(id) => {
                text.push_str(terminal.pools.clusters.get(id).map_or(" ", |cluster| cluster));
            }
            Glyph::Spacer => {}
            Glyph::Pad => text.push(' '),
        }
    }
}
