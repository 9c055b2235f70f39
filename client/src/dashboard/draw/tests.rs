//! What the dashboard looks like, at sizes that people use and at any other.

use app_model::report::Outcome;
use app_model::task::TaskView;
use app_model::view::{Attention, Usage};
use app_model::{Exit, Lost, Phase, SessionId, SessionView, Turn};
use crossterm::event::KeyCode;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use super::super::feed::News;
use super::*;
use crate::render::session::samples::{failed, running};
use crate::tui::preview::Preview;
use crate::usage::UsageError;

const NOW_MS: i64 = 241_500;

fn view(number: u32, name: &str, view: SessionView) -> SessionView {
    let created_at_ms = number.into();
    SessionView { id: SessionId(number), name: name.into(), created_at_ms, ..view }
}

fn asks() -> SessionView {
    SessionView {
        agent: Some("claude".into()),
        model: Some("opus".into()),
        turn: Turn::Working,
        attention: Some(Attention { why: "Bash: cargo test --workspace".into(), since_ms: 0 }),
        ..running()
    }
}

fn sessions() -> Vec<SessionView> {
    let works = SessionView {
        title: "✳ Moving the parser".into(),
        turn: Turn::Working,
        model: Some("sonnet".into()),
        usage: Some(Usage { cpu_ms: 9_000, rss_bytes: 340 << 20, processes: 3 }),
        elapsed_ms: Some(7_320_000),
        pinned: true,
        ..running()
    };
    let idle = SessionView { turn: Turn::Idle, background: false, ..works.clone() };
    let ended =
        SessionView { exit: Some(Exit::Code(0)), last_line: Some("all good".into()), ..failed() };
    let asleep = SessionView {
        phase: Phase::Asleep,
        ended_at_ms: Some(1_500),
        exit: Some(Exit::Code(0)),
        ..running()
    };
    let interrupted = SessionView {
        phase: Phase::Lost,
        exit: Some(Exit::Lost(Lost::Reboot)),
        started_at_ms: Some(61_500),
        ..failed()
    };
    vec![
        view(9, "review", asks()),
        view(8, "parser", works),
        view(7, "unit tests", SessionView { parent: Some(SessionId(8)), ..running() }),
        view(6, "docs", SessionView { pinned: false, ..idle }),
        view(5, "日本語のセッション", asleep),
        view(4, "nightly", interrupted),
        view(3, "lint", ended),
        view(2, "build\x1b[31m", failed()),
        view(1, "old", SessionView { stop_asked: true, ..failed() }),
    ]
}

fn task(ext: &str, ended: bool) -> TaskView {
    TaskView {
        parent: SessionId(8),
        session: None,
        ext: ext.into(),
        source: "claude".into(),
        label: "search\x1b the sources".into(),
        model: Some("haiku".into()),
        phase: if ended { Phase::Ended } else { Phase::Running },
        outcome: ended.then_some(Outcome::Ok),
        summary: None,
        started_at_ms: 0,
        ended_at_ms: ended.then_some(1),
        elapsed_ms: 12_000,
    }
}

fn board(width: u16, height: u16) -> Board {
    let mut board = Board::new(Some("/home/me".into()), "~/src/app".into());
    board.set(0, NOW_MS, Rect::new(0, 0, width, height));
    let tasks = (0..7).map(|number| task(&number.to_string(), number > 0)).collect();
    board.hear(News::All { views: sessions(), tasks });
    board.hear(News::Link(Link::Up));
    board.settle();
    board
}

fn press(board: &mut Board, keys: &str) {
    for c in keys.chars() {
        let code = match c {
            '\n' => KeyCode::Enter,
            '\u{1b}' => KeyCode::Esc,
            '↓' => KeyCode::Down,
            c => KeyCode::Char(c),
        };
        board.press(code.into());
        board.settle();
    }
}

fn drawn(board: &Board, colour: bool) -> Buffer {
    let Rect { width, height, .. } = board.area;
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, board, Palette::new(colour))).unwrap();
    terminal.backend().buffer().clone()
}

/// The text of each row, and below it the pieces that have a style.
fn told(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let row: Vec<_> = (0..buffer.area.width).map(|x| &buffer[(x, y)]).collect();
        let mut styles = String::new();
        for piece in row.chunk_by(|a, b| a.style() == b.style()) {
            let (fg, modifier) = (piece[0].fg, piece[0].modifier);
            let text: String = piece.iter().map(|cell| cell.symbol()).collect();
            if !text.trim().is_empty()
                && (fg != ratatui::style::Color::Reset || !modifier.is_empty())
            {
                styles.push_str(&format!(" [{fg} {modifier:?} {}]", text.trim()));
            }
        }
        let text: String = row.iter().map(|cell| cell.symbol()).collect();
        out.push_str(&format!("{}\n", text.trim_end()));
        if !styles.is_empty() {
            out.push_str(&format!("    ={styles}\n"));
        }
    }
    out
}

fn text(board: &Board) -> String {
    let buffer = drawn(board, true);
    let rows = 0..buffer.area.height;
    rows.map(|y| (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>() + "\n")
        .collect()
}

#[test]
fn at_each_size_with_and_without_colours() {
    for (width, height) in [(40, 12), (80, 24), (120, 40), (300, 50)] {
        for colour in [true, false] {
            let name = format!("{width}x{height}-{}", if colour { "colour" } else { "plain" });
            insta::assert_snapshot!(name, told(&drawn(&board(width, height), colour)));
        }
    }
}

#[test]
fn looking_into_a_session_shows_its_question_its_screen_and_a_line_to_reply() {
    let mut board = board(80, 24);
    press(&mut board, " ");
    let of = board.chosen().map(|entry| (entry.view.id, entry.view.run));
    board.preview = Preview { of, lines: vec!["$ cargo test".into(), "running 3".into()] };
    board.notices = Some((SessionId(9), vec!["told 2m ago: review needs you".into()]));
    press(&mut board, "yes, go");
    insta::assert_snapshot!("peek", text(&board));
}

#[test]
fn the_form_asks_for_a_command_a_name_and_a_directory() {
    let mut board = board(80, 14);
    press(&mut board, "ncargo test");
    insta::assert_snapshot!("form", text(&board));
}

#[test]
fn what_is_destroyed_is_asked_for_by_name() {
    let mut board = board(80, 10);
    press(&mut board, "↓s");
    assert!(text(&board).contains("stop parser?"), "{}", text(&board));
    press(&mut board, "xd");
    assert!(text(&board).contains("remove parser and all it wrote?"), "{}", text(&board));
}

#[test]
fn the_help_has_room_in_its_usual_places() {
    for (width, height) in [(80, 24), (120, 14)] {
        let mut board = board(width, height);
        press(&mut board, "?");
        let text = text(&board);
        for word in ["Enter", "Space", "pin it", "done, failed, stopped, lost"] {
            assert!(text.contains(word), "{word}: {text}");
        }
    }
}

#[test]
fn an_error_is_in_sight_until_it_is_put_away_and_can_be_read_again() {
    let mut board = board(60, 12);
    board.notes.complain(&UsageError::NothingToSend.into(), NOW_MS);
    press(&mut board, "↓");
    assert!(text(&board).contains("there is nothing to send"), "{}", text(&board));
    press(&mut board, "\u{1b}");
    assert!(!text(&board).contains("there is nothing to send"));
    press(&mut board, "!");
    assert!(text(&board).contains("--key KEY"), "{}", text(&board));
}

#[test]
fn a_daemon_that_is_away_is_told() {
    for (link, words) in [
        (Link::Stopped, "the daemon was stopped"),
        (Link::Lost, "the daemon is away"),
        (Link::Deaf("no\x1b way".into()), "not live: no"),
    ] {
        let mut board = board(80, 10);
        board.hear(News::Link(link));
        assert!(text(&board).contains(words), "{}", text(&board));
    }
}

#[test]
fn nothing_of_a_session_acts_on_the_terminal_and_no_size_is_too_small() {
    for width in [1, 2, 3, 5, 9, 13, 20, 39, 40, 59, 80, 130, 300] {
        for height in [1, 2, 3, 4, 7, 8, 9, 10, 15, 16, 60] {
            for keys in ["", "/x", "?", "n", "R", "d", "↓↓↓ ", "!"] {
                let mut board = board(width, height);
                press(&mut board, keys);
                for line in text(&board).lines() {
                    assert!(!line.chars().any(char::is_control), "{line:?}");
                }
            }
        }
    }
}

#[test]
fn without_sessions_it_says_how_to_begin() {
    let mut board = Board::new(None, String::new());
    board.settle();
    assert!(text(&board).contains("asking the daemon"));
    board.hear(News::All { views: vec![], tasks: vec![] });
    board.settle();
    assert!(text(&board).contains("n starts one"), "{}", text(&board));
}
