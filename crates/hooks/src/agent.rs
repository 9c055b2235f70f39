//! The agents whose hooks are known.

use std::fmt;
use std::str::FromStr;

/// A coding agent with hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Agent {
    /// Claude Code.
    Claude,
    /// Codex CLI.
    Codex,
    /// Gemini CLI.
    Gemini,
    /// opencode.
    Opencode,
    /// GitHub Copilot CLI.
    Copilot,
    /// Cursor's agent.
    Cursor,
}

impl Agent {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Claude, Self::Codex, Self::Gemini, Self::Opencode, Self::Copilot, Self::Cursor];

    /// The word on command lines, and the source of its reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Codex => "codex",
            Self::Gemini => "gemini",
            Self::Opencode => "opencode",
            Self::Copilot => "copilot",
            Self::Cursor => "cursor",
        }
    }

    /// What a hook that has nothing to say prints. Some read JSON from every hook; the
    /// others take silence.
    pub fn no_opinion(self) -> &'static str {
        match self {
            Self::Claude | Self::Codex | Self::Opencode => "",
            Self::Gemini | Self::Copilot | Self::Cursor => "{}\n",
        }
    }
}

impl fmt::Display for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Not an agent whose hooks are known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no hooks are known of `{0}`; known are claude, codex, gemini, opencode, copilot, cursor")]
pub struct UnknownAgent(pub String);

impl FromStr for Agent {
    type Err = UnknownAgent;

    fn from_str(word: &str) -> Result<Self, UnknownAgent> {
        let found = Self::ALL.into_iter().find(|agent| agent.word() == word);
        found.ok_or_else(|| UnknownAgent(word.chars().take(40).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_agent_is_found_by_its_word_and_the_error_names_them_all() {
        for agent in Agent::ALL {
            assert_eq!(agent.word().parse(), Ok(agent));
            assert!(UnknownAgent(String::new()).to_string().contains(agent.word()));
        }
        assert_eq!("vi".parse::<Agent>(), Err(UnknownAgent("vi".into())));
    }
}
