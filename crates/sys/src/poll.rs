//! Waiting for descriptors, with a limit.
//!
//! # Invariants
//!
//! 1. A signal does not end a wait: it goes on with the time that is left. Who wants to
//!    hear of signals waits for [`crate::signals::Signals`] as well.
//! 2. A hang-up or an error counts as readable, so that the reader meets it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use crate::os;

/// What a descriptor can do now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ready {
    /// Reading will not block: there are bytes, an end or an error.
    pub read: bool,
    /// Writing at least one byte will not block, or will fail.
    pub write: bool,
    /// The other side is gone.
    pub hangup: bool,
}

/// One descriptor and what is awaited of it; afterwards, what it can do.
#[derive(Debug)]
pub struct Interest<'fd> {
    pub(crate) fd: BorrowedFd<'fd>,
    pub(crate) read: bool,
    pub(crate) write: bool,
    /// Set by [`wait`].
    pub ready: Ready,
}

impl<'fd> Interest<'fd> {
    /// Waits for reading, writing or both. With neither, only a hang-up is reported.
    pub fn new(fd: &'fd impl AsFd, read: bool, write: bool) -> Self {
        Self { fd: fd.as_fd(), read, write, ready: Ready::default() }
    }

    /// Waits for bytes to read.
    pub fn read(fd: &'fd impl AsFd) -> Self {
        Self::new(fd, true, false)
    }

    /// Waits for room to write.
    pub fn write(fd: &'fd impl AsFd) -> Self {
        Self::new(fd, false, true)
    }
}

/// Waits until one of `interests` is ready or `limit` is over; `None` waits for ever.
/// Returns how many are ready; 0 means that the time is up.
pub fn wait(interests: &mut [Interest<'_>], limit: Option<Duration>) -> io::Result<usize> {
    let until = limit.and_then(|limit| Instant::now().checked_add(limit));
    loop {
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        match os::wait(interests, left) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// Waits for one descriptor to become readable. `false` means that the time is up.
pub fn readable(fd: &impl AsFd, limit: Option<Duration>) -> io::Result<bool> {
    wait(&mut [Interest::read(fd)], limit).map(|ready| ready > 0)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::socket;

    #[test]
    fn readiness_and_the_end_of_time_are_told_apart() {
        let (mut ours, theirs) = socket::pair().unwrap();
        let limit = Duration::from_millis(5);
        let asked = Instant::now();
        assert!(!readable(&theirs, Some(limit)).unwrap());
        assert!(asked.elapsed() >= limit);
        ours.write_all(b"x").unwrap();
        assert!(readable(&theirs, None).unwrap());
    }

    #[test]
    fn each_descriptor_is_told_what_it_can_do() {
        let (ours, theirs) = socket::pair().unwrap();
        let (idle, _other) = socket::pair().unwrap();
        let mut interests =
            [Interest::new(&ours, true, true), Interest::read(&idle), Interest::write(&idle)];
        assert_eq!(wait(&mut interests, None).unwrap(), 2);
        assert_eq!(interests[0].ready, Ready { write: true, ..Ready::default() });
        assert_eq!(interests[1].ready, Ready::default());
        assert!(interests[2].ready.write);

        drop(theirs);
        let mut gone = [Interest::new(&ours, true, false)];
        wait(&mut gone, None).unwrap();
        assert!(gone[0].ready.read && gone[0].ready.hangup);
    }
}
