//! What runs in the sessions, and the ends that each of it may come to.
//!
//! # Invariants
//!
//! 1. An exit code that is told is one that the program has: whatever was killed around it,
//!    nobody makes one up.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::Value;

/// A program for a session.
pub(crate) struct Program {
    pub(crate) script: &'static str,
    /// With which it ends when nobody ends it.
    code: Option<i64>,
}

/// All there are. One of them writes, one reads, one does not want to end.
pub(crate) const PROGRAMS: [Program; 6] = [
    Program { script: "exec sleep 1000", code: None },
    // One process: what a program leaves behind that ignores the end of its terminal goes on.
    Program { script: "trap '' HUP TERM; echo ready; exec sleep 1000", code: None },
    // It reads to its end, should its terminal go before it does.
    Program { script: "echo ready; while read x; do echo heard $x; done; exit 9", code: Some(9) },
    Program { script: "head -c 300000 /dev/zero | tr '\\0' x; exit 3", code: Some(3) },
    Program { script: "exit 0", code: Some(0) },
    Program { script: "sleep 1000 & sleep 1000 & wait; exit 8", code: Some(8) },
];

/// Signals that end a program here: we send KILL, and `stop` the others.
const SIGNALS: [&str; 3] = ["KILL", "TERM", "HUP"];

/// Which program runs in which session, as far as whoever started it lived to say.
#[derive(Default)]
pub(crate) struct Ends(Mutex<BTreeMap<String, usize>>);

impl Ends {
    /// The session was started with one of [`PROGRAMS`].
    pub(crate) fn started(&self, id: &str, program: usize) {
        self.0.lock().unwrap().insert(id.to_owned(), program);
    }

    /// Every run of every session, those included that were removed, began once and ended at
    /// most once, in a way that its program can end.
    pub(crate) fn check(&self, events: &[Value]) {
        let programs = self.0.lock().unwrap();
        let mut runs: BTreeMap<(&str, u64), (u64, u64)> = BTreeMap::new();
        let mut checked = 0;
        for event in events {
            let Some(id) = event["session"].as_str() else { continue };
            let mut count = |began, ended| {
                let run = runs.entry((id, event["run"].as_u64().unwrap())).or_default();
                *run = (run.0 + began, run.1 + ended);
            };
            match event["type"].as_str() {
                Some("run.started") => count(1, 0),
                Some("run.ended") => {
                    count(0, 1);
                    if let Some(&program) = programs.get(id) {
                        is_possible(&PROGRAMS[program], event);
                        checked += 1;
                    }
                }
                Some("session.removed") => {
                    let alive =
                        runs.range((id, 0)..=(id, u64::MAX)).find(|(_, (_, ended))| *ended == 0);
                    assert!(alive.is_none(), "removed while it ran: {alive:?} {event:#}");
                }
                _ => {}
            }
        }
        let odd: Vec<_> =
            runs.iter().filter(|(_, (began, ended))| *began != 1 || *ended > 1).collect();
        assert!(odd.is_empty(), "runs that did not begin once or ended twice: {odd:?}");
        println!(
            "{} runs began once, none ended twice, {checked} ends are possible ones",
            runs.len()
        );
    }
}

fn is_possible(program: &Program, event: &Value) {
    let exit = &event["exit"];
    let possible = match (exit["code"].as_i64(), exit["signal"].as_str()) {
        (Some(code), _) => program.code == Some(code),
        (None, Some(signal)) => SIGNALS.contains(&signal),
        (None, None) => exit["lost"] == "holder",
    };
    assert!(possible, "`{}` cannot end like this: {event:#}", program.script);
}
