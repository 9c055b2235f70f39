//! What keys, clicks and news do to the dashboard.

use app_model::view::Attention;
use app_model::{Exit, Phase, SessionId, SessionView};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Rect;

use super::board::Board;
use super::deed::{Deed, Done, Outcome};
use super::feed::News;
use super::mode::{Link, Mode, Step};
use crate::render::session::samples::{failed, running};
use crate::usage::UsageError;

fn numbered(number: u32, view: SessionView) -> SessionView {
    let created_at_ms = number.into();
    SessionView { id: SessionId(number), name: format!("s{number}"), created_at_ms, ..view }
}

/// Three that run, the newest first: 3, 2, 1. One that ended: 0.
fn board() -> Board {
    let mut board = Board::new(None, "/tmp".into());
    board.set(0, 0, Rect::new(0, 0, 80, 24));
    let mut views: Vec<_> = (1..=3).map(|number| numbered(number, running())).collect();
    views.push(numbered(0, failed()));
    board.hear(News::All { views, tasks: vec![] });
    board.hear(News::Link(Link::Up));
    board.settle();
    board
}

fn key(board: &mut Board, code: KeyCode) -> Vec<Step> {
    let steps = board.press(code.into());
    board.settle();
    steps
}

fn keys(board: &mut Board, text: &str) -> Vec<Step> {
    text.chars().flat_map(|c| key(board, KeyCode::Char(c))).collect()
}

fn chosen(board: &Board) -> u32 {
    board.chosen().unwrap().view.id.0
}

fn now(board: &mut Board, number: u32, view: SessionView) {
    let view = Box::new(numbered(number, view));
    board.hear(News::One { view, tasks: None });
    board.settle();
}

fn done(board: &mut Board, deed: Deed, result: Result<Done, crate::report::Report>) {
    board.hear(News::Done(Outcome { deed, result }));
    board.settle();
}

fn asking() -> SessionView {
    let attention = Some(Attention { why: "?".into(), since_ms: 0 });
    SessionView { attention, ..running() }
}

#[test]
fn the_cursor_moves_from_session_to_session_and_stops_at_the_ends() {
    let mut board = board();
    assert_eq!(chosen(&board), 3);
    for (code, want) in [
        (KeyCode::Up, 3),
        (KeyCode::Down, 2),
        (KeyCode::Char('j'), 1),
        (KeyCode::End, 0),
        (KeyCode::Down, 0),
        (KeyCode::Char('k'), 1),
        (KeyCode::Home, 3),
        (KeyCode::PageDown, 0),
        (KeyCode::PageUp, 3),
    ] {
        assert!(key(&mut board, code).is_empty());
        assert_eq!(chosen(&board), want, "{code:?}");
    }
}

#[test]
fn the_cursor_follows_its_session_and_takes_the_place_of_one_that_is_gone() {
    let mut board = board();
    key(&mut board, KeyCode::Down);
    now(&mut board, 2, asking());
    assert_eq!((chosen(&board), board.cursor()), (2, 1), "it is in the first group now");
    now(&mut board, 2, SessionView { exit: Some(Exit::Code(0)), ..failed() });
    assert_eq!(chosen(&board), 2);
    let at = board.cursor();
    board.hear(News::Gone(SessionId(2)));
    board.settle();
    assert!(board.cursor().abs_diff(at) <= 1 && chosen(&board) != 2);
    for number in [0, 1, 3] {
        board.hear(News::Gone(SessionId(number)));
        board.settle();
    }
    assert!(board.chosen().is_none());
    assert!(key(&mut board, KeyCode::Enter).is_empty());
    assert!(keys(&mut board, "sdzpRr jk").is_empty());
}

#[test]
fn enter_opens_what_lives_and_looks_into_what_is_over() {
    let mut board = board();
    assert_eq!(key(&mut board, KeyCode::Enter), [Step::Attach(SessionId(3))]);
    now(&mut board, 3, SessionView { phase: Phase::Asleep, ..running() });
    assert_eq!(key(&mut board, KeyCode::Enter), [Step::Attach(SessionId(3))]);
    key(&mut board, KeyCode::End);
    let steps = key(&mut board, KeyCode::Enter);
    let id = SessionId(0);
    assert_eq!(steps, [Step::Do(Deed::Notices(id)), Step::Do(Deed::Seen(id))]);
    assert!(matches!(board.mode, Mode::Peek));
}

/// Each of these would be a loss if it were done by a key that was meant for something else.
#[test]
fn nothing_is_lost_by_one_key() {
    for first in ['s', 'd'] {
        for second in [KeyCode::Enter, KeyCode::Esc, KeyCode::Char('n'), KeyCode::Char(first)] {
            let mut board = board();
            assert!(keys(&mut board, &first.to_string()).is_empty(), "{first}");
            assert!(key(&mut board, second).is_empty(), "{first} {second:?}");
            assert!(matches!(board.mode, Mode::List));
        }
    }
    let mut board = board();
    let view = Box::new(board.chosen().unwrap().view.clone());
    assert_eq!(keys(&mut board, "sy"), [Step::Do(Deed::Stop(view.clone()))]);
    assert_eq!(keys(&mut board, "dy"), [Step::Do(Deed::Remove(view))]);
    key(&mut board, KeyCode::End);
    let view = Box::new(board.chosen().unwrap().view.clone());
    assert!(keys(&mut board, "r").is_empty());
    assert_eq!(keys(&mut board, "y"), [Step::Do(Deed::Resume(view))]);
}

/// While the question is open the cursor may move: what was asked about is what is done.
#[test]
fn what_is_confirmed_is_what_was_asked_about() {
    let mut board = board();
    keys(&mut board, "s");
    board.hear(News::Gone(SessionId(3)));
    board.settle();
    let steps = keys(&mut board, "y");
    assert!(matches!(&steps[..], [Step::Do(Deed::Stop(view))] if view.id == SessionId(3)));
}

#[test]
fn keys_do_what_they_say_to_the_session_under_the_cursor() {
    let mut board = board();
    let view = Box::new(board.chosen().unwrap().view.clone());
    assert_eq!(keys(&mut board, "p"), [Step::Do(Deed::Pin(view.clone(), true))]);
    assert_eq!(keys(&mut board, "z"), [Step::Do(Deed::Pause(view.clone()))]);
    keys(&mut board, "R");
    key(&mut board, KeyCode::Backspace);
    keys(&mut board, "x");
    let renamed = key(&mut board, KeyCode::Enter);
    assert_eq!(renamed, [Step::Do(Deed::Rename(view, "sx".into()))]);
    now(&mut board, 3, SessionView { phase: Phase::Paused, ..running() });
    assert!(matches!(&keys(&mut board, "z")[..], [Step::Do(Deed::Continue(_))]));
    assert_eq!(keys(&mut board, "q"), [Step::Leave]);
    assert_eq!(key(&mut board, KeyCode::Esc), [Step::Leave]);
    let ctrl_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    keys(&mut board, "/text");
    assert_eq!(board.press(ctrl_c), [Step::Leave]);
}

#[test]
fn a_filter_shows_what_matches_and_escape_shows_all_again() {
    let mut board = board();
    keys(&mut board, "/s1");
    assert_eq!(board.rows.iter().filter(|row| row.session().is_some()).count(), 1);
    assert_eq!(chosen(&board), 1);
    key(&mut board, KeyCode::Enter);
    assert_eq!(key(&mut board, KeyCode::Enter), [Step::Attach(SessionId(1))]);
    assert!(key(&mut board, KeyCode::Esc).is_empty(), "the filter goes first");
    assert_eq!((chosen(&board), board.rows.len()), (1, 6));
    keys(&mut board, "/zzz");
    assert!(board.chosen().is_none());
    key(&mut board, KeyCode::Esc);
    assert_eq!(chosen(&board), 1, "the last choice is back");
}

#[test]
fn a_reply_is_one_text_and_is_kept_until_it_has_arrived() {
    let mut board = board();
    keys(&mut board, " go on");
    let steps = key(&mut board, KeyCode::Enter);
    let [Step::Do(Deed::Send(view, text))] = &steps[..] else { panic!("{steps:?}") };
    assert_eq!((view.id, text.as_str()), (SessionId(3), "go on"));
    assert_eq!(board.reply.value(), "");
    keys(&mut board, "more");
    let failed = Err(UsageError::NothingToSend.into());
    done(&mut board, Deed::Send(view.clone(), text.clone()), failed);
    assert_eq!(board.reply.value(), "go on more", "it is back, before what was typed since");
    assert!(board.notes.current().unwrap().0.is_error);
}

#[test]
fn drafts_stay_with_their_sessions() {
    let mut board = board();
    keys(&mut board, " for three");
    key(&mut board, KeyCode::Down);
    assert_eq!((chosen(&board), board.reply.value()), (2, ""));
    keys(&mut board, "for two");
    key(&mut board, KeyCode::Up);
    assert_eq!(board.reply.value(), "for three");
    key(&mut board, KeyCode::Esc);
    assert_eq!(board.drafts.len(), 2);
    let view = Box::new(board.chosen().unwrap().view.clone());
    let failed = Err(UsageError::NothingToSend.into());
    done(&mut board, Deed::Send(view, "lost".into()), failed);
    keys(&mut board, " ");
    assert_eq!(board.reply.value(), "lost for three");
    board.paste("\nand\x1b more");
    assert_eq!(board.reply.value(), "lost for three and\u{fffd} more");
}

/// A reply that is being typed to one session must not go to another that took its place.
#[test]
fn a_reply_goes_to_no_other_session_than_the_one_it_was_typed_for() {
    let mut board = board();
    keys(&mut board, " for three");
    board.hear(News::Gone(SessionId(3)));
    board.settle();
    let steps = key(&mut board, KeyCode::Enter);
    let sent = steps.iter().any(|step| matches!(step, Step::Do(Deed::Send(..))));
    assert!(!sent, "{steps:?}");
}

#[test]
fn space_closes_an_empty_reply_and_is_a_letter_in_another() {
    let mut board = board();
    keys(&mut board, "  ");
    assert!(matches!(board.mode, Mode::List));
    keys(&mut board, " a b");
    assert_eq!(board.reply.value(), "a b");
}

#[test]
fn a_new_session_is_chosen_once_it_is_there() {
    let mut board = board();
    keys(&mut board, "nmake all");
    let steps = key(&mut board, KeyCode::Enter);
    let [Step::Do(Deed::Start(filled))] = &steps[..] else { panic!("{steps:?}") };
    let made = Done { made: Some(SessionId(7)), ..Done::saying("started".into()) };
    done(&mut board, Deed::Start(filled.clone()), Ok(made));
    now(&mut board, 9, running());
    now(&mut board, 7, running());
    assert_eq!(chosen(&board), 7);
}

#[test]
fn the_daemons_return_is_told_and_its_first_appearance_is_not() {
    let mut board = board();
    assert!(board.notes.current().is_none());
    board.hear(News::Link(Link::Lost));
    board.hear(News::Link(Link::Up));
    assert!(board.notes.current().unwrap().0.text.contains("back"));
}

fn mouse(kind: MouseEventKind, row: u16) -> MouseEvent {
    MouseEvent { kind, column: 3, row, modifiers: KeyModifiers::NONE }
}

#[test]
fn a_click_chooses_and_two_open_unless_they_are_far_apart() {
    let left = MouseEventKind::Down(MouseButton::Left);
    let mut board = board();
    // The header, the heading, then 3 and 2.
    assert!(board.mouse(mouse(left, 3)).is_empty());
    assert_eq!(chosen(&board), 2);
    board.boot_ms = 1_000;
    assert!(board.mouse(mouse(left, 3)).is_empty(), "too late");
    board.boot_ms = 1_200;
    assert_eq!(board.mouse(mouse(left, 3)), [Step::Attach(SessionId(2))]);
    assert!(board.mouse(mouse(left, 1)).is_empty() && chosen(&board) == 2, "a heading");
    assert!(board.mouse(mouse(left, 23)).is_empty() && chosen(&board) == 2, "below the list");
}

#[test]
fn the_wheel_scrolls_and_the_cursor_stays_in_sight() {
    let mut board = Board::new(None, String::new());
    board.set(0, 0, Rect::new(0, 0, 80, 12));
    let views = (0..200).map(|number| numbered(number, running())).collect();
    board.hear(News::All { views, tasks: vec![] });
    board.settle();
    for _ in 0..20 {
        board.mouse(mouse(MouseEventKind::ScrollDown, 5));
        board.settle();
        let sight = board.top..board.top + board.in_sight().len();
        assert!(sight.contains(&board.cursor()), "{sight:?} {}", board.cursor());
    }
    assert_eq!(board.top, 60);
    for _ in 0..100 {
        board.mouse(mouse(MouseEventKind::ScrollUp, 5));
        board.settle();
    }
    assert_eq!(board.top, 0);
    key(&mut board, KeyCode::End);
    assert_eq!(board.top + board.in_sight().len(), 201);
    key(&mut board, KeyCode::Home);
    assert_eq!(board.top, 0, "the heading of the first is in sight, too");
}
