//! What the person is told at the foot of the dashboard.
//!
//! # Invariants
//!
//! 1. An error stays until it is put away, whatever is told after it.
//! 2. No text in here acts on a terminal.

use std::collections::VecDeque;

use app_model::text::printable;

use crate::report::Report;

/// Notes that can be read again, the newest.
const MOST: usize = 100;

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    /// What happened and, of an error, what to do about it.
    pub(super) text: String,
    /// Something went wrong.
    pub(super) is_error: bool,
    /// When, milliseconds since the Unix epoch.
    pub(super) at_ms: i64,
}

/// All notes.
#[derive(Debug, Default)]
pub(super) struct Notes {
    all: VecDeque<Note>,
    /// Errors at the end of which nobody has put away.
    unread: usize,
    /// The newest note is still shown.
    fresh: bool,
}

impl Notes {
    /// Something was done.
    pub(super) fn say(&mut self, text: &str, at_ms: i64) {
        self.push(Note { text: printable(text), is_error: false, at_ms });
    }

    /// Something went wrong.
    pub(super) fn complain(&mut self, report: &Report, at_ms: i64) {
        self.unread += 1;
        self.push(Note { text: printable(&report.in_a_line()), is_error: true, at_ms });
    }

    fn push(&mut self, note: Note) {
        self.all.push_back(note);
        self.fresh = true;
        if self.all.len() > MOST {
            self.all.pop_front();
        }
    }

    /// What is to be shown now, and how many errors wait behind it.
    pub(super) fn current(&self) -> Option<(&Note, usize)> {
        if self.unread > 0 {
            let error = self.all.iter().rev().find(|note| note.is_error)?;
            return Some((error, self.unread - 1));
        }
        self.all.back().filter(|_| self.fresh).map(|note| (note, 0))
    }

    /// A key was pressed: what is no error has been seen.
    pub(super) fn pass(&mut self) {
        self.fresh = false;
    }

    /// Puts errors away. Returns whether there were any.
    pub(super) fn put_away(&mut self) -> bool {
        self.fresh = false;
        std::mem::take(&mut self.unread) > 0
    }

    /// All that are kept, the newest first.
    pub(super) fn all(&self) -> impl Iterator<Item = &Note> {
        self.all.iter().rev()
    }

    /// Errors that nobody has put away, oldest first.
    pub(super) fn unread(&self) -> Vec<&Note> {
        let errors = self.all.iter().rev().filter(|note| note.is_error).take(self.unread);
        let mut errors: Vec<_> = errors.collect();
        errors.reverse();
        errors
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usage::UsageError;

    #[test]
    fn an_error_stays_until_it_is_put_away() {
        let mut notes = Notes::default();
        notes.say("stopped", 1);
        assert_eq!(notes.current().unwrap().0.text, "stopped");
        notes.pass();
        assert!(notes.current().is_none());
        for at in 0..2 {
            notes.complain(&UsageError::NothingToSend.into(), at);
        }
        notes.say("renamed", 3);
        notes.pass();
        let (note, behind) = notes.current().unwrap();
        assert!(note.is_error && note.text.starts_with("there is nothing to send"), "{note:?}");
        assert_eq!((behind, notes.unread().len()), (1, 2));
        assert!(notes.put_away() && !notes.put_away());
        assert!(notes.current().is_none());
        assert_eq!(notes.all().count(), 4);
    }

    #[test]
    fn no_more_are_kept_than_anybody_reads() {
        let mut notes = Notes::default();
        for at in 0..1_000 {
            notes.say("x", at);
        }
        assert_eq!(notes.all().count(), MOST);
    }
}
