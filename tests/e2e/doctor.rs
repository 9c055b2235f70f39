//! `doctor`: what is wrong here, and a registry that is made anew.

use std::fs;
use std::os::unix::fs::symlink;

use app_tests::Home;
use serde_json::{Value, json};

fn check<'v>(told: &'v Value, name: &str) -> &'v Value {
    let checks = told["checks"].as_array().unwrap();
    let found = checks.iter().find(|check| check["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {told:#}"))
}

#[test]
fn it_says_of_each_thing_whether_it_is_well_and_starts_nothing() {
    let home = Home::new();
    let told = home.appctl(["doctor", "--json"]).ok().json();
    assert_eq!(told["ok"], true, "{told:#}");
    assert_eq!(check(&told, "daemon")["level"], "ok");
    assert_eq!(home.daemons(), Vec::<u32>::new(), "it only looks");
    assert_eq!(check(&told, "desktop")["level"], "warn", "this home has no desktop");
    assert!(check(&told, "desktop")["fix"].as_str().unwrap().contains("appctl notify test"));
    let text = home.appctl(["doctor"]).ok().out();
    assert!(text.contains("ok    runtime directory"), "{text}");
}

#[test]
fn what_does_not_work_fails_with_what_would_help() {
    let home = Home::new();
    fs::write(home.config_dir().join("config.toml"), "[notfy]\n").unwrap();
    let outcome = home.appctl(["doctor", "--json"]);
    assert_eq!(outcome.code(), 1, "{outcome:?}");
    let told = outcome.json();
    assert_eq!(told["ok"], false);
    let settings = check(&told, "settings");
    assert_eq!(
        (&settings["level"], &settings["fix"]),
        (&json!("fail"), &json!("appctl config check"))
    );
    // A directory that is somebody else's idea is not to be trusted.
    fs::remove_dir(home.state_dir()).unwrap();
    symlink("/tmp", home.state_dir()).unwrap();
    let told = home.appctl(["doctor", "--json"]).json();
    assert_eq!(check(&told, "state directory")["level"], "fail", "{told:#}");
    assert!(check(&told, "state directory")["fix"].is_string());
}

#[test]
fn a_rebuilt_registry_has_every_session_and_the_old_one_is_kept() {
    let home = Home::new();
    let live = home.start_sh("live", "echo ready; while read x; do echo heard $x; done");
    let ended = home.start_sh("ended", "exit 3");
    ended.wait_over();
    let pid = live.pid();
    let said = home.appctl(["doctor", "--rebuild"]).ok().out();
    assert!(said.contains("rebuilt"), "{said}");
    let kept = fs::read_dir(home.state_dir())
        .unwrap()
        .flatten()
        .any(|entry| entry.file_name().to_string_lossy().starts_with("registry.db.replaced-"));
    assert!(kept, "{said}");
    let view = live.show();
    assert_eq!((&view["phase"], &view["pid"]), (&json!("running"), &json!(pid)));
    assert_eq!(ended.show()["exit"], json!({"code": 3}));
    home.appctl(["send", "live", "--enter", "x"]).ok();
    live.wait_logs_contain("heard x");
}

/// The daemon dies when it has promised to forget a session and has deleted nothing yet.
#[test]
fn a_removed_session_does_not_come_back_with_a_registry_made_anew() {
    let home = Home::new();
    let removed = home.start_sh("removed", "exit 3");
    let kept = home.start_sh("kept", "exit 3");
    removed.wait_over();
    kept.wait_over();
    home.appctl(["daemon", "stop"]).ok();
    let mut doomed = home.appctl_command(["daemon", "start"]);
    doomed.env("APPCTL_FAULT", "remove.committed");
    doomed.env("APPCTL_FAULT_MARK", home.path().join("died"));
    app_tests::home::run(doomed, b"").ok();
    home.appctl(["rm", "removed"]);
    home.wait_no_daemon();
    assert!(home.state_dir().join("sessions").join(&removed.id).exists(), "it died too late");
    home.appctl(["doctor", "--rebuild"]).ok();
    let names: Vec<_> = home.ls_all().iter().map(|view| view["name"].clone()).collect();
    assert_eq!(names, [json!("kept")]);
}

/// A run without a record whose holder is gone may have done anything: it is lost, and its
/// session stays.
#[test]
fn a_run_that_was_killed_with_the_registry_is_lost_and_not_forgotten() {
    let home = Home::new();
    let session = home.start("kept", &["sleep", "1000"]);
    let (holder, program) = (session.holder(), session.program());
    home.kill_daemon_hard();
    holder.kill();
    program.kill();
    for suffix in ["", "-wal", "-shm"] {
        fs::remove_file(home.state_dir().join(format!("registry.db{suffix}"))).ok();
    }
    let view = session.wait_over();
    assert_eq!(view["exit"], json!({ "lost": "holder" }), "{view:#}");
    assert!(view["started_at"].is_string(), "{view:#}");
    home.appctl(["resume", "--bg", "kept"]).ok();
    session.wait_for("running again", |view| view["phase"] == "running" && view["run"] == 2);
}
