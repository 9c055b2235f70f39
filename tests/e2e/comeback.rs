//! Sessions that come back: after a restart of the machine, by their policy, by a person.
//!
//! A restart of the machine is played: everything is killed at once, and the registry is
//! told that its runs belong to another boot.

use std::fs;

use app_tests::process::Process;
use app_tests::{Home, Session, registry, wait};
use rustix::process::Signal;
use serde_json::json;

/// Kills everything there is, as a power cut does, and has it be of an earlier boot.
fn reboot(home: &Home, sessions: &[&Session<'_>]) {
    let holders: Vec<_> = sessions.iter().map(|session| session.holder()).collect();
    let programs: Vec<_> = sessions.iter().map(|session| session.program()).collect();
    Process::of(home.daemon_pid()).kill();
    for process in holders.into_iter().chain(programs) {
        process.kill();
    }
    registry::reboot(home);
}

#[test]
fn a_session_interrupted_by_a_reboot_is_told_as_that_and_never_as_failed() {
    let home = Home::new();
    let session = home.start_sh("work", "echo ready; sleep 1000");
    session.wait_logs_contain("ready");
    reboot(&home, &[&session]);
    let view = session.show();
    assert_eq!(view["phase"], "lost", "{view:#}");
    assert_eq!(view["exit"], json!({"lost": "reboot"}));
    assert_eq!(view["state"], "interrupted");
    assert_eq!(view["resumable"], true);
    let shown = session.appctl("show", &[]).ok().out();
    // It began after this boot did, as far as the clock says: so nobody knows when.
    assert!(shown.contains("interrupted by reboot · resumable"), "{shown}");
    assert!(!shown.contains("failed"), "{shown}");
    let listed = home.appctl(["ls"]).ok().out();
    assert!(listed.contains("interrupted\tby reboot · resumable"), "{listed}");
    let notices = home.appctl(["notices", "--json"]).ok().json();
    assert_eq!(notices[0]["kind"], "interrupted", "{notices:#}");
    assert_eq!(notices[0]["title"], "! work was interrupted by a reboot · resumable");
    home.appctl(["resume", "--bg", "work"]).ok();
    session.wait_for("running again", |view| view["phase"] == "running" && view["run"] == 2);
}

/// A machine that goes down in good order tells everybody to end, and some then end well.
#[test]
fn what_ends_well_because_the_machine_goes_down_was_interrupted_all_the_same() {
    let home = Home::new();
    for (name, policy, code) in
        [("plain", "never", 0), ("failing", "never", 1), ("back", "on-boot", 0)]
    {
        let script = format!("trap 'exit {code}' TERM; echo ready; while :; do sleep 0.1; done");
        let options = ["-n", name, "--restart", policy];
        let session = home.start_with(&options, &["sh", "-c", &script]);
        session.wait_logs_contain("ready");
        let holder = session.holder();
        home.kill_daemon_hard();
        holder.signal(Signal::TERM);
        holder.wait_over();
        registry::reboot(&home);
        if policy == "on-boot" {
            session.wait_for("back", |view| view["run"] == 2 && view["phase"] == "running");
            continue;
        }
        let view = session.show();
        assert_eq!((&view["state"], &view["run"]), (&json!("interrupted"), &json!(1)), "{view:#}");
        assert_eq!(view["exit"], json!({"lost": "reboot"}));
    }
}

#[test]
fn the_time_of_a_reboot_is_when_the_new_boot_began() {
    let home = Home::new();
    let session = home.start("work", &["sleep", "1000"]);
    reboot(&home, &[&session]);
    registry::execute(&home, "UPDATE run SET started_at = 1000 WHERE exit IS NULL;");
    let view = session.show();
    let ended = view["ended_at"].as_str().unwrap();
    let booted = fs::read_to_string("/proc/stat").unwrap();
    let booted = booted.lines().find_map(|line| line.strip_prefix("btime ")).unwrap();
    let minute = |seconds: &str| {
        let mut date = home.command("/bin/date");
        date.args(["-u", "-d", &format!("@{seconds}"), "+%Y-%m-%dT%H:%M"]);
        app_tests::home::run(date, b"").ok().out().trim().to_owned()
    };
    let booted: i64 = booted.parse().unwrap();
    let near = [booted - 1, booted, booted + 1].map(|at| minute(&at.to_string()));
    assert!(near.iter().any(|minute| ended.starts_with(minute)), "{ended} {near:?}");
    let shown = session.appctl("show", &[]).ok().out();
    assert!(shown.contains("interrupted by reboot at "), "{shown}");
}

#[test]
fn a_session_that_fails_is_started_again_and_says_when() {
    let home = Home::new();
    let session = home.start_with(
        &["-n", "flaky", "--restart", "on-failure"],
        &["sh", "-c", "test -e up || { touch up; exit 3; }; echo back; sleep 1000"],
    );
    let planned = home.wait_event("run.planned", &session.id);
    assert_eq!(planned["attempt"], 1, "{planned}");
    let view = session.wait_for("back", |view| view["run"] == 2 && view["phase"] == "running");
    assert_eq!(view["restart"], "on-failure");
    assert_eq!(view["restarts"], 1);
    session.wait_logs_contain("back");
    assert_eq!(home.appctl(["notices", "--json"]).ok().json(), json!([]), "it is not worth it yet");
}

/// The pause is written down: a daemon that dies during it changes nothing.
#[test]
fn a_pause_outlives_the_daemon_and_shows_what_is_left_of_it() {
    let home = Home::new();
    let session =
        home.start_with(&["-n", "flaky", "--restart", "always"], &["sh", "-c", "read x; exit 0"]);
    home.appctl(["send", "flaky", "--enter", "x"]).ok();
    home.wait_event("run.planned", &session.id);
    home.kill_daemon_hard();
    registry::execute(&home, "UPDATE session SET restart_boot = restart_boot + 200000;");
    let view = session.show();
    assert_eq!(view["state"], "restarting", "{view:#}");
    assert_eq!(view["phase"], "ended");
    let left = view["restarting_in_ms"].as_u64().unwrap();
    assert!((100_000..=201_000).contains(&left), "{left}");
    let shown = session.appctl("show", &[]).ok().out();
    assert!(shown.contains("restarting in 3m "), "{shown}");
    // The wall clock may be set as anybody likes: this boot's clock counts.
    home.kill_daemon_hard();
    registry::execute(
        &home,
        "UPDATE session SET restart_boot = restart_boot - 200000, restart_wall = 1 << 45;",
    );
    session.wait_for("back", |view| view["run"] == 2 && view["phase"] == "running");
}

#[test]
fn a_stop_during_the_pause_is_for_good() {
    let home = Home::new();
    let session =
        home.start_with(&["-n", "flaky", "--restart", "always"], &["sh", "-c", "read x; exit 1"]);
    home.appctl(["send", "flaky", "--enter", "x"]).ok();
    home.wait_event("run.planned", &session.id);
    session.appctl("stop", &[]).ok();
    home.wait_event("run.cancelled", &session.id);
    home.kill_daemon_hard();
    let view = session.show();
    assert_eq!(view["restarting_in_ms"], json!(null), "{view:#}");
    assert_eq!((&view["run"], &view["phase"]), (&json!(1), &json!("ended")));
}

#[test]
fn an_end_that_was_asked_for_is_never_followed_by_a_start() {
    let home = Home::new();
    for verb in ["stop", "kill"] {
        let session = home.start_with(&["-n", verb, "--restart", "always"], &["sleep", "1000"]);
        session.appctl(verb, &[]).ok();
        let view = session.show();
        assert_eq!(view["state"], "stopped", "{view:#}");
        assert_eq!(view["restarting_in_ms"], json!(null));
    }
    assert!(home.events().iter().all(|event| event["type"] != "run.planned"));
}

#[test]
fn a_person_who_resumes_during_the_pause_is_not_overtaken() {
    let home = Home::new();
    let session =
        home.start_with(&["-n", "flaky", "--restart", "always"], &["sh", "-c", "read x; exit 1"]);
    home.appctl(["send", "flaky", "--enter", "x"]).ok();
    home.wait_event("run.planned", &session.id);
    home.appctl(["resume", "--bg", "flaky"]).ok();
    let view = session.wait_for("running", |view| view["phase"] == "running");
    assert_eq!((&view["run"], &view["restarts"]), (&json!(2), &json!(0)));
    assert_eq!(view["restarting_in_ms"], json!(null));
}

#[test]
fn what_fails_again_and_again_is_given_up_with_the_reason_where_one_looks() {
    let home = Home::new();
    let session = home
        .start_with(&["-n", "flaky", "--restart", "on-failure"], &["sh", "-c", "read x; exit 1"]);
    registry::execute(&home, "UPDATE session SET restart_attempts = 10;");
    home.appctl(["send", "flaky", "--enter", "x"]).ok();
    home.wait_event("run.gave_up", &session.id);
    let view = session.show();
    assert_eq!((&view["gave_up"], &view["state"]), (&json!(true), &json!("failed")));
    let shown = session.appctl("show", &[]).ok().out();
    assert!(shown.contains("gave up after 10 restarts"), "{shown}");
    assert!(home.appctl(["ls", "--all"]).ok().out().contains("gave up after 10 restarts"));
    let notices = home.appctl(["notices", "--json"]).ok().out();
    assert!(notices.contains("is not started again"), "{notices}");
    home.appctl(["resume", "--bg", "flaky"]).ok();
    assert_eq!(session.show()["gave_up"], false);
}

/// A program that went missing is tried again, not forgotten.
#[test]
fn a_start_that_fails_is_planned_anew() {
    let home = Home::new();
    let program = home.path().join("tool");
    fs::copy("/bin/sh", &program).unwrap();
    let argv = [program.to_str().unwrap(), "-c", "read x; exit 1"];
    let session = home.start_with(&["-n", "flaky", "--restart", "on-failure"], &argv);
    fs::remove_file(&program).unwrap();
    home.appctl(["send", "flaky", "--enter", "x"]).ok();
    wait::until("a second attempt to be planned", || {
        let view = session.show();
        if view["restarts"] == 2 { Ok(()) } else { Err(format!("{view:#}")) }
    });
    assert_eq!(session.show()["run"], 1, "nothing ran");
    fs::copy("/bin/sh", &program).unwrap();
    session.wait_for("back", |view| view["run"] == 2 && view["phase"] == "running");
}

#[test]
fn after_a_reboot_only_those_come_back_that_were_told_to() {
    let home = Home::new();
    let start =
        |policy: &str| home.start_with(&["-n", policy, "--restart", policy], &["sleep", "1000"]);
    let sessions = ["never", "on-failure", "on-boot", "always"].map(start);
    reboot(&home, &sessions.each_ref());
    let [never, on_failure, on_boot, always] = &sessions;
    for back in [on_boot, always] {
        back.wait_for("back", |view| view["run"] == 2 && view["phase"] == "running");
    }
    for down in [never, on_failure] {
        let view = down.show();
        assert_eq!((&view["run"], &view["state"]), (&json!(1), &json!("interrupted")));
    }
    assert_eq!(never.show()["restart"], "never");
}

#[test]
fn a_pinned_session_says_so_and_stays_pinned_without_its_registry() {
    let home = Home::new();
    let session = home.start_with(&["-n", "kept", "--restart", "on-boot"], &["sleep", "1000"]);
    home.appctl(["pin", "kept"]).ok();
    assert_eq!(session.show()["pinned"], true);
    home.appctl(["daemon", "stop"]).ok();
    for suffix in ["", "-wal", "-shm"] {
        fs::remove_file(home.state_dir().join(format!("registry.db{suffix}"))).ok();
    }
    let view = session.show();
    assert_eq!((&view["pinned"], &view["restart"]), (&json!(true), &json!("on-boot")));
    home.appctl(["unpin", "kept"]).ok();
    assert_eq!(session.show()["pinned"], false);
}
