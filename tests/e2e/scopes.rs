//! Where there is no systemd to ask: everything as it was, and what is missing is said.

use std::os::unix::net::UnixListener;

use app_tests::Home;
use serde_json::json;

#[test]
fn limits_that_nothing_enforces_are_named_when_a_session_starts_and_are_kept() {
    let home = Home::new();
    let args = ["start", "--bg", "--json", "--memory", "1G", "--tasks", "64", "--", "true"];
    let said = home.appctl(args).ok();
    assert_eq!(said.json()["unenforced"], json!(["memory", "tasks"]));
    assert!(said.err().contains("not limited here: memory, tasks"), "{said:?}");
    let session = home.session(said.json()["id"].as_str().unwrap());
    session.wait_over();
    let view = session.show();
    let limits = json!({ "memory_bytes": 1 << 30, "cpu_percent": null, "tasks": 64 });
    assert_eq!((&view["limits"], &view["scope"]), (&limits, &json!(null)));
    let shown = session.appctl("show", &[]).ok();
    assert!(shown.out().contains("memory 1G, tasks 64"), "{shown:?}");
    assert_eq!(view["unenforced"], json!(null), "nothing runs");
    let again = session.appctl("resume", &["--bg", "--json"]).ok();
    assert_eq!(again.json()["unenforced"], json!(["memory", "tasks"]));
    session.wait_over();
}

#[test]
fn what_is_shown_of_a_session_that_runs_says_which_limits_nothing_enforces() {
    let home = Home::new();
    let args = ["start", "--bg", "-q", "--memory", "1G", "--tasks", "64", "--", "sleep", "1000"];
    let session = home.session(home.appctl(args).ok().out().trim());
    assert_eq!(session.show()["unenforced"], json!(["memory", "tasks"]));
    let shown = session.appctl("show", &[]).ok().out();
    assert!(shown.contains("memory 1G, tasks 64 · not enforced here: memory, tasks"), "{shown}");
    let other = home.start("other", &["sleep", "1000"]);
    assert_eq!(other.show()["unenforced"], json!(null), "it has none");
}

#[test]
fn a_session_without_limits_is_told_nothing() {
    let home = Home::new();
    let said = home.appctl(["start", "--bg", "--json", "--", "true"]).ok();
    assert_eq!(said.json()["unenforced"], json!([]));
    assert_eq!(said.err(), "");
}

#[test]
fn amounts_that_are_none_are_refused_with_one_that_is() {
    let home = Home::new();
    for (args, hint) in [
        (["--memory", "4X"], "write 512M or 4G"),
        (["--memory", "1M"], "at least 32M"),
        (["--cpu", "200"], "200% for two"),
        (["--tasks", "3"], "at least 16"),
    ] {
        let said = home.appctl(["start", "--bg", args[0], args[1], "--", "true"]);
        said.fails(2, &[hint]);
    }
    assert_eq!(home.ls_all().len(), 0);
}

/// A bus that takes connections and says nothing is common enough.
#[test]
fn a_bus_that_hangs_costs_one_start_a_moment_and_no_list_any() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bus");
    let _silent = UnixListener::bind(&path).unwrap();
    let home =
        Home::new().with("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", path.display()));
    assert_eq!(home.ls().len(), 0);
    let first = home.start("first", &["sleep", "1000"]);
    assert_eq!(first.show()["phase"], "running");
    home.wait_log_contains("systemd does not answer");
    home.start("second", &["sleep", "1000"]);
    let log = home.daemon_log();
    assert_eq!(log.matches("systemd does not answer").count(), 1, "{log}");
}
