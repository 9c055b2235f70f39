//! The child's terminal as the holder has it: master, input queue, and what becomes
//! of its output.

use std::fs::File;
use std::io::{self, Read as _};
use std::mem;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use app_model::TerminalSize;
use app_sys::pty::{self, Pty, WinSize};
use app_sys::tty;

use crate::client::ClientId;
use crate::input::InputQueue;
use crate::limits;
use crate::notes::Notes;
use crate::recorder::Recorder;
use crate::size::Sizing;
use crate::worker::{Report, Worker};

/// A terminal with everything around it.
#[derive(Debug)]
pub(crate) struct Terminal {
    pub(crate) master: File,
    /// Open until the end: without a slave the master reports a hang-up for ever, and
    /// some systems throw unread output away.
    slave: OwnedFd,
    pub(crate) input: InputQueue,
    recorder: Arc<Mutex<Recorder>>,
    /// Has the recorder while there is a flood.
    worker: Option<Worker>,
    /// The title that was heard of last.
    title: String,
    notes: Notes,
    batch: Vec<u8>,
    sizing: Sizing,
    last_output_at: Instant,
    /// Reading or writing failed for good.
    broken: bool,
}

/// The size as the kernel wants it.
pub(crate) fn win_size(size: TerminalSize) -> WinSize {
    let TerminalSize { rows, cols, xpixel, ypixel } = size;
    WinSize { rows, cols, xpixel, ypixel }
}

impl Terminal {
    pub(crate) fn new(pty: Pty, size: TerminalSize, recorder: Recorder, notes: Notes) -> Self {
        Self {
            master: File::from(pty.master),
            slave: pty.slave,
            input: InputQueue::default(),
            recorder: Arc::new(Mutex::new(recorder)),
            worker: None,
            title: String::new(),
            notes,
            batch: Vec::new(),
            sizing: Sizing::new(size),
            last_output_at: Instant::now(),
            broken: false,
        }
    }

    pub(crate) fn size(&self) -> TerminalSize {
        self.sizing.current()
    }

    /// The device of the child's end.
    pub(crate) fn device(&self) -> Option<u64> {
        tty::device(&self.slave)
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.broken
    }

    /// Whether this driver's terminal is the one that answers the program.
    pub(crate) fn answers(&self, client: ClientId) -> bool {
        self.sizing.speaks(client)
    }

    /// Whether this client's size is the one that the terminal has.
    pub(crate) fn was_decided_by(&self, client: ClientId) -> bool {
        self.sizing.was_decided_by(client)
    }

    /// A driver with this size acted: the terminal takes it. Says whether it had another.
    pub(crate) fn acted(&mut self, by: ClientId, size: TerminalSize, now: Instant) -> bool {
        let changed = self.sizing.acted(by, size);
        if let Some(size) = changed {
            // The model first: what the program paints for the new size must find it.
            self.recorder(now).resize(size);
            if let Err(error) = pty::set_size(&self.master, win_size(size)) {
                self.notes.add(&format!("the terminal did not take its new size: {error}"));
            }
        }
        changed.is_some()
    }

    /// Reads one batch and says how much it is. Nothing means that there is no more for
    /// now.
    pub(crate) fn read_batch(&mut self) -> usize {
        if self.batch.is_empty() {
            // Zero pages of the kernel: what is never filled is never there.
            self.batch = vec![0; limits::OUTPUT_BATCH];
        }
        let mut filled = 0;
        while filled < self.batch.len() && !self.broken {
            match self.master.read(&mut self.batch[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.notes.add(&format!("the terminal cannot be read: {error}"));
                    self.broken = true;
                }
            }
        }
        filled
    }

    /// The batch that was read last, of which this much is filled.
    pub(crate) fn batch(&self, filled: usize) -> &[u8] {
        &self.batch[..filled]
    }

    /// Lets the recorder have the batch that was read last; `answers` says that nobody
    /// else is there to answer what the program asks in it.
    pub(crate) fn pass_on(&mut self, filled: usize, answers: bool, now: Instant) {
        self.last_output_at = now;
        if let Some(worker) = &mut self.worker {
            let batch = mem::take(&mut self.batch);
            self.batch = worker.take(batch, filled, answers, now);
            return;
        }
        let mut said = Vec::new();
        let mut say = |text| said.push(Report::Answer(text));
        let answer: Option<&mut dyn FnMut(String)> = if answers { Some(&mut say) } else { None };
        let mut recorder = lock(&self.recorder);
        recorder.take(&self.batch[..filled], now, answer);
        let flooded = recorder.was_flooded();
        if recorder.title() != self.title {
            recorder.title().clone_into(&mut self.title);
        }
        drop(recorder);
        self.hear(said, now);
        if flooded {
            // Without a thread it is slower, and that is all.
            self.worker = Worker::start(self.recorder.clone(), now).ok();
        }
    }

    /// Whether there is a flood.
    pub(crate) fn is_flooded(&self) -> bool {
        self.worker.is_some()
    }

    /// The worker has something to say.
    pub(crate) fn on_report(&mut self, now: Instant) {
        if let Some(worker) = &mut self.worker {
            let reports = worker.reports();
            self.hear(reports, now);
        }
    }

    /// Readable when the worker has something to say.
    pub(crate) fn bell(&self) -> Option<&UnixStream> {
        self.worker.as_ref().map(Worker::bell)
    }

    fn hear(&mut self, reports: Vec<Report>, now: Instant) {
        for report in reports {
            match report {
                // A program that asks and never reads gets no more than fits.
                Report::Answer(text) if self.input.has_room_for(text.len()) => {
                    self.input.push(text.into_bytes());
                    self.write_input(now);
                }
                Report::Answer(_) => {}
                Report::Title(title) => self.title = title,
            }
        }
    }

    /// When the recorder has something to do, if nobody looks at the screen before.
    pub(crate) fn due_at(&self) -> Option<Instant> {
        [self.catch_up_at(), self.seal_at()].into_iter().flatten().min()
    }

    fn catch_up_at(&self) -> Option<Instant> {
        match &self.worker {
            Some(worker) => Some(worker.due_at()),
            None => lock(&self.recorder).due_at(),
        }
    }

    /// When some of the transcript may be compressed: not while there is a flood.
    fn seal_at(&self) -> Option<Instant> {
        let can = self.worker.is_none() && lock(&self.recorder).has_unsealed();
        can.then(|| self.last_output_at + limits::SEAL_QUIET)
    }

    /// Does what is due.
    pub(crate) fn on_time(&mut self, now: Instant) {
        if self.catch_up_at().is_some_and(|at| now >= at) {
            let mut recorder = self.recorder(now);
            recorder.keep_up(now);
            let title = recorder.title().to_owned();
            drop(recorder);
            self.title = title;
        }
        if self.seal_at().is_some_and(|at| now >= at) {
            lock(&self.recorder).seal_some();
        }
    }

    /// The run is over and everybody was told: compresses all that is left.
    pub(crate) fn seal_all(&mut self, now: Instant) {
        let mut recorder = self.recorder(now);
        while recorder.has_unsealed() {
            recorder.seal_some();
        }
    }

    /// The recorder, which is called home if it has to be.
    pub(crate) fn recorder(&mut self, now: Instant) -> MutexGuard<'_, Recorder> {
        if let Some(worker) = self.worker.take() {
            let reports = worker.finish();
            self.hear(reports, now);
        }
        lock(&self.recorder)
    }

    /// Whether terminals were told to report no focus since this was last asked. Of a flood
    /// that is heard when it is over.
    pub(crate) fn focus_lost(&self) -> bool {
        self.worker.is_none() && lock(&self.recorder).focus_lost()
    }

    /// The title, at most [`limits::LAG`] old.
    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    /// Types what waits.
    pub(crate) fn write_input(&mut self, now: Instant) {
        if let Err(error) = self.input.write_to(&mut self.master, now) {
            self.notes.add(&format!("the terminal cannot be written: {error}"));
            self.input.clear();
        }
    }

    /// Frees what a burst needed.
    pub(crate) fn trim(&mut self, now: Instant) {
        self.batch = Vec::new();
        self.recorder(now).trim();
    }
}

fn lock(recorder: &Mutex<Recorder>) -> MutexGuard<'_, Recorder> {
    recorder.lock().unwrap_or_else(PoisonError::into_inner)
}
