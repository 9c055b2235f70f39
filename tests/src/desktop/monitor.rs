//! What is asked of a server of notifications, whichever it is: the bus tells.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

use crate::bus::Bus;
use crate::wait;

const SCRIPT: &str = include_str!("monitor.py");

/// A call of `Notify` as it was on the bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// When, on the monotonic clock.
    pub at_ns: u64,
    /// Which program asked.
    pub app: String,
    /// The bubble it is to replace; 0 for none.
    pub replaces: u64,
    /// The name of an icon.
    pub icon: String,
    /// The first line.
    pub title: String,
    /// What stands below it.
    pub body: String,
    /// Keys and words of the buttons, in turn.
    pub actions: Vec<String>,
    /// From 0 to 2.
    pub urgency: Option<u64>,
}

/// Listens to a whole bus.
pub struct Monitor {
    python: Child,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Monitor {
    /// Listens from now on.
    #[track_caller]
    pub fn start(bus: &Bus) -> Self {
        let mut python = bus.command("/usr/bin/python3");
        python.args(["-c", SCRIPT]);
        let (python, mut output) = crate::bus::start_and_read(python);
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n", "the bus can be listened to");
        let asked = Arc::default();
        let notes = Arc::clone(&asked);
        thread::spawn(move || note(output, &notes));
        Self { python, asked }
    }

    /// What was asked for so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Waits until this much was asked for.
    #[track_caller]
    pub fn wait_asked(&self, count: usize) -> Vec<Asked> {
        wait::until(&format!("{count} notices on the bus"), || {
            let asked = self.asked();
            if asked.len() >= count { Ok(asked) } else { Err(format!("{asked:#?}")) }
        })
    }
}

fn note(output: BufReader<ChildStdout>, notes: &Mutex<Vec<Asked>>) {
    for line in output.lines().map_while(Result::ok) {
        let value: Value = serde_json::from_str(&line).unwrap();
        notes.lock().unwrap().push(asked_of(&value));
    }
}

fn asked_of(value: &Value) -> Asked {
    let text = |field: &str| value[field].as_str().unwrap().to_owned();
    let actions = value["actions"].as_array().unwrap();
    Asked {
        at_ns: value["at_ns"].as_u64().unwrap(),
        app: text("app"),
        replaces: value["replaces"].as_u64().unwrap(),
        icon: text("icon"),
        title: text("title"),
        body: text("body"),
        actions: actions.iter().map(|word| word.as_str().unwrap().to_owned()).collect(),
        urgency: value["urgency"].as_u64(),
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        self.python.kill().ok();
        self.python.wait().ok();
    }
}
