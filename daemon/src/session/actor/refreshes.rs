//! Who waits for the holder to say what is true now.
//!
//! # Invariants
//!
//! 1. The holder is asked one thing at a time: all who come meanwhile share the next answer.
//! 2. Nobody is told what the holder had been asked before they came.
//! 3. Who has given up takes no room.

use tokio::sync::oneshot;

/// Those who wait.
#[derive(Debug, Default)]
pub(super) struct Refreshes {
    /// For the answer that is under way.
    asked: Vec<oneshot::Sender<()>>,
    /// For the one after it.
    next: Vec<oneshot::Sender<()>>,
}

impl Refreshes {
    /// Somebody waits from now on. Says whether the holder is to be asked.
    pub(super) fn wait(&mut self, done: oneshot::Sender<()>) -> bool {
        self.asked.retain(|done| !done.is_closed());
        if self.asked.is_empty() {
            self.asked.push(done);
            return true;
        }
        self.next.retain(|done| !done.is_closed());
        self.next.push(done);
        false
    }

    /// The holder has answered. Says whether it is to be asked again.
    pub(super) fn answered(&mut self) -> bool {
        for done in std::mem::replace(&mut self.asked, std::mem::take(&mut self.next)) {
            // Who asked may be gone.
            let _ = done.send(());
        }
        !self.asked.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who() -> (oneshot::Sender<()>, oneshot::Receiver<()>) {
        oneshot::channel()
    }

    fn is_told(waits: &mut oneshot::Receiver<()>) -> bool {
        waits.try_recv().is_ok()
    }

    #[test]
    fn who_comes_while_an_answer_is_under_way_shares_the_next_one() {
        let mut refreshes = Refreshes::default();
        let [(a, mut first), (b, mut second), (c, mut third)] = [who(), who(), who()];
        assert!(refreshes.wait(a));
        assert!(!refreshes.wait(b));
        assert!(!refreshes.wait(c));
        assert!(refreshes.answered(), "for the two");
        assert!(is_told(&mut first) && !is_told(&mut second) && !is_told(&mut third));
        assert!(!refreshes.answered());
        assert!(is_told(&mut second) && is_told(&mut third));
        assert!(!refreshes.answered(), "it was said without being asked");
    }

    #[test]
    fn who_has_given_up_keeps_nobody_waiting() {
        let mut refreshes = Refreshes::default();
        let (silent, waits) = who();
        assert!(refreshes.wait(silent));
        drop(waits);
        for _ in 0..3 {
            let (again, waits) = who();
            assert!(refreshes.wait(again), "the holder is asked anew");
            assert_eq!(refreshes.asked.len(), 1);
            drop(waits);
        }
    }
}
