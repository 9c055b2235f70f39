//! Waiting for facts, with a bound.
//!
//! What can be waited for as a descriptor (an exit, output) is; for facts that no
//! descriptor tells (a file's content, what a command prints) [`until`] asks again and
//! again. It holds the only timed pause of all tests.

use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// How long anything may take on a slow and busy machine. A wait that reaches it fails.
pub const LIMIT: Duration = Duration::from_secs(40);

/// Pauses between two looks at a fact that cannot wake us: short at first, since most
/// facts are true at once.
const PAUSES_MS: [u64; 6] = [1, 2, 5, 10, 20, 40];

/// A point in time after which waiting is failure.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    /// [`LIMIT`] from now.
    pub fn usual() -> Self {
        Self::after(LIMIT)
    }

    /// `limit` from now.
    pub fn after(limit: Duration) -> Self {
        Self(Instant::now() + limit)
    }

    /// What is left, or nothing.
    pub fn left(self) -> Option<Duration> {
        self.0.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
    }
}

/// Waits until `probe` gives a value; its errors are the states seen on the way.
///
/// # Panics
/// When that takes longer than [`LIMIT`], with `what` and the last state.
pub fn until<T>(what: &str, probe: impl FnMut() -> Result<T, String>) -> T {
    until_for(LIMIT, what, probe)
}

/// Like [`until`], with another limit.
///
/// # Panics
/// When that takes longer than `limit`, with `what` and the last state.
pub fn until_for<T>(
    limit: Duration,
    what: &str,
    mut probe: impl FnMut() -> Result<T, String>,
) -> T {
    let deadline = Deadline::after(limit);
    let mut pauses = PAUSES_MS.into_iter();
    let mut pause_ms = 0;
    loop {
        match probe() {
            Ok(value) => return value,
            Err(state) if deadline.left().is_none() => {
                panic!("waited {limit:?} for {what}; the last state was: {state}")
            }
            Err(_) => pause_ms = pauses.next().unwrap_or(pause_ms),
        }
        // No descriptor tells, so this is the clock after all; nowhere else.
        ready(&mut [], Some(Duration::from_millis(pause_ms)));
    }
}

/// Waits until one of `fds` is ready, or for `limit`; whether one is.
pub fn ready(fds: &mut [PollFd<'_>], limit: Option<Duration>) -> bool {
    let deadline = limit.map(Deadline::after);
    loop {
        let left = deadline.map(|deadline| deadline.left().unwrap_or_default());
        let timeout = left.map(|left| Timespec {
            tv_sec: left.as_secs().cast_signed(),
            tv_nsec: left.subsec_nanos().into(),
        });
        match poll(fds, timeout.as_ref()) {
            Ok(count) => return count > 0,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => panic!("poll: {error}"),
        }
    }
}

/// Waits until `fd` can be read or is at its end; whether that came in time.
pub fn readable(fd: BorrowedFd<'_>, deadline: Deadline) -> bool {
    let mut fds = [PollFd::from_borrowed_fd(fd, PollFlags::IN)];
    ready(&mut fds, Some(deadline.left().unwrap_or_default()))
}

/// Waits until `count` has not changed for a whole `period`: what was under way is over,
/// and nothing comes by itself.
///
/// # Panics
/// When it goes on changing for longer than [`LIMIT`], with the values seen.
pub fn until_still(period: Duration, what: &str, mut count: impl FnMut() -> u64) {
    let deadline = Deadline::usual();
    let mut seen = vec![count()];
    let mut still = Deadline::after(period);
    while let Some(left) = still.left() {
        // Only time shows that nothing happens.
        ready(&mut [], Some(left.min(Duration::from_millis(50))));
        let now = count();
        if seen.last() != Some(&now) {
            seen.push(now);
            still = Deadline::after(period);
            assert!(deadline.left().is_some(), "{what} goes on: {seen:?}");
        }
    }
}
