//! A client's terminal in our hands: we read its keys and write its output, the client
//! watches signals. A key goes through one process instead of two, and when the client is
//! killed the terminal is still put right.
//!
//! # Invariants
//!
//! 1. Nothing blocks: the descriptor was opened anew by the client and is non-blocking.
//! 2. However it ends, the terminal is reset and has the settings that it came with,
//!    unless it is gone, takes nothing for [`limits::LEAVE`], or is used by somebody else.
//! 3. The client is told only after that: then the terminal is its own again. It is told
//!    as well if the reset was not taken.
//! 4. Keys that the program has no room for are lost, as on any terminal: the key that
//!    detaches must be seen.

use std::fs::File;
use std::io::{self, Read as _};
use std::mem;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::Instant;

use app_model::TerminalSize;
use app_model::keys::{DetachKey, KeyFilter};
use app_model::reset::{RESET, TO_BOTTOM, make_room, reset_in_place};
use app_sys::poll::Interest;
use app_sys::tty::{self, RawMode};
use app_wire::hold::{DetachReason, FromHolder};

use crate::writer::Writer;
use crate::{limits, queue};

/// Bytes of keys that are read at once.
const KEYS: usize = 4096;

/// Where whoever uses the terminal next goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Below everything: there may be something below the cursor.
    Bottom,
    /// Where the program that ended has left the cursor, on a terminal this wide.
    Cursor { cols: u16 },
}

/// What a person has typed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    /// For the program, perhaps nothing.
    Keys(Vec<u8>),
    /// The same, and then the wish to leave.
    Leave(Vec<u8>, DetachReason),
    /// The terminal is gone.
    Gone,
}

/// A terminal that was handed over.
#[derive(Debug)]
pub(crate) struct Handed {
    tty: File,
    /// Puts its settings back when it is dropped.
    raw: Option<RawMode>,
    keys: KeyFilter,
    queue: Vec<u8>,
    /// Where in the queue the bytes begin that were not written yet.
    start: usize,
    /// How many of those make room: they are written whatever becomes of the others.
    room: usize,
    /// Writes in our stead while there is a flood. Then nothing of the queue was written.
    writer: Option<Writer>,
    leaving: Option<Leaving>,
}

/// The reset is on its way.
#[derive(Debug)]
struct Leaving {
    until: Instant,
    /// It never takes longer than until then.
    at_most: Instant,
    /// What the client is told then.
    goodbye: FromHolder,
}

/// How a terminal was given back.
#[derive(Debug)]
pub(crate) struct Back {
    /// What the client is told.
    pub(crate) goodbye: FromHolder,
    /// It has taken the whole reset.
    pub(crate) is_right: bool,
}

impl Handed {
    /// Makes the terminal raw, with an empty screen below what was there.
    /// Refuses the terminal of the program itself, whose device is `own`: it would be shown
    /// showing itself.
    pub(crate) fn take(
        fd: OwnedFd,
        detach_key: u8,
        size: TerminalSize,
        own: Option<u64>,
    ) -> io::Result<Self> {
        let refuse = |why: &str| Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        if !tty::is_terminal(&fd) {
            return refuse("it is not a terminal");
        }
        if tty::device(&fd) == own {
            return refuse("it is the terminal of the session itself");
        }
        tty::set_nonblocking(&fd)?;
        let raw = RawMode::enter(&fd)?;
        let queue = make_room(size.rows).into_bytes();
        Ok(Self {
            tty: File::from(fd),
            raw: Some(raw),
            keys: KeyFilter::new(DetachKey::from_byte(detach_key)),
            start: 0,
            room: queue.len(),
            queue,
            writer: None,
            leaving: None,
        })
    }

    /// The terminal, for waiting.
    pub(crate) fn tty(&self) -> &File {
        &self.tty
    }

    pub(crate) fn is_leaving(&self) -> bool {
        self.leaving.is_some()
    }

    /// Bytes that wait to be written.
    pub(crate) fn len(&self) -> usize {
        self.queue.len() - self.start + self.writer.as_ref().map_or(0, Writer::len)
    }

    /// What to wait for until it has taken more of them.
    pub(crate) fn room(&self) -> Interest<'_> {
        self.bell().map_or_else(|| Interest::write(&self.tty), Interest::read)
    }

    /// Readable when the thread has written something, if there is one.
    pub(crate) fn bell(&self) -> Option<&UnixStream> {
        self.writer.as_ref().map(Writer::bell)
    }

    /// There is a flood: from now on a thread writes it.
    pub(crate) fn write_apart(&mut self, now: Instant) {
        if self.writer.is_none() && self.leaving.is_none() && self.room == 0 {
            self.queue.drain(..self.start);
            self.start = 0;
            // Without a thread it is slower, and that is all.
            self.writer = Writer::start(&self.tty, now).ok();
        }
    }

    /// Takes back what the thread has not written, and ends it.
    fn recall(&mut self) {
        if let Some(writer) = self.writer.take() {
            let mut bytes = writer.recall();
            bytes.append(&mut self.queue);
            self.queue = bytes;
        }
    }

    /// Queues output.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if self.leaving.is_none() {
            queue::compact(&mut self.queue, &mut self.start);
            self.queue.extend_from_slice(bytes);
        }
    }

    /// Throws away what waits. What follows has to begin by ending half a sequence.
    pub(crate) fn clear(&mut self) {
        self.recall();
        let room = self.queue[self.start..][..self.room].to_vec();
        (self.queue, self.start) = (room, 0);
    }

    /// Writes what the terminal takes now and says how much that was. An error means that
    /// the terminal is gone.
    pub(crate) fn flush(&mut self, now: Instant) -> io::Result<usize> {
        let total = match &mut self.writer {
            Some(writer) => {
                let count = writer.progress()?;
                if writer.has_room() && !self.queue.is_empty() {
                    self.queue = writer.take(mem::take(&mut self.queue), now);
                }
                count
            }
            None => self.write()?,
        };
        if let Some(leaving) = self.leaving.as_mut().filter(|_| total > 0) {
            // As long as it takes something, it gets the rest.
            leaving.until = (now + limits::LEAVE).min(leaving.at_most);
        }
        Ok(total)
    }

    fn write(&mut self) -> io::Result<usize> {
        let count = queue::write_some(&mut self.tty, &self.queue[self.start..])?;
        self.start += count;
        self.room = self.room.saturating_sub(count);
        queue::compact(&mut self.queue, &mut self.start);
        Ok(count)
    }

    /// Reads what was typed.
    pub(crate) fn read(&mut self, now: Instant) -> Typed {
        let mut room = [0; KEYS];
        let count = match self.tty.read(&mut room) {
            Ok(0) => return Typed::Gone,
            Ok(count) => count,
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                ) =>
            {
                0
            }
            Err(_) => return Typed::Gone, // EIO: it hung up.
        };
        let mut typed = Vec::new();
        let leaves = self.keys.feed(&room[..count], now, &mut typed);
        self.typed(typed, leaves)
    }

    /// When [`Self::tick`], [`Self::settle`] or [`Self::finish`] has something to do.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let other = match &self.leaving {
            Some(leaving) => Some(leaving.until),
            None => self.keys.deadline(),
        };
        [self.idle_at(), other].into_iter().flatten().min()
    }

    /// When the flood is over, if no more of it comes.
    fn idle_at(&self) -> Option<Instant> {
        self.writer.as_ref().filter(|_| self.queue.is_empty())?.due_at()
    }

    /// Ends the thread once the flood is over.
    pub(crate) fn settle(&mut self, now: Instant) {
        if self.idle_at().is_some_and(|at| now >= at) {
            self.recall();
        }
    }

    /// What has become of keys that were held back.
    pub(crate) fn tick(&mut self, now: Instant) -> Typed {
        let mut typed = Vec::new();
        let leaves = self.keys.tick(now, &mut typed);
        self.typed(typed, leaves)
    }

    fn typed(&self, keys: Vec<u8>, leaves: bool) -> Typed {
        match (leaves, self.keys.suspends()) {
            (false, _) => Typed::Keys(keys),
            (true, false) => Typed::Leave(keys, DetachReason::Asked),
            (true, true) => Typed::Leave(keys, DetachReason::Suspended),
        }
    }

    /// Begins to give the terminal back; `goodbye` is for the client. What was said first
    /// stands.
    pub(crate) fn leave(&mut self, place: Place, goodbye: FromHolder, now: Instant) {
        if self.leaving.is_some() {
            return;
        }
        self.recall();
        match place {
            Place::Bottom => {
                // Output that waits is of no use any more.
                self.clear();
                self.queue.extend_from_slice(RESET.as_bytes());
                self.queue.extend_from_slice(TO_BOTTOM.as_bytes());
            }
            Place::Cursor { cols } => self.push(reset_in_place(cols).as_bytes()),
        }
        let (until, at_most) = (now + limits::LEAVE, now + limits::FLUSH);
        self.leaving = Some(Leaving { until, at_most, goodbye });
    }

    /// The client is gone. A shell that has the terminal by now keeps its settings and its
    /// place.
    pub(crate) fn abandon(&mut self, cols: u16, goodbye: FromHolder, now: Instant) {
        if self.raw.as_ref().is_some_and(RawMode::is_intact) {
            return self.leave(Place::Bottom, goodbye, now);
        }
        self.raw.take().into_iter().for_each(RawMode::forget);
        self.clear();
        self.leave(Place::Cursor { cols }, goodbye, now);
    }

    /// Tells once the terminal has taken the reset, or had its time. Its settings are back
    /// then; drop this.
    pub(crate) fn finish(&mut self, now: Instant) -> Option<Back> {
        let is_right = self.len() == 0;
        let done = self.leaving.as_ref().is_some_and(|it| is_right || now >= it.until);
        let Leaving { goodbye, .. } = self.leaving.take_if(|_| done)?;
        match self.raw.take() {
            // Somebody else has it by now.
            Some(raw) if !raw.is_intact() => raw.forget(),
            Some(_) | None => {}
        }
        Some(Back { goodbye, is_right })
    }
}
