//! SIGKILL at every step: a process dies at a named point of an operation, everything goes
//! on as after any crash, and what is told is held against what is there.
//!
//! The points are in the programs (`app_sys::fault`); what is there is checked by
//! `app_tests::audit`. Each test is one operation and the points on its way.

use std::fs;
use std::path::PathBuf;

use app_tests::stand_in::StandIn;
use app_tests::{Home, Outcome, Session, audit, registry, wait};
use serde_json::{Value, json};

/// Ends as it is told on its terminal. The loss of the terminal does not end it.
const ASKED: &str = "trap '' HUP; echo ready; read code && exit $code; exec sleep 1000";

/// A home in which one process is to die.
struct Doomed {
    home: Home,
    point: &'static str,
}

impl Doomed {
    /// A home with whatever `prepare` makes; no daemon runs any more.
    fn new(point: &'static str, prepare: impl FnOnce(&Home)) -> Self {
        let home = Home::new();
        home.write_notices_down();
        prepare(&home);
        home.appctl(["daemon", "stop"]).ok();
        Self { home, point }
    }

    fn mark(&self) -> PathBuf {
        self.home.path().join("died")
    }

    /// Starts the daemon that will die, or whose holder will. It may die of this already.
    fn start_daemon(&self) {
        let mut start = self.home.appctl_command(["daemon", "start"]);
        start.env("APPCTL_FAULT", self.point).env("APPCTL_FAULT_MARK", self.mark());
        app_tests::home::run(start, b"");
    }

    /// Waits for the death, then lets the next command find what is left, and checks all
    /// that must hold. Returns what is there.
    #[track_caller]
    fn recover(&self) -> Vec<Value> {
        self.wait_death();
        self.home.appctl(["ls"]).ok();
        audit::check(&self.home);
        self.home.ls_all()
    }

    #[track_caller]
    fn wait_death(&self) {
        wait::until(&format!("a process to die at {}", self.point), || {
            if self.mark().exists() { Ok(()) } else { Err(self.home.daemon_log()) }
        });
    }

    /// Waits until the command of the notices was given this.
    #[track_caller]
    fn wait_told(&self, words: &str) {
        wait::until(&format!("{words:?} to be told"), || {
            let told = self.told();
            if told.contains(words) { Ok(()) } else { Err(told) }
        });
    }

    /// What the command of the notices was given, one line each.
    fn told(&self) -> String {
        fs::read_to_string(self.home.told()).unwrap_or_default()
    }
}

/// Does `act` with the daemon that is to die at each of `points`, and gives what is there
/// afterwards to `check`.
#[expect(clippy::print_stderr, reason = "a failure must say at which point")]
fn at_each(
    points: &[&'static str],
    prepare: fn(&Home),
    act: fn(&Home),
    check: fn(&'static str, &Doomed, Vec<Value>),
) {
    for &point in points {
        eprintln!("--- {point}");
        let doomed = Doomed::new(point, prepare);
        doomed.start_daemon();
        act(&doomed.home);
        let views = doomed.recover();
        check(point, &doomed, views);
    }
}

fn begin(home: &Home) -> Outcome {
    home.appctl(["start", "--bg", "-q", "-n", "it", "--", "sh", "-c", ASKED])
}

fn it(home: &Home) -> Session<'_> {
    let views = home.ls_all();
    home.session(views[0]["id"].as_str().unwrap())
}

fn a_live_one(home: &Home) {
    begin(home).ok();
    it(home).wait_screen_contains("ready");
}

fn an_ended_one(home: &Home) {
    begin(home).ok();
    end(home);
    it(home).wait_over();
}

/// Lets the program end with 7. Its holder is told, so no daemon is needed.
fn end(home: &Home) {
    it(home).appctl("send", &["--enter", "7"]).ok();
}

/// Nothing, or one session that runs: never a row without a program.
fn runs_or_never_was(_: &'static str, doomed: &Doomed, views: Vec<Value>) {
    match &views[..] {
        [] => {}
        [view] => assert_eq!(view["phase"], "running", "{view:#}"),
        more => panic!("{more:#?}"),
    }
    // Whatever came of it, the next start is not disturbed.
    let next = doomed.home.start("next", &["sleep", "1000"]);
    assert_eq!(next.show()["phase"], "running");
}

#[test]
fn the_daemon_dies_while_a_session_starts() {
    let points = [
        "start.registered",
        "start.meta-written",
        "start.directory-made",
        "run.registered",
        "run.not-spawned",
        "run.spawned",
        "run.reported",
        "run.start-committed",
        "start.not-answered",
    ];
    at_each(&points, |_| {}, |home| drop(begin(home)), runs_or_never_was);
}

#[test]
fn the_daemon_dies_while_a_start_fails() {
    let points = ["withdrawal.due", "withdrawal.committed", "start.withdrawn"];
    let act = |home: &Home| {
        let outcome = home.appctl(["start", "--bg", "--", "no-such-program"]);
        assert_ne!(outcome.code(), 0, "{outcome:?}");
    };
    at_each(&points, |_| {}, act, |_, _, views| assert_eq!(views, Vec::<Value>::new()));
}

#[test]
fn a_holder_dies_while_a_session_starts() {
    let points = ["holder.not-bound", "holder.bound", "holder.no-child", "holder.has-child"];
    let check = |point: &'static str, doomed: &Doomed, views: Vec<Value>| {
        assert_eq!(views, Vec::<Value>::new(), "{point}: nothing was started");
        doomed.home.start("next", &["sleep", "1000"]);
    };
    let act = |home: &Home| {
        let outcome = begin(home);
        assert_ne!(outcome.code(), 0, "nothing runs, so nothing was started: {outcome:?}");
    };
    at_each(&points, |_| {}, act, check);
}

#[test]
fn a_holder_dies_before_it_says_that_there_is_no_such_program() {
    let act = |home: &Home| {
        let outcome = home.appctl(["start", "--bg", "--", "no-such-program"]);
        assert_ne!(outcome.code(), 0, "{outcome:?}");
    };
    let none = |_: &'static str, _: &Doomed, views| assert_eq!(views, Vec::<Value>::new());
    at_each(&["holder.refusal-not-told"], |_| {}, act, none);
}

#[test]
fn the_daemon_dies_while_a_terminal_attaches_and_lets_go() {
    let points = ["attach.seen", "attach.recorded", "attach.seen:2", "attach.recorded:2"];
    let act = |home: &Home| {
        let mut terminal = it(home).attach();
        terminal.wait_until_contains("ready");
        terminal.keys(app_tests::terminal::DETACH_KEY);
        assert_eq!(terminal.wait_exit(), 0);
    };
    at_each(&points, a_live_one, act, |point, _, views| {
        assert_eq!(views[0]["phase"], "running", "{point}");
        assert_eq!(views[0]["attached"], 0, "{point}: nobody is attached any more");
    });
}

#[test]
fn the_daemon_dies_while_a_session_is_resumed() {
    let points =
        ["run.registered", "run.not-spawned", "run.spawned", "run.reported", "run.start-committed"];
    let act = |home: &Home| drop(home.appctl(["resume", "--bg", "it"]));
    at_each(&points, an_ended_one, act, |point, doomed, views| {
        let view = &views[0];
        match view["run"].as_u64().unwrap() {
            1 => assert_eq!(view["exit"], json!({"code": 7}), "{point}: as it was before"),
            _ => assert_eq!(view["phase"], "running", "{point}"),
        }
        // Asking again is never a mistake: it runs once, and no run is counted twice.
        doomed.home.appctl(["resume", "--bg", "it"]).ok();
        assert_eq!(it(&doomed.home).show()["run"], 2, "{point}");
        audit::check(&doomed.home);
    });
}

#[test]
fn a_holder_dies_while_a_session_is_resumed() {
    let points = ["holder.not-bound", "holder.bound", "holder.no-child", "holder.has-child"];
    let act = |home: &Home| drop(home.appctl(["resume", "--bg", "it"]));
    at_each(&points, an_ended_one, act, |point, doomed, views| {
        assert_eq!(views[0]["run"], 1, "{point}: there was no second run: {views:#?}");
        assert_eq!(views[0]["exit"], json!({"code": 7}), "{point}");
        doomed.home.appctl(["resume", "--bg", "it"]).ok();
        assert_eq!(it(&doomed.home).show()["run"], 2, "{point}");
    });
}

#[test]
fn the_daemon_dies_while_a_session_is_stopped_or_killed() {
    let stopped = |point: &'static str, _: &Doomed, views: Vec<Value>| {
        assert_eq!(views[0]["state"], "stopped", "{point}: {views:#?}");
    };
    let stop = |home: &Home| drop(it(home).appctl("stop", &[]));
    at_each(
        &["stop.recorded", "run.told", "end.learned", "end.written", "end.committed"],
        a_live_one,
        stop,
        stopped,
    );
    let kill = |home: &Home| drop(it(home).appctl("kill", &[]));
    at_each(&["kill.recorded", "run.told"], a_live_one, kill, stopped);
}

/// An agent that has answered, and sleeps as soon as a daemon runs.
fn an_idle_agent(home: &Home) {
    let agent = StandIn::new(home).start("it", "first words");
    agent.wait_for("idle", |view| view["turn"] == "idle");
    let settings = home.config_dir().join("config.toml");
    let text = fs::read_to_string(&settings).unwrap() + "[idle]\nafter = \"1s\"\n";
    fs::write(settings, text).unwrap();
}

fn a_sleeping_agent(home: &Home) {
    an_idle_agent(home);
    it(home).wait_for("asleep", |view| view["phase"] == "asleep");
}

/// It wakes where it was, nothing was said twice, and nobody was told of anything.
#[track_caller]
fn wakes_where_it_was(point: &'static str, doomed: &Doomed, words: &str) {
    let agent = StandIn::new(&doomed.home);
    it(&doomed.home).appctl("send", &["--enter", words]).ok();
    it(&doomed.home).wait_logs_contain(&format!("heard: {words}"));
    assert_eq!(agent.heard(), ["first words", words], "{point}");
    let again = &agent.starts()[1..];
    assert!(again.iter().all(|start| start.contains("--resume")), "{point}: {again:?}");
    let told = doomed.told();
    let answers = told.lines().filter(|line| line.contains(r#""kind":"turn-ended""#)).count();
    assert_eq!(
        told.lines().count(),
        answers,
        "{point}: that it sleeps or wakes is no news: {told}"
    );
    assert!(answers <= 2, "{point}: {told}");
}

#[test]
fn the_daemon_dies_while_a_session_is_put_to_sleep() {
    let points = [
        "next.spec-written",
        "sleep.prepared",
        "sleep.recorded",
        "stop.recorded",
        "run.told",
        "end.learned",
        "end.written",
        "end.committed",
    ];
    at_each(
        &points,
        an_idle_agent,
        |_| {},
        |point, doomed, _| {
            let view = it(&doomed.home).wait_for("asleep", |view| view["phase"] == "asleep");
            assert_eq!(view["run"], 1, "{point}: {view:#}");
            audit::check(&doomed.home);
            wakes_where_it_was(point, doomed, "more words");
        },
    );
}

#[test]
fn the_daemon_dies_while_a_session_wakes() {
    let points =
        ["run.registered", "run.not-spawned", "run.spawned", "run.reported", "run.start-committed"];
    let act = |home: &Home| {
        // It may sleep again before anybody looks; that is no matter here.
        drop(home.appctl(["resume", "--bg", "it"]));
    };
    at_each(&points, a_sleeping_agent, act, |point, doomed, _| {
        wakes_where_it_was(point, doomed, "more words");
    });
}

#[test]
fn a_holder_dies_while_a_session_wakes() {
    let points = ["holder.not-bound", "holder.bound", "holder.no-child", "holder.has-child"];
    let act = |home: &Home| drop(home.appctl(["resume", "--bg", "it"]));
    at_each(&points, a_sleeping_agent, act, |point, doomed, views| {
        assert_eq!(views[0]["phase"], "asleep", "{point}: it sleeps on: {views:#?}");
        wakes_where_it_was(point, doomed, "more words");
    });
}

#[test]
fn the_daemon_dies_while_it_learns_of_an_end() {
    let points = ["end.learned", "end.written", "end.committed"];
    at_each(&points, a_live_one, end, |point, doomed, views| {
        assert_eq!(views[0]["exit"], json!({"code": 7}), "{point}");
        doomed.wait_told("it failed (exit 7)");
    });
}

#[test]
fn the_daemon_dies_while_it_tells_of_an_end() {
    let points = ["notice.claimed", "notice.sent", "notice.settled"];
    at_each(&points, a_live_one, end, |point, doomed, _| {
        // The end of another is told after this one, if this one is told again.
        doomed.home.start_sh("other", "exit 3");
        doomed.wait_told("other failed (exit 3)");
        let told = doomed.told().matches("it failed (exit 7)").count();
        assert_eq!(told, usize::from(point != "notice.claimed"), "{point}: {}", doomed.told());
        let notices = doomed.home.appctl(["notices", "--json"]).ok().json();
        let about_it = notices.as_array().unwrap().iter().find(|one| one["name"] == "it");
        let settled = about_it.unwrap()["channel"].is_string();
        assert_eq!(settled, point == "notice.settled", "{point}: {notices:#}");
    });
}

/// The record is the last thing a holder makes sure of: an end is known from then on.
#[test]
fn a_holder_dies_while_its_run_ends() {
    let lost = ["holder.ended", "holder.no-record", "durable.written", "durable.synced"];
    let act = |home: &Home| {
        a_live_one(home);
        end(home);
    };
    at_each(
        &lost,
        |_| {},
        act,
        |point, _, views| {
            assert_eq!(views[0]["exit"], json!({"lost": "holder"}), "{point}: nobody knows");
        },
    );
    let kept = ["durable.renamed", "holder.record-saved", "holder.socket-gone", "holder.told"];
    at_each(
        &kept,
        |_| {},
        act,
        |point, _, views| {
            assert_eq!(views[0]["exit"], json!({"code": 7}), "{point}");
        },
    );
}

#[test]
fn the_daemon_dies_while_a_session_is_renamed() {
    let act = |home: &Home| drop(it(home).appctl("rename", &["renamed"]));
    at_each(&["rename.written", "rename.committed"], a_live_one, act, |point, _, views| {
        assert_eq!(views[0]["name"], "renamed", "{point}");
    });
}

#[test]
fn the_daemon_dies_while_sessions_are_removed() {
    let act = |home: &Home| drop(it(home).appctl("rm", &[]));
    let points = ["remove.committed", "remove.deleted"];
    at_each(&points, an_ended_one, act, |point, _, views| {
        assert_eq!(views, Vec::<Value>::new(), "{point}");
    });
}

#[test]
fn the_daemon_dies_while_it_takes_over() {
    let live = |point: &'static str, _: &Doomed, views: Vec<Value>| {
        assert_eq!(views[0]["phase"], "running", "{point}");
        assert_eq!(views[0]["run"], 1, "{point}");
    };
    at_each(&["adopt.begun", "adopt.done"], a_live_one, |_| {}, live);
}

/// Two sessions and a registry that is none: one is taken in, and then the daemon dies.
#[test]
fn the_daemon_dies_while_it_makes_the_registry_anew() {
    let prepare = |home: &Home| {
        a_live_one(home);
        home.start_sh("other", "exit 3").wait_over();
        home.appctl(["daemon", "stop"]).ok();
        for suffix in ["-wal", "-shm"] {
            fs::remove_file(home.state_dir().join(format!("registry.db{suffix}"))).ok();
        }
        fs::write(home.state_dir().join("registry.db"), "no database ".repeat(500)).unwrap();
    };
    for point in ["rebuild.kept-aside", "rebuild.found", "rebuild.found:2"] {
        let doomed = Doomed::new(point, prepare);
        doomed.start_daemon();
        doomed.wait_death();
        let views = doomed.home.ls_all();
        let mut names: Vec<_> = views.into_iter().map(|view| view["name"].clone()).collect();
        names.sort_by_key(Value::to_string);
        assert_eq!(names, ["it", "other"], "{point}");
    }
}

/// Another ended session beside, and both ended long ago.
fn two_old_ones(home: &Home) {
    an_ended_one(home);
    home.start_sh("kept", "echo words; exit 3").wait_over();
    home.appctl(["pin", "kept"]).ok();
    home.start_sh("other", "exit 0").wait_over();
    registry::grow_old(home);
}

/// What was forgotten goes, what was not is still whole, and the next look takes it.
#[test]
fn the_daemon_dies_while_it_removes_what_is_old() {
    let points = ["prune.chosen", "prune.forgotten", "remove.deleted", "prune.chosen:2"];
    let act = |home: &Home| drop(home.appctl(["prune"]));
    at_each(&points, two_old_ones, act, |point, doomed, views| {
        let left: Vec<_> = views.iter().filter_map(|view| view["name"].as_str()).collect();
        assert!(left.contains(&"kept"), "{point}: {left:?}");
        // The next daemon may have looked again by itself.
        let most = if point == "prune.chosen" { 3 } else { 2 };
        assert!(left.len() <= most, "{point}: what was forgotten came back: {left:?}");
        doomed.home.appctl(["prune"]).ok();
        audit::check(&doomed.home);
        let views = doomed.home.ls_all();
        assert_eq!(views.len(), 1, "{point}: {views:#?}");
        doomed.home.appctl(["logs", "kept"]).ok().mentions("words");
    });
}

/// A session that wrote more than may stay; what and when are two files.
fn a_large_one(home: &Home) {
    use std::io::Write as _;

    let config = home.config_dir().join("config.toml");
    let mut config = fs::File::options().append(true).open(config).unwrap();
    config.write_all(b"[retention]\nmax_bytes = \"1 MiB\"\n").unwrap();
    let script = "head -c 2000000 /dev/urandom | base64; echo the end; exit 7";
    home.start_sh("it", script).wait_over();
}

/// How it ended stays known, and it can be run again.
#[test]
fn the_daemon_dies_while_it_makes_room() {
    let points = ["prune.chosen", "prune.deleted", "prune.deleted:2", "prune.emptied"];
    let act = |home: &Home| drop(home.appctl(["prune"]));
    at_each(&points, a_large_one, act, |point, doomed, views| {
        assert_eq!(views[0]["exit"], json!({"code": 7}), "{point}");
        // What is left of its output can be read, and the next look makes room.
        it(&doomed.home).appctl("logs", &["-n", "1"]).ok();
        doomed.home.appctl(["prune"]).ok();
        assert_eq!(it(&doomed.home).logs(), "", "{point}");
        it(&doomed.home).appctl("resume", &["--bg"]).ok();
        let again = it(&doomed.home).wait_over();
        assert_eq!((&again["run"], &again["exit"]), (&json!(2), &json!({"code": 7})), "{point}");
        it(&doomed.home).appctl("logs", &["-n", "1"]).ok().mentions("the end");
        audit::check(&doomed.home);
    });
}

/// The registry of the first release, in every state between its form and today's.
#[test]
fn the_daemon_dies_while_the_registry_takes_its_newest_form() {
    let points = [
        "migration.begun",
        "migration.applied",
        "migration.applied:2",
        "migration.applied:3",
        "migration.not-committed",
        "migration.committed",
    ];
    for point in points {
        // Nobody may start a daemon before the one that is to die.
        let doomed = Doomed::new(point, |_| {});
        registry::use_state(&doomed.home, &registry::first_release());
        doomed.start_daemon();
        let views = doomed.recover();
        let names: Vec<_> = views.iter().map(|view| view["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["renamed plain", "stopped", "failed"], "{point}");
        assert_eq!(views[2]["exit"], json!({"code": 3}), "{point}");
        let events = doomed.home.events();
        assert!(events.iter().any(|event| event["type"] == "session.renamed"), "{point}");
        let mut files = fs::read_dir(doomed.home.state_dir()).unwrap().flatten();
        let is_aside = |name: &std::ffi::OsStr| name.to_string_lossy().contains("damaged");
        assert!(!files.any(|file| is_aside(&file.file_name())), "{point}: it was not damaged");
    }
}
