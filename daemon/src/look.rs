//! Looks at places that may never answer: a home on a server that is gone, a file system
//! whose program hangs.
//!
//! The system has no limit for a look, so each is made by a thread of its own, which is left
//! to itself when its time is over. It ends when the place answers, or with the daemon.
//!
//! # Invariants
//!
//! 1. Who has a [`Scout`] makes no second look before the last one has answered: a place
//!    that hangs costs one thread, however often it is asked for.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// What a look has found, within `limit`; nothing if it takes longer, or cannot be made.
pub fn within<T: Send + 'static>(
    limit: Duration,
    look: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (done, answer) = sync_channel(1);
    // Nobody may be there to hear of it any more.
    let looking = move || drop(done.send(look()));
    std::thread::Builder::new().name("look".into()).spawn(looking).ok()?;
    answer.recv_timeout(limit).ok()
}

/// A thread that looks as often as it is asked: beginning a thread takes longer than most
/// looks.
#[derive(Debug)]
pub struct Scout<Q, T> {
    questions: SyncSender<Q>,
    answers: Receiver<T>,
    /// It was asked, and nobody has heard the answer.
    is_out: bool,
}

/// What has become of a look.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    /// This is there.
    Found(T),
    /// It does not answer, from now on.
    Silent,
    /// It has not answered yet, as before.
    StillSilent,
    /// The thread has broken off.
    Failed,
}

impl<Q: Send + 'static, T: Send + 'static> Scout<Q, T> {
    /// Begins one; nothing if there is no thread for it.
    pub fn begin(mut look: impl FnMut(Q) -> T + Send + 'static) -> Option<Self> {
        let (questions, todo) = sync_channel(1);
        let (done, answers) = sync_channel(1);
        let looking = move || {
            for question in todo {
                if done.send(look(question)).is_err() {
                    return;
                }
            }
        };
        std::thread::Builder::new().name("look".into()).spawn(looking).ok()?;
        Some(Self { questions, answers, is_out: false })
    }

    /// Asks, and waits for the answer. If an earlier question has not been answered in its
    /// time, this is the answer to that, or none.
    pub fn ask(&mut self, question: Q, limit: Duration) -> Outcome<T> {
        let was_out = self.is_out;
        if !was_out && self.questions.send(question).is_err() {
            return Outcome::Failed;
        }
        self.is_out = true;
        match self.answers.recv_timeout(if was_out { Duration::ZERO } else { limit }) {
            Ok(found) => {
                self.is_out = false;
                Outcome::Found(found)
            }
            Err(RecvTimeoutError::Disconnected) => Outcome::Failed,
            Err(_) if was_out => Outcome::StillSilent,
            Err(_) => Outcome::Silent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn what_does_not_answer_is_left_to_itself_and_may_answer_later() {
        let (open, gate) = sync_channel::<()>(0);
        let mut scout = Scout::begin(move |number: u8| {
            gate.recv().unwrap();
            number
        })
        .unwrap();
        assert_eq!(scout.ask(1, Duration::from_millis(1)), Outcome::Silent);
        assert_eq!(scout.ask(2, LONG), Outcome::StillSilent);
        open.send(()).unwrap();
        let late = loop {
            match scout.ask(3, LONG) {
                Outcome::StillSilent => std::thread::yield_now(),
                other => break other,
            }
        };
        assert_eq!(late, Outcome::Found(1));
        drop(open);
        assert_eq!(scout.ask(4, LONG), Outcome::Failed, "its thread is gone");
        assert_eq!(within(LONG, || 5), Some(5));
    }

    #[test]
    fn a_look_that_fails_is_over() {
        assert_eq!(within::<()>(LONG, || panic!("on purpose")), None);
    }
}
