//! Which bubbles are on a desktop, and what each of them tells. Pure.

use std::collections::VecDeque;

use app_model::SessionId;

/// Bubbles that are remembered: the buttons of older ones do nothing any more.
const REMEMBERED: usize = 256;

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

/// The bubbles of one server, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Bubbles(VecDeque<Bubble>);

impl Bubbles {
    /// The number of the bubble about this session.
    pub(super) fn of_session(&self, session: SessionId) -> Option<u32> {
        self.0.iter().find(|bubble| bubble.session == Some(session)).map(|bubble| bubble.number)
    }

    /// What the bubble with this number tells.
    pub(super) fn get(&self, number: u32) -> Option<&Bubble> {
        self.0.iter().find(|bubble| bubble.number == number)
    }

    /// A bubble is shown, perhaps in the place of the session's earlier one.
    pub(super) fn shown(&mut self, mut bubble: Bubble) {
        let same = |old: &Bubble| {
            old.number == bubble.number || (old.session.is_some() && old.session == bubble.session)
        };
        if let Some(old) = self.0.iter().position(same).and_then(|at| self.0.remove(at))
            && old.session == bubble.session
        {
            bubble.notices.splice(0..0, old.notices);
            let too_many = bubble.notices.len().saturating_sub(NOTICES);
            bubble.notices.drain(..too_many);
        }
        self.0.push_back(bubble);
        if self.0.len() > REMEMBERED {
            self.0.pop_front();
        }
    }

    /// A bubble is there no more.
    pub(super) fn closed(&mut self, number: u32) -> Option<Bubble> {
        let at = self.0.iter().position(|bubble| bubble.number == number)?;
        self.0.remove(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bubble(number: u32, session: u32, notice: u64) -> Bubble {
        Bubble { number, session: Some(SessionId(session)), notices: vec![notice] }
    }

    #[test]
    fn a_session_has_one_bubble_that_tells_all_since_the_last_one_closed() {
        let mut bubbles = Bubbles::default();
        bubbles.shown(bubble(10, 1, 1));
        bubbles.shown(bubble(10, 1, 2));
        assert_eq!(bubbles.get(10).unwrap().notices, [1, 2]);
        // A server may give another number although it replaced the bubble.
        bubbles.shown(bubble(11, 1, 3));
        assert_eq!((bubbles.of_session(SessionId(1)), bubbles.get(10)), (Some(11), None));
        assert_eq!(bubbles.closed(11).unwrap().notices, [1, 2, 3]);
        assert_eq!((bubbles.of_session(SessionId(1)), bubbles.closed(11)), (None, None));
    }

    #[test]
    fn a_number_that_is_given_again_means_the_new_bubble_alone() {
        let mut bubbles = Bubbles::default();
        bubbles.shown(bubble(1, 1, 1));
        bubbles.shown(bubble(1, 2, 2));
        assert_eq!(bubbles.get(1), Some(&bubble(1, 2, 2)));
        assert_eq!(bubbles.of_session(SessionId(1)), None);
    }

    #[test]
    fn summaries_are_apart_from_each_other() {
        let mut bubbles = Bubbles::default();
        for number in [1, 2] {
            bubbles.shown(Bubble { number, session: None, notices: vec![number.into()] });
        }
        assert_eq!(bubbles.get(1).unwrap().notices, [1]);
    }

    #[test]
    fn what_is_remembered_has_a_limit() {
        let mut bubbles = Bubbles::default();
        for notice in 0..1_000 {
            bubbles.shown(bubble(0, 0, notice));
        }
        assert_eq!(bubbles.get(0).unwrap().notices.len(), NOTICES);
        assert_eq!(bubbles.get(0).unwrap().notices.last(), Some(&999));
        for n in 1..1_000 {
            bubbles.shown(bubble(n, n, 0));
        }
        assert_eq!(bubbles.0.len(), REMEMBERED);
        assert_eq!(bubbles.get(0), None);
    }
}
