//! `appctl service`, and what the installed service does.

use app_tests::process::Process;
use app_tests::{Home, Manager, wait};
use serde_json::Value;

/// The daemon that the manager runs.
fn daemon(manager: &Manager<'_>) -> u32 {
    manager.property("appd.service", "MainPID").parse().unwrap()
}

fn status(manager: &Manager<'_>) -> Value {
    manager.appctl(["service", "status", "--json"]).json()
}

#[test]
#[ignore = "needs root"]
fn an_installed_service_runs_restarts_and_leaves_without_a_session_noticing() {
    let home = Home::new();
    let manager = Manager::start(&home);
    // A daemon that was started on demand hands its sessions over.
    let id =
        manager.appctl(["start", "--bg", "-q", "--", "sleep", "1000"]).ok().out().trim().to_owned();
    let before = home.daemon_pid();
    let said = manager.appctl(["service", "install"]).ok();
    assert!(said.out().contains("appd.service"), "{said:?}");
    assert!(said.out().contains("active"), "{said:?}");
    let first = daemon(&manager);
    assert_ne!(first, before);
    assert_eq!(manager.property("appd.service", "Type"), "notify");
    assert_eq!(manager.property("appd.service", "StatusText"), "1 session is live");
    let shown = status(&manager);
    assert_eq!((&shown["installed"], &shown["enabled"]), (&true.into(), &true.into()));
    assert_eq!(shown["pid"], first);
    let child = |id: &str| manager.appctl(["show", id, "--json"]).ok().json()["pid"].clone();
    let sleeper = child(&id);

    // Twice is once.
    let again = manager.appctl(["service", "install"]).ok();
    assert!(again.out().contains("already installed"), "{again:?}");
    assert_eq!(daemon(&manager), first);

    manager.appctl(["service", "restart"]).ok();
    let second = daemon(&manager);
    assert_ne!(second, first);
    assert_eq!(child(&id), sleeper);

    // A crash: whoever asks meanwhile waits, and is answered by the next one.
    Process::of(second).kill();
    assert_eq!(child(&id), sleeper);
    wait::until("the manager has started another", || match daemon(&manager) {
        0 => Err("none yet".to_owned()),
        pid if pid == second => Err("still the old one".to_owned()),
        _ => Ok(()),
    });
    assert!(status(&manager)["restarts"].as_u64() >= Some(1));

    manager.appctl(["service", "uninstall"]).ok();
    assert_eq!(status(&manager)["installed"], false);
    assert_eq!(child(&id), sleeper);
    manager.appctl(["daemon", "stop", "--sessions"]).ok();
}
