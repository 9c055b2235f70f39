//! Output that the screen model has not seen yet.
//!
//! What comes after a quiet time is shown to the model at once. A flood is gathered, and
//! most of it passed over: far more goes through a holder than a model could follow, and
//! of text and colours only as many lines count as the screen and its history hold. Who
//! looks at the screen has the model catch up first, so nobody can tell.
//!
//! ```text
//!     seen, or passed over     ┌──────────── waits ────────────┐    room
//!  ───────────────────────────┼────────────────────┼──────────┼────────────
//!                              │  text and colours  │ anything │
//!                              0                  plain      filled
//! ```
//!
//! # Invariants
//!
//! 1. No more than [`limits::BACKLOG`] bytes wait.
//! 2. There is room for a batch whenever nothing is due.

use std::time::Instant;

use crate::limits;

/// Output that waits, in order.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    buffer: Vec<u8>,
    filled: usize,
    plain: usize,
    /// Up to here it was searched for questions.
    searched: usize,
    /// When the oldest of what waits came, or some of it was last passed over.
    since: Option<Instant>,
    /// When the model last saw something, or something was last passed over.
    moved_on_at: Option<Instant>,
}

impl Backlog {
    /// Takes a batch, which is no larger than [`limits::OUTPUT_BATCH`].
    pub(crate) fn add(&mut self, batch: &[u8], now: Instant) {
        if batch.is_empty() {
            return;
        }
        if self.buffer.is_empty() {
            // Zero pages of the kernel: what is never filled is never there.
            self.buffer = vec![0; limits::BACKLOG];
        }
        self.buffer[self.filled..self.filled + batch.len()].copy_from_slice(batch);
        self.filled += batch.len();
        self.since.get_or_insert(now);
        // A colour that was cut may be whole now; anything else stops this at once.
        self.plain += app_term::text_and_colours(&self.buffer[self.plain..self.filled]);
    }

    /// Everything that waits, oldest first.
    pub(crate) fn waiting(&self) -> &[u8] {
        &self.buffer[..self.filled]
    }

    /// What of it comes first and is text and colours only.
    pub(crate) fn plain(&self) -> &[u8] {
        &self.buffer[..self.plain]
    }

    /// How many of the bytes that wait can be fed without leaving the model inside a colour
    /// that was cut: from there it could not pass anything over.
    pub(crate) fn whole(&self) -> usize {
        let cut = self.filled - self.plain;
        if cut <= limits::CUT_COLOUR { self.plain } else { self.filled }
    }

    /// What was not searched for questions yet.
    pub(crate) fn unsearched(&self) -> &[u8] {
        &self.buffer[self.searched..self.filled]
    }

    /// How many of the first of those cannot be a part of a question.
    pub(crate) fn harmless(&self) -> usize {
        self.plain.saturating_sub(self.searched)
    }

    /// So many more bytes were searched.
    pub(crate) fn search_on(&mut self, count: usize) {
        self.searched += count;
    }

    /// What was searched.
    pub(crate) fn searched(&self) -> &[u8] {
        &self.buffer[..self.searched]
    }

    /// The first `count` bytes need not wait any more.
    pub(crate) fn drop_front(&mut self, count: usize, now: Instant) {
        self.buffer.copy_within(count..self.filled, 0);
        self.filled -= count;
        self.plain = self.plain.saturating_sub(count);
        self.searched = self.searched.saturating_sub(count);
        if count > 0 {
            self.since = (self.filled > 0).then_some(now);
            self.moved_on_at = Some(now);
        }
    }

    /// Whether another batch does not fit.
    pub(crate) fn is_full(&self) -> bool {
        self.filled + limits::OUTPUT_BATCH > limits::BACKLOG
    }

    /// When the model is to catch up.
    pub(crate) fn due_at(&self) -> Option<Instant> {
        let since = self.since?;
        let is_flood = self.moved_on_at.is_some_and(|at| since < at + limits::LAG);
        Some(if is_flood && !self.is_full() { since + limits::LAG } else { since })
    }

    /// Gives its memory back.
    pub(crate) fn trim(&mut self) {
        if self.filled == 0 {
            self.buffer = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clear(backlog: &mut Backlog, now: Instant) {
        backlog.drop_front(backlog.waiting().len(), now);
    }

    #[test]
    fn the_first_output_is_shown_at_once_and_a_flood_in_large_pieces() {
        let (mut backlog, now) = (Backlog::default(), Instant::now());
        assert_eq!(backlog.due_at(), None);
        backlog.add(b"0123456789", now);
        assert_eq!(backlog.due_at(), Some(now));
        clear(&mut backlog, now);
        let soon = now + limits::LAG / 2;
        backlog.add(b"0123456789", soon);
        assert_eq!(backlog.due_at(), Some(soon + limits::LAG));
        clear(&mut backlog, soon + limits::LAG);
        let later = soon + limits::LAG * 3;
        backlog.add(b"0123456789", later);
        assert_eq!(backlog.due_at(), Some(later));
    }

    #[test]
    fn a_full_backlog_is_due_and_before_there_is_room_for_a_batch() {
        let (mut backlog, now) = (Backlog::default(), Instant::now());
        backlog.add(b"x", now);
        clear(&mut backlog, now);
        while backlog.due_at() != Some(now) {
            backlog.add(&[b'x'; limits::OUTPUT_BATCH], now);
        }
        assert!(backlog.is_full() && backlog.waiting().len() <= limits::BACKLOG);
        backlog.drop_front(limits::BACKLOG / 2, now);
        assert!(!backlog.is_full() && backlog.due_at() > Some(now));
    }

    #[test]
    fn colours_are_plain_however_they_are_cut_and_nothing_else_is() {
        let (mut backlog, now) = (Backlog::default(), Instant::now());
        for byte in b"red\x1b[31m\r\n" {
            backlog.add(&[*byte], now);
        }
        assert_eq!(backlog.plain(), backlog.waiting());
        backlog.add(b"to\x1b[Hthe top", now);
        assert_eq!(backlog.plain(), b"red\x1b[31m\r\nto");
        assert_eq!(backlog.harmless(), 12);
        backlog.search_on(14);
        backlog.drop_front(4, now);
        assert_eq!(backlog.plain(), b"[31m\r\nto");
        assert_eq!((backlog.searched(), backlog.harmless()), (b"[31m\r\nto\x1b[".as_slice(), 0));
    }
}
