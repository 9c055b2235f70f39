//! One session, as a test speaks of it.

use serde_json::Value;

use crate::home::Home;
use crate::outcome::Outcome;
use crate::process::Process;
use crate::terminal::{Terminal, size};
use crate::wait;

/// A session of a [`Home`].
pub struct Session<'h> {
    home: &'h Home,
    /// Its id.
    pub id: String,
}

impl<'h> Session<'h> {
    pub(crate) fn new(home: &'h Home, id: String) -> Self {
        Self { home, id }
    }

    /// Runs `appctl VERB ID`, with what follows the id.
    #[track_caller]
    pub fn appctl(&self, verb: &str, rest: &[&str]) -> Outcome {
        let mut args = vec![verb, &self.id];
        args.extend(rest);
        self.home.appctl(args)
    }

    /// All that is known of it.
    #[track_caller]
    pub fn show(&self) -> Value {
        self.appctl("show", &["--json"]).ok().json()
    }

    /// Waits until what is known of it satisfies `check`.
    #[track_caller]
    pub fn wait_for(&self, what: &str, check: impl Fn(&Value) -> bool) -> Value {
        wait::until(&format!("session {} to be {what}", self.id), || {
            let view = self.show();
            if check(&view) { Ok(view) } else { Err(format!("{view:#}")) }
        })
    }

    /// Waits until its run is over.
    #[track_caller]
    pub fn wait_over(&self) -> Value {
        self.appctl("wait", &[]);
        self.wait_for("over", |view| view["phase"] == "ended" || view["phase"] == "lost")
    }

    /// The program's process.
    #[track_caller]
    pub fn pid(&self) -> u32 {
        self.number("pid")
    }

    /// The holder's process.
    #[track_caller]
    pub fn holder_pid(&self) -> u32 {
        self.number("holder_pid")
    }

    #[track_caller]
    fn number(&self, field: &str) -> u32 {
        let view = self.show();
        let number = view[field].as_u64().unwrap_or_else(|| panic!("no {field} in {view:#}"));
        u32::try_from(number).unwrap()
    }

    /// The program, held by a descriptor.
    #[track_caller]
    pub fn program(&self) -> Process {
        Process::of(self.pid())
    }

    /// The holder, held by a descriptor.
    #[track_caller]
    pub fn holder(&self) -> Process {
        Process::of(self.holder_pid())
    }

    /// Its output as text.
    #[track_caller]
    pub fn logs(&self) -> String {
        self.appctl("logs", &[]).ok().out()
    }

    /// Waits until its output contains this.
    #[track_caller]
    pub fn wait_logs_contain(&self, text: &str) -> String {
        wait::until(&format!("{text:?} in the output of {}", self.id), || {
            let logs = self.logs();
            if logs.contains(text) { Ok(logs) } else { Err(logs) }
        })
    }

    /// Its screen now, as text.
    #[track_caller]
    pub fn peek(&self) -> String {
        self.appctl("peek", &[]).ok().out()
    }

    /// Waits until its screen shows this.
    #[track_caller]
    pub fn wait_screen_contains(&self, text: &str) -> String {
        wait::until(&format!("{text:?} on the screen of {}", self.id), || {
            let screen = self.peek();
            if screen.contains(text) { Ok(screen) } else { Err(screen) }
        })
    }

    /// A person attaches from a terminal of the usual size.
    #[track_caller]
    pub fn attach(&self) -> Terminal {
        self.attach_from(24, 80)
    }

    /// A person attaches from a terminal of this size.
    #[track_caller]
    pub fn attach_from(&self, rows: u16, cols: u16) -> Terminal {
        self.home.terminal_of(size(rows, cols), &["attach", &self.id])
    }

    /// Waits until this many terminals look at it.
    #[track_caller]
    pub fn wait_attached(&self, terminals: u64) {
        self.wait_for(&format!("attached by {terminals}"), |view| view["attached"] == terminals);
    }
}
