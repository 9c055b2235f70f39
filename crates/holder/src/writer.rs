//! A thread that writes a flood to a terminal that was handed over, while the loop reads
//! more of it: both take the kernel about as long, so doing them in turns is half as fast.
//!
//! ```text
//!   loop ──bytes──► thread ──► terminal
//!        ◄─buffers─
//!        ◄──bell───
//! ```
//!
//! It exists while there is a flood and nothing but more of it is to be written: for
//! anything else, what it has not written yet is taken back first.
//!
//! # Invariants
//!
//! 1. Every byte that it takes is written once, in order, or given back.
//! 2. At most [`limits::TO_WRITE`] buffers are under way.
//! 3. The loop never waits for the terminal: [`Writer::recall`] takes no longer than one
//!    write that does not block.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::Instant;

use app_sys::poll::{self, Interest};
use app_sys::socket;

use crate::limits;

/// The thread, as the loop sees it.
#[derive(Debug)]
pub(crate) struct Writer {
    todo: SyncSender<Vec<u8>>,
    written: Receiver<Vec<u8>>,
    state: Arc<State>,
    /// Buffers that were not given back yet, and those that were.
    under_way: usize,
    free: Vec<Vec<u8>>,
    /// What [`State::left`] was when this was last asked.
    seen: usize,
    bell: UnixStream,
    /// Ends its wait for the terminal.
    call: UnixStream,
    thread: JoinHandle<Vec<u8>>,
    last_at: Instant,
}

/// What both sides know.
#[derive(Debug, Default)]
struct State {
    /// Bytes that were handed over and not written yet.
    left: AtomicUsize,
    /// The loop wants everything back.
    recalled: AtomicBool,
    /// The terminal is.
    gone: AtomicBool,
}

impl Writer {
    /// Starts a thread that writes to this terminal, which does not block.
    pub(crate) fn start(tty: &File, now: Instant) -> io::Result<Self> {
        let tty = tty.try_clone()?;
        let (bell, ringer) = socket::pair()?;
        bell.set_nonblocking(true)?;
        ringer.set_nonblocking(true)?;
        let (call, called) = socket::pair()?;
        let (todo, buffers) = sync_channel(limits::TO_WRITE);
        let (give_back, written) = sync_channel(limits::TO_WRITE);
        let state = Arc::new(State::default());
        let hand = Hand { tty, state: state.clone(), ringer, called };
        let thread = Builder::new()
            .name("writer".into())
            .stack_size(limits::STACK)
            .spawn(move || hand.work(&buffers, &give_back))?;
        Ok(Self {
            todo,
            written,
            state,
            under_way: 0,
            free: Vec::new(),
            seen: 0,
            bell,
            call,
            thread,
            last_at: now,
        })
    }

    /// Whether it can take more at the moment.
    pub(crate) fn has_room(&self) -> bool {
        self.under_way < limits::TO_WRITE
    }

    /// Hands over a buffer, for which there is room, and returns an empty one.
    pub(crate) fn take(&mut self, buffer: Vec<u8>, now: Instant) -> Vec<u8> {
        self.last_at = now;
        self.under_way += 1;
        self.seen += buffer.len();
        self.state.left.fetch_add(buffer.len(), Ordering::Relaxed);
        // The thread ends only when it is told to, or when the terminal is gone.
        self.todo.try_send(buffer).ok();
        self.free.pop().unwrap_or_default()
    }

    /// Bytes that it has not written yet.
    pub(crate) fn len(&self) -> usize {
        self.state.left.load(Ordering::Relaxed)
    }

    /// How many bytes it has written since this was last asked. An error means that the
    /// terminal is gone.
    pub(crate) fn progress(&mut self) -> io::Result<usize> {
        let mut rung = [0; 64];
        let is_over = loop {
            match (&self.bell).read(&mut rung) {
                Ok(1..) => {}
                Ok(0) => break true,
                Err(_) => break false,
            }
        };
        if is_over || self.state.gone.load(Ordering::Acquire) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        for mut buffer in self.written.try_iter() {
            buffer.clear();
            self.free.push(buffer);
            self.under_way -= 1;
        }
        let left = self.len();
        let before = std::mem::replace(&mut self.seen, left);
        Ok(before - left)
    }

    /// Readable when there is room again, or never will be.
    pub(crate) fn bell(&self) -> &UnixStream {
        &self.bell
    }

    /// When it is of no use any more, if nothing comes.
    pub(crate) fn due_at(&self) -> Option<Instant> {
        (self.len() == 0).then_some(self.last_at + limits::LAG)
    }

    /// Ends it and returns what it has not written.
    pub(crate) fn recall(self) -> Vec<u8> {
        let Self { todo, state, call, thread, .. } = self;
        state.recalled.store(true, Ordering::Release);
        drop((todo, call));
        // It does nothing that could panic.
        thread.join().unwrap_or_default()
    }
}

/// The thread's own side.
struct Hand {
    tty: File,
    state: Arc<State>,
    ringer: UnixStream,
    called: UnixStream,
}

impl Hand {
    fn work(self, buffers: &Receiver<Vec<u8>>, give_back: &SyncSender<Vec<u8>>) -> Vec<u8> {
        while let Ok(buffer) = buffers.recv() {
            let count = self.write(&buffer);
            if count < buffer.len() {
                self.ring();
                let rest = buffers.iter().flatten();
                return buffer[count..].iter().copied().chain(rest).collect();
            }
            give_back.try_send(buffer).ok();
            self.ring();
        }
        Vec::new()
    }

    /// Writes all of it, or as much as was possible until it was called back.
    fn write(&self, bytes: &[u8]) -> usize {
        let mut at = 0;
        while at < bytes.len() && !self.state.recalled.load(Ordering::Acquire) {
            match (&self.tty).write(&bytes[at..]) {
                Ok(count) if count > 0 => {
                    at += count;
                    self.state.left.fetch_sub(count, Ordering::Relaxed);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let room = Interest::write(&self.tty);
                    poll::wait(&mut [room, Interest::read(&self.called)], None).ok();
                }
                Ok(_) | Err(_) => {
                    self.state.gone.store(true, Ordering::Release);
                    break;
                }
            }
        }
        at
    }

    fn ring(&self) {
        // A full bell is about to be heard.
        (&self.ringer).write_all(b"!").ok();
    }
}

#[cfg(test)]
mod tests {
    use app_sys::pty::{self, WinSize};
    use app_sys::tty::{self, RawMode};

    use super::*;

    fn terminal() -> (File, File) {
        let pty = pty::open(WinSize { rows: 24, cols: 80, xpixel: 0, ypixel: 0 }).unwrap();
        tty::set_nonblocking(&pty.slave).unwrap();
        RawMode::enter(&pty.slave).unwrap().forget();
        (File::from(pty.master), File::from(pty.slave))
    }

    fn read_some(person: &mut File, into: &mut Vec<u8>) {
        poll::readable(&*person, None).unwrap();
        let mut room = [0; 4096];
        let count = person.read(&mut room).unwrap();
        into.extend_from_slice(&room[..count]);
    }

    #[test]
    fn every_byte_is_written_once_or_given_back() {
        let (mut person, tty) = terminal();
        let now = Instant::now();
        let mut writer = Writer::start(&tty, now).unwrap();
        let (mut all, mut seen) = (Vec::new(), Vec::new());
        for number in 0..200_u32 {
            let text = format!("{number}:").repeat(1000).into_bytes();
            all.extend_from_slice(&text);
            writer.take(text, now);
            while !writer.has_room() {
                read_some(&mut person, &mut seen);
                writer.progress().unwrap();
            }
        }
        let waiting = writer.len();
        let back = writer.recall();
        assert!(back.len() <= waiting, "{} of {waiting}", back.len());
        while seen.len() + back.len() < all.len() {
            read_some(&mut person, &mut seen);
        }
        seen.extend_from_slice(&back);
        assert!(seen == all, "bytes were lost or changed");
    }

    #[test]
    fn a_terminal_that_takes_nothing_is_left_at_once_and_one_that_is_gone_is_told() {
        let (person, tty) = terminal();
        let now = Instant::now();
        let mut writer = Writer::start(&tty, now).unwrap();
        let much = vec![b'x'; 1 << 20];
        writer.take(much.clone(), now);
        assert!(writer.due_at().is_none() || writer.len() == 0);
        let back = writer.recall();
        assert!(!back.is_empty() && back.len() <= much.len());

        let mut writer = Writer::start(&tty, now).unwrap();
        writer.take(much, now);
        drop(person);
        poll::readable(writer.bell(), None).unwrap();
        assert!(writer.progress().is_err());
    }
}
