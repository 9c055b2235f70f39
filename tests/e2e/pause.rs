//! `pause` and `continue`.

use app_tests::peer::Hold;
use app_tests::{Home, Session, process, wait};
use app_wire::hold::{FromHolder, ToHolder};
use serde_json::json;

/// Prints what it reads, line by line.
const ECHO: &str = "echo ready; while read line; do echo \"heard $line\"; done";

fn wait_state(pid: u32, wanted: char) {
    wait::until("a process to be in another state", || match process::state(pid) {
        Some(state) if state == wanted => Ok(()),
        state => Err(format!("{pid} is {state:?}, not {wanted}")),
    });
}

fn paused<'h>(home: &'h Home, script: &str) -> Session<'h> {
    let session = home.start_sh("worker", script);
    session.wait_screen_contains("ready");
    let said = session.appctl("pause", &[]).ok();
    assert_eq!(said.out(), format!("paused · {} · worker\n", session.id));
    session
}

#[test]
fn a_paused_session_stands_still_and_goes_on_where_it_was() {
    let home = Home::new();
    let session = paused(&home, ECHO);
    let view = session.show();
    assert_eq!((&view["phase"], &view["state"]), (&json!("paused"), &json!("paused")));
    assert_eq!(home.ls()[0]["phase"], "paused");
    wait_state(session.pid(), 'T');
    session.appctl("send", &["--enter", "you"]).ok();
    // Twice is once.
    session.appctl("pause", &[]).ok();
    session.appctl("continue", &[]).ok();
    session.wait_screen_contains("heard you");
    assert_eq!(session.show()["phase"], "running");
    session.appctl("continue", &[]).ok();
    let told = |kind: &str| home.events().iter().filter(|event| event["type"] == kind).count();
    assert_eq!((told("session.paused"), told("session.continued")), (1, 1));
}

#[test]
fn a_stop_of_a_paused_session_lets_it_leave_in_its_own_way() {
    let home = Home::new();
    let session =
        paused(&home, "trap 'exit 7' TERM; echo ready; while :; do sleep 1000 & wait $!; done");
    session.appctl("stop", &[]).ok();
    assert_eq!(session.show()["exit"], json!({ "code": 7 }));
}

#[test]
fn a_paused_session_is_paused_for_the_next_daemon_too() {
    let home = Home::new();
    let session = paused(&home, ECHO);
    home.kill_daemon_hard();
    assert_eq!(session.show()["phase"], "paused");
    session.appctl("continue", &[]).ok();
    assert_eq!(session.show()["phase"], "running");
}

/// While no daemon was there, somebody else has let it go on: the holder knows.
#[test]
fn a_daemon_believes_the_holder_and_not_the_registry() {
    let home = Home::new();
    let session = paused(&home, ECHO);
    home.kill_daemon_hard();
    let mut holder = Hold::connect(&home.run_socket(&session.id));
    holder.say(&ToHolder::Continue);
    holder.hear_until(|said| *said == FromHolder::Done);
    assert_eq!(session.show()["phase"], "running");
    assert_eq!(home.ls()[0]["phase"], "running");
}

#[test]
fn what_cannot_be_paused_says_why_and_nothing_else_is_paused() {
    let home = Home::new();
    let over = home.start_sh("over", "exit 0");
    over.wait_over();
    let session = home.start("worker", &["sleep", "1000"]);
    home.appctl(["pause", "worker", "over"]).fails(1, &["`over` is not live"]);
    assert_eq!(session.show()["phase"], "running");
    home.appctl(["pause", "nobody"]).fails(3, &["nobody"]);
    let views = home.appctl(["pause", "worker", "--json"]).ok().json();
    assert_eq!(views[0]["phase"], "paused");
}
