//! A machine that loses its power: what was told before is still so afterwards.
//!
//! The power goes with the disk: nothing that was only in memory ever reaches it, and all
//! processes are killed. The daemon after that sees another boot.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread;

use app_tests::process::{self, Process};
use app_tests::{Home, Volume, binaries, home, wait};
use serde_json::{Value, json};

/// A home whose state is on a disk of its own.
fn on_disk(home: &Home) -> Volume {
    Volume::mount(&home.path().join("disk"), "64M", &home.state_dir())
}

/// Takes the power away and gives it back. Who lived is dead, what was not on the disk is
/// gone, and a daemon runs that sees another boot.
#[track_caller]
fn lose_power(home: &Home, disk: &Volume, nobody_works: impl Fn() -> bool) {
    disk.cut_power();
    wait::until("everybody to be dead", || {
        // In this order: who works may start somebody.
        let rest = nobody_works();
        let left = process::that_know(&home.runtime_dir());
        left.iter().copied().filter_map(Process::find).for_each(|process| process.kill());
        if rest && left.is_empty() { Ok(()) } else { Err(format!("{left:?}")) }
    });
    disk.mount_again();
    let boot = home.path().join("boot-id");
    std::fs::write(&boot, "6d5a3c11-0000-4000-8000-00000000b007\n").unwrap();
    start_daemon_of_another_boot(home, &boot);
}

fn start_daemon_of_another_boot(home: &Home, boot: &Path) {
    let script = "mount --bind \"$0\" /proc/sys/kernel/random/boot_id && exec \"$@\"";
    let mut command = home.command(binaries::installed("unshare"));
    command.args(["--mount", "--propagation", "private", "sh", "-c", script]).arg(boot);
    command.arg(home.program("appctl")).args(["daemon", "start"]);
    home::run(command, b"").ok();
}

/// The session as it is told now.
#[track_caller]
fn view<'v>(all: &'v [Value], id: &str) -> &'v Value {
    all.iter()
        .find(|view| view["id"] == id)
        .unwrap_or_else(|| panic!("{id} is forgotten: {all:#?}"))
}

/// Every end is one that can be told without knowing more than what was on the disk.
#[track_caller]
fn nothing_is_made_up(all: &[Value]) {
    for view in all {
        let is_true = view["exit"] == json!({ "lost": "reboot" }) || view["exit"]["code"] == 7;
        assert!(is_true, "{view:#}");
        assert_eq!(view["pid"], Value::Null, "{view:#}");
    }
}

#[test]
#[ignore = "needs root"]
fn what_was_told_before_the_power_went_is_still_so() {
    let home = Home::new();
    let disk = on_disk(&home);
    let ended = home.start_sh("ended", "exit 7");
    assert_eq!(home.appctl(["wait", "ended"]).code(), 7);
    let removed = home.start_sh("removed", "exit 7");
    removed.wait_over();
    home.appctl(["rm", "removed"]).ok();
    let again = home.start_sh("again", "exit 7");
    again.wait_over();
    home.appctl(["resume", "--bg", "again"]).ok();
    assert_eq!(home.appctl(["wait", "again"]).code(), 7);
    let alive = home.start("alive", &["sleep", "1000"]);
    let newest = home.start_sh("newest", "exit 7");
    assert_eq!(home.appctl(["wait", "newest"]).code(), 7);
    lose_power(&home, &disk, || true);

    let all = home.ls_all();
    for session in [&ended, &again, &newest] {
        let view = view(&all, &session.id);
        assert_eq!(view["exit"], json!({ "code": 7 }), "{view:#}");
    }
    assert_eq!(view(&all, &again.id)["run"], 2);
    let view = view(&all, &alive.id);
    assert_eq!(view["exit"], json!({ "lost": "reboot" }), "{view:#}\n{}", home.daemon_log());
    assert!(all.iter().all(|view| view["id"] != removed.id.as_str()), "it came back: {all:#?}");
    nothing_is_made_up(&all);
    // What is needed to go on was kept as well.
    home.appctl(["resume", "--bg", "alive"]).ok();
    alive.wait_for("running again", |view| view["phase"] == "running" && view["run"] == 2);
    home.appctl(["daemon", "stop", "--sessions"]).ok();
}

/// Somebody starts and waits, and tells what they were told.
fn work(home: &Home, told: &Mutex<Vec<String>>) {
    loop {
        let started = home.appctl(["start", "--bg", "-q", "--", "sh", "-c", "exit 7"]);
        let id = started.out().trim().to_owned();
        if started.code() != 0 || home.appctl(["wait", &id]).code() != 7 {
            return; // The power is gone.
        }
        told.lock().unwrap_or_else(PoisonError::into_inner).push(id);
    }
}

/// In the midst of everything, again and again.
#[test]
#[ignore = "needs root"]
fn the_power_may_go_at_any_moment() {
    let home = Home::new();
    let disk = on_disk(&home);
    let mut told_ever = Vec::new();
    for round in 1..=4 {
        let told = Mutex::new(Vec::new());
        thread::scope(|scope| {
            let workers = [(); 2].map(|()| scope.spawn(|| work(&home, &told)));
            let before = wait::until("some ends to be told", || {
                let told = told.lock().unwrap_or_else(PoisonError::into_inner);
                if told.len() >= 2 * round { Ok(told.clone()) } else { Err(format!("{told:?}")) }
            });
            told_ever.extend(before);
            lose_power(&home, &disk, || workers.iter().all(|one| one.is_finished()));
        });
        let all = home.ls_all();
        nothing_is_made_up(&all);
        for id in &told_ever {
            let view = view(&all, id);
            assert_eq!(view["exit"], json!({ "code": 7 }), "round {round}: {view:#}");
        }
        home.kill_daemon_hard();
    }
    home.appctl(["daemon", "stop", "--sessions"]).ok();
}
