//! What a client's terminal has last said about its focus, found in what it types.
//!
//! Every attached terminal is asked for these reports (mode 1004), whether or not the
//! program wants them: somebody wants to know whether a person looks. The program gets
//! them only while it has asked for them itself.
//!
//! # Invariants
//!
//! 1. What is not a report passes unchanged and in order, however it is cut into reads.
//! 2. Bytes are held back only at the end of what came, only if they may become a report
//!    that is not for the program, only of a terminal that has sent reports before, and for
//!    no longer than [`limits::REPORT_HOLD`]: an ESC may be a key.
//! 3. What is pasted is text, not a report.

use std::time::Instant;

use crate::limits;

/// Asks a terminal to say when it gets the focus and when it loses it.
pub(crate) const ASK: &[u8] = b"\x1b[?1004h";

const ESC: u8 = 0x1b;

/// What matters here in what a terminal types.
const MARKS: [(&[u8], Mark); 4] = [
    (b"\x1b[I", Mark::Focus(true)),
    (b"\x1b[O", Mark::Focus(false)),
    (b"\x1b[200~", Mark::Paste(true)),
    (b"\x1b[201~", Mark::Paste(false)),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    /// The terminal has the focus, or has lost it.
    Focus(bool),
    /// A paste begins or ends.
    Paste(bool),
}

/// The focus of one terminal.
#[derive(Debug, Default)]
pub(crate) struct Focus {
    known: Option<bool>,
    /// The beginning of what may be one of [`MARKS`].
    begun: Vec<u8>,
    /// How much of it went on already.
    passed: usize,
    /// Since when the rest of it is held back.
    held_since: Option<Instant>,
    /// When the last of a paste came, while there is one.
    pasting: Option<Instant>,
}

impl Focus {
    /// Whether it has the focus, if it has said so.
    pub(crate) fn known(&self) -> Option<bool> {
        self.known
    }

    /// Listens to input, which may be cut anywhere, and says what of it goes on.
    /// `is_wanted` says whether the program wants reports.
    pub(crate) fn listen(
        &mut self,
        input: &[u8],
        now: Instant,
        mut is_wanted: impl FnMut() -> bool,
    ) -> Vec<u8> {
        // The end of a paste was lost if nothing came for so long.
        self.pasting = self.pasting.filter(|&last| now < last + limits::PASTE).map(|_| now);
        let mut out = Vec::with_capacity(self.begun.len() + input.len());
        for &byte in input {
            if self.begun.is_empty() && byte != ESC {
                out.push(byte);
                continue;
            }
            self.begun.push(byte);
            let going_on = |(mark, _): &&(&[u8], Mark)| mark.starts_with(&self.begun);
            match MARKS.iter().find(going_on) {
                Some((mark, met)) if mark.len() == self.begun.len() => {
                    self.meet(*met, now, &mut is_wanted, &mut out);
                }
                Some(_) => {}
                None => self.give_up(byte, &mut out),
            }
        }
        self.settle(now, &mut is_wanted, &mut out);
        out
    }

    /// When [`Self::release`] has something to give.
    pub(crate) fn due_at(&self) -> Option<Instant> {
        self.held_since.map(|since| since + limits::REPORT_HOLD)
    }

    /// What was held back: it was no report, or too slow for one.
    pub(crate) fn release(&mut self) -> Vec<u8> {
        self.held_since = None;
        let rest = self.begun[self.passed..].to_vec();
        self.passed = self.begun.len();
        rest
    }

    fn meet(
        &mut self,
        mark: Mark,
        now: Instant,
        is_wanted: &mut impl FnMut() -> bool,
        out: &mut Vec<u8>,
    ) {
        let goes_on = match mark {
            Mark::Focus(focused) if self.pasting.is_none() => {
                self.known = Some(focused);
                is_wanted()
            }
            Mark::Focus(_) => true,
            Mark::Paste(begins) => {
                self.pasting = begins.then_some(now);
                true
            }
        };
        if goes_on {
            out.extend_from_slice(&self.begun[self.passed..]);
        }
        self.forget_begun();
    }

    /// With this byte it is none of the marks.
    fn give_up(&mut self, byte: u8, out: &mut Vec<u8>) {
        self.begun.pop();
        out.extend_from_slice(&self.begun[self.passed..]);
        self.forget_begun();
        if byte == ESC {
            self.begun.push(ESC);
        } else {
            out.push(byte);
        }
    }

    /// Decides what becomes of a beginning at the end of what came (invariant 2).
    fn settle(&mut self, now: Instant, is_wanted: &mut impl FnMut() -> bool, out: &mut Vec<u8>) {
        if self.begun.len() == self.passed {
            return;
        }
        if self.known.is_some() && self.pasting.is_none() && !is_wanted() {
            self.held_since.get_or_insert(now);
        } else {
            out.append(&mut self.release());
        }
    }

    fn forget_begun(&mut self) {
        self.begun.clear();
        (self.passed, self.held_since) = (0, None);
    }
}

/// Whether somebody looks, given what is known of every terminal: one that has the focus is
/// enough, and that nobody does must be known of all.
pub(crate) fn of_all(terminals: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut all = None;
    let mut unknown = false;
    for one in terminals {
        match one {
            Some(true) => return Some(true),
            Some(false) => all = Some(false),
            None => unknown = true,
        }
    }
    all.filter(|_| !unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What passes of these reads, and what is known then.
    fn after(wanted: bool, pieces: &[&[u8]]) -> (Vec<u8>, Option<bool>) {
        let (mut focus, now) = (Focus::default(), Instant::now());
        let mut passed = Vec::new();
        for piece in pieces {
            passed.extend(focus.listen(piece, now, || wanted));
        }
        passed.extend(focus.release());
        (passed, focus.known())
    }

    fn known(pieces: &[&[u8]]) -> Option<bool> {
        let (all, known) = after(true, pieces);
        assert_eq!(all, pieces.concat(), "who wants reports gets everything");
        known
    }

    #[test]
    fn the_last_report_counts_however_it_was_cut() {
        assert_eq!(known(&[b"ls\r"]), None);
        assert_eq!(known(&[b"\x1b[I"]), Some(true));
        assert_eq!(known(&[b"a\x1b[Ib\x1b[O"]), Some(false));
        assert_eq!(known(&[b"\x1b[O", b"\x1b", b"[", b"I"]), Some(true));
        assert_eq!(known(&[b"\x1b\x1b[I"]), Some(true));
    }

    #[test]
    fn other_keys_are_no_reports() {
        for keys in [&b"\x1bOI"[..], b"\x1b[1;5I", b"\x1b[1I", b"[I", b"\x1b[[I", b"\x1b[AI"] {
            assert_eq!(known(&[keys]), None, "{}", keys.escape_ascii());
            for cut in 1..keys.len() {
                let (passed, _) = after(false, &[b"\x1b[I", &keys[..cut], &keys[cut..]]);
                assert_eq!(passed, keys, "cut at {cut}");
            }
        }
    }

    #[test]
    fn a_report_that_nobody_wants_is_taken_out_wherever_it_is_cut() {
        let typed = b"\x1b[Ia\x1b[A\x1b[O\x1b\x1b[Ib\x1b";
        let wanted = (b"a\x1b[A\x1bb\x1b".to_vec(), Some(true));
        for cut in 3..typed.len() {
            assert_eq!(after(false, &[&typed[..cut], &typed[cut..]]), wanted, "cut at {cut}");
        }
    }

    #[test]
    fn nothing_is_held_back_from_a_program_that_wants_reports_or_of_a_silent_terminal() {
        let (mut focus, now) = (Focus::default(), Instant::now());
        assert_eq!(focus.listen(b"\x1b", now, || false), b"\x1b");
        assert_eq!(focus.due_at(), None);
        // That was a report after all: what is left of it is not for the program.
        assert_eq!(focus.listen(b"[I", now, || false), b"");
        assert_eq!(focus.listen(b"\x1b[", now, || true), b"\x1b[");
        assert_eq!(focus.due_at(), None);
    }

    #[test]
    fn a_key_that_begins_like_a_report_goes_on_after_a_moment() {
        let (mut focus, now) = (Focus::default(), Instant::now());
        focus.listen(b"\x1b[I", now, || false);
        assert_eq!(focus.listen(b"x\x1b", now, || false), b"x");
        assert_eq!(focus.due_at(), Some(now + limits::REPORT_HOLD));
        assert_eq!(focus.release(), b"\x1b");
        assert_eq!(focus.due_at(), None);
        assert_eq!(focus.listen(b"j", now, || false), b"j");
    }

    #[test]
    fn what_is_pasted_is_text() {
        let paste = &b"\x1b[200~see \x1b[O and \x1b"[..];
        let end = &b"\x1b[201~"[..];
        let (passed, known) = after(false, &[b"\x1b[I", paste, end, b"\x1b[I"]);
        assert_eq!((passed, known), ([paste, end].concat(), Some(true)));
        let (mut focus, now) = (Focus::default(), Instant::now());
        focus.listen(paste, now, || false);
        let later = now + limits::PASTE;
        assert_eq!(focus.listen(b"\x1b[O", later, || false), b"", "its end was lost");
        assert_eq!(focus.known(), Some(false));
    }

    #[test]
    fn one_with_the_focus_is_enough_and_none_must_be_known_of_all() {
        let all = |terminals: &[Option<bool>]| of_all(terminals.iter().copied());
        assert_eq!(all(&[]), None);
        assert_eq!(all(&[None, Some(true)]), Some(true));
        assert_eq!(all(&[Some(false), Some(false)]), Some(false));
        assert_eq!(all(&[Some(false), None]), None);
    }
}
