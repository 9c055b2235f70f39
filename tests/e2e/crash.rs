//! The promise of the product: the daemon may die at any moment, and so may anyone else.

use app_tests::process::{self, Process};
use app_tests::terminal::DETACH_KEY;
use app_tests::{Home, home};
use rustix::process::Signal;
use serde_json::json;

const LISTENER: &str = "echo ready; while read line; do echo \"heard $line\"; done";

#[test]
fn a_session_survives_the_death_of_the_daemon() {
    let home = Home::new();
    let session = home.start_sh("demo", LISTENER);
    session.wait_screen_contains("ready");
    let before = session.show();

    home.kill_daemon_hard();

    let after = session.show();
    for field in ["id", "name", "pid", "holder_pid", "run", "phase", "created_at", "started_at"] {
        assert_eq!(after[field], before[field], "{field}: adopted, not started again");
    }
    let mut terminal = session.attach();
    terminal.type_line("still here");
    terminal.wait_until_contains("heard still here");
}

#[test]
fn an_attached_terminal_does_not_notice_the_death_of_the_daemon() {
    let home = Home::new();
    let session = home.start_sh("demo", LISTENER);
    let mut terminal = session.attach();
    terminal.wait_until_contains("ready");
    home.kill_daemon_hard();
    terminal.type_line("without a daemon");
    terminal.wait_until_contains("heard without a daemon");
    assert!(home.daemons().is_empty(), "nobody started one in between");
    terminal.resize(30, 90);
    terminal.keys(DETACH_KEY);
    assert_eq!(terminal.wait_exit(), 0);
    assert_eq!(session.show()["phase"], "running");
}

#[test]
fn an_attached_terminal_sees_the_end_without_a_daemon() {
    let home = Home::new();
    let session = home.start_sh("demo", "echo ready; read x; exit 12");
    let mut terminal = session.attach();
    terminal.wait_until_contains("ready");
    home.kill_daemon_hard();
    terminal.type_line("go");
    assert_eq!(terminal.wait_exit(), 12);
    assert_eq!(session.wait_over()["exit"], json!({"code": 12}));
}

#[test]
fn the_next_command_after_a_crash_adopts_every_session_in_its_order() {
    let home = Home::new();
    for n in 0..8 {
        home.start(&format!("s{n}"), &["sleep", "1000"]);
    }
    let facts = |home: &Home| -> Vec<_> {
        home.ls().iter().map(|v| (v["id"].clone(), v["name"].clone(), v["pid"].clone())).collect()
    };
    let before = facts(&home);
    home.kill_daemon_hard();
    assert_eq!(facts(&home), before);
    home.kill_daemon_hard();
    assert_eq!(facts(&home), before);
}

#[test]
fn an_end_while_no_daemon_runs_is_learnt_with_its_code_and_time() {
    let home = Home::new();
    let good = home.start_sh("good", "read x; exit 0");
    let bad = home.start_sh("bad", "read x; exit 9");
    let killed = home.start("killed", &["sleep", "1000"]);
    let sockets = [&good, &bad].map(|session| home.run_socket(&session.id));
    let programs = [&good, &bad, &killed].map(app_tests::Session::program);
    let holders = [&good, &bad, &killed].map(app_tests::Session::holder);
    home.kill_daemon_hard();
    for socket in &sockets {
        app_tests::peer::type_line(socket, "");
    }
    programs[2].signal(Signal::TERM);
    for process in programs.iter().chain(&holders) {
        process.wait_over();
    }
    assert!(home.daemons().is_empty(), "all that happened without a daemon");

    assert_eq!(good.show()["exit"], json!({"code": 0}));
    assert_eq!(bad.show()["exit"], json!({"code": 9}));
    let view = killed.show();
    assert_eq!(view["exit"], json!({"signal": "TERM"}));
    assert!(view["elapsed_ms"].is_u64() && view["ended_at"].is_string(), "{view:#}");
    for session in [&good, &bad, &killed] {
        home.wait_event("run.ended", &session.id);
        let ends = home.events().into_iter().filter(|event| {
            event["type"] == "run.ended" && event["session"] == session.id.as_str()
        });
        assert_eq!(ends.count(), 1, "told once");
    }
    bad.appctl("wait", &[]).exits(9);
}

#[test]
fn the_elapsed_time_is_right_across_the_death_of_the_daemon() {
    let home = Home::new();
    let before = std::time::Instant::now();
    let session = home.start("timed", &["sleep", "2"]);
    home.kill_daemon_hard();
    let running = session.show();
    assert_eq!(running["phase"], "running", "{running:#}");
    let view = session.wait_over();
    let upper = before.elapsed().as_millis();
    let elapsed = view["elapsed_ms"].as_u64().unwrap();
    assert!(elapsed >= 2000 && u128::from(elapsed) <= upper, "{elapsed} of {upper}");
    assert!(running["elapsed_ms"].as_u64().unwrap() <= elapsed, "{running:#}");
}

#[test]
fn somebody_who_waits_learns_of_the_end_although_the_daemon_dies() {
    let home = Home::new();
    let session = home.start_sh("awaited", "read x; exit 21");
    let waiting = home::spawn(home.appctl_command(["wait", &session.id]));
    home.kill_daemon_hard();
    session.appctl("send", &["--enter", ""]).ok();
    waiting.finish().exits(21);
}

/// The holder is the one process that nothing can replace. Its death is told, and what it
/// left behind is not left running unseen.
#[test]
fn a_session_whose_holder_is_killed_is_lost_and_its_program_is_not_forgotten() {
    let home = Home::new();
    let session = home.start("orphan", &["sleep", "1000"]);
    let program = session.program();
    session.holder().kill();
    let view = session.wait_over();
    assert_eq!(view["phase"], "lost", "{view:#}");
    assert_eq!(view["exit"], json!({"lost": "holder"}), "{view:#}");
    assert_eq!(view["pid"], serde_json::Value::Null, "{view:#}");
    // The terminal is gone with the holder, which ends the program by a hang-up; one that
    // ignores it is ended by the daemon.
    program.wait_over();
    let outcome = session.appctl("wait", &[]);
    assert_ne!(outcome.code(), 0, "{outcome:?}");
    home.wait_event("run.ended", &session.id);
}

#[test]
fn a_program_that_ignores_hang_ups_does_not_run_on_unseen_without_its_holder() {
    let home = Home::new();
    let script = "trap '' HUP TERM; sleep 1000 & echo ready; while :; do wait; done";
    let session = home.start("orphan", &["bash", "-c", script]);
    session.wait_screen_contains("ready");
    let program = session.program();
    session.holder().kill();
    assert_eq!(session.wait_over()["exit"], json!({"lost": "holder"}));
    // Either it is ended, or what is told of the session names it as a survivor.
    let told = session.appctl("show", &[]).out();
    if !told.contains(&program.pid.to_string()) {
        program.wait_over();
    }
    program.kill();
}

#[test]
fn a_session_whose_holder_was_killed_can_be_resumed() {
    let home = Home::new();
    let session = home.start_sh("orphan", LISTENER);
    session.holder().kill();
    session.wait_over();
    let mut terminal = home.terminal(&["resume", &session.id]);
    terminal.type_line("again");
    terminal.wait_until_contains("heard again");
    assert_eq!(session.show()["run"], 2);
}

#[test]
fn a_holder_and_the_daemon_killed_together_are_told_as_lost() {
    let home = Home::new();
    let session = home.start("orphan", &["sleep", "1000"]);
    let (holder, daemon) = (session.holder(), Process::of(home.daemon_pid()));
    let program = session.program();
    daemon.kill();
    holder.kill();
    let view = session.show();
    assert_eq!(view["exit"], json!({"lost": "holder"}), "{view:#}");
    program.kill();
}

/// A holder that does not answer is not dead: only observation changes what is true.
#[test]
fn a_holder_that_is_frozen_is_not_taken_for_dead() {
    let home = Home::new();
    let session = home.start_sh("frozen", LISTENER);
    session.wait_screen_contains("ready");
    let holder = session.holder();
    holder.signal(Signal::STOP);
    home.kill_daemon_hard();
    let views = home.ls();
    assert_eq!(views[0]["id"], session.id.as_str());
    let phase = views[0]["phase"].as_str().unwrap();
    assert!(phase == "running" || phase == "starting", "{views:#?}");
    assert_eq!(views[0]["exit"], serde_json::Value::Null);
    holder.signal(Signal::CONT);
    session.wait_for("adopted", |view| view["phase"] == "running" && view["pid"].is_u64());
    let mut terminal = session.attach();
    terminal.type_line("thawed");
    terminal.wait_until_contains("heard thawed");
}

/// One session's holder that hangs must not keep the daemon from the others.
#[test]
fn a_frozen_holder_blocks_nobody_else() {
    let home = Home::new();
    let frozen = home.start_sh("frozen", LISTENER);
    let other = home.start_sh("other", LISTENER);
    let holder = frozen.holder();
    holder.signal(Signal::STOP);
    other.appctl("stop", &[]).ok();
    let third = home.start("third", &["sleep", "1000"]);
    assert_eq!(third.show()["phase"], "running");
    assert_eq!(home.ls_all().len(), 3);
    holder.signal(Signal::CONT);
}

#[test]
fn a_daemon_killed_again_and_again_loses_nothing() {
    let home = Home::new();
    let mut ids = Vec::new();
    for round in 0..5 {
        let session = home.start(&format!("s{round}"), &["sleep", "1000"]);
        ids.push(session.id.clone());
        home.kill_daemon_hard();
    }
    ids.reverse();
    let listed: Vec<_> =
        home.ls().iter().map(|view| view["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(listed, ids);
    assert!(home.ls().iter().all(|view| view["phase"] == "running" && view["run"] == 1));
}

/// The daemon dies between "commit" and "effect": whatever a client was told is true, and
/// nothing runs that nobody knows of.
#[test]
fn a_daemon_killed_while_sessions_start_leaves_no_unknown_holder() {
    let home = Home::new();
    for round in 0..6 {
        home.appctl(["daemon", "start"]).ok();
        let daemon = Process::of(home.daemon_pid());
        let args = ["start", "--bg", "-q", "-n", &format!("r{round}"), "--", "sleep", "1000"];
        let starting = home::spawn(home.appctl_command(args));
        // No fact to wait for: each round hits another moment of the start.
        if round % 2 == 1 {
            app_tests::wait::until("a holder", || {
                let holders = holders(&home).len();
                if holders > 0 { Ok(()) } else { Err(format!("{holders} holders")) }
            });
        }
        daemon.kill();
        let outcome = starting.finish();
        let views = home.ls_all();
        if outcome.code() == 0 {
            let id = outcome.out().trim().to_owned();
            let view = views.iter().find(|view| view["id"] == id.as_str());
            assert_eq!(view.unwrap()["phase"], "running", "what was told is true: {outcome:?}");
        }
        app_tests::wait::until("every holder to be known", || {
            let known: Vec<u64> =
                home.ls_all().iter().filter_map(|view| view["holder_pid"].as_u64()).collect();
            let unknown: Vec<_> = holders(&home)
                .into_iter()
                .filter(|pid| !known.contains(&u64::from(*pid)))
                .map(process::describe)
                .collect();
            if unknown.is_empty() { Ok(()) } else { Err(format!("{unknown:?} of {known:?}")) }
        });
        home.appctl(["daemon", "stop", "--sessions"]).ok();
    }
}

fn holders(home: &Home) -> Vec<u32> {
    let is_holder = |pid: &u32| {
        let line = process::command_line(*pid);
        line.split(' ').next().is_some_and(|program| program.ends_with("appd-holder"))
    };
    process::that_know(&home.runtime_dir()).into_iter().filter(is_holder).collect()
}
