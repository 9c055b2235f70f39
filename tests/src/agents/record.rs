//! What is believed of a session, at every moment, held against what is true.
//!
//! ```text
//!   appctl events --follow ──► beliefs, each with the instant at which it was read
//!   the test ────────────────► truths, each with the time in which it came to be
//! ```
//!
//! # Invariants
//!
//! 1. A truth may be believed as soon as the test begins to bring it about, and must be
//!    believed [`LAG`] after the test knows it; the one before must not be any more then.
//! 2. Turn, question and tasks are held against it one by one: they are told one by one.
//! 3. Nothing is excused: a belief that was wrong for a moment between two right ones is found.

use std::fmt::{self, Display, Formatter};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::home::Home;
use crate::session::Session;
use crate::wait;

/// How long a belief may lag behind the truth.
pub const LAG: Duration = Duration::from_secs(1);

/// How long a truth stands before the next is brought about: longer than anything that is
/// believed may be outdated by time alone.
const STAND: Duration = Duration::from_millis(3500);

/// What there is to know at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truth {
    /// Whose turn it is.
    pub turn: &'static str,
    /// A person is needed.
    pub asks: bool,
    /// Tasks under way inside the agent.
    pub tasks: usize,
}

/// The agent works.
pub const WORKING: Truth = Truth { turn: "working", asks: false, tasks: 0 };

/// It asks, in the midst of a turn.
pub const ASKING: Truth = Truth { turn: "working", asks: true, tasks: 0 };

/// It waits for the next turn.
pub const IDLE: Truth = Truth { turn: "idle", asks: false, tasks: 0 };

/// The last turn failed, and nobody has looked yet.
pub const FAILED: Truth = Truth { turn: "idle", asks: true, tasks: 0 };

impl Truth {
    /// The same with a task under way.
    pub fn with_task(self) -> Self {
        Self { tasks: 1, ..self }
    }

    fn facts(self) -> [(&'static str, Value); 3] {
        [("turn", self.turn.into()), ("asks", self.asks.into()), ("tasks", self.tasks.into())]
    }
}

/// A truth, and the time in which it came to be.
#[derive(Debug)]
struct Held {
    truth: Truth,
    what: String,
    begun: Instant,
    known: Instant,
}

type Told = Arc<Mutex<Vec<(Instant, Value)>>>;

/// A record of one session. It ends with this.
pub struct Record {
    session: String,
    child: Child,
    reader: Option<JoinHandle<()>>,
    told: Told,
    began: Instant,
    truths: Vec<Held>,
}

impl Record {
    /// Follows what is told of a session, from its beginning.
    ///
    /// # Panics
    /// When that cannot be followed.
    #[track_caller]
    pub fn of(home: &Home, session: &Session<'_>) -> Self {
        let mut command = home.appctl_command(["events", "--json", "--follow", "--since", "0"]);
        let began = Instant::now();
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let told = Told::default();
        let reader = thread::spawn({
            let told = Arc::clone(&told);
            // It ends when the command does.
            move || {
                for line in lines.map_while(Result::ok) {
                    let event = serde_json::from_str(&line).unwrap();
                    told.lock().unwrap().push((Instant::now(), event));
                }
            }
        });
        let session = session.id.clone();
        Self { session, child, reader: Some(reader), told, began, truths: Vec::new() }
    }

    /// Has something come true: `cause` brings it about, and returns once it is so. It then
    /// stands for a while.
    #[track_caller]
    pub fn comes<T>(&mut self, truth: Truth, what: &str, cause: impl FnOnce() -> T) -> T {
        let value = self.comes_briefly(truth, what, cause);
        self.stands(what);
        value
    }

    /// The same for what is soon over.
    pub fn comes_briefly<T>(&mut self, truth: Truth, what: &str, cause: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let value = cause();
        let held = Held { truth, what: what.to_owned(), begun, known: Instant::now() };
        self.truths.push(held);
        value
    }

    /// Lets time pass until nothing has been told for a while.
    fn stands(&self, what: &str) {
        let told = || u64::try_from(self.told.lock().unwrap().len()).unwrap();
        wait::until_still(STAND, what, told);
    }

    /// Compares.
    ///
    /// # Panics
    /// When something was believed at a time at which it was wrong, with all that was.
    #[track_caller]
    pub fn check(mut self) {
        let end = Instant::now();
        self.child.kill().unwrap();
        self.reader.take().unwrap().join().unwrap();
        let wrong: Vec<String> = (0..3).flat_map(|fact| self.wrong(fact, end)).collect();
        assert!(wrong.is_empty(), "{}\n{self}", wrong.join("\n"));
    }

    /// Every time at which this fact was wrong.
    fn wrong(&self, fact: usize, end: Instant) -> Vec<String> {
        let beliefs = self.beliefs(fact);
        let mut wrong = Vec::new();
        for (at, (since, value)) in beliefs.iter().enumerate() {
            let until = beliefs.get(at + 1).map_or(end, |(next, _)| *next);
            let mut from = *since;
            for (first, last) in self.windows(fact, value, end) {
                if first > from && from < until {
                    let over = first.min(until);
                    wrong.push(self.complaint(fact, value, from, over));
                }
                from = from.max(last);
            }
            if from < until {
                wrong.push(self.complaint(fact, value, from, until));
            }
        }
        wrong
    }

    /// When `value` may be believed, in order.
    fn windows(&self, fact: usize, value: &Value, end: Instant) -> Vec<(Instant, Instant)> {
        let mut windows = Vec::new();
        // Before the first truth anything may be.
        windows.extend(self.truths.first().map(|held| (self.began, held.known + LAG)));
        for (at, held) in self.truths.iter().enumerate() {
            if held.truth.facts()[fact].1 == *value {
                let last = self.truths.get(at + 1).map_or(end, |next| next.known + LAG);
                windows.push((held.begun, last));
            }
        }
        windows
    }

    /// What was believed of this fact, and since when.
    fn beliefs(&self, fact: usize) -> Vec<(Instant, Value)> {
        let mut tasks = 0;
        let initial = Truth { turn: "unknown", asks: false, tasks }.facts()[fact].1.clone();
        let mut beliefs = vec![(self.began, initial)];
        for (at, event) in self.told.lock().unwrap().iter() {
            if event["session"] != *self.session {
                continue;
            }
            let value: Value = match (fact, event["type"].as_str().unwrap()) {
                (0, "turn.changed") => event["turn"].clone(),
                (1, "attention.raised") => true.into(),
                (1, "attention.cleared") => false.into(),
                (2, "task.started") => {
                    tasks += 1;
                    tasks.into()
                }
                (2, "task.ended") => {
                    tasks -= 1;
                    tasks.into()
                }
                _ => continue,
            };
            beliefs.push((*at, value));
        }
        beliefs
    }

    fn complaint(&self, fact: usize, value: &Value, from: Instant, until: Instant) -> String {
        let (name, _) = IDLE.facts()[fact];
        let from = self.at(from);
        format!("{name} {value} was wrong from {from:.3} to {:.3}", self.at(until))
    }

    fn at(&self, at: Instant) -> f64 {
        at.saturating_duration_since(self.began).as_secs_f64()
    }
}

impl Display for Record {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut lines = Vec::new();
        for Held { truth, what, begun, known } in &self.truths {
            let line = format!("{:.3} true: {what}: {truth:?}", self.at(*known));
            lines.push((*begun, format!("{:.3} … {line}", self.at(*begun))));
        }
        for (at, event) in self.told.lock().unwrap().iter() {
            lines.push((*at, format!("{:.3}             told: {event}", self.at(*at))));
        }
        lines.sort();
        lines.iter().try_for_each(|(_, line)| writeln!(f, "{line}"))
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
