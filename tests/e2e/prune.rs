//! Making room: what is old goes, what is in use or wanted stays.

use std::fs;

use app_tests::{Home, Session, registry, wait};
use serde_json::json;

fn ended<'h>(home: &'h Home, name: &str, script: &str) -> Session<'h> {
    let session = home.start_sh(name, script);
    session.wait_over();
    session
}

fn settings(home: &Home, text: &str) {
    fs::write(home.config_dir().join("config.toml"), text).unwrap();
}

fn ids(home: &Home) -> Vec<String> {
    let views = home.ls_all();
    views.iter().map(|view| view["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_ended_long_ago_is_removed_and_what_is_live_pinned_or_young_stays() {
    let home = Home::new();
    let old = ended(&home, "old", "echo words");
    ended(&home, "pinned", "exit 0");
    let live = home.start("live", &["sleep", "1000"]);
    home.appctl(["pin", "pinned"]).ok();
    registry::grow_old(&home);
    ended(&home, "young", "exit 0");

    let told = home.appctl(["prune", "--dry-run", "--json"]).ok().json();
    assert_eq!((&told["dry_run"], &told["count"]), (&json!(true), &json!(1)), "{told:#}");
    assert_eq!(told["sessions"][0]["id"], old.id.as_str());
    assert!(told["bytes"].as_u64().unwrap() > 0);
    assert_eq!(ids(&home), ["young", "live", "pinned", "old"], "nothing was done yet");

    let said = home.appctl(["prune"]).ok().out();
    assert!(said.contains(&format!("removed · {} · old", old.id)), "{said}");
    assert_eq!(ids(&home), ["young", "live", "pinned"]);
    assert!(!home.state_dir().join("sessions").join(&old.id).exists());
    home.wait_event("session.removed", &old.id);
    assert_eq!(live.show()["phase"], "running");
    assert!(home.appctl(["prune"]).ok().out().contains("nothing is old enough"));
}

#[test]
fn for_room_the_oldest_transcripts_go_and_their_sessions_can_be_resumed() {
    let home = Home::new();
    settings(&home, "[retention]\nmax_bytes = \"1 MiB\"\n");
    // What cannot be made smaller: four times as much as may stay.
    let script = "head -c 2000000 /dev/urandom | base64; echo the end";
    let first = ended(&home, "first", script);
    let second = ended(&home, "second", script);
    let told = home.appctl(["prune", "--json"]).ok().json();
    let removed =
        |n: usize| (told["sessions"][n]["id"].clone(), told["sessions"][n]["removed"].clone());
    assert_eq!(removed(0), (json!(first.id), json!(false)), "{told:#}");
    assert_eq!(removed(1), (json!(second.id), json!(false)), "{told:#}");
    assert!(told["bytes"].as_u64().unwrap() > 2_000_000, "{told:#}");
    home.wait_event("session.pruned", &first.id);
    assert_eq!(first.show()["exit"], json!({"code": 0}), "how it ended stays");
    assert_eq!(first.logs(), "");
    home.appctl(["resume", "--bg", "first"]).ok();
    first.wait_for("run again", |view| view["run"] == 2 && view["phase"] == "ended");
    assert!(first.logs().contains("the end"));
}

#[test]
fn the_daemon_makes_room_by_itself_when_it_has_started() {
    let home = Home::new();
    let old = ended(&home, "old", "exit 0");
    registry::grow_old(&home);
    home.appctl(["daemon", "start"]).ok();
    home.wait_event("session.removed", &old.id);
    wait::until("its directory to be gone", || {
        let left = home.state_dir().join("sessions").join(&old.id);
        if left.exists() { Err(left.display().to_string()) } else { Ok(()) }
    });
}

/// A task that runs keeps the session that it belongs to.
#[test]
fn a_session_with_a_live_task_stays() {
    let home = Home::new();
    let parent = home.start("parent", &["sleep", "1000"]);
    let task = home.start_with(&["-n", "task", "--parent", &parent.id], &["sleep", "1000"]);
    parent.appctl("stop", &["--keep"]).ok();
    registry::grow_old(&home);
    assert_eq!(home.appctl(["prune", "--json"]).ok().json()["count"], 0);
    task.appctl("stop", &[]).ok();
    assert_eq!(home.appctl(["prune", "--json"]).ok().json()["count"], 1);
}
