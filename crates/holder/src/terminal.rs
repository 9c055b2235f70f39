//! The child's terminal as the holder has it: master, input queue, screen, transcript.

use std::fs::File;
use std::io::{self, Read as _};
use std::mem;
use std::os::fd::OwnedFd;
use std::time::Instant;

use app_model::TerminalSize;
use app_sys::pty::{self, Pty, WinSize};

use crate::client::ClientId;
use crate::input::InputQueue;
use crate::limits;
use crate::model::Model;
use crate::notes::Notes;
use crate::questions::Scanner;
use crate::size::Sizing;
use crate::transcript::Transcript;

/// A terminal with everything around it.
#[derive(Debug)]
pub(crate) struct Terminal {
    pub(crate) master: File,
    /// Open until the end: without a slave the master reports a hang-up for ever, and
    /// some systems throw unread output away.
    _slave: OwnedFd,
    pub(crate) input: InputQueue,
    pub(crate) model: Model,
    pub(crate) transcript: Transcript,
    questions: Scanner,
    sizing: Sizing,
    buffer: Vec<u8>,
    /// Reading or writing failed for good.
    broken: bool,
}

/// The size as the kernel wants it.
pub(crate) fn win_size(size: TerminalSize) -> WinSize {
    let TerminalSize { rows, cols, xpixel, ypixel } = size;
    WinSize { rows, cols, xpixel, ypixel }
}

impl Terminal {
    pub(crate) fn new(pty: Pty, size: TerminalSize, history: u32, transcript: Transcript) -> Self {
        Self {
            master: File::from(pty.master),
            _slave: pty.slave,
            input: InputQueue::default(),
            model: Model::new(size, history),
            transcript,
            questions: Scanner::default(),
            sizing: Sizing::new(size),
            buffer: Vec::new(),
            broken: false,
        }
    }

    pub(crate) fn size(&self) -> TerminalSize {
        self.sizing.current()
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.broken
    }

    /// Whether this driver's terminal is the one that answers the program.
    pub(crate) fn answers(&self, client: ClientId) -> bool {
        self.sizing.speaks(client)
    }

    /// A driver with this size acted: the terminal takes it.
    pub(crate) fn acted(&mut self, by: ClientId, size: TerminalSize, notes: &Notes) {
        if let Some(size) = self.sizing.acted(by, size) {
            // The model first: what the program paints for the new size must find it.
            self.model.resize(size, notes);
            if let Err(error) = pty::set_size(&self.master, win_size(size)) {
                notes.add(&format!("the terminal did not take its new size: {error}"));
            }
        }
    }

    /// Reads one batch: a buffer, and how much of it is filled. Nothing means that there
    /// is no more for now. Give the buffer back with [`Self::give_back`].
    pub(crate) fn read_batch(&mut self, notes: &Notes) -> (Vec<u8>, usize) {
        let mut buffer = mem::take(&mut self.buffer);
        if buffer.is_empty() {
            // Zero pages of the kernel: what is never filled is never there.
            buffer = vec![0; limits::OUTPUT_BATCH];
        }
        let mut filled = 0;
        while filled < buffer.len() && !self.broken {
            match self.master.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    notes.add(&format!("the terminal cannot be read: {error}"));
                    self.broken = true;
                }
            }
        }
        (buffer, filled)
    }

    /// Keeps the buffer for the next batch.
    pub(crate) fn give_back(&mut self, buffer: Vec<u8>) {
        self.buffer = buffer;
    }

    /// Shows output to the model. With nobody else there to do it, also answers what the
    /// program asks its terminal in it.
    pub(crate) fn show(&mut self, batch: &[u8], answer: bool, now: Instant, notes: &Notes) {
        if !answer {
            self.questions = Scanner::default();
            return self.model.feed(batch, notes);
        }
        let mut rest = batch;
        while !rest.is_empty() {
            let (taken, question) = self.questions.next(rest);
            self.model.feed(&rest[..taken], notes);
            rest = &rest[taken..];
            let Some(question) = question else { continue };
            let answer = question.answer(&self.model.facts()).unwrap_or_default();
            // A program that asks and never reads gets no more than fits.
            if self.input.has_room_for(answer.len()) {
                self.input.push(answer.into_bytes());
                self.write_input(now, notes);
            }
        }
    }

    /// Types what waits.
    pub(crate) fn write_input(&mut self, now: Instant, notes: &Notes) {
        if let Err(error) = self.input.write_to(&mut self.master, now) {
            notes.add(&format!("the terminal cannot be written: {error}"));
            self.input.clear();
        }
    }

    /// Frees what a burst needed.
    pub(crate) fn trim(&mut self) {
        self.buffer = Vec::new();
    }
}
