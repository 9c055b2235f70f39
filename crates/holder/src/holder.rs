//! The loop: wait for something, decide, do it.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use app_model::{Exit, RunNumber, SessionId, TerminalSize};
use app_sys::poll::{self, Interest};
use app_sys::process::{Identity, Pid, Signal};
use app_sys::signals::Signals;
use app_sys::{clock, memory};
use app_wire::hold::{FromHolder, Status};

use crate::aside::Aside;
use crate::client::ClientId;
use crate::clients::Clients;
use crate::limits;
use crate::notes::Notes;
use crate::oom::OomKills;
use crate::pause::Paused;
use crate::terminal::Terminal;
use crate::terminate::Termination;

/// Wait after a failed `poll`, which only happens when the kernel is out of memory.
const AFTER_FAILED_POLL: Duration = Duration::from_millis(100);

/// The facts of a run that never change.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) session: SessionId,
    pub(crate) number: RunNumber,
    /// `run-N` of the session's directory.
    pub(crate) dir: PathBuf,
    pub(crate) socket: PathBuf,
    pub(crate) notes: Notes,
    pub(crate) boot_id: String,
    pub(crate) started_at_ms: i64,
    pub(crate) started_boot_ms: u64,
    /// Of this control group, before the child was in it.
    pub(crate) oom_kills: OomKills,
}

/// What the child writes to.
#[derive(Debug)]
pub(crate) enum Body {
    /// A terminal of ours.
    Terminal(Box<Terminal>),
    /// A file, without our help.
    Plain { path: PathBuf },
}

/// How and when the child ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    pub(crate) exit: Exit,
    pub(crate) at_ms: i64,
    pub(crate) elapsed_ms: u64,
}

/// Something that has happened.
#[derive(Clone, Copy, Debug)]
enum Event {
    Signals,
    Knock,
    Output,
    InputRoom,
    Report,
    Message(ClientId),
    Typed(ClientId),
    Room(ClientId),
}

/// What the watchers were told last.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    attached: u16,
    focused: Option<bool>,
    size: Option<TerminalSize>,
    stopping: bool,
    paused: bool,
    title: String,
    last_output_at_ms: i64,
    at: Option<Instant>,
}

/// One run, its clients and its child.
#[derive(Debug)]
pub(crate) struct Holder {
    pub(crate) run: Run,
    pub(crate) body: Body,
    pub(crate) clients: Clients,
    pub(crate) child: Identity,
    pub(crate) termination: Termination,
    /// Processes that were asked to end already: a second request makes some hurry.
    pub(crate) asked: Vec<Pid>,
    /// The processes that were stopped, while the run is paused.
    pub(crate) paused: Option<Paused>,
    pub(crate) ended: Option<Ended>,
    /// A signal told this process to end before anybody asked for the end of the run.
    pub(crate) told_to_go: bool,
    /// Nothing is left to wait for.
    pub(crate) over: bool,
    pub(crate) output_bytes: u64,
    pub(crate) last_output_at_ms: i64,
    /// When a person last pressed a key, or something was sent.
    pub(crate) last_typed_at_ms: i64,
    /// Output since free memory was last given back, and when the last of it came.
    pub(crate) untrimmed: Option<(u64, Instant)>,
    /// What is written to the terminals besides the output.
    pub(crate) aside: Aside,
    signals: Signals,
    told: Told,
}

impl Holder {
    pub(crate) fn new(
        run: Run,
        body: Body,
        clients: Clients,
        signals: Signals,
        child: Identity,
    ) -> Self {
        Self {
            run,
            body,
            clients,
            child,
            termination: Termination::new(),
            asked: Vec::new(),
            paused: None,
            ended: None,
            told_to_go: false,
            over: false,
            output_bytes: 0,
            last_output_at_ms: 0,
            last_typed_at_ms: 0,
            untrimmed: None,
            aside: Aside::default(),
            signals,
            told: Told::default(),
        }
    }

    /// Serves until the run is over and everybody was told.
    pub(crate) fn run(mut self) {
        while !self.over {
            let now = Instant::now();
            self.on_time(now);
            self.announce(now);
            match self.wait(now) {
                Ok(events) => events.into_iter().for_each(|event| self.step(event)),
                Err(error) => {
                    self.run.notes.add(&format!("waiting failed: {error}"));
                    poll::wait(&mut [], Some(AFTER_FAILED_POLL)).ok();
                }
            }
        }
        self.finish();
    }

    fn step(&mut self, event: Event) {
        let now = Instant::now();
        match event {
            Event::Signals => self.on_signals(now),
            Event::Knock => self.clients.accept(now),
            Event::Output => self.on_output(now),
            Event::InputRoom => self.on_input_room(now),
            Event::Report => self.on_report(now),
            Event::Message(id) => self.on_readable(id, now),
            Event::Typed(id) => self.on_typed(id, now),
            Event::Room(id) => self.on_room(id, now),
        }
    }

    /// Waits for the next events, for ever if nothing is due.
    fn wait(&self, now: Instant) -> io::Result<Vec<Event>> {
        let limit = self.deadline(now).map(|at| at.saturating_duration_since(now));
        let mut sources = vec![(Interest::read(&self.signals), Event::Signals, Event::Signals)];
        // What is asked for comes before more output, or a flood could not be stopped.
        for client in self.clients.iter() {
            let (read, write) = (client.wants_read(), client.wants_write());
            // With neither, a hang-up would be told again and again.
            if read || write {
                let interest = Interest::new(client, read, write);
                sources.push((interest, Event::Message(client.id), Event::Room(client.id)));
            }
            if let Some((tty, read, write)) = client.tty()
                && (read || write)
            {
                let interest = Interest::new(tty, read, write);
                sources.push((interest, Event::Typed(client.id), Event::Room(client.id)));
            }
        }
        for client in self.clients.iter() {
            if let Some(bell) = client.bell() {
                let room = Event::Room(client.id);
                sources.push((Interest::read(bell), room, room));
            }
        }
        if let Some(door) = self.clients.door() {
            sources.push((Interest::read(door), Event::Knock, Event::Knock));
        }
        if let Body::Terminal(terminal) = &self.body
            && let Some(bell) = terminal.bell()
        {
            sources.push((Interest::read(bell), Event::Report, Event::Report));
        }
        if let Body::Terminal(terminal) = &self.body
            && !terminal.is_broken()
        {
            let read = !self.clients.hold_up();
            let write = terminal.input.wants_write(now);
            if read || write {
                let interest = Interest::new(&terminal.master, read, write);
                sources.push((interest, Event::Output, Event::InputRoom));
            }
        }
        let (mut interests, events): (Vec<_>, Vec<_>) =
            sources.into_iter().map(|(interest, r, w)| (interest, (r, w))).unzip();
        poll::wait(&mut interests, limit)?;
        let mut happened = Vec::new();
        for (interest, (read, write)) in interests.iter().zip(events) {
            let said = interest.ready.read.then_some(read);
            let room = interest.ready.write.then_some(write);
            // Of a client, what it says: the answer goes out with all that waited for room,
            // and wakes it once. Of the program, room for keys: more output can wait.
            let order = if matches!(write, Event::InputRoom) { [room, said] } else { [said, room] };
            happened.extend(order.into_iter().flatten());
        }
        Ok(happened)
    }

    /// When something is due, if nothing happens before.
    fn deadline(&self, now: Instant) -> Option<Instant> {
        let (pause, catch_up) = match &self.body {
            Body::Terminal(terminal) => {
                // Once it is over, room in the terminal is awaited and nothing else.
                let pause = terminal.input.wake_at().filter(|&at| at > now);
                (pause, terminal.due_at())
            }
            Body::Plain { .. } => (None, None),
        };
        [
            self.clients.deadline(),
            self.termination.wake_at(),
            pause,
            catch_up,
            self.news_at(),
            self.look_at(),
            self.aside_at(),
            self.trim_at(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn on_time(&mut self, now: Instant) {
        self.on_held_keys(now);
        self.draw_pictures(now);
        self.tell_looks(now);
        self.clients.on_time(now);
        if self.termination.wake_at().is_some_and(|at| now >= at) {
            self.proceed(now);
        }
        if let Body::Terminal(terminal) = &mut self.body {
            terminal.on_time(now);
        }
        self.write_aside(now);
        if self.trim_at().is_some_and(|at| now >= at) {
            self.untrimmed = None;
            if let Body::Terminal(terminal) = &mut self.body {
                terminal.trim(now);
            }
            memory::trim();
        }
    }

    fn on_signals(&mut self, now: Instant) {
        if self.is_told_to_go() {
            self.stop(limits::DEFAULT_GRACE, now);
        }
        self.collect(now);
    }

    /// Whether a signal has told this process to end since this was asked last.
    pub(crate) fn is_told_to_go(&mut self) -> bool {
        let told = self.signals.drain().into_iter().any(|signal| signal == Signal::TERM);
        self.told_to_go |= told && !self.termination.is_under_way();
        told
    }

    fn trim_at(&self) -> Option<Instant> {
        let (bytes, last) = self.untrimmed?;
        (bytes >= limits::TRIM_AFTER_BYTES).then(|| last + limits::TRIM_AFTER)
    }

    /// What is true now.
    pub(crate) fn status(&self) -> Status {
        let (size, title) = match &self.body {
            Body::Terminal(terminal) => (terminal.size(), terminal.title()),
            Body::Plain { .. } => (TerminalSize { rows: 0, cols: 0, xpixel: 0, ypixel: 0 }, ""),
        };
        let (output_bytes, last_output_at_ms) = self.output();
        Status {
            session: self.run.session,
            run: self.run.number,
            holder_pid: std::process::id(),
            child_pid: self.child.pid.as_u32(),
            child_start: self.child.start_time,
            started_at_ms: self.run.started_at_ms,
            started_boot_ms: self.run.started_boot_ms,
            size,
            attached: self.clients.attached(),
            focused: self.focused(),
            stopping: self.termination.is_under_way(),
            paused: self.paused.is_some(),
            last_output_at_ms,
            output_bytes,
            title: title.to_owned(),
        }
    }

    /// Tells the watchers what has changed; titles and times, no more often than they can use.
    fn announce(&mut self, now: Instant) {
        let size = match &self.body {
            Body::Terminal(terminal) => Some(terminal.size()),
            Body::Plain { .. } => None,
        };
        let (attached, focused) = (self.clients.attached(), self.focused());
        let (stopping, paused) = (self.termination.is_under_way(), self.paused.is_some());
        let was = &self.told;
        let changed = (attached, focused, size, stopping, paused)
            != (was.attached, was.focused, was.size, was.stopping, was.paused);
        let nothing_told = self.told.at.is_none();
        if changed {
            self.stir_looks(now);
        }
        if !changed && !nothing_told && self.news_at().is_none_or(|at| now < at) {
            return;
        }
        let status = self.status();
        let title = status.title.clone();
        let last_output_at_ms = status.last_output_at_ms;
        let at = Some(now);
        self.told =
            Told { attached, focused, size, stopping, paused, title, last_output_at_ms, at };
        let message = FromHolder::Status(status);
        for client in self.clients.iter_mut().filter(|client| client.watches) {
            client.say(&message);
            client.flush(now);
        }
    }

    /// When the watchers may hear of a new title, or of when there was output. Nothing if
    /// there is no news.
    fn news_at(&self) -> Option<Instant> {
        let Body::Terminal(terminal) = &self.body else { return None };
        let gap = if terminal.title() != self.told.title {
            limits::TITLE_GAP
        } else if self.last_output_at_ms != self.told.last_output_at_ms {
            limits::TIMES_GAP
        } else {
            return None;
        };
        self.told.at.map(|at| at + gap)
    }

    /// Milliseconds since the start of the run, on the clock that counts suspend.
    pub(crate) fn elapsed_ms(&self) -> u64 {
        clock::boot_ms().saturating_sub(self.run.started_boot_ms)
    }
}
