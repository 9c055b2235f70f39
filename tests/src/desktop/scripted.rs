//! A server that shows nothing, and takes what it is asked or hangs on it. A person at it does
//! several things within no time.

use std::process::Child;

use crate::bus::Bus;

const SCRIPT: &str = include_str!("scripted.py");

/// The interface of the person at it.
const PERSON: &str = "test.Person";

/// A scripted server.
pub struct Scripted<'b> {
    bus: &'b Bus,
    python: Child,
}

impl<'b> Scripted<'b> {
    /// One that takes everything, and tells everybody on the bus what becomes of it.
    #[track_caller]
    pub fn takes(bus: &'b Bus) -> Self {
        Self::start(bus, "tells")
    }

    /// One that takes everything, and tells what becomes of it to who sent it alone.
    #[track_caller]
    pub fn answers(bus: &'b Bus) -> Self {
        Self::start(bus, "answers")
    }

    /// One that says what it can do, and never answers a notice.
    #[track_caller]
    pub fn hangs(bus: &'b Bus) -> Self {
        Self::start(bus, "hangs")
    }

    /// A button of a bubble is pressed: there is a token for the window that opens, and the
    /// bubble is closed.
    #[track_caller]
    pub fn press(&self, number: u32, key: &str) {
        self.bus.call(PERSON, "Press", &[&number.to_string(), key]);
    }

    /// All bubbles are closed together.
    #[track_caller]
    pub fn close_all(&self) {
        self.bus.call(PERSON, "CloseAll", &[]);
    }

    fn start(bus: &'b Bus, manner: &str) -> Self {
        let mut python = bus.command("/usr/bin/python3");
        python.args(["-c", SCRIPT, manner]);
        let python = bus.spawn(python, "scripted.out");
        bus.wait_for_server();
        Self { bus, python }
    }
}

impl Drop for Scripted<'_> {
    fn drop(&mut self) {
        self.python.kill().ok();
        self.python.wait().ok();
    }
}
