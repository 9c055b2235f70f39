//! Many ends at once: every one is listed, and few bubbles are shown.

use app_tests::desktop::{Asked, Dunst, Monitor};
use app_tests::wait;

use crate::Desk;

/// How long ends that follow each other are gathered, and most bubbles within that time.
const WINDOW_MS: u64 = 2_000;
const MOST: usize = 3;

/// Ends so many sessions together, and gives what was shown once each of them is settled.
fn storm(count: usize) -> Vec<Asked> {
    let desk = Desk::new();
    let dunst = Dunst::start(&desk.bus, &desk.display);
    let monitor = Monitor::start(&desk.bus);
    let ids: Vec<_> = (0..count)
        .map(|n| {
            let name = format!("s{n}");
            desk.home.start_with(&["-n", &name, "--no-tty"], &["sleep", "1000"])
        })
        .map(|session| session.pid())
        .collect();
    for &pid in &ids {
        app_tests::process::Process::of(pid).signal(rustix::process::Signal::TERM);
    }
    let rows = wait::until("a fate for every notice", || {
        let rows = desk.home.appctl(["notices", "--json"]).ok().json();
        let rows = rows.as_array().unwrap().clone();
        let sent = rows.iter().filter(|row| row["channel"] == "desktop").count();
        if sent == count { Ok(rows) } else { Err(format!("{sent} of {}", rows.len())) }
    });
    assert_eq!(rows.len(), count);
    // The monitor may hear of it a moment later than the server.
    let asked = wait::until("all of them to be told", || {
        let asked = monitor.asked();
        if told(&asked) == count { Ok(asked) } else { Err(format!("{asked:#?}")) }
    });
    dunst.wait_bubbles(asked.len() as u64);
    asked
}

/// How many ends the bubbles tell: one each, or as many as the summary says.
fn told(asked: &[Asked]) -> usize {
    let of_one = |title: &str| match title.strip_suffix(" failed") {
        Some(number) => number.parse::<usize>().unwrap(),
        None => 1,
    };
    asked.iter().map(|asked| of_one(&asked.title)).sum()
}

#[track_caller]
fn assert_few(asked: &[Asked]) {
    let last = asked.last().unwrap();
    assert!(last.title.ends_with(" failed"), "the last one sums up: {asked:#?}");
    assert_eq!(last.actions, ["dismiss", "Dismiss"]);
    for first in asked {
        let within = |one: &&Asked| {
            one.at_ns >= first.at_ns && one.at_ns < first.at_ns + WINDOW_MS * 1_000_000
        };
        let close = asked.iter().filter(within).count();
        assert!(close <= MOST, "{close} within two seconds: {asked:#?}");
    }
}

#[test]
fn ten_ends_at_once_are_three_bubbles_at_most() {
    let asked = storm(10);
    assert_few(&asked);
    assert!(asked.len() <= MOST, "{asked:#?}");
}

#[test]
fn fifty_ends_at_once_are_three_bubbles_at_most() {
    let asked = storm(50);
    assert_few(&asked);
    assert!(asked.len() <= MOST, "{asked:#?}");
}
