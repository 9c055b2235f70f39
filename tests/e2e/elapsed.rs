//! How long things took: true whatever happens to the daemon and to the clock on the wall,
//! and with the time that the machine was asleep.
//!
//! The holder measures a run, the daemon what is only reported to it, and both on the clock
//! that counts sleep. Clocks are moved where each process can be reached: the wall clock of the
//! daemon by libfaketime, since the holder is linked statically; the others by namespaces of
//! time, into which a daemon and the holders that it starts come together.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use app_tests::stand_in::{StandIn, sleep_after};
use app_tests::{Home, Session, binaries, wait};
use serde_json::Value;

/// The longest time that a person will ask about, and how it is said.
const LONG_HOURS: u64 = 400;
const LONG_SAID: &str = "16d 16h";

const DAY_MS: i64 = 86_400_000;

/// A daemon is started by this instead of `appctl daemon start`.
#[track_caller]
fn start_daemon_by(home: &Home, program: &str, args: &[&str]) {
    let mut command = home.command(binaries::installed(program));
    command.args(args).arg(home.program("appctl")).args(["daemon", "start"]);
    app_tests::home::run(command, b"").ok();
}

/// A daemon whose clocks are moved by so many hours: the one that counts sleep, and the one
/// that does not. Who is not root may do that as root of a namespace of users.
#[track_caller]
fn start_daemon_asleep_for(home: &Home, boottime_h: u64, monotonic_h: u64) {
    let seconds = |hours: u64| (hours * 3_600).to_string();
    let (boottime, monotonic) = (seconds(boottime_h), seconds(monotonic_h));
    let mut args = vec!["--time", "--fork", "--boottime", &boottime, "--monotonic", &monotonic];
    if !rustix::process::geteuid().is_root() {
        args.extend(["--user", "--map-current-user"]);
    }
    start_daemon_by(home, "unshare", &args);
}

#[track_caller]
fn elapsed_ms(view: &Value) -> u64 {
    view["elapsed_ms"].as_u64().unwrap_or_else(|| panic!("no time in {view:#}"))
}

/// A task inside a session, of which only reports are heard.
#[track_caller]
fn report(home: &Home, session: &Session<'_>, verb: &str, rest: &[&str]) {
    let args = ["task", verb, "--session", &session.id, "--id", "a1"];
    home.appctl(args.into_iter().chain(rest.iter().copied())).ok();
}

#[track_caller]
fn task(home: &Home, session: &Session<'_>) -> Value {
    home.appctl(["task", "ls", &session.id, "--json"]).ok().json()[0].clone()
}

/// The time that the test saw pass, from outside and from inside: what is told lies between.
struct Stopwatch {
    outside: Instant,
    inside: Instant,
}

impl Stopwatch {
    /// Starts something, and the watch with it.
    fn around<T>(start: impl FnOnce() -> T) -> (Self, T) {
        let outside = Instant::now();
        let started = start();
        (Self { outside, inside: Instant::now() }, started)
    }

    /// Ends it; it must have taken so long.
    #[track_caller]
    fn check(&self, end: impl FnOnce() -> u64) {
        let least = self.inside.elapsed();
        let told = Duration::from_millis(end());
        let most = self.outside.elapsed();
        // Milliseconds are whole, and counted from the beginning of one.
        let least = least.saturating_sub(Duration::from_millis(2));
        assert!((least..=most).contains(&told), "{told:?} is not within {least:?}..{most:?}");
    }
}

#[test]
fn a_task_and_a_run_go_on_counting_while_no_daemon_is_there() {
    let home = Home::new();
    let (run_watch, session) = Stopwatch::around(|| home.start("counted", &["sleep", "1000"]));
    let begin = || report(&home, &session, "begin", &["--label", "long"]);
    let (task_watch, ()) = Stopwatch::around(begin);
    let program = session.program();
    home.kill_daemon_hard();
    home.appctl(["daemon", "start"]).ok();
    task_watch.check(|| elapsed_ms(&task(&home, &session)));
    run_watch.check(|| elapsed_ms(&session.show()));
    task_watch.check(|| {
        report(&home, &session, "end", &["--outcome", "ok"]);
        elapsed_ms(&task(&home, &session))
    });
    home.kill_daemon_hard();
    run_watch.check(|| {
        program.kill();
        home.appctl(["daemon", "start"]).ok();
        elapsed_ms(&session.wait_over())
    });
}

/// Where Debian puts the library that moves the wall clock.
fn libfaketime() -> PathBuf {
    let below = fs::read_dir("/usr/lib").unwrap().flatten();
    let mut found = below.map(|entry| entry.path().join("faketime/libfaketime.so.1"));
    found
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("libfaketime is not installed; cargo xtask test installs it"))
}

/// The daemon's wall clock, with how far it is off in a file; other clocks are left alone.
#[track_caller]
fn start_daemon_with_wall_clock(home: &Home, file: &Path) {
    let mut command: Command = home.appctl_command(["daemon", "start"]);
    command.env("LD_PRELOAD", libfaketime()).env("FAKETIME_TIMESTAMP_FILE", file);
    command.env("FAKETIME_NO_CACHE", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    app_tests::home::run(command, b"").ok();
}

/// When the daemon says that something happened, in milliseconds since the epoch.
#[track_caller]
fn at_ms(event: &Value) -> i64 {
    let date = Command::new(binaries::installed("date"))
        .args(["--utc", "+%s%3N", "--date", event["at"].as_str().unwrap()])
        .output()
        .unwrap();
    String::from_utf8(date.stdout).unwrap().trim().parse().unwrap()
}

#[test]
fn steps_of_the_wall_clock_change_no_duration() {
    for (step, days) in [("+3d", 3), ("-3d", -3)] {
        let home = Home::new();
        let wall = home.path().join("wall");
        fs::write(&wall, "+0d").unwrap();
        start_daemon_with_wall_clock(&home, &wall);
        let (run_watch, session) = Stopwatch::around(|| home.start("counted", &["sleep", "1000"]));
        let begin = || report(&home, &session, "begin", &["--label", "long"]);
        let (task_watch, ()) = Stopwatch::around(begin);
        fs::write(&wall, step).unwrap();
        task_watch.check(|| elapsed_ms(&task(&home, &session)));
        run_watch.check(|| elapsed_ms(&session.show()));
        task_watch.check(|| {
            report(&home, &session, "end", &["--outcome", "ok"]);
            elapsed_ms(&task(&home, &session))
        });
        run_watch.check(|| {
            session.program().kill();
            elapsed_ms(&session.wait_over())
        });
        // And the step was one: the daemon dates what it saw before and after it accordingly.
        let began = at_ms(&home.wait_event("task.started", &session.id));
        let ended = at_ms(&home.wait_event("task.ended", &session.id));
        let off = (ended - began - days * DAY_MS).abs();
        assert!(off < DAY_MS / 2, "{step}: {began} {ended}");
    }
}

/// The end of a task counts as use of its session. It was once looked for on the wall, and a
/// clock that was set back kept the session awake for as long.
#[test]
fn what_rests_sleeps_in_time_and_what_failed_comes_back_whatever_the_wall_clock_does() {
    for (start, step) in [("+0d", "-3d"), ("-20000d", "+0d")] {
        let home = Home::new();
        let wall = home.path().join("wall");
        fs::write(&wall, start).unwrap();
        start_daemon_with_wall_clock(&home, &wall);
        let agent = StandIn::new(&home).start("agent", "dig");
        agent.wait_for("digging", |view| view["live_tasks"] == 1);
        agent.appctl("send", &["--enter", "dug"]).ok();
        agent.wait_for("at rest", |view| view["live_tasks"] == 0 && view["turn"] == "idle");
        let script = "test -e up && exec sleep 1000; touch up; read x; exit 1";
        let flaky =
            home.start_with(&["-n", "flaky", "--restart", "on-failure"], &["sh", "-c", script]);
        flaky.appctl("send", &["--enter", "x"]).ok();
        home.wait_event("run.planned", &flaky.id);
        fs::write(&wall, step).unwrap();
        sleep_after(&home, "1s");
        flaky.wait_for("back", |view| view["run"] == 2 && view["phase"] == "running");
        agent.wait_for("asleep", |view| view["phase"] == "asleep");
        assert!(elapsed_ms(&flaky.show()) < 60_000, "{start} {step}");
    }
}

#[test]
fn the_time_asleep_counts() {
    let home = Home::new();
    let session = home.start("asleep", &["sleep", "1000"]);
    report(&home, &session, "begin", &["--label", "long"]);
    home.kill_daemon_hard();
    start_daemon_asleep_for(&home, LONG_HOURS, 0);
    assert_eq!(session.show()["elapsed"], LONG_SAID);
    assert_eq!(task(&home, &session)["elapsed"], LONG_SAID);
    report(&home, &session, "end", &["--outcome", "ok"]);
    assert_eq!(task(&home, &session)["elapsed"], LONG_SAID);
    // The other clock is not looked at.
    home.kill_daemon_hard();
    start_daemon_asleep_for(&home, 0, LONG_HOURS);
    assert!(elapsed_ms(&session.show()) < 60_000, "{:#}", session.show());
}

/// A holder and its daemon have the same clock, and it is the one that counts sleep: were it
/// another one for either, 400 hours would be between them.
#[test]
fn the_holder_counts_as_the_daemon_does() {
    let home = Home::new();
    start_daemon_asleep_for(&home, LONG_HOURS, 0);
    let session = home.start("held", &["sleep", "1000"]);
    let view = session.wait_for("running", |view| view["phase"] == "running");
    assert!(elapsed_ms(&view) < 60_000, "{view:#}");
    session.program().kill();
    let view = session.wait_over();
    assert!(elapsed_ms(&view) < 60_000, "{view:#}");
    // Seen from where the clock is 400 hours behind, it began in the future: that is no time.
    let other = home.start("other", &["sleep", "1000"]);
    home.kill_daemon_hard();
    home.appctl(["daemon", "start"]).ok();
    assert_eq!(elapsed_ms(&other.show()), 0);
}

/// What a holder wrote down while nobody was there is told as it is: the times on the wall
/// before and after say three days less than nothing.
#[test]
fn sixteen_days_are_told_as_the_holder_measured_them() {
    let home = Home::new();
    let session = home.start("long", &["sleep", "1000"]);
    let (program, holder) = (session.program(), session.holder());
    home.kill_daemon_hard();
    program.kill();
    holder.wait_over();
    let path = home.state_dir().join("sessions").join(&session.id).join("run-1/exit");
    let mut record: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    record["elapsed_ms"] = (LONG_HOURS * 3_600_000).into();
    record["ended_at_ms"] = (record["started_at_ms"].as_i64().unwrap() - 3 * DAY_MS).into();
    fs::write(&path, record.to_string()).unwrap();
    home.appctl(["daemon", "start"]).ok();
    let view = session.wait_over();
    assert_eq!((&view["elapsed"], elapsed_ms(&view)), (&LONG_SAID.into(), LONG_HOURS * 3_600_000));
    assert_eq!(home.wait_event("run.ended", &session.id)["elapsed"], LONG_SAID);
    session.appctl("show", &[]).ok().mentions(LONG_SAID);
    let notices = home.appctl(["notices", "--json"]).ok().json();
    let title = notices[0]["title"].as_str().unwrap();
    assert_eq!(title, format!("✘ long failed (signal KILL) · {LONG_SAID}"));
}

#[test]
fn no_time_at_all_is_said_too() {
    let home = Home::new();
    let session = home.start_with(&["-n", "short", "--notify", "always"], &["true"]);
    let view = session.wait_over();
    assert_eq!(view["elapsed"], "0s");
    assert!(elapsed_ms(&view) < 1_000, "{view:#}");
    let title = wait::until("the notice", || {
        let notices = home.appctl(["notices", "--json"]).ok().json();
        notices[0]["title"].as_str().map(str::to_owned).ok_or_else(|| notices.to_string())
    });
    assert_eq!(title, "✔ short finished · 0s");
    let session = home.start("working", &["sleep", "1000"]);
    report(&home, &session, "begin", &["--label", "nothing"]);
    report(&home, &session, "end", &["--outcome", "ok"]);
    assert_eq!(task(&home, &session)["elapsed"], "0s");
}
