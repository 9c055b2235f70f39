//! Many live sessions: how fast they start, what looking at all of them costs, what the
//! daemon needs for them, and how fast they are gone.

use std::thread;
use std::time::{Duration, Instant};

use app_tests::{Home, process};

use crate::figures::Figures;
use crate::process::{cpu_ticks, memory_kib};

/// Commands that start sessions at the same time.
const STARTERS: u64 = 2;

/// How often all of them are listed.
const LISTS: usize = 20;

pub(crate) fn live(sessions: u64) {
    let home = Home::new();
    home.appctl(["daemon", "start"]).ok();
    let (daemon, empty_kib) = (home.daemon_pid(), memory_kib(home.daemon_pid()).unwrap());
    let began = Instant::now();
    start_all(&home, sessions);
    let took = began.elapsed().as_secs_f64();
    println!(
        "{sessions} sessions started in {took:.1} s, {STARTERS} commands at a time: {:.0} a second",
        sessions as f64 / took
    );
    let listed = Figures::of((0..LISTS).map(|_| list(&home, sessions)).collect());
    println!(
        "`ls --json`, the whole process, {LISTS} times: median {:.1} ms, longest {:.1} ms",
        listed.at_ms(500),
        listed.at_ms(1_000)
    );
    let kib = memory_kib(daemon).unwrap();
    println!("the daemon's memory (PSS): {kib} KiB, {empty_kib} KiB before");
    println!("the daemon was busy for {} ticks of a processor", cpu_ticks(daemon));
    assert_eq!(home.daemon_pid(), daemon, "it is the same daemon all the time");
    let stopped = stop_all(&home, sessions);
    println!("all of them stopped in {:.1} s, none lost", stopped.as_secs_f64());
}

fn start_all(home: &Home, sessions: u64) {
    thread::scope(|scope| {
        for starter in 0..STARTERS {
            scope.spawn(move || {
                for number in (starter..sessions).step_by(usize::try_from(STARTERS).unwrap()) {
                    home.start(&format!("live-{number}"), &["sleep", "100000"]);
                }
            });
        }
    });
}

/// Lists them, and checks that each is there and runs.
fn list(home: &Home, sessions: u64) -> Duration {
    let began = Instant::now();
    let outcome = home.appctl(["ls", "--json"]);
    let took = began.elapsed();
    let views = outcome.ok().json();
    let views = views.as_array().unwrap();
    assert_eq!(views.len() as u64, sessions);
    assert!(views.iter().all(|view| view["phase"] == "running"), "not all of them run");
    took
}

/// Stops all of them with one command, and checks that each ended as it was asked to and
/// that no process is left.
fn stop_all(home: &Home, sessions: u64) -> Duration {
    let ids: Vec<String> =
        home.ls().iter().map(|view| view["id"].as_str().unwrap().to_owned()).collect();
    let began = Instant::now();
    let words = ["stop".to_owned()].into_iter().chain(ids);
    home.appctl(words).ok();
    let took = began.elapsed();
    let views = home.ls_all();
    assert_eq!(views.len() as u64, sessions);
    let odd = views.iter().find(|view| view["state"] != "stopped");
    assert!(odd.is_none(), "not stopped: {odd:#?}");
    home.appctl(["daemon", "stop"]).ok();
    let left = process::that_know(&home.runtime_dir());
    assert!(left.is_empty(), "{} processes are left", left.len());
    took
}
