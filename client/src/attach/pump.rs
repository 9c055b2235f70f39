//! Bytes between a terminal and a holder, until one of them has enough.
//!
//! ```text
//!   keys ──► KeyFilter ──► to_holder ──► holder
//!   screen ◄──────────── to_terminal ◄── holder
//! ```
//!
//! # Invariants
//!
//! 1. Nothing blocks but the one `poll`, so signals and the detach key always work: with
//!    a stopped terminal, with a program that does not read, with a stuck holder.
//! 2. Both buffers are bounded. A full `to_terminal` stops the reading from the holder,
//!    which then waits for us and for nobody else. A full `to_holder` loses input, as a
//!    terminal does: the key must still be seen.
//! 3. The last output is on the terminal before the end is told.

use std::io::{self, Write as _};
use std::os::unix::net::UnixStream;
use std::time::Instant;

use app_model::Exit;
use app_model::keys::KeyFilter;
use app_sys::poll::{self, Interest, Ready};
use app_sys::signals::{Signal, Signals};
use app_wire::hold::{DetachReason, FromHolder, RefusedCode, ToHolder};

use super::terminal::Terminal;
use crate::hold::{HoldError, Holder, READ_ROOM};

/// Output that may wait for a slow terminal, before the frame that is over it.
const OUTPUT_LIMIT: usize = 256 << 10;

/// Input that may wait for a holder that does not read.
const INPUT_LIMIT: usize = 4 << 20;

/// Why the bytes stopped.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The key was pressed, or the terminal went away.
    Detach,
    /// A signal says that this process is to end.
    Leave,
    /// Somebody let go of this terminal from elsewhere.
    LetGo,
    /// Another terminal has taken the session for itself.
    Stolen,
    /// The run is over.
    Ended { exit: Exit, elapsed_ms: u64 },
    /// The holder went away without saying how the run ended.
    HolderGone,
    /// It refused to attach us.
    Refused { code: RefusedCode, message: String },
    /// We were asked to stop for a while, as by `kill -TSTP`.
    Suspend,
    /// We were stopped and go on; the terminal may have been used meanwhile.
    Continued,
}

/// Why the bytes could not go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PumpError {
    /// The holder does not speak as it should.
    #[error(transparent)]
    Hold(#[from] HoldError),
    /// The system refused to wait.
    #[error("cannot wait for the terminal")]
    Wait(#[source] io::Error),
}

/// One attachment.
pub(crate) struct Pump<'a> {
    terminal: &'a mut Terminal,
    signals: &'a mut Signals,
    holder: Holder,
    keys: KeyFilter,
    /// Keys of this terminal do not reach the program.
    read_only: bool,
    to_terminal: Queue,
    to_holder: Queue,
    /// Something was shown: the screen, which comes first.
    painted: bool,
    verdict: Option<Verdict>,
}

impl<'a> Pump<'a> {
    /// Ready to run between `terminal` and `holder`, to which the request to attach has
    /// been sent.
    pub(crate) fn new(
        terminal: &'a mut Terminal,
        signals: &'a mut Signals,
        mut holder: Holder,
        keys: KeyFilter,
        read_only: bool,
    ) -> Result<Self, PumpError> {
        holder.stream().set_nonblocking(true).map_err(PumpError::Wait)?;
        let (to_terminal, to_holder) = (Queue::default(), Queue::default());
        Ok(Self {
            terminal,
            signals,
            holder,
            keys,
            read_only,
            to_terminal,
            to_holder,
            painted: false,
            verdict: None,
        })
    }

    /// Carries bytes until there is a verdict.
    pub(crate) fn run(mut self) -> Result<Verdict, PumpError> {
        loop {
            self.flush_terminal();
            self.flush_holder();
            if let Some(verdict) =
                self.verdict.take_if(|v| is_final(v, self.to_terminal.is_empty()))
            {
                self.say_goodbye(&verdict);
                return Ok(verdict);
            }
            let ready = self.wait().map_err(PumpError::Wait)?;
            if ready.signals {
                self.hear_signals();
            }
            if ready.input {
                self.read_terminal();
            }
            if ready.holder {
                self.read_holder()?;
            }
            self.tick();
        }
    }

    fn wait(&mut self) -> io::Result<Awake> {
        let now = Instant::now();
        let limit = self.keys.deadline().map(|at| at.saturating_duration_since(now));
        let over = self.verdict.is_some();
        let listen = !over && self.to_terminal.len() < OUTPUT_LIMIT; // Invariant 2.
        let speak = !over && !self.to_holder.is_empty();
        let (input, output) = (self.terminal.input(), self.terminal.output());
        let mut interests = vec![Interest::read(&*self.signals), Interest::read(input)];
        if !self.to_terminal.is_empty() {
            interests.push(Interest::write(output));
        }
        if listen || speak {
            interests.push(Interest::new(&self.holder, listen, speak));
        }
        poll::wait(&mut interests, limit)?;
        let is = |ready: Ready| ready.read || ready.hangup;
        Ok(Awake {
            signals: is(interests[0].ready),
            input: is(interests[1].ready),
            holder: listen && interests.last().is_some_and(|last| is(last.ready)),
        })
    }

    fn hear_signals(&mut self) {
        for signal in self.signals.drain() {
            match signal {
                Signal::WINCH => {
                    let size = self.terminal.size();
                    self.to_holder.push_message(&ToHolder::Resize(size));
                }
                Signal::TSTP => self.decide(Verdict::Suspend),
                Signal::CONT => self.decide(Verdict::Continued),
                Signal::HUP | Signal::TERM | Signal::INT | Signal::QUIT => {
                    self.decide(Verdict::Leave);
                }
                _ => {}
            }
        }
    }

    fn read_terminal(&mut self) {
        let mut room = [0; READ_ROOM];
        match self.terminal.read(&mut room) {
            Ok(0) => self.decide(Verdict::Detach),
            Ok(count) => {
                let mut typed = Vec::new();
                let detach = self.keys.feed(&room[..count], Instant::now(), &mut typed);
                self.type_in(typed);
                if detach {
                    self.leave();
                }
            }
            Err(error) if is_transient(&error) => {}
            Err(_) => self.decide(Verdict::Detach), // EIO: the terminal hung up.
        }
    }

    fn tick(&mut self) {
        let mut typed = Vec::new();
        let detach = self.keys.tick(Instant::now(), &mut typed);
        self.type_in(typed);
        if detach {
            self.leave();
        }
    }

    /// The key was pressed.
    fn leave(&mut self) {
        let suspends = self.keys.suspends();
        self.decide(if suspends { Verdict::Suspend } else { Verdict::Detach });
    }

    fn type_in(&mut self, typed: Vec<u8>) {
        if typed.is_empty() || self.read_only || self.to_holder.len() > INPUT_LIMIT {
            return; // Invariant 2.
        }
        self.to_holder.push_message(&ToHolder::Input(typed));
    }

    fn read_holder(&mut self) -> Result<(), PumpError> {
        let open = match self.holder.fill() {
            Ok(open) => open,
            Err(error) if error.is_end() => false,
            Err(error) => return Err(error.into()),
        };
        while let Some(message) = self.holder.take()? {
            self.hear(message);
        }
        if !open && self.verdict.is_none() {
            self.decide(Verdict::HolderGone);
        }
        Ok(())
    }

    fn hear(&mut self, message: FromHolder) {
        match message {
            FromHolder::Output(bytes) => {
                self.painted = true;
                self.to_terminal.push(&bytes);
            }
            FromHolder::Exited { exit, elapsed_ms } if self.painted => {
                self.decide(Verdict::Ended { exit, elapsed_ms });
            }
            // It ended between our connecting and our attaching: nobody has shown us
            // anything, and what it wrote is to be had from its record.
            FromHolder::Exited { .. } => self.decide(Verdict::HolderGone),
            FromHolder::Detached(DetachReason::Asked) => self.decide(Verdict::Detach),
            FromHolder::Detached(DetachReason::Stolen) => self.decide(Verdict::Stolen),
            FromHolder::Detached(DetachReason::Suspended) => self.decide(Verdict::Suspend),
            FromHolder::Detached(DetachReason::ByCommand | DetachReason::Unknown(_)) => {
                self.decide(Verdict::LetGo);
            }
            FromHolder::Refused { code, message } => {
                self.decide(Verdict::Refused { code, message });
            }
            FromHolder::LaunchFailed(_)
            | FromHolder::Status(_)
            | FromHolder::Screen { .. }
            | FromHolder::Done
            | FromHolder::Look(_)
            | FromHolder::Unknown(_) => {}
        }
    }

    /// The first verdict stands, except that leaving does not wait for the last output.
    fn decide(&mut self, verdict: Verdict) {
        match (&self.verdict, &verdict) {
            (None, _) => self.verdict = Some(verdict),
            // Who leaves while the last output is still being written learns the end.
            (
                Some(Verdict::Ended { .. } | Verdict::HolderGone),
                Verdict::Detach | Verdict::Leave,
            ) => {
                self.to_terminal = Queue::default();
            }
            (Some(_), _) => {}
        }
    }

    fn flush_terminal(&mut self) {
        let terminal = &mut *self.terminal;
        if self.to_terminal.flush(|bytes| terminal.write(bytes)).is_err() {
            self.to_terminal = Queue::default();
            self.decide(Verdict::Detach);
        }
    }

    fn flush_holder(&mut self) {
        let stream: &mut UnixStream = self.holder.stream();
        // An error means that it is gone; reading says what became of it.
        if self.to_holder.flush(|bytes| stream.write(bytes)).is_err() {
            self.to_holder = Queue::default();
        }
    }

    /// Tells the holder that we leave on purpose. It learns it from the end of the
    /// connection as well.
    fn say_goodbye(&mut self, verdict: &Verdict) {
        let leaves = matches!(verdict, Verdict::Detach | Verdict::Leave);
        if leaves || matches!(verdict, Verdict::Suspend | Verdict::Continued) {
            self.to_holder.push_message(&ToHolder::Detach);
            self.flush_holder();
        }
    }
}

/// What there is to do after a wait.
struct Awake {
    signals: bool,
    input: bool,
    holder: bool,
}

/// Ends wait for the last output (invariant 3); whoever leaves does not.
fn is_final(verdict: &Verdict, all_written: bool) -> bool {
    match verdict {
        Verdict::Ended { .. } | Verdict::HolderGone => all_written,
        Verdict::Detach
        | Verdict::Leave
        | Verdict::LetGo
        | Verdict::Stolen
        | Verdict::Refused { .. }
        | Verdict::Suspend
        | Verdict::Continued => true,
    }
}

fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

/// Bytes that wait to be written.
#[derive(Default)]
struct Queue {
    bytes: Vec<u8>,
    written: usize,
}

impl Queue {
    fn len(&self) -> usize {
        self.bytes.len() - self.written
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn push(&mut self, bytes: &[u8]) {
        self.compact();
        self.bytes.extend_from_slice(bytes);
    }

    fn push_message(&mut self, message: &ToHolder) {
        self.compact();
        message.encode(&mut self.bytes);
    }

    /// Writes until the writer takes no more. An error is one that will not pass.
    fn flush(&mut self, mut write: impl FnMut(&[u8]) -> io::Result<usize>) -> io::Result<()> {
        while !self.is_empty() {
            match write(&self.bytes[self.written..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => self.written += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.compact();
        Ok(())
    }

    fn compact(&mut self) {
        if self.is_empty() {
            self.bytes.clear();
            self.bytes.shrink_to(OUTPUT_LIMIT);
        } else {
            self.bytes.drain(..self.written);
        }
        self.written = 0;
    }
}
