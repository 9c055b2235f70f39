//! Two facts about a program, decided from all the evidence there is: whose turn it is, and
//! whether a person is needed.
//!
//! ```text
//!  reports of hooks ──► order ──► owner ──┐
//!  looks ─► readings ─► claims ───────────┼──► turn ──────► TurnChanged
//!  output, typing, time ──────────────────┘    attention ─► AttentionRaised, AttentionCleared
//! ```
//!
//! # Invariants
//!
//! 1. The process comes first: while no run is known nothing else is believed, and its end
//!    makes the turn unknown, clears attention and ends everything that was reported of it.
//! 2. Then the order of [`Source`]: a hook, OSC, the title, the screen, activity. What a
//!    stronger source said stands until it says otherwise or is *outdated*: all weaker ones
//!    that say anything contradict it for a named time.
//! 3. Reports are taken in their order. One that is late or repeated changes nothing.
//! 4. Only the owner speaks for the turn: the first that reported of itself in this run. An
//!    agent inside it is heard for its tasks alone, be it of another source, a later life of
//!    the same, or another conversation that begins in the middle of the owner's turn.
//! 5. Without evidence the turn is unknown. Silence is not idleness.
//! 6. Nothing flaps: work shows at once, everything weaker than a hook's word must last for
//!    a named time before it is shown that a turn is over or that a question is open.
//! 7. A question is asked within a turn: while one is open, what only looks idle does not
//!    end the turn. One that says itself that it belongs to a turn begins it, too: the work
//!    before it may have been too short to be seen.

mod attention;
mod clock;
mod hooks;
mod machine;
mod seen;
mod turn;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod question_tests;
#[cfg(test)]
mod reports_tests;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use machine::{Facts, Kept};

use crate::Turn;
use crate::evidence::{Evidence, Source};
use crate::reading::Reading;
use crate::report::{Outcome, Report, Stamp};

/// How long idleness, or that nothing can be told any more, must be seen before it is shown.
pub const CONFIRM_IDLE: Duration = Duration::from_millis(500);

/// How long a question must be seen on the terminal before a person is called, and how long
/// it must be gone before nobody is.
pub const CONFIRM_QUESTION: Duration = Duration::from_millis(500);

/// How long all that is seen must contradict a hook's word about the turn before that is
/// outdated, when none of it has ever agreed: the agent may be slow to show what it said. What
/// did agree and does not any more shows a change, for which [`CONFIRM_IDLE`] is enough. Hooks
/// do not tell of everything: an interrupted turn ends without one.
pub const OUTDATED: Duration = Duration::from_secs(3);

/// How long a question that a hook reported, and that was seen, must be gone from the
/// terminal before it counts as answered by nobody we know.
pub const QUESTION_GONE: Duration = Duration::from_secs(3);

/// How long a question may be left on the terminal after a hook reported the answer.
pub const ANSWER_LAG: Duration = Duration::from_secs(2);

/// Output this soon after a key is its echo, and a bell the answer to it.
pub const ECHO: Duration = Duration::from_secs(1);

/// How long an agent of which nothing else is known must write before it counts as working.
pub const ACTIVE: Duration = Duration::from_secs(2);

/// How long it may be quiet within that.
pub const QUIET: Duration = Duration::from_secs(5);

/// Most lives of sources of reports that are told apart; the one unheard for longest is forgotten.
pub const MAX_SOURCES: usize = 16;

/// Most tasks of a source whose order is remembered one by one. Reports about others are
/// late when they are older than the newest of those that were forgotten.
pub const MAX_TASKS: usize = 128;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A run began. One that is adopted is no new one: what is remembered goes on.
    Began {
        /// Its program is a known agent. Output, bells and messages mean nothing otherwise.
        agent: bool,
        /// The conversation that it goes on with.
        kept: Option<Kept>,
    },
    /// It ended.
    Ended,
    /// Somebody inside it reported. What is reported with one stamp happened together.
    Reported {
        /// Where this stands among the reports of its source.
        stamp: Stamp,
        /// What happened. A `Conversation` among them names who speaks; without one it is
        /// whom the source named last.
        reports: Vec<Report>,
    },
    /// Somebody looked at its terminal.
    Looked(Seen),
    /// It wrote. One is enough for all that came since the last.
    Wrote,
    /// A person typed something.
    Typed,
    /// What [`Facts::wake_at`] said has come.
    Woke,
}

/// What a look at a terminal gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The readings, at most one that lasts for each source. A source without one says
    /// nothing any more.
    pub readings: Vec<Reading>,
    /// Bells so far.
    pub bells: u32,
    /// Messages so far.
    pub messages: u32,
    /// The newest of them.
    pub message: String,
}

/// What follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The turn is another one.
    TurnChanged(Turn),
    /// A person is needed, for a reason that was not there before.
    AttentionRaised {
        /// The question or the reason; printable, one line.
        why: String,
    },
    /// A person is needed as before, and now it is known what is asked.
    AttentionReworded {
        /// The question; printable, one line.
        why: String,
    },
    /// Nobody is needed any more.
    AttentionCleared,
    /// The agent that owns the run has this conversation from now on.
    Conversation {
        /// Who reported it.
        source: String,
        /// Its identity, as it came.
        id: String,
    },
    /// Another conversation can be gone on with, or none can.
    Kept,
    /// A task inside the program began.
    TaskBegan {
        /// Who reported it.
        source: String,
        /// Its identity there.
        ext: String,
        /// What it is; printable, one line.
        label: String,
        /// The model that does it; printable, one line.
        model: Option<String>,
    },
    /// It ended.
    TaskEnded {
        /// Who reported it.
        source: String,
        /// Its identity there.
        ext: String,
        /// How.
        outcome: Outcome,
        /// What came of it; printable, one line.
        summary: Option<String>,
    },
    /// Whatever is still open of what was reported is over.
    TasksOver {
        /// By this source; by all of them if none.
        source: Option<String>,
    },
}

/// One of the facts, with what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Its name: `turn` or `attention`.
    pub name: &'static str,
    /// Its value, in words.
    pub value: String,
    /// What it rests on; none if nothing tells.
    pub evidence: Option<Evidence>,
    /// What says otherwise, and is not believed.
    pub overruled: Vec<Evidence>,
}

/// Sources that are seen on a terminal, strongest first.
const SEEN: [Source; 3] = [Source::Osc, Source::Title, Source::Screen];
