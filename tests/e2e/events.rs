//! `events`: a journal with numbers that grow by one and are never reused.

use app_tests::{Follow, Home, home};
use serde_json::Value;

#[track_caller]
fn grows_by_one(events: &[Value]) {
    let numbers: Vec<u64> = events.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    for pair in numbers.windows(2) {
        assert_eq!(pair[1], pair[0] + 1, "{numbers:?}");
    }
}

fn types_of<'a>(events: &'a [Value], session: &str) -> Vec<&'a str> {
    let own = events.iter().filter(|event| event["session"] == session);
    own.map(|event| event["type"].as_str().unwrap()).collect()
}

#[test]
fn the_life_of_a_session_is_in_the_journal_in_order() {
    let home = Home::new();
    let session = home.start_sh("life", "echo ready; read x; exit 3");
    let mut terminal = session.attach();
    terminal.wait_until_contains("ready");
    home.wait_event("session.attached", &session.id);
    terminal.keys(app_tests::terminal::DETACH_KEY);
    terminal.wait_exit();
    home.wait_event("session.detached", &session.id);
    session.appctl("send", &["--enter", ""]).ok();
    session.wait_over();
    home.appctl(["rename", "life", "past"]).ok();
    session.appctl("rm", &[]).ok();
    let events = home.events();
    grows_by_one(&events);
    let types = types_of(&events, &session.id);
    let expected = [
        "session.created",
        "run.started",
        "session.attached",
        "session.detached",
        "run.ended",
        "session.removed",
    ];
    let mut rest = types.iter();
    for kind in expected {
        assert!(rest.any(|&seen| seen == kind), "{kind} in its place of {types:?}");
    }
    for event in &events {
        let at = event["at"].as_str().unwrap();
        assert!(at.len() == 24 && at.ends_with('Z'), "{event}");
    }
}

#[test]
fn an_end_tells_how_it_ended_and_how_long_it_took() {
    let home = Home::new();
    let session = home.start_sh("two", "exit 2");
    session.wait_over();
    let event = home.wait_event("run.ended", &session.id);
    assert_eq!(event["exit"], serde_json::json!({"code": 2}), "{event:#}");
    assert!(event["elapsed_ms"].is_u64(), "{event:#}");
    assert_eq!(event["run"], 1, "{event:#}");
}

#[test]
fn reading_since_a_number_gives_what_came_after_it() {
    let home = Home::new();
    home.start_sh("one", "exit 0").wait_over();
    let all = home.events();
    let middle = all[1]["seq"].as_u64().unwrap();
    let rest = home.appctl(["events", "--json", "--since", &middle.to_string()]).ok().json_lines();
    assert_eq!(rest[..], all[2..]);
    let newest = all.last().unwrap()["seq"].to_string();
    home.appctl(["events", "--json", "--since", &newest]).ok().prints("");
}

#[test]
fn following_gives_what_is_there_and_then_what_happens() {
    let home = Home::new();
    let first = home.start_sh("first", "exit 0");
    first.wait_over();
    let args = ["events", "--json", "--since", "0", "--follow"];
    let mut following = Follow::start(home.appctl_command(args));
    following.until_event("run.ended", &first.id);
    let second = home.start_sh("second", "exit 0");
    following.until_event("run.ended", &second.id);
    grows_by_one(&following.seen);
    assert_eq!(following.seen[0]["seq"], 1);
}

/// The numbers of another journal, or a question where this one ends.
#[test]
fn who_is_ahead_of_the_journal_is_told_so_and_hears_from_now_on() {
    let home = Home::new();
    home.start_sh("first", "exit 0").wait_over();
    let ahead = i64::MAX.to_string();
    let told = home.appctl(["events", "--json", "--since", &ahead]).ok().json_lines();
    assert!(told.len() == 1 && told[0]["type"] == "gap" && told[0]["to"] == i64::MAX, "{told:?}");
    let args = ["events", "--json", "--since", &ahead, "--follow"];
    let mut following = Follow::start(home.appctl_command(args));
    let gap = following.until("the gap", |event| event["type"] == "gap");
    let second = home.start_sh("second", "exit 0");
    following.until_event("run.ended", &second.id);
    assert_eq!(following.seen[1]["seq"], gap["from"], "the next one, and all after it");
    grows_by_one(&following.seen[1..]);
}

/// Somebody who follows misses nothing when the daemon dies and another takes over.
#[test]
fn following_ends_or_goes_on_but_never_skips_when_the_daemon_is_killed() {
    let home = Home::new();
    let session = home.start_sh("kept", "read x; exit 0");
    let args = ["events", "--json", "--since", "0", "--follow"];
    let following = home::spawn(home.appctl_command(args));
    home.kill_daemon_hard();
    session.appctl("send", &["--enter", ""]).ok();
    session.wait_over();
    drop(following);
    grows_by_one(&home.events());
}

/// After a restart the numbers of the new generation were once old ones.
#[test]
fn numbers_go_on_when_the_daemon_is_killed() {
    let home = Home::new();
    home.start_sh("one", "exit 0").wait_over();
    let before = home.events();
    home.kill_daemon_hard();
    home.start_sh("two", "exit 0").wait_over();
    let after = home.events();
    assert_eq!(after[..before.len()], before[..], "history does not change");
    assert!(after.len() > before.len());
    grows_by_one(&after);
}

#[test]
fn events_for_people_are_one_line_each_and_plain() {
    let home = Home::new();
    let session = home.start_sh("one", "exit 0");
    session.wait_over();
    let outcome = home.appctl(["events", "--since", "0"]).ok().mentions("run.ended");
    assert!(!outcome.out().contains('\x1b'), "{outcome:?}");
    assert!(outcome.out().contains(&session.id), "{outcome:?}");
}
