//! What an idle screen costs: there is one in each of many processes.

use crate::Screen;
use crate::row::Row;

/// Bytes of heap that the rows take.
fn heap(screen: &Screen) -> usize {
    let primary = &screen.terminal.primary;
    let cells: usize = primary.rows.iter().map(|row| row.cells.capacity() * 8).sum();
    primary.rows.capacity() * size_of::<Row>() + cells + primary.history.heap()
}

#[test]
fn a_blank_screen_takes_a_kilobyte() {
    assert!(heap(&Screen::new(24, 80, 10_000)) <= 24 * 40);
    assert!(size_of::<Screen>() < 4096, "{}", size_of::<Screen>());
}

#[test]
fn a_coloured_blank_screen_costs_no_more() {
    let mut screen = Screen::new(24, 80, 10_000);
    screen.feed(b"\x1b[44m\x1b[2J\x1b[H");
    assert!(heap(&screen) <= 24 * 40);
}

#[test]
fn a_full_screen_takes_eight_bytes_a_cell() {
    let mut screen = Screen::new(24, 80, 0);
    screen.feed("x".repeat(80 * 24).as_bytes());
    assert!(heap(&screen) <= 24 * (40 + 80 * 8));
}

#[test]
fn history_keeps_text_and_not_the_room_beside_it() {
    let mut screen = Screen::new(24, 80, 1000);
    for _ in 0..3000 {
        screen.feed(b"twenty bytes of text\x1b[70Gfar\x1b[K\x1b[21G\x1b[K\r\n");
    }
    assert!(heap(&screen) <= 1100 * (2 * size_of::<Row>() + 28 * 8));
}

#[test]
fn two_thousand_lines_of_plain_text_take_little_more_than_their_text() {
    let mut screen = Screen::new(24, 80, 2000);
    for _ in 0..3000 {
        screen.feed(&[&b"x".repeat(78)[..], b"\r\n"].concat());
    }
    assert!(heap(&screen) <= 2000 * 78 + 2100 * size_of::<Row>() * 2);
}
