//! What is reported of a session by somebody inside it: the hooks of an agent, or a script.
//!
//! # Invariants
//!
//! 1. A report says what happened, never what is to be shown: that is decided from all
//!    that is known.
//! 2. Reports of one source are ordered by their [`Stamp`]; one that comes late or twice
//!    changes nothing.

use serde::{Deserialize, Serialize};

/// Most characters of a label, a summary, a question or an identity from outside.
pub const MAX_TEXT: usize = 400;

/// Where a report stands among those of the same source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stamp {
    /// Who reports, for example `claude` or `task`. Sources know nothing of each other.
    pub source: String,
    /// Which life of the source: a later one is greater, whatever its sequence.
    pub generation: u64,
    /// Grows within a generation: nanoseconds on the clock that counts suspend will do.
    pub sequence: u64,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Report {
    /// The agent's conversation has this identity from now on.
    Conversation {
        /// The agent's own.
        id: String,
    },
    /// A person has said something and the agent works on it.
    TurnBegan,
    /// The agent has answered.
    TurnEnded {
        /// Work of its own that goes on in the background.
        background: u32,
        /// Why it ended, if something went wrong.
        failed: Option<String>,
    },
    /// The agent waits for a person.
    NeedsInput {
        /// What it asks, or why it waits.
        text: String,
    },
    /// It does not wait any more: it goes on.
    Answered,
    /// A piece of work inside the agent began.
    TaskBegan {
        /// Its identity, which the source chose.
        ext: String,
        /// What it is, for people.
        label: String,
        /// The model that does it.
        model: Option<String>,
    },
    /// It ended.
    TaskEnded {
        /// The identity it began with.
        ext: String,
        /// How.
        outcome: Outcome,
        /// What came of it, in a line.
        summary: Option<String>,
    },
    /// The agent says goodbye: whatever it had begun is over.
    Ended,
}

impl Report {
    /// All that is in it as text.
    pub fn texts(&self) -> Vec<&str> {
        match self {
            Self::Conversation { id: text } | Self::NeedsInput { text } => vec![text],
            Self::TurnEnded { failed, .. } => failed.iter().map(String::as_str).collect(),
            Self::TaskBegan { ext, label, model } => {
                [ext, label].into_iter().chain(model).map(String::as_str).collect()
            }
            Self::TaskEnded { ext, summary, .. } => {
                std::iter::once(ext).chain(summary).map(String::as_str).collect()
            }
            Self::TurnBegan | Self::Answered | Self::Ended => vec![],
        }
    }
}

/// How a reported task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It was done.
    Ok,
    /// It went wrong.
    Failed,
    /// Somebody put an end to it.
    Cancelled,
}

impl Outcome {
    /// The word in `--json`, in options and in the registry.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl std::str::FromStr for Outcome {
    type Err = NoOutcome;

    fn from_str(word: &str) -> Result<Self, NoOutcome> {
        [Self::Ok, Self::Failed, Self::Cancelled]
            .into_iter()
            .find(|outcome| outcome.word() == word)
            .ok_or(NoOutcome)
    }
}

/// Not the word of an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an outcome is `ok`, `failed` or `cancelled`")]
pub struct NoOutcome;
