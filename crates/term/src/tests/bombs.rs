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
        b"x\x1b[99999999999999999999b",
        b"x\x1b[4294967295b\x1b[18446744073709551616L",
        b"\x1b[2;23r\x1b[2;1H\x1b[65535L\x1b[65535M",
        b"\x1b[2;23r\x1b[23;1H\x1b[65535S\x1b[65535T\x1bD",
        b"\x1b[65535;65535r\x1b[0;65535r\x1b[r",
        b"\x1b[65535A\x1b[65535B\x1b[65535C\x1b[65535D\x1b[65535G\x1b[65535d",
        b"\x1b[65535E\x1b[65535F\x1b[65535a\x1b[65535e\x1b[65535`",
        b"\x1b[3J\x1b[2J\x1b[1J",
        b"\x1b[?69h\x1b[2;9s\x1b[65535@\x1b[65535P\x1b[65535X",
        b"\x1b[3g\x1b[65535I\x1b[65535Z\t",
        b"\x1b[>31u\x1b[<65535u\x1b[=31;65535u",
        b"\x1b[22;0t\x1b[23;0t\x1b[22;65535t",
        b"\x1b[?1049h\x1b[2J\x1b[?47l",
        b"\x1b]4;0;red\x07\x1b]104\x07",
        b"\x1b[?1;2;3;4;5;6;7;8;9;10;11;12;47;1047;1049h\x1b[?47;1047;1049l",
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
fn thousands_of_parameters_cost_no_more_than_their_bytes() {
    for count in [1, 32, 33, 400, 5000, 100_000] {
        for (parameter, end) in [("1;", "m"), ("38:2:1:2:3;", "m"), ("1049;", "h"), ("9;", "H")] {
            let mut screen = Screen::new(ROWS, COLS, 100);
            let sequence = format!("\x1b[{}1{end}", parameter.repeat(count));
            let per_byte = cost(&mut screen, sequence.as_bytes(), 20);
            assert!(per_byte <= 1, "{count} times {parameter:?}: {per_byte}");
            screen.feed(b"\x1b[2J\x1b[Hok");
            assert_eq!(screen.text(), "ok", "{count} times {parameter:?}");
        }
    }
}

#[test]
fn megabytes_of_marks_cost_no_more_than_their_bytes() {
    let many = |mark: &str| mark.repeat((2 << 20) / mark.len());
    for piece in
        [many("\u{301}"), many("\u{200d}\u{1f469}"), many("e\u{301}\u{302}"), many("\u{fe0f}")]
    {
        let mut screen = Screen::new(ROWS, COLS, 100);
        assert!(cost(&mut screen, piece.as_bytes(), 1) <= 1);
        assert!(screen.terminal.pools.clusters.iter().count() <= 12_000);
        assert!(screen.snapshot(History::All).len() <= 64 * SCREEN * 5);
    }
}

/// Each push and pop, however many there are.
#[test]
fn floods_of_pushes_cost_no_more_than_their_bytes() {
    let long = "t".repeat(2000);
    for piece in [
        format!("\x1b]2;{long}\x07\x1b[22;0t"),
        "\x1b[22;0t".to_owned(),
        "\x1b[>1u".to_owned(),
        "\x1b[?1049h\x1b[>1u\x1b[?1049l\x1b[>1u".to_owned(),
        "\x1b7".to_owned(),
    ] {
        let mut screen = Screen::new(ROWS, COLS, 100);
        let per_piece = cost(&mut screen, piece.as_bytes(), 20_000) * piece.len();
        assert!(per_piece <= 4 * SCREEN, "{piece:?}: {per_piece}");
        assert!(screen.snapshot(History::All).len() < 32 << 10);
    }
}

/// A window that is dragged: each size costs what is on the screen and above it, and
/// nothing is left behind by the sizes before.
#[test]
fn a_storm_of_sizes_costs_the_cells_there_are() {
    const LINES: usize = 500;
    let mut screen = Screen::new(ROWS, COLS, LINES);
    screen.feed(
        "a line that is wrapped when the window is narrow 字\r\n".repeat(2 * LINES).as_bytes(),
    );
    let cells = (LINES + usize::from(ROWS)) * usize::from(COLS);
    for step in 0..300u16 {
        let before = work::done();
        screen.resize(1 + step * 7 % 60, 1 + step * 13 % 150);
        let done = work::done() - before;
        assert!(done <= 8 * cells, "step {step}: {done}");
        assert!(screen.history_len() <= LINES);
    }
    screen.resize(ROWS, COLS);
    super::state::check(&screen);
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
