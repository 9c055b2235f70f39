//! More output than anybody could follow: nothing of it is lost, mixed up or late.

use app_model::Exit;
use app_wire::hold::{FromHolder, ToHolder};

use crate::rig::{Conn, Rig, script};

/// About six megabytes of numbered lines in colour.
const LINES: usize = 150_000;
const FLOOD: &str = r#"awk 'BEGIN { for (n = 1; n <= 150000; n++)
    printf "\033[3%dmline %d of a flood, in colour\033[m\r\n", n % 8, n }'"#;

fn ask(conn: &mut Conn, ansi: bool, history_lines: u32) -> String {
    conn.say(&ToHolder::Screen { ansi, history_lines });
    let mut all = Vec::new();
    loop {
        let (last, bytes) = conn.until("the screen", |message| match message {
            FromHolder::Screen { last, bytes } => Some((*last, bytes.clone())),
            _ => None,
        });
        all.extend(bytes);
        if last {
            return String::from_utf8(all).unwrap();
        }
    }
}

#[test]
fn everything_is_recorded_and_the_screen_shows_the_end_of_it() {
    let mut rig = Rig::start(&script(&format!("stty -opost; {FLOOD}; exec cat")));
    let last = format!("line {LINES} of a flood");
    // Whoever looks in the middle of it sees lines in order.
    let mut looker = rig.connect();
    loop {
        let seen = ask(&mut looker, false, 0);
        // The last line may be half there.
        let whole = seen.lines().filter(|line| line.ends_with("colour"));
        let mut numbers = whole.filter_map(|line| line.split(' ').nth(1)?.parse().ok());
        let first: usize = numbers.next().unwrap_or(0);
        for (at, number) in numbers.enumerate() {
            assert_eq!(number, first + at + 1, "{seen}");
        }
        if seen.contains(&last) {
            break;
        }
    }
    let kept = ask(&mut looker, true, u32::MAX);
    let oldest = format!("line {} of", LINES + 1 - 2000);
    assert!(kept.contains(&oldest), "the history has all it may keep");
    rig.connect().done(&ToHolder::Kill);
    rig.watcher.exited();
    let text = String::from_utf8(rig.transcript()).unwrap();
    assert_eq!(text.lines().count(), LINES);
    for (at, line) in text.lines().enumerate() {
        assert!(line.contains(&format!("line {} of", at + 1)), "{line:?} at {at}");
    }
}

#[test]
fn a_question_amid_a_flood_is_answered_and_its_title_is_heard_of() {
    let ask = r"printf '\033]2;half way\007abc\033[6n'; head -c 7 | cat -v";
    let mut rig = Rig::start(&script(&format!("stty raw -echo; {FLOOD}; {ask}; {FLOOD}")));
    rig.watcher.status("the title", |status| status.title == "half way");
    assert_eq!(rig.watcher.exited(), Exit::Code(0));
    let text = String::from_utf8(rig.transcript()).unwrap();
    assert_eq!(text.matches("abc\u{1b}[6n^[[24;4R").count(), 1);
}
