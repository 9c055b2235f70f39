//! Several things that a server says within no time: none of them may be lost.

use app_tests::desktop::Scripted;

use crate::{Desk, wait_unseen};

/// Three sessions that failed, each with a bubble of its own.
fn three_bubbles(desk: &Desk) -> Vec<String> {
    let failed = |name: &&str| {
        let session = desk.home.start_sh(name, "exit 1");
        session.wait_over();
        desk.home.wait_event("notice.sent", &session.id);
        session.id.clone()
    };
    ["one", "two", "three"].iter().map(failed).collect()
}

#[track_caller]
fn close_together(desk: &Desk, server: &Scripted<'_>) {
    three_bubbles(desk);
    assert_eq!(crate::unseen(&desk.home).len(), 3);
    server.close_all();
    wait_unseen(&desk.home, &[]);
}

#[test]
fn bubbles_that_are_closed_together_on_a_server_that_tells_everybody_were_all_seen() {
    let desk = Desk::new();
    close_together(&desk, &Scripted::takes(&desk.bus));
}

#[test]
fn bubbles_that_are_closed_together_on_a_server_that_answers_the_sender_were_all_seen() {
    let desk = Desk::new();
    close_together(&desk, &Scripted::answers(&desk.bus));
}

/// A server that hands the keyboard to the window that opens says so just before the click.
#[test]
fn a_click_with_a_token_opens_its_session() {
    let desk = Desk::new();
    let server = Scripted::takes(&desk.bus);
    let ids = three_bubbles(&desk);
    server.press(2, "attach");
    desk.wait_opened(&[&ids[1]]);
    server.press(3, "dismiss");
    wait_unseen(&desk.home, &["✘ one failed (exit 1) · 0s"]);
    desk.wait_opened(&[&ids[1]]);
}
