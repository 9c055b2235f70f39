//! What never answers: a directory behind a network that is gone, a bus that says nothing.
//! What does not need it is answered; what does fails, and says what it waited for.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use app_tests::{Home, HungMount, Outcome, home};
use serde_json::json;

/// Within this something has not waited for what hangs. The programs' own limits for one look
/// are far shorter.
const AT_ONCE: Duration = Duration::from_secs(5);

/// Runs a command, which must be done at once.
#[track_caller]
fn at_once(command: Command) -> Outcome {
    let begun = Instant::now();
    let outcome = home::run(command, b"");
    assert!(begun.elapsed() < AT_ONCE, "{:?}: {outcome:?}", begun.elapsed());
    outcome
}

/// A directory that hangs.
fn hung(home: &Home, name: &str) -> (PathBuf, HungMount) {
    let dir = home.path().join(name);
    if !dir.exists() {
        fs::DirBuilder::new().mode(0o700).create(&dir).unwrap();
    }
    let mount = HungMount::over(&dir);
    (dir, mount)
}

/// Everything that a person does, with `HOME` on a server that is gone.
#[test]
#[ignore = "needs root"]
fn a_home_that_hangs_is_not_waited_for() {
    let home = Home::new();
    let (dir, _hung) = hung(&home, "home");
    let command = |args: &[&str]| {
        let mut command = home.appctl_command(args);
        command.current_dir("/");
        command
    };
    at_once(command(&["ls"])).ok();
    let path = format!("/usr/bin:/bin:{}/bin", dir.display());
    let mut start = command(&["start", "--bg", "-q", "-n", "far", "--", "sh", "-c", "exec cat"]);
    start.env("PATH", &path);
    at_once(start).ok();
    // Its own hooks are looked for on its own path.
    let mut agent = command(&["start", "--bg", "-q", "-n", "agent", "--", "claude"]);
    agent.env("PATH", format!("{}/bin:/usr/bin:/bin", dir.display()));
    let agent = home::spawn(agent);
    for args in [&["ls"][..], &["show", "far", "--json"], &["logs", "far"], &["doctor"]] {
        at_once(command(args));
    }
    at_once(command(&["stop", "far"])).ok();
    drop(_hung);
    drop(agent);
    at_once(command(&["daemon", "stop", "--sessions"])).ok();
}

#[test]
#[ignore = "needs root"]
fn settings_that_hang_are_not_waited_for() {
    let home = Home::new();
    let hung = hung(&home, "config");
    at_once(home.appctl_command(["ls"])).ok();
    let start = ["start", "--bg", "-q", "-n", "ends", "--", "sh", "-c", "exit 3"];
    at_once(home.appctl_command(start)).ok();
    assert_eq!(at_once(home.appctl_command(["wait", "ends"])).code(), 3);
    at_once(home.appctl_command(["ls", "--all"])).ok().mentions("ends");
    home.wait_log_contains("do not answer");
    drop(hung);
    at_once(home.appctl_command(["daemon", "stop", "--sessions"])).ok();
}

/// Nothing can be told without it, and that is told.
#[test]
#[ignore = "needs root"]
fn a_state_directory_that_hangs_is_named() {
    let home = Home::new();
    let (state, hung) = hung(&home, "state");
    let outcome = home.appctl(["ls"]);
    outcome.fails(69, &[state.to_str().unwrap(), "does not answer", "hint: "]);
    home.wait_no_daemon();
    drop(hung);
    home.appctl(["ls"]).ok();
}

/// Where a person stands says nothing of what they want to know.
#[test]
#[ignore = "needs root"]
fn a_working_directory_that_is_gone_or_hangs_is_not_waited_for() {
    let home = Home::new();
    let gone = home.path().join("gone");
    let inside = |dir: &PathBuf, args: &[&str]| {
        let mut command = home.command("sh");
        command.args(["-c", "cd \"$0\" && rmdir \"$0\" && exec appctl \"$@\""]).arg(dir).args(args);
        command
    };
    for args in [&["ls"][..], &["daemon", "status"], &["start", "--bg", "--cwd", "/", "--", "cat"]]
    {
        fs::create_dir(&gone).unwrap();
        at_once(inside(&gone, args)).ok();
    }
    fs::create_dir(&gone).unwrap();
    let start = at_once(inside(&gone, &["start", "--bg", "--", "cat"]));
    start.fails(1, &["directory", "hint: ", "--cwd"]);

    let (far, hung) = hung(&home, "far");
    let mut waits =
        home.appctl_command(["start", "--bg", "-n", "far", "--cwd", far.to_str().unwrap()]);
    waits.args(["--", "cat"]);
    let mut waits = home::spawn(waits);
    at_once(home.appctl_command(["ls"])).ok();
    at_once(home.appctl_command(["start", "--bg", "-n", "near", "--", "cat"])).ok();
    assert!(!waits.is_over(), "it hangs, and nobody else does");
    let refused = waits.finish();
    assert_ne!(refused.code(), 0, "{refused:?}");
    assert!(refused.err().contains("error: "), "{refused:?}");
    drop(hung);
    home.appctl(["daemon", "stop", "--sessions"]).ok();
}

/// A bus that takes connections and says nothing.
#[test]
#[ignore = "needs root"]
fn a_bus_that_says_nothing_delays_nobody() {
    let home = Home::new();
    let socket = home.path().join("silent");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let address = format!("unix:path={}", socket.display());
    let home = home.with("DBUS_SESSION_BUS_ADDRESS", address);
    at_once(home.appctl_command(["ls"])).ok();
    let start = ["start", "--bg", "-q", "-n", "quick", "--", "sh", "-c", "exit 4"];
    at_once(home.appctl_command(start)).ok();
    assert_eq!(at_once(home.appctl_command(["wait", "quick"])).code(), 4);
    let all = home.ls_all();
    assert_eq!(all[0]["exit"], json!({ "code": 4 }), "{all:#?}");
    at_once(home.appctl_command(["daemon", "stop", "--sessions"])).ok();
}
