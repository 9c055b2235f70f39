//! What a change of size does to text, cursor and history.

use super::state;
use crate::{History, Screen};

fn fed(rows: u16, cols: u16, text: &str) -> Screen {
    let mut screen = Screen::new(rows, cols, 100);
    screen.feed(text.as_bytes());
    screen
}

fn resized(mut screen: Screen, rows: u16, cols: u16) -> Screen {
    screen.resize(rows, cols);
    state::check(&screen);
    screen
}

#[test]
fn a_narrower_screen_wraps_and_a_wider_one_joins() {
    let screen = resized(fed(4, 10, "abcdefgh\r\nij"), 4, 5);
    assert_eq!((screen.text().as_str(), screen.cursor()), ("abcde\nfgh\nij", (2, 2)));
    let screen = resized(screen, 4, 10);
    assert_eq!((screen.text().as_str(), screen.cursor()), ("abcdefgh\nij", (1, 2)));
}

#[test]
fn the_cursor_stays_at_its_character() {
    let screen = resized(fed(4, 10, "abcdefgh\x1b[1;7H"), 4, 4);
    assert_eq!(screen.cursor(), (1, 2));
    let mut screen = resized(screen, 4, 20);
    screen.feed(b"X");
    assert_eq!(screen.text(), "abcdefXh");
}

#[test]
fn typing_goes_on_behind_a_row_that_became_full() {
    let mut screen = resized(fed(4, 10, "abcde"), 4, 5);
    screen.feed(b"f");
    assert_eq!(screen.text(), "abcde\nf");
    assert_eq!(resized(screen, 4, 10).text(), "abcdef");
}

#[test]
fn what_no_longer_fits_goes_to_the_history_and_comes_back() {
    let screen = resized(fed(4, 10, "1\r\n2\r\n3\r\n4"), 2, 10);
    assert_eq!((screen.text().as_str(), screen.history_len()), ("3\n4", 2));
    let screen = resized(screen, 4, 10);
    assert_eq!((screen.text().as_str(), screen.history_len()), ("1\n2\n3\n4", 0));
}

#[test]
fn empty_rows_below_the_cursor_go_before_text_does() {
    let screen = resized(fed(6, 10, "1\r\n2"), 3, 10);
    assert_eq!((screen.text().as_str(), screen.history_len()), ("1\n2", 0));
}

#[test]
fn a_screen_that_was_not_full_gets_no_history_back() {
    let screen = fed(3, 10, "1\r\n2\r\n3\r\n4\r\n5\x1b[2J\x1b[Hprompt");
    let screen = resized(screen, 5, 12);
    assert_eq!((screen.text().as_str(), screen.history_len()), ("prompt", 2));
}

#[test]
fn the_cursor_is_never_pushed_off_the_screen() {
    let screen = resized(fed(6, 10, "1\r\n2\r\n3\r\n4\r\n5\r\n6\x1b[2;1H"), 2, 10);
    assert_eq!((screen.text().as_str(), screen.cursor()), ("2\n3", (0, 0)));
}

#[test]
fn wide_characters_are_not_cut() {
    let screen = resized(fed(4, 8, "ab漢字cd"), 4, 3);
    assert_eq!(screen.text(), "ab\n漢\n字c\nd");
    assert_eq!(resized(screen, 4, 8).text(), "ab漢字cd");
}

#[test]
fn lines_that_ended_stay_apart() {
    let screen = resized(fed(4, 5, "abcde\r\nfg"), 4, 20);
    assert_eq!(screen.text(), "abcde\nfg");
}

#[test]
fn the_alternate_screen_is_clipped_and_the_primary_reflows_below_it() {
    let screen = fed(4, 10, "abcdefgh\x1b[?1049h\x1b[Hlong top\x1b[4;1Hfoot");
    let mut screen = resized(screen, 3, 5);
    assert_eq!((screen.text().as_str(), screen.cursor()), ("\n\nfoot", (2, 4)));
    screen.feed(b"\x1b[?1049lX");
    assert_eq!(screen.text(), "abcde\nfghX");
}

#[test]
fn a_colour_to_the_end_of_the_row_reaches_the_new_end() {
    let screen = resized(fed(2, 5, "a\x1b[44m\x1b[K"), 2, 9);
    assert_eq!(state::of(&screen).primary[0].cells[8].1.0.bg, crate::style::Color::indexed(4));
}

#[test]
fn the_saved_cursor_moves_with_its_text() {
    let mut screen = resized(fed(4, 10, "abcdefgh\x1b7\r\nxy"), 4, 4);
    screen.feed(b"\x1b8Z");
    assert_eq!(screen.text(), "abcd\nefgh\nZy");
    let mut screen = resized(fed(4, 10, "abcdef\x1b7\r\nxy"), 4, 4);
    screen.feed(b"\x1b8Z");
    assert_eq!(screen.text(), "abcd\nefZ\nxy");
}

#[test]
fn resizing_costs_no_more_than_the_cells_there_are() {
    let mut screen = fed(24, 80, "");
    screen.feed("0123456789 and more text\r\n".repeat(500).as_bytes());
    let before = crate::work::done();
    screen.resize(24, 40);
    screen.resize(50, 132);
    assert!(crate::work::done() - before <= 2 * 130 * 60);
    assert!(!screen.snapshot(History::All).is_empty());
}
