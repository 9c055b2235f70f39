//! Signals as bytes to read: handled where a program looks, not wherever it was hit.
//!
//! A handler may do next to nothing (signal-safety(7)), so ours sets a bit and writes a
//! byte to a pipe. The pipe is readable until [`Signals::drain`] has taken the bits. The
//! same code serves both systems, and a caught signal is back to its default after
//! exec, so nothing leaks into a child.
//!
//! # Invariants
//!
//! 1. At most one [`Signals`] exists in a process; it owns the dispositions it changed
//!    and puts them back when dropped.
//! 2. A signal that arrives at any time is seen by the next `drain`, once, no matter how
//!    often it arrived before that.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, IntoRawFd as _, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};

use rustix::fs::OFlags;

/// A signal by its number on this system.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signal(i32);

/// One more than the largest signal number there is.
const SIGNAL_END: i32 = 65;

impl Signal {
    /// Hang-up: the terminal is gone.
    pub const HUP: Self = Self(libc::SIGHUP);
    /// Interrupt, as by Ctrl-C.
    pub const INT: Self = Self(libc::SIGINT);
    /// Quit, as by Ctrl-\.
    pub const QUIT: Self = Self(libc::SIGQUIT);
    /// Ends a process at once.
    pub const KILL: Self = Self(libc::SIGKILL);
    /// The reader of a pipe is gone.
    pub const PIPE: Self = Self(libc::SIGPIPE);
    /// A request to end.
    pub const TERM: Self = Self(libc::SIGTERM);
    /// A child has changed its state.
    pub const CHLD: Self = Self(libc::SIGCHLD);
    /// Go on after a stop.
    pub const CONT: Self = Self(libc::SIGCONT);
    /// Stops a process; cannot be caught.
    pub const STOP: Self = Self(libc::SIGSTOP);
    /// Stop, as by Ctrl-Z.
    pub const TSTP: Self = Self(libc::SIGTSTP);
    /// A write from the background of a terminal.
    pub const TTOU: Self = Self(libc::SIGTTOU);
    /// A read from the background of a terminal.
    pub const TTIN: Self = Self(libc::SIGTTIN);
    /// The terminal has another size.
    pub const WINCH: Self = Self(libc::SIGWINCH);
    /// For the program's own use.
    pub const USR1: Self = Self(libc::SIGUSR1);
    /// For the program's own use.
    pub const USR2: Self = Self(libc::SIGUSR2);

    /// The signal with this number, if there can be one.
    pub fn from_number(number: i32) -> Option<Self> {
        (1..SIGNAL_END).contains(&number).then_some(Self(number))
    }

    /// Its number on this system.
    pub fn number(self) -> i32 {
        self.0
    }

    const fn bit(self) -> u64 {
        1 << (self.0 - 1)
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signal({})", self.0)
    }
}

static EXISTS: AtomicBool = AtomicBool::new(false);
static ARRIVED: AtomicU64 = AtomicU64::new(0);
/// The pipe's writing end; -1 while there is none. It is never closed, so that a handler
/// on another thread cannot write to a descriptor that means something else by now.
static WAKE: AtomicI32 = AtomicI32::new(-1);

/// Catches some signals for as long as it lives.
#[derive(Debug)]
pub struct Signals {
    pipe: OwnedFd,
    found: Vec<(Signal, Disposition)>,
}

impl Signals {
    /// Catches `signals` from here on.
    pub fn new(signals: &[Signal]) -> io::Result<Self> {
        if EXISTS.swap(true, Ordering::AcqRel) {
            let taken = "the signals of this process are already caught elsewhere";
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, taken));
        }
        let pipe = make_pipe().inspect_err(|_| EXISTS.store(false, Ordering::Release))?;
        ARRIVED.store(0, Ordering::Release);
        let mut this = Self { pipe, found: Vec::with_capacity(signals.len()) };
        for &signal in signals {
            // On an error `drop` puts back what was changed so far.
            let found = Disposition::swap(signal, handler())?;
            this.found.push((signal, found));
        }
        Ok(this)
    }

    /// Takes the signals that arrived since the last time. Never blocks.
    pub fn drain(&mut self) -> Vec<Signal> {
        let mut bytes = [0; 64];
        // The bytes are taken before the bits: a signal in between leaves a byte, and at
        // worst the next `drain` finds nothing.
        while rustix::io::read(&self.pipe, &mut bytes).is_ok_and(|count| count == bytes.len()) {}
        let arrived = ARRIVED.swap(0, Ordering::AcqRel);
        (1..SIGNAL_END).map(Signal).filter(|signal| arrived & signal.bit() != 0).collect()
    }
}

/// Readable while a caught signal has not been drained.
impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for (signal, found) in self.found.drain(..) {
            // It was accepted once, so it is again.
            Disposition::swap(signal, found).ok();
        }
        EXISTS.store(false, Ordering::Release);
    }
}

/// Makes the pipe on first use and reuses its writing end's number afterwards.
fn make_pipe() -> io::Result<OwnedFd> {
    let (read, write) = io::pipe()?;
    let read = OwnedFd::from(read);
    let write = OwnedFd::from(write);
    for end in [&read, &write] {
        let flags = rustix::fs::fcntl_getfl(end)?;
        rustix::fs::fcntl_setfl(end, flags | OFlags::NONBLOCK)?;
    }
    let old = WAKE.load(Ordering::Acquire);
    if old < 0 {
        WAKE.store(write.into_raw_fd(), Ordering::Release);
    } else {
        put_in_place(&write, old)?;
    }
    Ok(read)
}

#[expect(unsafe_code, reason = "replaces a descriptor that a signal handler knows by number")]
fn put_in_place(write: &OwnedFd, number: i32) -> io::Result<()> {
    // SAFETY: `number` was taken from an `OwnedFd` by `into_raw_fd` and is owned by
    // `WAKE` alone; dup2 exchanges what it means atomically.
    if unsafe { libc::dup2(write.as_raw_fd(), number) } < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: as above; the descriptor stays open for the whole call.
    let placed = unsafe { BorrowedFd::borrow_raw(number) };
    rustix::io::fcntl_setfd(placed, rustix::io::FdFlags::CLOEXEC)?;
    Ok(())
}

/// What the kernel does with a signal of this process.
struct Disposition(libc::sigaction);

impl fmt::Debug for Disposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Disposition({:#x})", self.0.sa_sigaction)
    }
}

#[expect(unsafe_code, reason = "only libc has sigaction(2)")]
impl Disposition {
    fn of(action: libc::sighandler_t, flags: i32) -> Self {
        // SAFETY: `sigaction` is plain data, and all zeroes is a valid, empty one.
        let mut raw: libc::sigaction = unsafe { std::mem::zeroed() };
        raw.sa_sigaction = action;
        raw.sa_flags = flags;
        Self(raw)
    }

    /// Sets the disposition and returns the one it replaces. Safe to call between fork
    /// and exec.
    fn swap(signal: Signal, to: Self) -> io::Result<Self> {
        let mut found = Self::of(libc::SIG_DFL, 0);
        // SAFETY: both structures live through the call; a handler, if there is one, is
        // `on_signal`, which is safe to run at any time.
        if unsafe { libc::sigaction(signal.0, &raw const to.0, &raw mut found.0) } != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(found)
    }
}

fn handler() -> Disposition {
    let action: extern "C" fn(libc::c_int) = on_signal;
    Disposition::of(action as libc::sighandler_t, libc::SA_RESTART | libc::SA_NOCLDSTOP)
}

/// Runs at any instant, on any thread: atomics and write(2), nothing else.
#[expect(unsafe_code, reason = "a signal handler may only use what is async-signal-safe")]
extern "C" fn on_signal(number: libc::c_int) {
    ARRIVED.fetch_or(Signal(number).bit(), Ordering::AcqRel);
    let saved = errno();
    // SAFETY: write(2) is async-signal-safe, the byte is static and `WAKE` is never
    // closed. A full pipe is as good as a written byte.
    unsafe { libc::write(WAKE.load(Ordering::Acquire), [0_u8].as_ptr().cast(), 1) };
    set_errno(saved);
}

#[expect(unsafe_code, reason = "a handler must leave errno as it was")]
fn errno_location() -> *mut libc::c_int {
    #[cfg(target_os = "linux")]
    // SAFETY: always valid, for the calling thread.
    return unsafe { libc::__errno_location() };
    #[cfg(target_os = "macos")]
    // SAFETY: always valid, for the calling thread.
    return unsafe { libc::__error() };
}

#[expect(unsafe_code, reason = "a handler must leave errno as it was")]
fn errno() -> libc::c_int {
    // SAFETY: the location is valid for this thread and nobody else's.
    unsafe { *errno_location() }
}

#[expect(unsafe_code, reason = "a handler must leave errno as it was")]
fn set_errno(value: libc::c_int) {
    // SAFETY: the location is valid for this thread and nobody else's.
    unsafe { *errno_location() = value };
}

/// Makes this process ignore `signals`. Ignored signals stay ignored after exec, so use
/// [`crate::spawn`] for children: it puts everything back.
pub fn ignore(signals: &[Signal]) -> io::Result<()> {
    signals
        .iter()
        .try_for_each(|&s| Disposition::swap(s, Disposition::of(libc::SIG_IGN, 0)).map(drop))
}

/// Gives `signals` their default effect again.
pub fn restore_default(signals: &[Signal]) -> io::Result<()> {
    signals
        .iter()
        .try_for_each(|&s| Disposition::swap(s, Disposition::of(libc::SIG_DFL, 0)).map(drop))
}

/// Gives every signal its default effect and blocks none. Async-signal-safe.
#[expect(unsafe_code, reason = "only libc has sigprocmask(2)")]
pub(crate) fn reset() {
    for signal in (1..SIGNAL_END).map(Signal) {
        // KILL, STOP and those of libc itself refuse; that is fine.
        Disposition::swap(signal, Disposition::of(libc::SIG_DFL, 0)).ok();
    }
    // SAFETY: an all-zero set is valid on both systems and is emptied by `sigemptyset`;
    // both calls are async-signal-safe.
    unsafe {
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poll;

    #[test]
    fn a_caught_signal_is_read_once_and_dispositions_come_back() {
        ignore(&[Signal::USR2]).unwrap();
        let mut signals = Signals::new(&[Signal::USR1, Signal::USR2]).unwrap();
        assert!(Signals::new(&[Signal::USR1]).is_err(), "two owners");
        assert_eq!(signals.drain(), []);

        let this = rustix::process::getpid();
        rustix::process::kill_process(this, rustix::process::Signal::USR1).unwrap();
        assert!(poll::readable(&signals, None).unwrap());
        assert_eq!(signals.drain(), [Signal::USR1]);
        assert_eq!(signals.drain(), []);
        drop(signals);

        // Ignored again: this would end the process.
        rustix::process::kill_process(this, rustix::process::Signal::USR2).unwrap();
        restore_default(&[Signal::USR2]).unwrap();
        let mut again = Signals::new(&[Signal::USR1]).unwrap();
        rustix::process::kill_process(this, rustix::process::Signal::USR1).unwrap();
        assert!(poll::readable(&again, None).unwrap());
        assert_eq!(again.drain(), [Signal::USR1]);
    }

    #[test]
    fn numbers_outside_the_range_are_no_signals() {
        assert_eq!(Signal::from_number(15), Some(Signal::TERM));
        assert_eq!(Signal::from_number(0), None);
        assert_eq!(Signal::from_number(65), None);
    }
}
