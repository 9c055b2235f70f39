//! What the screen says in plain text, and the small questions about it.

use crate::cell::Glyph;
use crate::{MAX_COLS, MAX_ROWS, Mouse, MouseEncoding, Screen};

/// History and screen as lines, wrapped rows joined.
pub(super) fn everything(screen: &Screen) -> String {
    let terminal = &screen.terminal;
    let mut text = String::new();
    for row in terminal.primary.all() {
        let used = if row.wrapped { terminal.cols } else { row.used() };
        for col in 0..used {
            match row.cell(col).content.glyph() {
                Glyph::Char(c) => text.push(c),
                Glyph::Cluster(id) => text.push_str(terminal.pools.clusters.get(id).unwrap()),
                Glyph::Spacer | Glyph::Pad => {}
            }
        }
        if !row.wrapped {
            text.push('\n');
        }
    }
    text
}

fn fed(text: &str) -> Screen {
    let mut screen = Screen::new(4, 10, 10);
    screen.feed(text.as_bytes());
    screen
}

#[test]
fn text_has_no_trailing_blanks_and_no_trailing_rows() {
    assert_eq!(fed("").text(), "");
    assert_eq!(fed("ab  \r\n\r\n  c \x1b[4m  \r\n").text(), "ab\n\n  c");
    assert_eq!(fed("漢字e\u{301}").text(), "漢字e\u{301}");
}

#[test]
fn the_last_line_is_the_last_one_with_something_in_it() {
    assert_eq!(fed(" \x1b[44m \x1b[K").last_line(), None);
    assert_eq!(fed("one\r\n  two  \r\n\r\n").last_line().as_deref(), Some("two"));
}

#[test]
fn the_bell_that_ends_a_title_does_not_ring() {
    let screen = fed("\x07\x1b]2;a\u{9b}b\x07\x07");
    assert_eq!((screen.bells(), screen.title()), (2, "ab"));
}

#[test]
fn a_reset_keeps_the_count_of_bells() {
    let screen = fed("\x07x\x1bc");
    assert_eq!((screen.bells(), screen.text().as_str()), (1, ""));
}

#[test]
fn sizes_are_clamped() {
    let mut screen = Screen::new(0, 0, 0);
    assert_eq!((screen.rows(), screen.cols()), (1, 1));
    screen.resize(u16::MAX, u16::MAX);
    assert_eq!((screen.rows(), screen.cols()), (MAX_ROWS, MAX_COLS));
}

#[test]
fn the_last_mouse_mode_wins_and_any_of_them_switches_it_off() {
    let modes = fed("\x1b[?1000h\x1b[?1003h\x1b[?1006h").modes();
    assert_eq!((modes.mouse, modes.mouse_encoding), (Mouse::Motion, MouseEncoding::Sgr));
    assert_eq!(fed("\x1b[?1003h\x1b[?1000l").modes().mouse, Mouse::Off);
}

#[test]
fn progress_and_messages_are_told_apart() {
    assert_eq!(fed("\x1b]9;hello\x07").progress(), None);
    let progress = fed("\x1b]9;4;2;250\x07").progress().unwrap();
    assert_eq!((progress.state, progress.percent), (2, 100));
}

#[test]
fn a_control_character_inside_a_sequence_is_obeyed() {
    let screen = fed("ab\x1b[\r1Cx");
    assert_eq!(screen.text(), "ax");
}

#[test]
fn tabs_stop_at_the_last_column() {
    assert_eq!(fed("\ta\tb").text(), "        ab");
    assert_eq!(fed("\t\t\t\tb").cursor(), (0, 9));
    assert_eq!(fed("\x1b[3g\ta\r\x1b[?5W\tb").text(), "        ba");
}

#[test]
fn a_wide_character_that_does_not_fit_begins_the_next_row() {
    let screen = fed("012345678字");
    assert_eq!((screen.text().as_str(), screen.cursor()), ("012345678\n字", (1, 2)));
}

#[test]
fn a_screen_one_column_wide_has_no_room_for_wide_characters() {
    let mut screen = Screen::new(3, 1, 0);
    screen.feed("a字b".as_bytes());
    assert_eq!(screen.text(), "a\nb");
}

#[test]
fn a_screen_moves_between_threads() {
    fn moves<T: Send + 'static>(_: T) {}
    moves(fed(""));
}

/// They were there and empty, and a snapshot, which says an empty one to end it, lost them.
#[test]
fn a_link_or_a_directory_of_control_characters_alone_is_none() {
    let mut screen = Screen::new(2, 10, 0);
    screen.feed(b"\x1b]8;;\x06\x07x\x1b]7;\x01\x02\x07");
    assert_eq!(screen.working_directory(), None);
    let copy = super::state::replayed(&screen);
    assert_eq!(
        super::state::difference(&super::state::of(&screen), &super::state::of(&copy)),
        None
    );
    assert_eq!(screen.terminal.pools.links.iter().count(), 0);
}

#[test]
fn a_soft_reset_ends_wrapping_backwards() {
    let mut screen = Screen::new(3, 4, 0);
    screen.feed(b"\x1b[?45h\x1b[!p\x1b[2;1H\x08x");
    assert_eq!(screen.text(), "\nx");
}
