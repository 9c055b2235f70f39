//! The data plane: output to everybody, input to the child.
//!
//! # Invariants
//!
//! 1. Output reaches clients before the transcript, and the transcript before the model.
//! 2. While somebody holds up the child its output is not read, so that the kernel stops
//!    it; nobody can do that for longer than [`limits::HOLD_UP`] at a time.
//! 3. Input and output never wait for each other: a child that does not read its input
//!    is still read from.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::time::Instant;

use app_sys::clock;

use crate::client::{Client, ClientId};
use crate::holder::{Body, Holder};
use crate::limits;

impl Holder {
    /// Takes a turn's worth of output.
    pub(crate) fn on_output(&mut self, now: Instant) {
        let mut taken = 0;
        while taken < limits::OUTPUT_TURN && !self.clients.hold_up() {
            let count = self.pass_batch(now);
            taken += count;
            if count < limits::OUTPUT_BATCH {
                break;
            }
        }
    }

    /// Takes what the terminal still holds after the end of the child.
    pub(crate) fn drain(&mut self, now: Instant) {
        let mut taken = 0;
        while taken < limits::DRAIN {
            match self.pass_batch(now) {
                0 => break,
                count => taken += count,
            }
        }
    }

    /// Passes one batch on and says how much it was.
    fn pass_batch(&mut self, now: Instant) -> usize {
        let Body::Terminal(terminal) = &mut self.body else { return 0 };
        let count = terminal.read_batch();
        if count == 0 {
            return 0;
        }
        for client in self.clients.iter_mut() {
            if client.output(terminal.batch(count), now) {
                client.flush(now);
            }
        }
        let nobody_answers = !self.clients.iter().any(Client::drives);
        terminal.pass_on(count, nobody_answers, now);
        if terminal.is_flooded() {
            self.clients.iter_mut().for_each(|client| client.write_apart(now));
        }
        self.output_bytes += count as u64;
        self.aside.stir(now);
        self.last_output_at_ms = clock::wall_ms();
        self.stir_looks(now);
        let before = self.untrimmed.map_or(0, |(bytes, _)| bytes);
        self.untrimmed = Some((before + count as u64, now));
        count
    }

    /// Types what waits, then hears who had to wait with more.
    pub(crate) fn on_input_room(&mut self, now: Instant) {
        let Body::Terminal(terminal) = &mut self.body else { return };
        terminal.write_input(now);
        if terminal.input.is_full() {
            return;
        }
        let paused: Vec<ClientId> =
            self.clients.iter().filter(|client| client.paused).map(|client| client.id).collect();
        for id in paused {
            if let Some(client) = self.clients.get_mut(id) {
                client.paused = false;
            }
            self.serve(id, now);
        }
    }

    /// The thread of a flood has an answer or a title.
    pub(crate) fn on_report(&mut self, now: Instant) {
        if let Body::Terminal(terminal) = &mut self.body {
            terminal.on_report(now);
        }
    }

    /// A client's socket or terminal has room.
    pub(crate) fn on_room(&mut self, id: ClientId, now: Instant) {
        let Some(client) = self.clients.get_mut(id) else { return };
        client.flush(now);
        if client.is_over() {
            return self.clients.sweep();
        }
        if client.wants_picture(now) {
            return self.draw_pictures(now);
        }
        if client.is_lagging() && !client.has_output_waiting() {
            let Body::Terminal(terminal) = &mut self.body else { return };
            let snapshot = terminal.recorder(now).screen().snapshot(0);
            client.catch_up(&snapshot);
            client.flush(now);
            self.aside.stir(now);
        }
    }

    /// Shows the screen to terminals of another size, as far as it is time.
    pub(crate) fn draw_pictures(&mut self, now: Instant) {
        if !self.clients.iter().any(|client| client.wants_picture(now)) {
            return;
        }
        let Body::Terminal(terminal) = &mut self.body else { return };
        let mut recorder = terminal.recorder(now);
        for client in self.clients.iter_mut().filter(|client| client.wants_picture(now)) {
            client.draw(recorder.screen(), now);
        }
    }

    /// Sizes have changed: decides who gets the output and who gets pictures.
    pub(crate) fn fit_all(&mut self, now: Instant) {
        let Body::Terminal(terminal) = &mut self.body else { return };
        let size = terminal.size();
        for client in self.clients.iter_mut() {
            if client.fit(size, now) {
                client.repaint(&terminal.recorder(now).screen().snapshot(0), now);
            }
        }
        self.draw_pictures(now);
    }

    /// Bytes that the child wrote, and when it last did.
    pub(crate) fn output(&self) -> (u64, i64) {
        match &self.body {
            Body::Terminal(_) => (self.output_bytes, self.last_output_at_ms),
            Body::Plain { path } => match fs::metadata(path) {
                Ok(found) if found.len() > 0 => {
                    (found.len(), found.mtime() * 1000 + found.mtime_nsec() / 1_000_000)
                }
                Ok(_) | Err(_) => (0, 0),
            },
        }
    }
}
