//! Every run in a scope of its own, with a real systemd.

use std::fs;
use std::path::Path;

use app_tests::process::{self, Process};
use app_tests::{Home, Manager, wait};
use serde_json::{Value, json};

/// A daemon that knows of the manager.
fn daemon(home: &Home, manager: &Manager<'_>) {
    manager.appctl(["daemon", "start"]).ok();
    home.wait_log_contains("runs get scopes of systemd");
}

fn start(manager: &Manager<'_>, args: &[&str]) -> String {
    let all = ["start", "--bg", "-q"].iter().chain(args);
    manager.appctl(all).ok().out().trim().to_owned()
}

fn show(manager: &Manager<'_>, id: &str) -> Value {
    manager.appctl(["show", id, "--json"]).ok().json()
}

fn pid(view: &Value, which: &str) -> u32 {
    u32::try_from(view[which].as_u64().unwrap()).unwrap()
}

/// The process whose number a program has written into the file.
fn written(file: &Path) -> Process {
    let pid = wait::until("a process to say its number", || {
        let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
        text.strip_suffix('\n').ok_or("half a line")?.parse().map_err(|_| text.clone())
    });
    Process::of(pid)
}

/// A program that leaves a daemon behind: of another session, with nobody for a parent.
fn leaver(file: &Path, then: &str) -> String {
    format!(
        "(setsid sh -c 'trap \"\" HUP TERM; echo $$ >{0}; exec sleep 1000' &); \
         until test -s {0}; do :; done; {then}",
        file.display()
    )
}

fn wait_gone(manager: &Manager<'_>, unit: &str) {
    wait::until("the scope to be gone", || match manager.property(unit, "LoadState").as_str() {
        "not-found" => Ok(()),
        state => Err(format!("{unit} is {state}")),
    });
}

#[test]
#[ignore = "needs root"]
fn a_run_and_its_holder_are_in_a_scope_of_their_own_and_the_daemon_is_not() {
    let home = Home::new();
    let manager = Manager::start(&home);
    daemon(&home, &manager);
    let id = start(&manager, &["-n", "my name", "--", "sleep", "1000"]);
    let (view, unit) = (show(&manager, &id), format!("appctl-{id}.scope"));
    assert_eq!(view["scope"], json!(unit), "{view:#}");
    for which in ["pid", "holder_pid"] {
        let group = manager.group_of(pid(&view, which));
        assert!(group.ends_with(&format!("/appctl.slice/{unit}")), "{which} is in {group}");
    }
    assert!(!manager.group_of(home.daemon_pid()).contains("appctl.slice"));
    assert_eq!(manager.property(&unit, "Description"), "my name");
    assert_eq!(manager.property(&unit, "Slice"), "appctl.slice");

    manager.appctl(["stop", &id]).ok();
    wait_gone(&manager, &unit);
    // The next run has it again.
    manager.appctl(["resume", "--bg", &id]).ok();
    assert_eq!(show(&manager, &id)["scope"], json!(unit));
    manager.appctl(["daemon", "stop", "--sessions"]).ok();
}

#[test]
#[ignore = "needs root"]
fn what_a_program_leaves_behind_goes_on_until_the_session_is_stopped() {
    let home = Home::new();
    let manager = Manager::start(&home);
    daemon(&home, &manager);
    let file = home.path().join("left");
    let id = start(&manager, &["--", "sh", "-c", &leaver(&file, "exit 0")]);
    let left = written(&file);
    manager.appctl(["wait", &id]).ok();
    assert!(!left.is_over(), "a natural end touches nobody");

    let said = manager.appctl(["stop", &id]).ok();
    assert!(said.out().contains("stopped · 1 process that was left behind"), "{said:?}");
    assert!(left.is_over(), "stop means stop: {}", home.daemon_log());
    let again = manager.appctl(["stop", &id, "--json"]).ok().json();
    assert_eq!(again["leftovers"], 0, "{again:#}");
    assert_eq!(show(&manager, &id)["exit"], json!({ "code": 0 }));
    wait_gone(&manager, &format!("appctl-{id}.scope"));
    manager.appctl(["daemon", "stop", "--sessions"]).ok();
}

#[test]
#[ignore = "needs root"]
fn a_removed_session_leaves_nothing_running() {
    let home = Home::new();
    let manager = Manager::start(&home);
    daemon(&home, &manager);
    let file = home.path().join("left");
    let id = start(&manager, &["--", "sh", "-c", &leaver(&file, "exit 0")]);
    let left = written(&file);
    manager.appctl(["wait", &id]).ok();
    manager.appctl(["rm", &id]).ok();
    assert!(left.is_over());
    manager.appctl(["daemon", "stop", "--sessions"]).ok();
}

#[test]
#[ignore = "needs root"]
fn a_run_beside_what_an_earlier_one_has_left_has_another_scope_and_a_stop_ends_both() {
    let home = Home::new();
    let manager = Manager::start(&home);
    daemon(&home, &manager);
    let file = home.path().join("left");
    let once = format!("test -e {0} && exec sleep 1000; {1}", file.display(), leaver(&file, ":"));
    let id = start(&manager, &["--", "sh", "-c", &once]);
    let left = written(&file);
    manager.appctl(["wait", &id]).ok();
    manager.appctl(["resume", "--bg", &id]).ok();
    let view = show(&manager, &id);
    assert_eq!(view["scope"], json!(format!("appctl-{id}-2.scope")), "{view:#}");
    assert!(!left.is_over());

    manager.appctl(["stop", &id]).ok();
    assert!(left.is_over(), "{}", home.daemon_log());
    assert!(!process::runs(pid(&view, "pid")));
    manager.appctl(["daemon", "stop", "--sessions"]).ok();
}

/// Without its holder nothing else knows who belonged to the run.
#[test]
#[ignore = "needs root"]
fn a_run_whose_holder_was_killed_is_ended_with_all_that_had_forked_itself_free() {
    let home = Home::new();
    let manager = Manager::start(&home);
    daemon(&home, &manager);
    let file = home.path().join("left");
    let id = start(&manager, &["--", "sh", "-c", &leaver(&file, "exec sleep 1000")]);
    let left = written(&file);
    Process::of(pid(&show(&manager, &id), "holder_pid")).kill();
    left.wait_over();
    manager.appctl(["wait", &id]);
    assert_eq!(show(&manager, &id)["exit"], json!({ "lost": "holder" }));
    manager.appctl(["daemon", "stop", "--sessions"]).ok();
}

#[test]
#[ignore = "needs root"]
fn limits_are_set_on_the_scope_and_those_that_the_kernel_does_not_enforce_are_named() {
    let home = Home::new();
    let manager = Manager::start(&home);
    daemon(&home, &manager);
    let limits = ["--memory", "64M", "--cpu", "50%", "--tasks", "64"];
    let mut args = vec!["start", "--bg", "--json"];
    args.extend(limits.iter().chain(&["--", "sleep", "1000"]));
    let said = manager.appctl(args).ok();
    let started = said.json();
    let id = started["id"].as_str().unwrap();
    let unit = format!("appctl-{id}.scope");
    let set = |unit: &str| {
        assert_eq!(manager.property(unit, "MemoryMax"), (64 << 20).to_string());
        assert_eq!(manager.property(unit, "CPUQuotaPerSecUSec"), "500ms");
        assert_eq!(manager.property(unit, "TasksMax"), "64");
    };
    set(&unit);
    let view = show(&manager, id);
    assert_eq!(
        view["limits"],
        json!({ "memory_bytes": 64 << 20, "cpu_percent": 50, "tasks": 64 }),
        "{view:#}"
    );
    // The kernel is the judge: systemd takes limits for controllers that it does not have.
    let group = manager.group_of(pid(&view, "pid"));
    let path = group.rsplit("::").next().unwrap();
    let shows = |file: &str| {
        let mut cat = manager.command("cat");
        cat.arg(format!("/sys/fs/cgroup{path}/{file}"));
        app_tests::home::run(cat, b"").code() == 0
    };
    let files = [("memory", "memory.max"), ("cpu", "cpu.max"), ("tasks", "pids.max")];
    let missing: Vec<_> =
        files.iter().filter(|(_, file)| !shows(file)).map(|(word, _)| *word).collect();
    assert_eq!(started["unenforced"], json!(missing));
    assert_eq!(view["unenforced"], json!(missing));
    for word in &missing {
        assert!(said.err().contains(word), "{said:?}");
    }

    manager.appctl(["stop", id]).ok();
    wait_gone(&manager, &unit);
    manager.appctl(["resume", "--bg", id]).ok();
    set(&unit);
    manager.appctl(["daemon", "stop", "--sessions"]).ok();
}

/// The bus of a log-in is restarted, or comes late; the daemon is as old as before.
#[test]
#[ignore = "needs root"]
fn a_bus_that_was_away_is_found_again_by_the_next_run() {
    let home = Home::new();
    let manager = Manager::start(&home);
    daemon(&home, &manager);
    let pid = home.daemon_pid();
    let scope_of = |id: &str| show(&manager, id)["scope"].clone();
    let first = start(&manager, &["--", "sleep", "1000"]);
    assert_eq!(scope_of(&first), json!(format!("appctl-{first}.scope")));

    let bus = ["dbus.socket", "dbus.service"];
    manager.systemctl(["stop"].into_iter().chain(bus)).ok();
    let without = start(&manager, &["--", "sleep", "1000"]);
    assert_eq!(scope_of(&without), Value::Null, "it runs all the same");
    manager.systemctl(["start"].into_iter().chain(bus)).ok();
    wait::until("a run to have a scope again", || {
        let id = start(&manager, &["--", "sleep", "1000"]);
        if scope_of(&id) == json!(format!("appctl-{id}.scope")) { Ok(()) } else { Err(id) }
    });
    // And one that is there again before anybody has noticed.
    manager.systemctl(["restart", "dbus.service"]).ok();
    wait::until("a run to have a scope on the new bus", || {
        let id = start(&manager, &["--", "sleep", "1000"]);
        if scope_of(&id) == json!(format!("appctl-{id}.scope")) { Ok(()) } else { Err(id) }
    });
    manager.appctl(["stop", &first]).ok();
    wait_gone(&manager, &format!("appctl-{first}.scope"));
    assert_eq!(home.daemon_pid(), pid);
    manager.appctl(["daemon", "stop", "--sessions"]).ok();
}

/// A log-in, a terminal's window: what they started ends with them.
#[test]
#[ignore = "needs root"]
fn a_daemon_that_is_started_on_demand_leaves_the_scope_of_who_started_it() {
    let home = Home::new();
    let manager = Manager::start(&home);
    let mut login = manager.command(app_tests::binaries::installed("systemd-run"));
    login.args(["--user", "--scope", "--quiet", "--unit=login-1", "--"]);
    login.arg(home.program("appctl")).args(["daemon", "start"]);
    app_tests::home::run(login, b"").ok();
    let daemon = home.daemon_pid();
    let own = format!("/app.slice/appd-{daemon}.scope");
    wait::until("the daemon to move", || {
        let group = manager.group_of(daemon);
        if group.ends_with(&own) { Ok(()) } else { Err(group) }
    });
    wait_gone(&manager, "login-1.scope");
    assert!(process::runs(daemon));
    manager.appctl(["daemon", "stop"]).ok();
}
