//! A server that shows nothing, and takes what it is asked or hangs on it.

use std::process::Child;

use crate::bus::Bus;

const SCRIPT: &str = include_str!("scripted.py");

/// A scripted server.
pub struct Scripted {
    python: Child,
}

impl Scripted {
    /// One that takes everything.
    #[track_caller]
    pub fn takes(bus: &Bus) -> Self {
        Self::start(bus, "takes")
    }

    /// One that says what it can do, and never answers a notice.
    #[track_caller]
    pub fn hangs(bus: &Bus) -> Self {
        Self::start(bus, "hangs")
    }

    fn start(bus: &Bus, manner: &str) -> Self {
        let mut python = bus.command("/usr/bin/python3");
        python.args(["-c", SCRIPT, manner]);
        let python = bus.spawn(python, "scripted.out");
        bus.wait_for_server();
        Self { python }
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.python.kill().ok();
        self.python.wait().ok();
    }
}
