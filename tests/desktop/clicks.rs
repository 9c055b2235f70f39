//! A mouse presses buttons: *Attach* opens the session, *Dismiss* means that it was seen.

use app_tests::Session;
use app_tests::desktop::{Dunst, Scripted, Xfce};

use crate::{Desk, wait_unseen};

/// A session that failed and is told of.
#[track_caller]
fn failed<'h>(desk: &'h Desk, name: &str) -> Session<'h> {
    let session = desk.home.start_sh(name, "exit 1");
    session.wait_over();
    desk.home.wait_event("notice.sent", &session.id);
    session
}

#[test]
fn a_click_on_a_bubble_of_dunst_opens_the_session() {
    let desk = Desk::new();
    let dunst = Dunst::start(&desk.bus, &desk.display);
    let session = failed(&desk, "open-me");
    dunst.click(1);
    desk.wait_opened(&[&session.id]);
    dunst.wait_no_bubble();
}

#[test]
fn the_menu_of_dunst_opens_one_session_and_dismisses_another() {
    let desk = Desk::new();
    let dunst = Dunst::start(&desk.bus, &desk.display);
    let session = failed(&desk, "open-me");
    dunst.pick("Attach");
    desk.wait_opened(&[&session.id]);
    dunst.wait_no_bubble();
    failed(&desk, "enough");
    dunst.pick("Dismiss");
    dunst.wait_no_bubble();
    wait_unseen(&desk.home, &[]);
    desk.wait_opened(&[&session.id]);
}

#[test]
fn the_buttons_of_xfce_open_one_session_and_dismiss_another() {
    let desk = Desk::new();
    let xfce = Xfce::start(&desk.bus, &desk.display);
    let session = failed(&desk, "open-me");
    xfce.attach(xfce.wait_bubbles(1)[0]);
    desk.wait_opened(&[&session.id]);
    xfce.wait_bubbles(0);
    failed(&desk, "enough");
    xfce.dismiss(xfce.wait_bubbles(1)[0]);
    xfce.wait_bubbles(0);
    wait_unseen(&desk.home, &[]);
    desk.wait_opened(&[&session.id]);
}

/// Five ends at once are two bubbles and a summary of three.
#[test]
fn a_summary_that_is_dismissed_was_seen_with_all_that_it_tells() {
    let desk = Desk::new();
    let xfce = Xfce::start(&desk.bus, &desk.display);
    let running: Vec<_> =
        (1..=5).map(|n| desk.home.start(&format!("s{n}"), &["sleep", "1000"])).collect();
    for session in &running {
        session.program().signal(rustix::process::Signal::TERM);
    }
    let mut bubbles = xfce.wait_bubbles(3);
    bubbles.sort_by_key(|bubble| bubble.y);
    // It is the last one to come, and stands below the others.
    xfce.dismiss(bubbles[2]);
    xfce.wait_bubbles(2);
    app_tests::wait::until("two that nobody has seen", || {
        let unseen = crate::unseen(&desk.home);
        if unseen.len() == 2 { Ok(()) } else { Err(format!("{unseen:?}")) }
    });
}

/// What is on the desktop and was not touched has not been seen.
#[test]
fn a_bubble_that_nobody_touches_tells_what_nobody_has_seen() {
    let desk = Desk::new();
    let xfce = Xfce::start(&desk.bus, &desk.display);
    failed(&desk, "untouched");
    xfce.wait_bubbles(1);
    assert_eq!(crate::unseen(&desk.home), ["✘ untouched failed (exit 1) · 0s"]);
}

/// A bubble that took another one's place was once listened to twice, and on a desktop that
/// tells everybody of a click the session was opened twice.
#[test]
fn a_bubble_that_was_replaced_opens_its_session_once() {
    let desk = Desk::new();
    let xfce = Xfce::start(&desk.bus, &desk.display);
    let first = failed(&desk, "first");
    for _ in 0..2 {
        ends_again(&desk, &first);
    }
    xfce.attach(xfce.wait_bubbles(1)[0]);
    desk.wait_opened(&[&first.id]);
    xfce.wait_bubbles(0);
    // Whatever else that click did has happened by the time the next one is answered.
    let second = failed(&desk, "second");
    xfce.attach(xfce.wait_bubbles(1)[0]);
    desk.wait_opened(&[&first.id, &second.id]);
}

/// A session runs and fails once more, and is told of once more.
#[track_caller]
fn ends_again(desk: &Desk, session: &Session<'_>) {
    let sent = sent(desk);
    session.appctl("resume", &["--bg"]).ok();
    session.wait_over();
    app_tests::wait::until("its next notice", || {
        if self::sent(desk) > sent { Ok(()) } else { Err(sent.to_string()) }
    });
}

fn sent(desk: &Desk) -> usize {
    desk.home.events().iter().filter(|event| event["type"] == "notice.sent").count()
}

/// Numbers of bubbles begin anew with each server. The bubble of a server that is gone once
/// answered the clicks on another one's, and a notice took the place of one about another
/// session.
#[test]
fn a_new_server_means_other_bubbles_by_the_same_numbers() {
    let desk = Desk::new();
    let old = Xfce::start(&desk.bus, &desk.display);
    let first = failed(&desk, "first");
    old.wait_bubbles(1);
    drop(old);
    desk.bus.wait_for_no_server();
    let new = Xfce::start(&desk.bus, &desk.display);
    let second = failed(&desk, "second");
    new.wait_bubbles(1);
    ends_again(&desk, &first);
    let mut bubbles = new.wait_bubbles(2);
    bubbles.sort_by_key(|bubble| bubble.y);
    new.attach(bubbles[0]);
    desk.wait_opened(&[&second.id]);
    new.attach(new.wait_bubbles(1)[0]);
    desk.wait_opened(&[&second.id, &first.id]);
}

/// A server that comes back gives the same numbers to bubbles of other programs, before there
/// is another notice of ours.
#[test]
fn a_click_on_a_new_server_means_no_bubble_of_the_old_one() {
    let desk = Desk::new();
    let old = Scripted::takes(&desk.bus);
    failed(&desk, "first");
    drop(old);
    desk.bus.wait_for_no_server();
    let new = Scripted::takes(&desk.bus);
    new.press(1, "attach");
    let second = failed(&desk, "second");
    new.press(1, "attach");
    desk.wait_opened(&[&second.id]);
    wait_unseen(&desk.home, &["✘ first failed (exit 1) · 0s"]);
}
