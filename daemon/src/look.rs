//! Looks at places that may never answer: a home on a server that is gone, a file system
//! whose program hangs.
//!
//! The system has no limit for a look, so each is made by a thread of its own, which is left
//! to itself when its time is over. It ends when the place answers, or with the daemon.
//!
//! # Invariants
//!
//! 1. Who looks again before the last look has answered makes no second one ([`Look`]): a
//!    place that hangs costs one thread, however often it is asked for.

use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::Duration;

/// What a look has found, within `limit`; nothing if it takes longer, or cannot be made.
pub fn within<T: Send + 'static>(
    limit: Duration,
    look: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    Look::begin(look)?.within(limit).found()
}

/// A look that is under way.
#[derive(Debug)]
pub struct Look<T>(Receiver<T>);

/// What has become of a look.
#[derive(Debug)]
pub enum Outcome<T> {
    /// This is there.
    Found(T),
    /// It has not answered.
    Silent(Look<T>),
    /// It came to nothing.
    Failed,
}

impl<T> Outcome<T> {
    fn found(self) -> Option<T> {
        match self {
            Self::Found(found) => Some(found),
            Self::Silent(_) | Self::Failed => None,
        }
    }
}

impl<T: Send + 'static> Look<T> {
    /// Begins one; nothing if there is no thread for it.
    pub fn begin(look: impl FnOnce() -> T + Send + 'static) -> Option<Self> {
        let (done, answer) = sync_channel(1);
        // Nobody may be there to hear of it any more.
        let looking = move || drop(done.send(look()));
        std::thread::Builder::new().name("look".into()).spawn(looking).ok()?;
        Some(Self(answer))
    }

    /// Waits for what it finds.
    pub fn within(self, limit: Duration) -> Outcome<T> {
        match self.0.recv_timeout(limit) {
            Ok(found) => Outcome::Found(found),
            Err(_) => self.now(),
        }
    }

    /// What it has found so far.
    pub fn now(self) -> Outcome<T> {
        match self.0.try_recv() {
            Ok(found) => Outcome::Found(found),
            Err(TryRecvError::Empty) => Outcome::Silent(self),
            Err(TryRecvError::Disconnected) => Outcome::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_answer_is_left_to_itself_and_may_answer_later() {
        let (open, gate) = sync_channel::<()>(0);
        let look = Look::begin(move || gate.recv().is_ok()).unwrap();
        let Outcome::Silent(look) = look.within(Duration::from_millis(1)) else {
            panic!("it cannot have answered")
        };
        open.send(()).unwrap();
        let late = look.within(Duration::from_secs(20)).found();
        assert_eq!(late, Some(true));
        assert_eq!(within(Duration::from_secs(20), || 5), Some(5));
    }

    #[test]
    fn a_look_that_fails_is_over() {
        let look = Look::<()>::begin(|| panic!("on purpose")).unwrap();
        assert!(matches!(look.within(Duration::from_secs(20)), Outcome::Failed));
    }
}
