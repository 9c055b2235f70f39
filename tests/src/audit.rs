//! The promises, held against what is there: the registry, the directories, the processes,
//! the events and the notices of a home must all tell the same.
//!
//! For after a crash, when everything has come to rest: what is under way is waited for.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use crate::home::Home;
use crate::{process, wait};

/// Variable that tells every process of a session which one it belongs to.
const SESSION: &str = "APPCTL_SESSION";

/// Phases that something will follow by itself.
const ON_THE_WAY: [&str; 2] = ["starting", "stopping"];

/// Phases of a run that is alive.
const ALIVE: [&str; 2] = ["running", "paused"];

/// Checks everything that must hold of a home at rest. Starts a daemon if none runs.
///
/// # Panics
/// With what does not hold, and the registry's view of it.
#[track_caller]
pub fn check(home: &Home) {
    let views = at_rest(home);
    for view in &views {
        view_is_true(home, view);
    }
    names_are_those_on_disk(home, &views);
    let known: BTreeSet<String> = views.iter().map(id_of).collect();
    wait::until("the directories to be those of the sessions", || {
        let found = directories(home);
        if found == known { Ok(()) } else { Err(format!("{found:?}, and sessions {known:?}")) }
    });
    processes_are_known(home, &views);
    sockets_are_of_what_is_alive(home, &views);
    events_tell_the_same(home, &views);
    ends_are_told_once(home, &views);
}

/// Every session, once nothing is on its way any more.
#[track_caller]
fn at_rest(home: &Home) -> Vec<Value> {
    wait::until("everything to be at rest", || {
        let views = home.ls_all();
        let moving =
            views.iter().any(|view| ON_THE_WAY.iter().any(|phase| view["phase"] == *phase));
        if moving { Err(format!("{views:#?}")) } else { Ok(views) }
    })
}

fn id_of(view: &Value) -> String {
    view["id"].as_str().unwrap().to_owned()
}

fn is_alive(view: &Value) -> bool {
    ALIVE.iter().any(|phase| view["phase"] == *phase)
}

/// One session: what is told of it is so, and every way to ask gives the same.
#[track_caller]
fn view_is_true(home: &Home, view: &Value) {
    let id = id_of(view);
    let shown = home.session(&id).show();
    for field in ["name", "phase", "run", "pid", "exit", "ended_at"] {
        assert_eq!(shown[field], view[field], "{field}: {shown:#}");
    }
    if is_alive(view) {
        for field in ["pid", "holder_pid"] {
            let pid = u32::try_from(shown[field].as_u64().unwrap()).unwrap();
            assert!(process::runs(pid), "{field} does not run: {shown:#}");
        }
        assert_eq!(shown["exit"], Value::Null, "{shown:#}");
        let waited = home.appctl(["wait", "--timeout", "0s", &id]);
        assert_eq!(waited.code(), 124, "it has not ended: {waited:?}");
        return;
    }
    assert!(shown["exit"].is_object(), "it ended, and nobody says how: {shown:#}");
    assert_eq!(shown["pid"], Value::Null, "{shown:#}");
    // Sleep is no end.
    let (limit, is_asleep) = if shown["phase"] == "asleep" { ("0s", true) } else { ("20s", false) };
    let waited = home.appctl(["wait", "--timeout", limit, &id]);
    assert_eq!(waited.code() == 124, is_asleep, "{waited:?} {shown:#}");
    if let Some(record) = record_of(home, &id, &shown["run"]) {
        assert_eq!(record["exit"], shown["exit"], "the holder wrote another end: {shown:#}");
        assert_eq!(record["elapsed_ms"], shown["elapsed_ms"], "{shown:#}");
    } else {
        assert!(shown["exit"]["lost"].is_string(), "an end without a record: {shown:#}");
    }
}

/// How the holder says that a run ended, if it says anything.
fn record_of(home: &Home, id: &str, run: &Value) -> Option<Value> {
    let path = home.state_dir().join("sessions").join(id).join(format!("run-{run}/exit"));
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

#[track_caller]
fn names_are_those_on_disk(home: &Home, views: &[Value]) {
    wait::until("the names on disk to be those in the registry", || {
        for view in views {
            let path = home.state_dir().join("sessions").join(id_of(view)).join("meta");
            let meta: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
            if meta["name"] != view["name"] {
                return Err(format!("{meta} of {view:#}"));
            }
        }
        Ok(())
    });
}

fn directories(home: &Home) -> BTreeSet<String> {
    let entries = fs::read_dir(home.state_dir().join("sessions")).unwrap().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// What was listened on is gone with the run.
#[track_caller]
fn sockets_are_of_what_is_alive(home: &Home, views: &[Value]) {
    let alive: BTreeSet<String> = views.iter().filter(|view| is_alive(view)).map(id_of).collect();
    for dir in ["run", "in"] {
        wait::until("the sockets to be those of what is alive", || {
            let entries = fs::read_dir(home.runtime_dir().join(dir)).unwrap().flatten();
            let found: BTreeSet<_> =
                entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
            if found == alive { Ok(()) } else { Err(format!("{found:?}, and alive {alive:?}")) }
        });
    }
}

/// Nothing runs that nobody knows of, and no session has two holders.
#[track_caller]
fn processes_are_known(home: &Home, views: &[Value]) {
    let alive: BTreeSet<String> = views.iter().filter(|view| is_alive(view)).map(id_of).collect();
    wait::until("no process but of what is alive", || {
        let mut holders = BTreeMap::new();
        for pid in process::that_know(&home.runtime_dir()) {
            let line = process::command_line(pid);
            let words: Vec<_> = line.split(' ').collect();
            let owner = match words.iter().position(|word| *word == "--session") {
                Some(at) if words[0].ends_with("appd-holder") => {
                    *holders.entry(words[at + 1].to_owned()).or_insert(0) += 1;
                    Some(words[at + 1].to_owned())
                }
                _ => process::variable(pid, SESSION),
            };
            let is_daemon = owner.is_none() && words[0].ends_with("appd");
            if !is_daemon && owner.is_none_or(|owner| !alive.contains(&owner)) {
                return Err(format!("nobody knows of {}", process::describe(pid)));
            }
        }
        match holders.iter().find(|(_, count)| **count > 1) {
            Some((id, count)) => Err(format!("{count} holders of {id}")),
            None => Ok(()),
        }
    });
    assert!(home.daemons().len() <= 1, "{:?}", home.daemons());
}

/// Each run began once, and ended once if it did.
#[track_caller]
fn events_tell_the_same(home: &Home, views: &[Value]) {
    let events = home.events();
    let numbers: Vec<_> = events.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{numbers:?}");
    for view in views {
        let id = id_of(view);
        let count = |kind: &str| {
            let is_it = |event: &&Value| event["type"] == kind && event["session"] == id.as_str();
            events.iter().filter(is_it).count() as u64
        };
        let (runs, began, ended) =
            (view["run"].as_u64().unwrap(), count("run.started"), count("run.ended"));
        assert_eq!(count("session.created"), 1, "{view:#}\n{events:#?}");
        assert_eq!(began, runs, "each run began once: {view:#}\n{events:#?}");
        let over = runs - u64::from(is_alive(view));
        assert_eq!(ended, over, "each run ended once: {view:#}\n{events:#?}");
    }
}

/// No end has two notices. (Which ends have one is for policy to say.)
#[track_caller]
fn ends_are_told_once(home: &Home, views: &[Value]) {
    let notices = home.appctl(["notices", "--json"]).ok().json();
    for view in views {
        let of_it = notices.as_array().unwrap().iter().filter(|one| one["session"] == view["id"]);
        let ends = of_it.filter(|one| one["kind"] == "finished" || one["kind"] == "failed").count();
        let runs = view["run"].as_u64().unwrap();
        assert!(ends as u64 <= runs, "{ends} notices of {runs} runs: {notices:#}");
    }
}
