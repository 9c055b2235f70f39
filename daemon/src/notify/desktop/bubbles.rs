//! Which bubbles are on a desktop, what each of them tells, and which are listened to. Pure.
//!
//! A bubble has a serial number of ours beside the server's: a server gives the same number
//! again to the bubble that takes another one's place, and perhaps to one that has nothing to
//! do with it.

use std::collections::VecDeque;

use app_model::SessionId;

/// Bubbles that are remembered, so that the next notice of their session takes their place.
const REMEMBERED: usize = 256;

/// Bubbles that are listened to, the newest: each has a connection of its own. The buttons of
/// older ones do nothing any more.
const LISTENED_TO: usize = 64;

/// Notices that one bubble is remembered to tell, the newest.
const NOTICES: usize = 500;

/// A bubble on the desktop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bubble {
    /// The server's number for it.
    pub(super) number: u32,
    /// It is about this session; none for several.
    pub(super) session: Option<SessionId>,
    /// The notices that it tells, or told before it told the last.
    pub(super) notices: Vec<u64>,
}

/// Our number for a bubble, never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Serial(u64);

/// One bubble of those that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// The very one with our number.
    Ours(Serial),
    /// The one that has the server's number now.
    Theirs(u32),
}

/// The bubbles of one server, the oldest first. Whoever listens to one is an `L`, which is
/// dropped when nothing may come of that bubble any more.
#[derive(Debug)]
pub(super) struct Bubbles<L> {
    known: VecDeque<Known<L>>,
    next: u64,
}

#[derive(Debug)]
struct Known<L> {
    serial: Serial,
    bubble: Bubble,
    listener: Option<L>,
}

impl<L> Default for Bubbles<L> {
    fn default() -> Self {
        Self { known: VecDeque::new(), next: 0 }
    }
}

impl<L> Bubbles<L> {
    /// The number of the bubble about this session.
    pub(super) fn of_session(&self, session: SessionId) -> Option<u32> {
        let of = |known: &&Known<L>| known.bubble.session == Some(session);
        self.known.iter().find(of).map(|known| known.bubble.number)
    }

    /// A bubble is shown, perhaps in the place of the session's earlier one. `listen` begins to
    /// listen to it under its serial number.
    pub(super) fn shown(&mut self, mut bubble: Bubble, listen: impl FnOnce(Serial) -> L) {
        let same = |old: &Known<L>| {
            let old = &old.bubble;
            old.number == bubble.number || (old.session.is_some() && old.session == bubble.session)
        };
        if let Some(old) = self.known.iter().position(same).and_then(|at| self.known.remove(at))
            && old.bubble.session == bubble.session
        {
            bubble.notices.splice(0..0, old.bubble.notices);
            let too_many = bubble.notices.len().saturating_sub(NOTICES);
            bubble.notices.drain(..too_many);
        }
        let serial = Serial(self.next);
        self.next += 1;
        self.known.push_back(Known { serial, bubble, listener: Some(listen(serial)) });
        self.keep_within_limits();
    }

    /// Something became of this bubble: what it was, and who listened to it. None if it was
    /// replaced, or something became of it before.
    pub(super) fn done(&mut self, which: Which) -> Option<(Bubble, Option<L>)> {
        let is_it = |known: &Known<L>| match which {
            Which::Ours(serial) => known.serial == serial,
            Which::Theirs(number) => known.bubble.number == number,
        };
        let at = self.known.iter().position(is_it)?;
        self.known.remove(at).map(|known| (known.bubble, known.listener))
    }

    fn keep_within_limits(&mut self) {
        if self.known.len() > REMEMBERED {
            self.known.pop_front();
        }
        let listened_to = self.known.iter_mut().filter(|known| known.listener.is_some());
        if let Some(oldest) = listened_to.rev().nth(LISTENED_TO) {
            oldest.listener = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    fn bubble(number: u32, session: u32, notice: u64) -> Bubble {
        Bubble { number, session: Some(SessionId(session)), notices: vec![notice] }
    }

    /// Shows it, and gives its serial number.
    fn show(bubbles: &mut Bubbles<()>, bubble: Bubble) -> Serial {
        let mut given = None;
        bubbles.shown(bubble, |serial| given = Some(serial));
        given.unwrap()
    }

    fn done(bubbles: &mut Bubbles<()>, serial: Serial) -> Option<Bubble> {
        bubbles.done(Which::Ours(serial)).map(|(bubble, _)| bubble)
    }

    #[test]
    fn a_session_has_one_bubble_that_tells_all_since_the_last_one_closed() {
        let mut bubbles = Bubbles::default();
        show(&mut bubbles, bubble(10, 1, 1));
        show(&mut bubbles, bubble(10, 1, 2));
        // A server may give another number although it replaced the bubble.
        let last = show(&mut bubbles, bubble(11, 1, 3));
        assert_eq!(bubbles.of_session(SessionId(1)), Some(11));
        assert_eq!(done(&mut bubbles, last).unwrap().notices, [1, 2, 3]);
        assert_eq!((bubbles.of_session(SessionId(1)), done(&mut bubbles, last)), (None, None));
    }

    #[test]
    fn nothing_comes_of_a_bubble_that_was_replaced() {
        let mut bubbles = Bubbles::default();
        let first = show(&mut bubbles, bubble(10, 1, 1));
        let second = show(&mut bubbles, bubble(10, 1, 2));
        assert_eq!(done(&mut bubbles, first), None);
        assert!(done(&mut bubbles, second).is_some());
    }

    #[test]
    fn a_number_that_is_given_again_means_the_new_bubble_alone() {
        let mut bubbles = Bubbles::default();
        let old = show(&mut bubbles, bubble(1, 1, 1));
        let new = show(&mut bubbles, bubble(1, 2, 2));
        assert_eq!(bubbles.of_session(SessionId(1)), None);
        assert_eq!(done(&mut bubbles, old), None);
        let theirs = bubbles.done(Which::Theirs(1)).map(|(bubble, _)| bubble);
        assert_eq!(theirs, Some(bubble(1, 2, 2)));
        assert_eq!(done(&mut bubbles, new), None);
    }

    #[test]
    fn summaries_are_apart_from_each_other() {
        let mut bubbles = Bubbles::default();
        let summary = |number: u32| Bubble { number, session: None, notices: vec![number.into()] };
        let first = show(&mut bubbles, summary(1));
        show(&mut bubbles, summary(2));
        assert_eq!(done(&mut bubbles, first).unwrap().notices, [1]);
    }

    #[test]
    fn what_is_remembered_has_a_limit() {
        let mut bubbles = Bubbles::default();
        let serials: Vec<_> =
            (0..1_000).map(|notice| show(&mut bubbles, bubble(0, 0, notice))).collect();
        let told = done(&mut bubbles, serials[999]).unwrap().notices;
        assert_eq!((told.len(), told.last()), (NOTICES, Some(&999)));
        for n in 1..1_000 {
            show(&mut bubbles, bubble(n, n, 0));
        }
        assert_eq!(bubbles.known.len(), REMEMBERED);
        assert_eq!(bubbles.of_session(SessionId(1)), None);
    }

    /// Each that listens holds a connection, so it has to go with the bubble.
    #[test]
    fn the_newest_are_listened_to_and_nobody_listens_to_what_was_replaced() {
        let connection = Rc::new(());
        let mut bubbles = Bubbles::default();
        for n in 0..1_000 {
            bubbles.shown(bubble(n % 100, n % 100, 0), |_| Rc::clone(&connection));
        }
        assert_eq!(Rc::strong_count(&connection), 1 + LISTENED_TO);
        let deaf = bubbles.known.iter().take_while(|known| known.listener.is_none()).count();
        assert_eq!(deaf, 100 - LISTENED_TO);
        for n in 0..100 {
            bubbles.shown(bubble(n, n, 0), |_| Rc::clone(&connection));
        }
        assert_eq!(Rc::strong_count(&connection), 1 + LISTENED_TO);
        drop(bubbles);
        assert_eq!(Rc::strong_count(&connection), 1);
    }
}
