//! What an agent tells by its hooks: every event, in the order in which it told.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::wait;

/// A log that hooks write to, and the program that does it.
pub struct Hooks {
    program: PathBuf,
    log: PathBuf,
}

impl Hooks {
    /// An empty log in this directory.
    ///
    /// # Panics
    /// When the program cannot be written.
    pub fn in_dir(dir: &Path) -> Self {
        let (program, log) = (dir.join("hook"), dir.join("hooks.log"));
        // One write for each event, so that two at a time do not mix.
        let script =
            format!("#!/bin/sh\nevent=$(cat)\nprintf '%s\\n' \"$event\" >> '{}'\n", log.display());
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        Self { program, log }
    }

    /// The program, which appends what it reads to the log.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// A configuration that has each of these events told, in the form that Claude Code and
    /// Codex share.
    pub fn configuration(&self, events: &[&str]) -> Value {
        let hook = json!({ "type": "command", "command": self.program });
        let entry = json!([{ "hooks": [hook] }]);
        let all: Map<_, _> =
            events.iter().map(|event| ((*event).to_owned(), entry.clone())).collect();
        json!({ "hooks": all })
    }

    /// All events so far.
    ///
    /// # Panics
    /// When one is not JSON.
    pub fn seen(&self) -> Vec<Value> {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        // The last line may be half there yet.
        let whole = log.rfind('\n').map_or("", |end| &log[..end]);
        whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The names of all events so far but those that only time brings.
    pub fn names(&self) -> Vec<String> {
        self.seen().iter().map(name).filter(|name| name != "Notification").collect()
    }

    /// Waits until exactly these events have been told, in this order.
    #[track_caller]
    pub fn wait_names(&self, expected: &[&str]) -> Vec<Value> {
        wait::until(&format!("hooks to tell {expected:?}"), || {
            let names = self.names();
            if names == expected { Ok(self.seen()) } else { Err(format!("{names:?}")) }
        })
    }

    /// Waits for an event that `wanted` accepts, which may have come already.
    #[track_caller]
    pub fn wait(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        wait::until(&format!("a hook to tell {what}"), || {
            let seen = self.seen();
            let found = seen.iter().find(|event| wanted(event)).cloned();
            found.ok_or_else(|| format!("{seen:#?}"))
        })
    }

    /// How often an event of this name has been told.
    pub fn count(&self, event: &str) -> usize {
        self.names().iter().filter(|name| *name == event).count()
    }

    /// Waits until this many events of this name have been told.
    #[track_caller]
    pub fn wait_count(&self, event: &str, count: usize) {
        wait::until(&format!("hooks to tell {event} {count} times"), || {
            if self.count(event) >= count { Ok(()) } else { Err(format!("{:?}", self.names())) }
        });
    }

    /// Waits for an event of this name.
    #[track_caller]
    pub fn wait_for(&self, event: &str) -> Value {
        self.wait(event, |seen| name(seen) == event)
    }
}

fn name(event: &Value) -> String {
    let name = event.get("hook_event_name").unwrap_or(&event["type"]);
    name.as_str().unwrap_or("?").to_owned()
}
