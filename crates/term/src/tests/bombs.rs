//! Output that is meant to hurt: each must cost time in proportion to its length, and
//! memory within the limits. Time is counted in cells and rows touched, not in seconds.

use crate::work;
use crate::{History, Screen};

/// Feeds `piece` over and over and gives the work per byte.
fn cost(screen: &mut Screen, piece: &[u8], times: usize) -> usize {
    let before = work::done();
    let stream = piece.repeat(times);
    stream.chunks(4096).for_each(|chunk| screen.feed(chunk));
    (work::done() - before) / stream.len()
}

const ROWS: u16 = 24;
const COLS: u16 = 80;
/// No sequence may do more than to write every cell once, and some bookkeeping.
const SCREEN: usize = ROWS as usize * COLS as usize;

#[test]
fn the_work_for_one_sequence_is_bounded_by_the_screen() {
    let bombs: &[&[u8]] = &[
        b"x\x1b[65535b",
        b"\x1b[4hx\x1b[65535b\x1b[4l",
        "字\x1b[65535b".as_bytes(),
        b"\x1b[65535L",
        b"\x1b[65535M",
        b"\x1b[65535@",
        b"\x1b[65535P",
        b"\x1b[65535S",
        b"\x1b[65535T",
        b"\x1b[65535X",
        b"\x1b[65535I\x1b[65535Z",
        b"\x1b[65535;65535H",
        b"\x1b[65535 @",
        b"\x1b[65535'}",
        b"\x1b[44m\x1b[2J",
        b"\x1b#8",
        b"\x1b[?69h\x1b[2;9s\x1b[65535S\x1b[65535T",
        b"\x1b[?1049h\x1b[?1049l",
        b"\x1b[2;9r\x1b[9;1H\n",
        b"\x1bM",
        b"\x1bc",
    ];
    for bomb in bombs {
        let mut screen = Screen::new(ROWS, COLS, 100);
        let times = 200;
        let per_byte = cost(&mut screen, bomb, times);
        let per_bomb = per_byte * bomb.len();
        assert!(per_bomb <= 4 * SCREEN, "{:?}: {per_bomb}", String::from_utf8_lossy(bomb));
    }
}

#[test]
fn ordinary_output_costs_about_a_cell_per_byte() {
    let mut screen = Screen::new(ROWS, COLS, 1000);
    let per_byte = cost(&mut screen, b"\x1b[32mok\x1b[m some line of output\r\n", 5000);
    assert!(per_byte <= 1, "{per_byte}");
}

#[test]
fn an_endless_string_takes_bounded_memory() {
    for introducer in
        ["\x1b]0;", "\x1bP", "\x1b_", "\x1b^", "\x1bX", "\x1b[", "\x1b]52;c;", "\x1b("]
    {
        let mut screen = Screen::new(ROWS, COLS, 100);
        screen.feed(introducer.as_bytes());
        for _ in 0..1000 {
            screen.feed(&[b' '; 4096]);
        }
        assert!(screen.waiting().len() <= 64 * 1024, "{introducer:?}");
        // What it leaves behind swallows the rest, here and in a terminal.
        let mut copy = Screen::new(ROWS, COLS, 100);
        copy.feed(&screen.snapshot(History::All));
        for screen in [&mut screen, &mut copy] {
            screen.feed(b"2;title\x07\x1b\\ok");
            assert_eq!(screen.title(), "");
            assert!(screen.text().ends_with("ok"), "{introducer:?}: {}", screen.text());
        }
    }
}

/// A program's own bytes were taken for the stub of a sequence that had been too long, but
/// only when a read ended right behind them.
#[test]
fn what_begins_like_a_stub_waits_the_same_however_it_is_cut() {
    let begun =
        ["\x1b]xtail", "\x1bXtail", "\x1b[0?25", "\x1b[0?\r\n", "\x1b!!!!\r\n", "\x1bPtail"];
    for begun in begun {
        let mut whole = Screen::new(ROWS, COLS, 0);
        whole.feed(begun.as_bytes());
        let mut cut = Screen::new(ROWS, COLS, 0);
        begun.as_bytes().iter().for_each(|byte| cut.feed(&[*byte]));
        assert_eq!(whole.waiting(), cut.waiting(), "{begun:?}");
        for screen in [&mut whole, &mut cut] {
            screen.feed(b"h\x07\x1b\\ok");
            assert!(screen.text().ends_with("ok"), "{begun:?}: {}", screen.text());
        }
        // Line ends within a sequence are obeyed, unless the sequence is taken for a stub.
        let mut at_once = Screen::new(ROWS, COLS, 0);
        at_once.feed(format!("{begun}h\x07\x1b\\ok").as_bytes());
        assert_eq!(at_once.cursor(), cut.cursor(), "{begun:?}");
    }
}

#[test]
fn the_length_of_a_string_counts_however_it_is_cut() {
    for len in [64 * 1024 - 6, 64 * 1024 - 5, 64 * 1024 - 4] {
        let title = format!("\x1b]2;{}\x07", "t".repeat(len));
        let mut whole = Screen::new(ROWS, COLS, 0);
        whole.feed(title.as_bytes());
        let mut cut = Screen::new(ROWS, COLS, 0);
        title.as_bytes().chunks(1000).for_each(|chunk| cut.feed(chunk));
        assert_eq!(whole.title(), cut.title());
        assert_eq!(whole.title().is_empty(), title.len() > 64 * 1024);
    }
}

#[test]
fn floods_of_styles_links_and_marks_are_swept() {
    let mut screen = Screen::new(ROWS, COLS, 10);
    let before = work::done();
    let mut fed = 0;
    for i in 0u32..60_000 {
        let [_, r, g, b] = i.to_be_bytes();
        let mark = char::from_u32(0x300 + i % 0x70).unwrap();
        let text =
            format!("\x1b[38;2;{r};{g};{b}m\x1b]8;;http://x/{i}\x07e{mark}{mark}\x1b]8;;\x07");
        fed += text.len();
        screen.feed(text.as_bytes());
    }
    assert!((work::done() - before) / fed <= 16);
    let pools = &screen.terminal.pools;
    assert!(pools.styles.iter().count() <= 12_000);
    assert!(pools.clusters.iter().count() <= 12_000);
    assert!(pools.links.iter().count() <= 2048);
    super::state::check(&screen);
}

#[test]
fn more_links_on_the_screen_than_there_may_be_cost_no_more() {
    let mut screen = Screen::new(200, 200, 0);
    let before = work::done();
    let mut fed = 0;
    for i in 0..30_000 {
        let text = format!("\x1b]8;;http://x/{i}\x07x");
        fed += text.len();
        screen.feed(text.as_bytes());
    }
    assert!((work::done() - before) / fed <= 40);
    super::state::check(&screen);
}

#[test]
fn long_links_do_not_blow_up_a_snapshot() {
    let mut screen = Screen::new(ROWS, COLS, 1000);
    for i in 0..40_000 {
        let uri = format!("http://{}/{}", i % 2, "y".repeat(1500));
        screen.feed(format!("\x1b]8;;{uri}\x07x").as_bytes());
    }
    assert!(screen.snapshot(History::All).len() < 1 << 20);
}

#[test]
fn a_cell_takes_a_bounded_number_of_marks() {
    let mut screen = Screen::new(2, 10, 0);
    screen.feed("e".as_bytes());
    screen.feed("\u{301}".repeat(100_000).as_bytes());
    assert!(screen.text().len() <= 64);
}

#[test]
fn stacks_are_capped() {
    let mut screen = Screen::new(2, 10, 0);
    screen.feed("\x1b]2;title\x07\x1b[22t\x1b[>31u".repeat(50_000).as_bytes());
    assert!(screen.snapshot(History::All).len() < 2000);
}

#[test]
fn the_largest_screen_with_the_widest_rows_is_fine() {
    let mut screen = Screen::new(500, 1000, 10);
    screen.feed(&b"\x1b[44mx\x1b[65535b\x1b[31m\x1b[2J\x1b[65535;65535H\x1b[65535b".repeat(2));
    screen.resize(1, 1);
    screen.resize(500, 1000);
    super::state::check(&screen);
}
