//! Limits, with a kernel that has all controllers of version 2 and gives them to users.

use app_tests::{Machine, wait};
use serde_json::{Value, json};

/// So much of a processor is used without a limit until both are compared, microseconds.
const USED_USEC: u64 = 4_000_000;

/// Starts a session with limits, all of which must be enforced, and returns its id.
#[track_caller]
fn limited(machine: &mut Machine, words: &str) -> String {
    let said = machine.appctl(&format!("start --bg --json {words}")).ok();
    assert_eq!(said.json()["unenforced"], json!([]), "{said:?}");
    assert_eq!(said.err(), "", "nothing to be told");
    let id = said.json()["id"].as_str().unwrap().to_owned();
    let shown = machine.appctl(&format!("show {id}")).ok().out();
    let is_over = machine.show(&id)["exit"].is_object();
    assert!(is_over || shown.contains(" · enforced\n"), "{shown}");
    id
}

#[track_caller]
fn wait_logs(machine: &mut Machine, session: &str, text: &str) {
    wait::until(&format!("{text:?} in the output of {session}"), || {
        let logs = machine.appctl(&format!("logs {session}")).ok().out();
        if logs.contains(text) { Ok(()) } else { Err(logs) }
    });
}

/// What two sessions have used of the processors, and the time that went by, microseconds.
#[derive(Debug)]
struct Spent {
    usec: u64,
    slow_usec: u64,
    /// How often it was made to wait.
    slow_throttled: u64,
    free_usec: u64,
}

impl Spent {
    fn now(machine: &mut Machine, [slow, free]: &[String; 2]) -> Self {
        let words = "usage_usec|nr_throttled";
        let look = format!("cat /proc/uptime; grep -hE '{words}' {slow}/cpu.stat {free}/cpu.stat");
        let text = machine.root(&look).ok().out();
        // Both files have the lines in this order.
        let mut numbers = text.lines().map(|line| line.rsplit(' ').next().unwrap_or_default());
        let up = text.split(' ').next().unwrap().parse::<f64>().unwrap();
        let mut next = || numbers.next().unwrap().parse::<f64>().unwrap() as u64;
        next(); // The time that was idle.
        let (slow_usec, slow_throttled, free_usec) = (next(), next(), next());
        Self { usec: (up * 1e6) as u64, slow_usec, slow_throttled, free_usec }
    }

    fn since(&self, before: &Self) -> Self {
        Self {
            usec: self.usec - before.usec,
            slow_usec: self.slow_usec - before.slow_usec,
            slow_throttled: self.slow_throttled - before.slow_throttled,
            free_usec: self.free_usec - before.free_usec,
        }
    }
}

/// A session beside the one with limits, and the daemon.
struct Neighbours {
    session: String,
    before: (Value, Value),
}

impl Neighbours {
    fn of(machine: &mut Machine) -> Self {
        machine.appctl("service install").ok();
        let echo = "-n neighbour -- sh -c 'while read line; do date; echo heard $line; done'";
        let session = machine.begin(echo);
        let before = Self::now(machine, &session);
        Self { session, before }
    }

    fn now(machine: &mut Machine, session: &str) -> (Value, Value) {
        let daemon = machine.appctl("daemon status --json").ok().json();
        (machine.show(session)["pid"].clone(), daemon["pid"].clone())
    }

    /// Same processes as before, which answer and start others.
    #[track_caller]
    fn are_well(&self, machine: &mut Machine, word: &str) {
        machine.appctl(&format!("send --enter {} {word}", self.session)).ok();
        wait_logs(machine, &self.session, &format!("heard {word}"));
        assert_eq!(Self::now(machine, &self.session), self.before);
        let another = machine.begin("-- true");
        assert_eq!(machine.appctl(&format!("wait {another}")).code(), 0);
    }
}

#[test]
fn a_run_that_wants_more_memory_than_it_may_have_is_lost_to_that_and_nobody_else_is() {
    let mut machine = Machine::boot();
    let neighbours = Neighbours::of(&mut machine);
    // It keeps its last line, and this one has no end.
    let hog = limited(&mut machine, "-n hog --memory 60M --no-tty -- tail /dev/zero");
    machine.appctl(&format!("wait {hog}"));
    let view = machine.show(&hog);
    let kernel = machine.root("dmesg").ok().out();
    let daemon = machine.root("journalctl --no-pager _UID=1000").out();
    assert_eq!(view["exit"], json!({ "lost": "oom" }), "{view:#}\n{kernel}\n{daemon}");
    let scope = format!("appctl-{hog}.scope");
    let told = kernel.lines().find(|line| line.contains("CONSTRAINT_MEMCG")).unwrap_or_default();
    assert!(told.contains(&scope) && told.contains("task=tail"), "{kernel}");
    let text = machine.appctl(&format!("show {hog}")).ok().out();
    assert!(text.contains("out of memory"), "{text}");
    neighbours.are_well(&mut machine, "first");

    // What is left of a run goes on, and may still be asked for and stopped.
    let script = "tail /dev/zero; echo it was killed; exec sleep 1000";
    let rest = limited(&mut machine, &format!("-n rest --memory 60M -- sh -c '{script}'"));
    wait_logs(&mut machine, &rest, "it was killed");
    let view = machine.show(&rest);
    assert_eq!((&view["phase"], &view["exit"]), (&json!("running"), &json!(null)), "{view:#}");
    assert_eq!(machine.group(&rest, "memory.max").trim(), (60 << 20).to_string());
    machine.appctl(&format!("stop {rest}")).ok();
    assert_eq!(machine.show(&rest)["state"], "stopped");
    neighbours.are_well(&mut machine, "second");
}

#[test]
fn a_run_gets_as_many_tasks_and_as_much_of_a_processor_as_it_may_have() {
    let mut machine = Machine::boot();
    let neighbours = Neighbours::of(&mut machine);
    let script = "(while :; do sleep 1000 & done); exec sleep 1000";
    let crowd = limited(&mut machine, &format!("-n crowd --tasks 24 -- sh -c '{script}'"));
    wait_logs(&mut machine, &crowd, "Cannot fork");
    let counts = machine.group(&crowd, "pids.events");
    let refused: u64 = counts.trim().rsplit(' ').next().unwrap().parse().unwrap();
    assert!(refused > 0, "{counts}");
    assert_eq!(machine.group(&crowd, "pids.max").trim(), "24");
    assert_eq!(machine.show(&crowd)["phase"], "running");
    neighbours.are_well(&mut machine, "first");
    machine.appctl(&format!("stop {crowd}")).ok();

    let spin = "sh -c 'while :; do :; done'";
    let slow = limited(&mut machine, &format!("-n slow --cpu 20% -- {spin}"));
    let free = machine.begin(&format!("-n free -- {spin}"));
    let groups = [machine.group_path(&slow), machine.group_path(&free)];
    let before = Spent::now(&mut machine, &groups);
    let spent = wait::until("enough of a processor to be used", || {
        let spent = Spent::now(&mut machine, &groups).since(&before);
        if spent.free_usec >= USED_USEC { Ok(spent) } else { Err(format!("{spent:?}")) }
    });
    println!("20 % of a processor, and all of one: {spent:?}");
    // In an emulator a processor may itself be kept waiting, so the other gets less than all of
    // one; what the limit is a share of is time.
    assert!(spent.slow_usec <= spent.usec / 4, "a fifth, and a little for the two looks");
    assert!(spent.slow_throttled > 0 && spent.free_usec > spent.slow_usec, "{spent:?}");
    neighbours.are_well(&mut machine, "second");
}
