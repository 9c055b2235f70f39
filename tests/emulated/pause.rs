//! A pause of a tree that keeps starting processes.

use app_tests::{Machine, wait};
use serde_json::json;

/// Three shells that start a process each hundredth of a second, and count.
const SPAWNERS: &str = "f() { while :; do sleep 0.01; echo >>ticks; done; }; f & f & f & wait";

/// The processes of a run but its holder: number, name, state.
fn processes(machine: &mut Machine, session: &str) -> Vec<String> {
    let list = "for p in $(cat $g/cgroup.procs); do cut -d' ' -f1-3 /proc/$p/stat; done";
    let holder = machine.show(session)["holder_pid"].clone();
    let group = machine.group_path(session);
    // One that ends meanwhile is no failure; it is missing in the next list.
    let said = machine.root(&format!("g={group}; {list}")).out();
    let of_holder = format!("{holder} ");
    said.lines().filter(|line| !line.starts_with(&of_holder)).map(str::to_owned).collect()
}

fn ticks(machine: &mut Machine) -> u64 {
    machine.user("stat -c %s ticks 2>/dev/null || echo 0").ok().out().trim().parse().unwrap()
}

#[track_caller]
fn wait_ticks(machine: &mut Machine, more_than: u64) {
    wait::until("the shells to count", || match ticks(machine) {
        enough if enough > more_than => Ok(()),
        few => Err(format!("{few}, not more than {more_than}")),
    });
}

#[test]
fn a_pause_stops_a_tree_that_keeps_starting_processes() {
    let mut machine = Machine::boot();
    let session = machine.begin(&format!("-n busy --no-tty -- sh -c '{SPAWNERS}'"));
    for round in 1..=3 {
        let before = ticks(&mut machine);
        wait_ticks(&mut machine, before + 20);
        machine.appctl("pause busy").ok();
        // Who stands still starts nobody, so once all do, that is how it stays.
        let first = processes(&mut machine, &session);
        let stands = |line: &String| line.ends_with(" T") || line.ends_with(" Z");
        assert!(first.len() >= 4 && first.iter().all(stands), "round {round}: {first:#?}");
        let counted = ticks(&mut machine);
        assert_eq!(processes(&mut machine, &session), first, "round {round}");
        assert_eq!(ticks(&mut machine), counted, "round {round}");
        assert_eq!(machine.show(&session)["phase"], "paused");
        machine.appctl("continue busy").ok();
    }
    let before = ticks(&mut machine);
    wait_ticks(&mut machine, before);
    machine.appctl("pause busy").ok();
    machine.appctl("stop busy").ok();
    assert_eq!(machine.show(&session)["state"], json!("stopped"));
    let left = machine.root("pgrep -u person -x sleep").out();
    assert_eq!(left, "", "stop means stop");
}
