//! A command that streams JSON lines, read as they come.

use std::io::Read as _;
use std::os::fd::AsFd as _;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::wait::{self, Deadline};

/// A streaming command. It is ended when this is dropped.
pub struct Follow {
    child: Child,
    stdout: ChildStdout,
    pending: Vec<u8>,
    /// What came so far.
    pub seen: Vec<Value>,
}

impl Follow {
    /// Starts the command.
    #[track_caller]
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        Self { child, stdout, pending: Vec::new(), seen: Vec::new() }
    }

    /// Reads until a value satisfies `check`, and gives the first that does.
    #[track_caller]
    pub fn until(&mut self, what: &str, check: impl Fn(&Value) -> bool) -> Value {
        let deadline = Deadline::usual();
        let mut checked = 0;
        loop {
            if let Some(found) = self.seen[checked..].iter().find(|value| check(value)) {
                return found.clone();
            }
            checked = self.seen.len();
            let ready = wait::readable(self.stdout.as_fd(), deadline);
            assert!(ready, "waited for {what}; so far: {:#?}", self.seen);
            let mut bytes = [0; 8192];
            let count = self.stdout.read(&mut bytes).unwrap();
            assert!(count > 0, "the stream ended before {what}: {:#?}", self.seen);
            self.pending.extend_from_slice(&bytes[..count]);
            while let Some(end) = self.pending.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.pending.drain(..=end).collect();
                self.seen.push(serde_json::from_slice(&line).unwrap());
            }
        }
    }

    /// Reads until there is an event of this type about this session.
    #[track_caller]
    pub fn until_event(&mut self, kind: &str, session: &str) -> Value {
        self.until(&format!("{kind} of {session}"), |event| {
            event["type"] == kind && event["session"] == session
        })
    }
}

impl Drop for Follow {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
