//! What is written to the attached terminals besides the program's output: the wish to hear
//! of their focus, once the program has ended the reports.
//!
//! # Invariants
//!
//! 1. It is written only where the output stands between two sequences and two characters,
//!    and neither the transcript nor the screen model ever sees it.
//! 2. A program that stopped in the midst of a sequence is not asked again and again: only
//!    more output is a reason to look anew.

use std::time::Instant;

use crate::focus;
use crate::holder::{Body, Holder};
use crate::limits;

/// What waits to be written aside.
#[derive(Debug, Default)]
pub(crate) struct Aside {
    ask: Ask,
}

/// When terminals are asked for their focus again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Ask {
    /// There is no need to.
    #[default]
    Not,
    /// Then, so that a program which ends and begins modes in turn is done with it.
    At(Instant),
    /// When more output has come.
    Later,
}

impl Aside {
    /// Output has come.
    pub(crate) fn stir(&mut self, now: Instant) {
        if self.ask == Ask::Later {
            self.ask = Ask::At(now + limits::LAG);
        }
    }
}

impl Holder {
    /// When something is to be written aside.
    pub(crate) fn aside_at(&self) -> Option<Instant> {
        match self.aside.ask {
            Ask::At(at) => Some(at),
            Ask::Not | Ask::Later => None,
        }
    }

    /// Writes what is due.
    pub(crate) fn write_aside(&mut self, now: Instant) {
        let Body::Terminal(terminal) = &mut self.body else { return };
        if terminal.focus_lost() {
            self.aside.ask = Ask::At(now + limits::LAG);
        }
        if self.aside_at().is_none_or(|at| now < at) {
            return;
        }
        let Body::Terminal(terminal) = &mut self.body else { return };
        let mut recorder = terminal.recorder(now);
        let screen = recorder.screen();
        let (is_between, is_on) = (screen.is_between(), screen.reports_focus());
        drop(recorder);
        self.aside.ask = if is_between || is_on { Ask::Not } else { Ask::Later };
        if is_between && !is_on {
            for client in self.clients.iter_mut() {
                client.slip_in(focus::ASK, now);
            }
        }
    }
}
