//! How much the programs inside a session may ask of the daemon.
//!
//! Each session is given a socket of its own. What is asked there is measured by the
//! session's trust, and by whether it is about the session and its tasks or about others.
//!
//! # Invariants
//!
//! 1. The levels are ordered: each allows what the lower ones do.
//! 2. A session that is started from inside another has no more trust than that one.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What the programs inside a session may ask for, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trust {
    /// To look at the session and its tasks, and to report what happens. Nothing is
    /// started, so it holds for a program in a sandbox.
    Report,
    /// To start tasks and to look after them and the session as well. What is started
    /// runs where the daemon does.
    Task,
    /// Whatever the person may ask for.
    Full,
}

/// Not the word of a trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a trust is `report`, `task` or `full`")]
pub struct NoTrust;

impl Trust {
    /// What a session has for which nothing else was asked.
    pub const DEFAULT: Self = Self::Task;

    /// What a session has that was started before there was such a thing: it was told of
    /// the socket that the person uses.
    pub const OF_OLD: Self = Self::Full;

    /// All of them, least first.
    pub const ALL: [Self; 3] = [Self::Report, Self::Task, Self::Full];

    /// The word on the command line and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Task => "task",
            Self::Full => "full",
        }
    }
}

impl FromStr for Trust {
    type Err = NoTrust;

    fn from_str(word: &str) -> Result<Self, NoTrust> {
        Self::ALL.into_iter().find(|trust| trust.word() == word).ok_or(NoTrust)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_has_its_word_and_its_place() {
        assert!(Trust::ALL.is_sorted());
        for trust in Trust::ALL {
            assert_eq!(trust.word().parse(), Ok(trust));
            assert_eq!(serde_json::to_value(trust).unwrap(), trust.word());
        }
        assert_eq!("root".parse::<Trust>(), Err(NoTrust));
    }
}
