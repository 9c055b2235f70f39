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
