//! Our screen next to another one, fed the same output, where both mean the same by it.
//!
//! Left out is what they differ on with good reason: editing while a wrap is pending,
//! tabs at the end of a row, clearing the screen into the history, characters that are
//! wider than the row.

use alacritty_terminal::event::VoidListener;
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Column, Line};
use alacritty_terminal::term::cell::Flags;
use alacritty_terminal::term::{Config, Term, TermMode};
use alacritty_terminal::vte::ansi::{Color as Theirs, NamedColor, Processor, StdSyncHandler};
use proptest::prelude::*;

use crate::cell::Glyph;
use crate::style::{Attrs, Color, Hue, Style};
use crate::{History, Screen};

const ROWS: usize = 6;
const COLS: usize = 16;

/// Rows and columns.
struct Size(usize, usize);

impl Dimensions for Size {
    fn total_lines(&self) -> usize {
        self.0
    }

    fn screen_lines(&self) -> usize {
        self.0
    }

    fn columns(&self) -> usize {
        self.1
    }
}

/// A cell in words of neither side.
#[derive(Clone, Debug, Default, PartialEq)]
struct Shown {
    text: String,
    fg: Option<(u8, u8, u8)>,
    bg: Option<(u8, u8, u8)>,
    attrs: Vec<&'static str>,
    link: Option<String>,
}

#[derive(Debug, PartialEq)]
struct View {
    rows: Vec<Vec<Shown>>,
    wraps: Vec<bool>,
    cursor: (usize, usize, bool),
    modes: Vec<&'static str>,
}

fn theirs(stream: &[u8], Size(rows, cols): Size) -> View {
    let config = Config { scrolling_history: 100, kitty_keyboard: true, ..Config::default() };
    let mut term = Term::new(config, &Size(rows, cols), VoidListener);
    Processor::<StdSyncHandler>::new().advance(&mut term, stream);
    let grid = term.grid();
    let cell = |row: usize, col: usize| &grid[Line(i32::try_from(row).unwrap())][Column(col)];
    let wrap_flags = |row| cell(row, cols - 1).flags.contains(Flags::WRAPLINE);
    View {
        rows: (0..rows)
            .map(|row| (0..cols).map(|col| their_cell(cell(row, col))).collect())
            .collect(),
        wraps: (0..rows).map(wrap_flags).collect(),
        cursor: (
            usize::try_from(grid.cursor.point.line.0).unwrap(),
            grid.cursor.point.column.0,
            grid.cursor.input_needs_wrap,
        ),
        modes: their_modes(*term.mode()),
    }
}

fn their_modes(mode: TermMode) -> Vec<&'static str> {
    [
        (TermMode::ALT_SCREEN, "alternate"),
        (TermMode::INSERT, "insert"),
        (TermMode::ORIGIN, "origin"),
        (TermMode::BRACKETED_PASTE, "paste"),
        (TermMode::APP_CURSOR, "cursor keys"),
        (TermMode::SGR_MOUSE, "sgr"),
        (TermMode::MOUSE_DRAG, "drag"),
    ]
    .into_iter()
    .filter_map(|(flag, name)| mode.contains(flag).then_some(name))
    .collect()
}

fn their_cell(cell: &alacritty_terminal::term::cell::Cell) -> Shown {
    if cell.flags.contains(Flags::LEADING_WIDE_CHAR_SPACER) {
        return Shown { text: "pad".to_owned(), ..Shown::default() };
    }
    let mut text = cell.c.to_string();
    text.extend(cell.zerowidth().unwrap_or_default());
    if cell.flags.contains(Flags::WIDE_CHAR_SPACER) {
        text = "<".to_owned();
    }
    let attrs = [
        (Flags::BOLD, "bold"),
        (Flags::DIM, "dim"),
        (Flags::ITALIC, "italic"),
        (Flags::INVERSE, "inverse"),
        (Flags::HIDDEN, "hidden"),
        (Flags::STRIKEOUT, "strike"),
        (Flags::UNDERLINE, "underline"),
        (Flags::DOUBLE_UNDERLINE, "double"),
        (Flags::UNDERCURL, "curly"),
        (Flags::DOTTED_UNDERLINE, "dotted"),
        (Flags::DASHED_UNDERLINE, "dashed"),
    ];
    Shown {
        text,
        fg: their_color(cell.fg),
        bg: their_color(cell.bg),
        attrs: attrs.into_iter().filter_map(|(f, n)| cell.flags.contains(f).then_some(n)).collect(),
        link: cell.hyperlink().map(|link| link.uri().to_owned()),
    }
}

fn their_color(color: Theirs) -> Option<(u8, u8, u8)> {
    match color {
        Theirs::Named(NamedColor::Foreground | NamedColor::Background) => None,
        Theirs::Named(named) => Some((0, 0, u8::try_from(named as usize).unwrap())),
        Theirs::Indexed(index) => Some((0, 0, index)),
        Theirs::Spec(rgb) => Some((rgb.r, rgb.g, rgb.b)),
    }
}

fn ours(screen: &Screen) -> View {
    let terminal = &screen.terminal;
    let rows = &terminal.grid().rows;
    let modes = screen.modes();
    let named = [
        (modes.alternate_screen, "alternate"),
        (modes.insert, "insert"),
        (modes.origin, "origin"),
        (modes.bracketed_paste, "paste"),
        (modes.application_cursor, "cursor keys"),
        (modes.mouse_encoding == crate::MouseEncoding::Sgr, "sgr"),
        (modes.mouse == crate::Mouse::Drag, "drag"),
    ];
    View {
        rows: rows
            .iter()
            .map(|row| (0..terminal.cols).map(|col| our_cell(screen, row.cell(col))).collect())
            .collect(),
        wraps: rows.iter().map(|row| row.wrapped).collect(),
        cursor: (terminal.cursor.row, terminal.cursor.col, terminal.cursor.pending),
        modes: named.into_iter().filter_map(|(on, name)| on.then_some(name)).collect(),
    }
}

fn our_cell(screen: &Screen, cell: crate::cell::Cell) -> Shown {
    let pools = &screen.terminal.pools;
    let Style { fg, bg, attrs, link, .. } = pools.style(cell.style);
    let text = match cell.content.glyph() {
        Glyph::Char(c) => c.to_string(),
        Glyph::Cluster(id) => pools.clusters.get(id).unwrap().to_string(),
        Glyph::Spacer => "<".to_owned(),
        Glyph::Pad => return Shown { text: "pad".to_owned(), ..Shown::default() },
    };
    let mut names: Vec<&str> = [
        (Attrs::BOLD, "bold"),
        (Attrs::DIM, "dim"),
        (Attrs::ITALIC, "italic"),
        (Attrs::INVERSE, "inverse"),
        (Attrs::CONCEAL, "hidden"),
        (Attrs::STRIKE, "strike"),
    ]
    .into_iter()
    .filter_map(|(attr, name)| attrs.has(attr).then_some(name))
    .collect();
    names.extend(
        ["underline", "double", "curly", "dotted", "dashed"]
            .get(usize::from(attrs.underline()).wrapping_sub(1)),
    );
    let link = pools.links.get(link).map(|link| link.uri.to_string());
    Shown { text, fg: our_color(fg), bg: our_color(bg), attrs: names, link }
}

fn our_color(color: Color) -> Option<(u8, u8, u8)> {
    match color.hue() {
        Hue::Default => None,
        Hue::Indexed(index) => Some((0, 0, index)),
        Hue::Rgb(r, g, b) => Some((r, g, b)),
    }
}

/// Names the first cell that differs, or what else does, among the first `cols` columns.
fn same(ours: &View, theirs: &View, cols: usize) -> Result<(), TestCaseError> {
    for (row, (ours, theirs)) in ours.rows.iter().zip(&theirs.rows).enumerate() {
        for col in 0..cols {
            prop_assert_eq!(&ours[col], &theirs[col], "row {}, column {}", row, col);
        }
    }
    prop_assert_eq!(ours.cursor, theirs.cursor);
    prop_assert_eq!(&ours.modes, &theirs.modes);
    Ok(())
}

const NARROW: &[&str] =
    &["\x1b[4hinsert\x1b[4l", "a", "hello", "a longer text ", "x y", "─│", "e\u{301}", "é"];
const WIDE: &[&str] = &["字", "漢字", "wide 字 and not", "b", "some text", "かなe\u{301}"];
/// Edits within a row are for narrow text: about halves of wide characters we differ.
const EDITS: &[&str] = &["K", "1K", "J", "P", "3@", "@", "4X"];
const ROW_EDITS: &[&str] = &["K", "2K", "J", "L", "2L", "M", "3M", "S", "2T"];

/// Output that both sides understand alike. What edits a row moves the cursor first, so
/// that no wrap is pending.
fn piece(texts: &'static [&str], edits: &'static [&str]) -> impl Strategy<Value = String> {
    let sgr = prop::sample::select(vec![
        "0",
        "1",
        "2",
        "3",
        "4",
        "4:3",
        "4:2",
        "7",
        "8",
        "9",
        "22",
        "23",
        "24",
        "27",
        "28",
        "29",
        "31",
        "94",
        "39",
        "42",
        "103",
        "49",
        "38;5;77",
        "48;2;9;8;7",
        "1;4;31",
    ]);
    let place = (1..=ROWS, 1..=COLS);
    let odd = prop::sample::select(vec![
        "\r\n",
        "\r\n",
        "\r",
        "\x1b[2;4r",
        "\x1b[r",
        "\x1b[?6h",
        "\x1b[?6l\x1b[H",
        "\x1b(0",
        "\x1b(B",
        "\x1b[?6l\x1b[2;2H\x1b[?1049h\x1b[H",
        "\x1b[?6l\x1b[H\x1b[?1049l",
        "\x1b[?2004h",
        "\x1b[?1h",
        "\x1b[?1002;1006h",
        "\x1b]8;;http://x/\x07",
        "\x1b]8;;\x07",
        "\x1b[H\x1bM",
        "\x1b[H\x1b7",
    ]);
    let row_edit = prop::sample::select(ROW_EDITS);
    prop_oneof![
        5 => prop::sample::select(texts).prop_map(str::to_owned),
        3 => sgr.prop_map(|sgr| format!("\x1b[{sgr}m")),
        3 => (place.clone(), prop::sample::select(edits))
            .prop_map(|((row, col), edit)| format!("\x1b[{row};{col}H\x1b[{edit}")),
        2 => (1..=ROWS, row_edit).prop_map(|(row, edit)| format!("\x1b[{row};1H\x1b[{edit}")),
        2 => place.prop_map(|(row, col)| format!("\x1b[{row};{col}H")),
        3 => odd.prop_map(str::to_owned),
    ]
}

/// Some output, and how many columns both agree on: with wide characters not on the last,
/// where a pad may stand, in a style of its own and for a time of its own.
fn stream() -> impl Strategy<Value = (String, usize)> {
    let narrow = prop::collection::vec(piece(NARROW, EDITS), 0..40);
    let wide = prop::collection::vec(piece(WIDE, &["m"]), 0..40);
    prop_oneof![
        narrow.prop_map(|pieces| (pieces.concat(), COLS)),
        wide.prop_map(|pieces| (pieces.concat(), COLS - 1)),
    ]
}

proptest! {
    #![proptest_config(super::random::config(400))]

    #[test]
    fn both_show_the_same((stream, cols) in stream()) {
        let mut screen = Screen::new(ROWS as u16, COLS as u16, 100);
        screen.feed(stream.as_bytes());
        same(&ours(&screen), &theirs(stream.as_bytes(), Size(ROWS, COLS)), cols)?;
    }

    /// The bytes of a snapshot mean to another terminal what they mean to us.
    #[test]
    fn a_snapshot_looks_the_same_elsewhere((stream, cols) in stream()) {
        let mut screen = Screen::new(ROWS as u16, COLS as u16, 100);
        screen.feed(stream.as_bytes());
        let snapshot = screen.snapshot(History::All);
        let theirs = theirs(&snapshot, Size(ROWS, COLS));
        same(&ours(&screen), &theirs, cols)?;
        // When a row stops to be wrapped is our own business; that it is restored is not.
        prop_assert_eq!(ours(&screen).wraps, theirs.wraps);
    }
}
