//! What one look at a program's terminal tells about its turn and about attention.
//!
//! A reading is the conclusion of a rule; the rules themselves are data of an agent's
//! profile. A look gives at most one standing reading for each source.

use serde::{Deserialize, Serialize};

use crate::Turn;
use crate::evidence::Source;

/// What a rule made of what it saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Where it was seen: `Osc`, `Title` or `Screen`.
    pub source: Source,
    /// Whose turn it is, if that can be told.
    pub turn: Option<Turn>,
    /// What a person is asked, if they are.
    pub attention: Option<String>,
    /// Which rule says so.
    pub rule: String,
    /// What it saw; printable, one line.
    pub text: String,
    /// It is about the newest message: said once, not a state that lasts.
    pub once: bool,
}

impl Reading {
    /// Whether nothing can be told at the moment, and what was seen before stands: the
    /// program shows something that hides its state, as a pager over its own transcript.
    pub fn holds(&self) -> bool {
        self.turn.is_none() && self.attention.is_none()
    }
}
