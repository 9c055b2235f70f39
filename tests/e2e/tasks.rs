//! Tasks: what is started inside a session, and what is only reported from inside it.

use app_tests::{Home, Session, wait};
use serde_json::Value;

/// The tasks of a session, newest first.
#[track_caller]
fn tasks(home: &Home, session: &Session<'_>) -> Vec<Value> {
    let listed = home.appctl(["task", "ls", &session.id, "--json"]).ok().json();
    listed.as_array().cloned().unwrap()
}

/// Waits until a session has this many tasks of which `check` holds.
#[track_caller]
fn wait_tasks(
    home: &Home,
    session: &Session<'_>,
    count: usize,
    check: impl Fn(&Value) -> bool,
) -> Vec<Value> {
    wait::until("the tasks", || {
        let all = tasks(home, session);
        let found = all.iter().filter(|task| check(task)).count();
        if found == count { Ok(all) } else { Err(format!("{all:#?}")) }
    })
}

/// A session that types what it reads into a shell of its own, with `appctl` at hand.
fn shell<'h>(home: &'h Home, name: &str) -> Session<'h> {
    let appctl = home.program("appctl");
    let dir = appctl.parent().unwrap().display();
    home.start_sh(name, &format!("PATH={dir}:$PATH; echo ready; exec sh -i"))
}

#[track_caller]
fn reports(home: &Home, session: &Session<'_>, args: &[&str]) {
    let (verb, rest) = args.split_first().unwrap();
    let mut all = vec!["task", *verb, "--session", &session.id];
    all.extend(rest);
    home.appctl(all).ok();
}

#[test]
fn what_is_started_inside_a_session_is_its_task() {
    let home = Home::new();
    let parent = shell(&home, "parent");
    parent.appctl("send", &["appctl task start -n tests -- sh -c 'exit 3'", "--enter"]).ok();
    let [task] = &wait_tasks(&home, &parent, 1, |task| task["state"] == "failed")[..] else {
        unreachable!()
    };
    assert_eq!((&task["label"], &task["kind"]), (&"tests".into(), &"session".into()));
    let child = home.session(task["session"].as_str().unwrap());
    let view = child.show();
    assert_eq!((&view["kind"], &view["tty"]), (&"task".into(), &false.into()));
    assert_eq!(view["parent"], parent.id.as_str());
    child.appctl("wait", &[]).exits(3);
    let tree = home.appctl(["ls", "--tree"]).ok().out();
    let lines: Vec<_> = tree.lines().collect();
    assert!(lines[0].contains("parent") && lines[1].starts_with("└ "), "{tree}");
    assert!(lines[1].contains("tests · failed"), "{tree}");
    home.wait_event("task.ended", &parent.id);
}

#[test]
fn stopping_a_session_stops_its_tasks_unless_they_are_to_be_kept() {
    let home = Home::new();
    for (options, state) in [(&[][..], "stopped"), (&["--keep"], "running")] {
        let parent = home.start("parent", &["sleep", "1000"]);
        let id = parent.id.as_str();
        let child = home.start_with(&["--parent", id, "-n", "child"], &["sleep", "1000"]);
        let grandchild = home.start_with(&["--parent", &child.id], &["sleep", "1000"]);
        assert_eq!(parent.show()["live_tasks"], 1);
        parent.appctl("stop", options).ok().mentions("parent");
        for task in [&child, &grandchild] {
            task.wait_for(state, |view| view["state"] == state);
        }
        if state == "running" {
            assert_eq!(parent.show()["state"], "finishing");
            parent.appctl("rm", &[]).fails(1, &["child", "is live"]);
            parent.appctl("rm", &["--force"]).ok();
            child.wait_for("stopped", |view| view["phase"] == "ended");
        }
    }
}

#[test]
fn a_reported_task_is_reported_once_and_ends_with_the_run() {
    let home = Home::new();
    let session = home.start("agent", &["sleep", "1000"]);
    let begin = ["begin", "--id", "a1", "--label", "review \x1b[31mauth", "--model", "haiku"];
    for _ in 0..3 {
        reports(&home, &session, &begin);
    }
    let [task] = &tasks(&home, &session)[..] else { panic!("one task") };
    assert_eq!((&task["state"], &task["model"]), (&"working".into(), &"haiku".into()));
    let table = home.appctl(["task", "ls"]).ok().out();
    assert!(!table.contains('\x1b'), "{table:?}");
    let end = ["end", "--id", "a1", "--outcome", "ok", "--summary", "fine"];
    reports(&home, &session, &end);
    let ended = tasks(&home, &session).remove(0);
    assert_eq!((&ended["outcome"], &ended["summary"]), (&"ok".into(), &"fine".into()));
    // Too late, and then again: neither begins it anew nor makes it take longer.
    reports(&home, &session, &begin);
    reports(&home, &session, &["end", "--id", "a1", "--outcome", "failed"]);
    assert_eq!(tasks(&home, &session).remove(0), ended);
    reports(&home, &session, &["begin", "--id", "a2", "--label", "cut short"]);
    session.appctl("kill", &[]).ok();
    let over = tasks(&home, &session).remove(0);
    assert_eq!((&over["id"], &over["outcome"]), (&"a2".into(), &"cancelled".into()));
    reports(&home, &session, &["end", "--id", "a2", "--outcome", "ok"]);
    assert_eq!(tasks(&home, &session).remove(0), over, "the end of the process wins");
}

#[test]
fn a_later_life_of_a_source_may_use_an_identity_again() {
    let home = Home::new();
    let session = home.start("agent", &["sleep", "1000"]);
    let report = |args: &[&str]| reports(&home, &session, args);
    report(&["begin", "--id", "x", "--label", "one", "--generation", "1", "--sequence", "5"]);
    report(&["end", "--id", "x", "--outcome", "ok", "--generation", "1", "--sequence", "6"]);
    report(&["begin", "--id", "x", "--label", "two", "--generation", "2", "--sequence", "1"]);
    report(&["end", "--id", "x", "--outcome", "failed", "--generation", "1", "--sequence", "9"]);
    let task = tasks(&home, &session).remove(0);
    assert_eq!((&task["label"], &task["state"]), (&"two".into(), &"working".into()));
}

#[test]
fn a_session_has_no_more_live_tasks_than_it_may() {
    let home = Home::new();
    let session = home.start("busy", &["sleep", "1000"]);
    for number in 0..64 {
        reports(&home, &session, &["begin", "--id", &number.to_string(), "--label", "work"]);
    }
    let id = session.id.as_str();
    let begin = ["task", "begin", "--session", id, "--id", "64", "--label", "one more"];
    home.appctl(begin).fails(1, &["64 live tasks", "task ls"]);
    home.appctl(["start", "--bg", "--parent", id, "--", "true"]).fails(1, &["64 live tasks"]);
    reports(&home, &session, &["end", "--id", "7", "--outcome", "cancelled"]);
    home.appctl(begin).ok();
}

/// The settings allow fewer, then more; nothing has to be started anew for that.
#[test]
fn the_settings_say_how_many_live_tasks_a_session_may_have() {
    let home = Home::new();
    let allow = |most: u32| {
        let path = home.config_dir().join("config.toml");
        std::fs::write(path, format!("[tasks]\nmax_live = {most}\n")).unwrap();
        home.appctl(["config", "check"]).ok().prints("ok\n");
    };
    allow(1);
    let session = home.start("busy", &["sleep", "1000"]);
    let id = session.id.as_str();
    reports(&home, &session, &["begin", "--id", "0", "--label", "work"]);
    let begin = ["task", "begin", "--session", id, "--id", "1", "--label", "one more"];
    home.appctl(begin).fails(1, &["1 live task,", "max_live", "config.toml"]);
    let start = ["task", "start", "--parent", id, "--", "sleep", "1000"];
    home.appctl(start).fails(1, &["1 live task,", "max_live"]);
    allow(3);
    home.appctl(begin).ok();
    home.appctl(start).ok();
    home.appctl(start).fails(1, &["3 live tasks"]);
}

#[test]
fn one_can_wait_for_the_tasks_of_a_session() {
    let home = Home::new();
    let gate = home.path().join("gate");
    let script = format!("read x < {}; exit 0", gate.display());
    rustix::fs::mkfifoat(rustix::fs::CWD, &gate, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR)
        .unwrap();
    let parent = home.start("parent", &["true"]);
    parent.wait_over();
    home.start_with(&["--parent", &parent.id, "-n", "slow"], &["sh", "-c", &script]);
    home.start_with(&["--parent", &parent.id, "-n", "bad"], &["false"]).wait_over();
    let mut waiting = app_tests::home::spawn(home.appctl_command(["wait", "--tasks", &parent.id]));
    parent.appctl("wait", &["--tasks", "--timeout", "300ms"]).exits(124);
    assert!(!waiting.is_over());
    std::fs::write(&gate, "go\n").unwrap();
    waiting.finish().exits(1);
}

#[test]
fn a_task_keeps_its_elapsed_time_when_the_daemon_is_killed_meanwhile() {
    let home = Home::new();
    let session = home.start("agent", &["sleep", "1000"]);
    reports(&home, &session, &["begin", "--id", "a1", "--label", "long"]);
    let began = tasks(&home, &session).remove(0)["started_at"].clone();
    home.kill_daemon_hard();
    reports(&home, &session, &["end", "--id", "a1", "--outcome", "ok"]);
    let task = tasks(&home, &session).remove(0);
    assert_eq!((&task["started_at"], &task["state"]), (&began, &"done".into()));
    assert!(task["elapsed_ms"].as_u64().unwrap() > 0);
}
