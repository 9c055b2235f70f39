//! Everything about a screen that can be told apart from outside, in a form that does not
//! depend on ids, capacities or the way the screen came to be.

use crate::cell::{Cell, Glyph};
use crate::cursor::{Cursor, Saved};
use crate::frame::State as FrameState;
use crate::grid::{Grid, Region};
use crate::intern::Id;
use crate::keyboard::Keyboard;
use crate::modes::Modes;
use crate::row::Row;
use crate::style::{Link, Style};
use crate::terminal::{Opener, Terminal};
use crate::{History, Progress, Screen};

pub(super) type Look = (Style, Option<Link>);

#[derive(Debug, PartialEq)]
pub(super) struct Line {
    pub(super) cells: Vec<(String, Look)>,
    pub(super) wrapped: bool,
    /// What a wider screen would show behind the cells.
    pub(super) tail: Look,
}

#[derive(Debug, PartialEq)]
pub(super) struct State {
    pub(super) size: (usize, usize),
    pub(super) history: Vec<Line>,
    pub(super) primary: Vec<Line>,
    pub(super) alternate: Option<(Opener, Vec<Line>)>,
    pub(super) cursor: Cursor,
    pub(super) pen: Look,
    pub(super) charsets: crate::charset::Charsets,
    pub(super) single_shift: Option<u8>,
    pub(super) saved: [(Saved, Option<Link>); 2],
    pub(super) modes: Modes,
    pub(super) region: Region,
    pub(super) stops: Vec<usize>,
    pub(super) keyboards: [Keyboard; 2],
    pub(super) titles: crate::title::Titles,
    pub(super) colors: crate::colors::Colors,
    pub(super) directory: Option<String>,
    pub(super) progress: Option<Progress>,
    pub(super) repeatable: Option<char>,
    pub(super) waiting: (FrameState, Vec<u8>),
}

pub(super) fn of(screen: &Screen) -> State {
    let terminal = &screen.terminal;
    State {
        size: (terminal.rows, terminal.cols),
        history: terminal
            .primary
            .history
            .last(usize::MAX)
            .map(|row| line(terminal, &row))
            .collect(),
        primary: lines(terminal, &terminal.primary),
        alternate: terminal
            .alternate
            .as_ref()
            .map(|alternate| (alternate.opener, lines(terminal, &alternate.grid))),
        cursor: terminal.cursor,
        pen: look(terminal, terminal.pen.style),
        charsets: terminal.charsets,
        single_shift: terminal.single_shift,
        saved: terminal.saved.map(|saved| {
            let (style, link) = look(terminal, saved.style);
            (Saved { style, ..saved }, link)
        }),
        modes: terminal.modes(),
        region: terminal.region,
        stops: (0..terminal.cols).filter(|&col| terminal.tabs.is_stop(col)).collect(),
        keyboards: terminal.keyboards.clone(),
        titles: terminal.titles.clone(),
        colors: terminal.colors.clone(),
        directory: terminal.working_directory.clone(),
        progress: terminal.progress,
        repeatable: terminal.repeatable,
        waiting: (screen.framing(), screen.waiting().to_vec()),
    }
}

fn lines(terminal: &Terminal, grid: &Grid) -> Vec<Line> {
    grid.rows.iter().map(|row| line(terminal, row)).collect()
}

fn line(terminal: &Terminal, row: &Row) -> Line {
    assert!(row.cells.len() <= terminal.cols, "a row is wider than the screen");
    let cells = (0..terminal.cols).map(|col| cell(terminal, row.cell(col))).collect();
    check_wide(terminal, row);
    assert!(row.cells.len() < terminal.cols || row.tail == Id::NONE, "a hidden tail");
    let tail = look(terminal, terminal.pools.style(row.tail));
    assert_eq!(tail.0, tail.0.erased(), "a tail is more than a background");
    Line { cells, wrapped: row.wrapped, tail }
}

/// No half of a wide character stands alone, and pads stand where they may.
fn check_wide(terminal: &Terminal, row: &Row) {
    for col in 0..terminal.cols {
        let content = row.cell(col).content;
        let led = col > 0 && row.cell(col - 1).content.is_wide();
        assert_eq!(content.is_spacer(), led, "half a wide character in column {col}");
        assert!(!content.is_pad() || (row.wrapped && col + 1 == terminal.cols), "a stray pad");
    }
    assert!(!row.cell(terminal.cols - 1).content.is_wide(), "a wide character is cut");
}

fn cell(terminal: &Terminal, cell: Cell) -> (String, Look) {
    let text = match cell.content.glyph() {
        Glyph::Char(c) => c.to_string(),
        Glyph::Cluster(id) => terminal.pools.clusters.get(id).unwrap().to_string(),
        Glyph::Spacer => "<spacer>".to_owned(),
        Glyph::Pad => "<pad>".to_owned(),
    };
    assert!(cell.style == Id::NONE || terminal.pools.styles.get(cell.style).is_some());
    (text, look(terminal, terminal.pools.style(cell.style)))
}

fn look(terminal: &Terminal, style: Style) -> Look {
    let link = terminal.pools.links.get(style.link).map(|link| Link::clone(link));
    assert_eq!(link.is_some(), style.link != Id::NONE, "a link was lost");
    (Style { link: Id::NONE, ..style }, link)
}

/// The invariants that every state must keep.
pub(super) fn check(screen: &Screen) {
    let state = of(screen);
    let terminal = &screen.terminal;
    assert!(state.cursor.row < terminal.rows && state.cursor.col < terminal.cols);
    assert!(!state.modes.origin || terminal.region.holds_row(state.cursor.row));
    assert!(!terminal.grid().rows[terminal.rows - 1].wrapped, "the last row is wrapped");
    assert_eq!(terminal.grid().rows.len(), terminal.rows);
    assert!(terminal.primary.history.len() <= terminal.primary.limit);
}

/// A new screen that was fed the snapshot of this one.
pub(super) fn replayed(screen: &Screen) -> Screen {
    let limit = screen.terminal.primary.limit;
    let mut copy = Screen::new(screen.rows(), screen.cols(), limit);
    copy.feed(&screen.snapshot(History::All));
    copy
}

/// The first difference between two states, in words.
pub(super) fn difference(a: &State, b: &State) -> Option<String> {
    if a == b {
        return None;
    }
    let (a, b) = (format!("{a:#?}"), format!("{b:#?}"));
    let at = a.lines().zip(b.lines()).position(|(a, b)| a != b).unwrap_or(0);
    let excerpt = |text: &str| {
        text.lines().skip(at.saturating_sub(8)).take(16).collect::<Vec<_>>().join("\n")
    };
    Some(format!("line {at} of the state\n--- expected\n{}\n--- got\n{}", excerpt(&a), excerpt(&b)))
}
