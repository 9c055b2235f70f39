//! Hooks in an agent's settings: where, what, in and out again.
//!
//! ```text
//!   places ── which files     wanted ── what goes in
//!   settings (JSON, span by span) · notify (a line of TOML) · plugin (a file of our own)
//! ```
//!
//! # Invariants
//!
//! 1. `install` and then `uninstall` give back what was there, byte for byte; a file that
//!    was not there is gone again.
//! 2. Both are idempotent, and neither touches what others put there.
//! 3. What is not understood is refused, and nothing is changed.

mod notify;
mod places;
mod plugin;
mod render;
mod settings;
mod spans;
mod wanted;

pub use places::{Env, Place, Scope, places};

use crate::agent::Agent;

/// Most bytes of a settings file. Those of people have a few thousand.
pub const MAX_SETTINGS: usize = 4 << 20;

/// In which form hooks stand in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Entries below `hooks` in a JSON file, which may have comments.
    Hooks,
    /// The line `notify` in a TOML file.
    Notify,
    /// A file that is all ours.
    Plugin,
}

/// What is to be done with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Nothing.
    Unchanged,
    /// It gets this content.
    Write(String),
    /// It goes: all of it was ours.
    Remove,
}

/// How much of ours is in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nothing.
    Absent,
    /// Some hooks, less those of these events.
    Partial(Vec<String>),
    /// All.
    Installed,
    /// Nothing, and there is no room: this is there instead.
    Taken(String),
}

/// A file that is left alone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// It is not what it should be.
    #[error("line {line}, column {column}: {reason}")]
    Unreadable {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
        /// What is wrong.
        reason: String,
    },
    /// It holds something else where hooks belong.
    #[error("`{what}` is not {expected}")]
    Unexpected {
        /// Where.
        what: String,
        /// What belongs there.
        expected: &'static str,
    },
    /// A name stands there twice, and agents differ in which one counts.
    #[error("`{0}` stands there twice")]
    Twice(String),
    /// It is too large to be settings.
    #[error("it has {0} bytes, and {MAX_SETTINGS} is the most that is read")]
    TooLarge(usize),
    /// It has the name of ours and was made by somebody else.
    #[error("it was not made by appctl")]
    NotOurs,
    /// What was put in was changed by hand.
    #[error("the line `{0}` is not as appctl wrote it")]
    ChangedByHand(&'static str),
    /// It could not be put in so that it can be taken out again.
    #[error("no place was found from which it can be taken out again without a trace")]
    NoPlace,
}

/// Puts the hooks of `agent` into a file with this text; `None` if there is no file.
pub fn install(agent: Agent, form: Form, text: Option<&str>) -> Result<Edit, EditError> {
    fits(text)?;
    match form {
        Form::Hooks => settings::install(agent, text),
        Form::Notify => notify::install(text),
        Form::Plugin => plugin::install(text),
    }
}

/// Takes out of it what [`install`] put in.
pub fn uninstall(agent: Agent, form: Form, text: Option<&str>) -> Result<Edit, EditError> {
    fits(text)?;
    match form {
        Form::Hooks => settings::uninstall(agent, text),
        Form::Notify => notify::uninstall(text),
        Form::Plugin => plugin::uninstall(text),
    }
}

/// How much of it is there.
pub fn status(agent: Agent, form: Form, text: Option<&str>) -> Result<Status, EditError> {
    fits(text)?;
    match form {
        Form::Hooks => settings::status(agent, text),
        Form::Notify => notify::status(text),
        Form::Plugin => plugin::status(text),
    }
}

/// Whether the agent itself can read a file with this text. Claude Code passes over settings
/// with comments or a comma too many, hooks and all, and says nothing.
pub fn is_read(agent: Agent, form: Form, text: Option<&str>) -> bool {
    let is_strict = agent == Agent::Claude && form == Form::Hooks;
    let is_json = |text: &str| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    !is_strict || text.is_none_or(|text| text.trim().is_empty() || is_json(text))
}

/// What Claude Code takes as `--settings` to have the hooks in one conversation alone: JSON
/// on one line. `appctl` is how a shell finds ours; as plain `appctl`, it does not run a
/// hook twice that its files have, too.
pub fn session_settings(appctl: &str) -> String {
    let settings = wanted::root(Agent::Claude).render("", &render::Style::one_line());
    // Both are inside JSON strings; what would end one is not put there.
    let fits = !appctl.contains(['"', '\\']) && !appctl.contains(char::is_control);
    if !fits || appctl == "appctl" {
        return settings;
    }
    let word = format!("'{}'", appctl.replace('\'', r"'\\''"));
    settings.replace("appctl hook claude", &format!("{word} hook claude"))
}

fn fits(text: Option<&str>) -> Result<(), EditError> {
    match text.map_or(0, str::len) {
        size if size > MAX_SETTINGS => Err(EditError::TooLarge(size)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_of_a_session_are_one_line_with_every_hook() {
        let text = session_settings("appctl");
        assert_eq!(text.lines().count(), 1);
        let settings: serde_json::Value = serde_json::from_str(&text).unwrap();
        let hook = &settings["hooks"]["Stop"][0]["hooks"][0];
        assert_eq!(hook["command"], "appctl hook claude");
        assert_eq!(hook["type"], "command");
        assert!(hook["timeout"].is_u64());
        let there = status(Agent::Claude, Form::Hooks, Some(&text));
        assert_eq!(there, Ok(Status::Installed));
    }

    #[test]
    fn a_file_that_is_too_large_is_left_alone() {
        let large = " ".repeat(MAX_SETTINGS + 1);
        for form in [Form::Hooks, Form::Notify, Form::Plugin] {
            let error = install(Agent::Codex, form, Some(&large)).unwrap_err();
            assert_eq!(error, EditError::TooLarge(MAX_SETTINGS + 1));
        }
    }
}
