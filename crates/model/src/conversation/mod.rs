//! How a conversation with an agent is gone on with: from what started the agent to what
//! starts it again in the midst of that conversation.
//!
//! # Invariants
//!
//! 1. No prompt is said twice. What cannot be told from a prompt with certainty, such as an
//!    option that is not known here, gives no command at all.
//! 2. Everything else that was said at the start is said again: model, permissions, settings.
//! 3. What comes out can be put in again, with the same or another conversation.

mod agents;

#[cfg(test)]
mod tests;

use self::agents::{Dialect, Fate, Naming, Positional, Takes, dialect};
use crate::OsText;

/// Longest identity of a conversation that is put into a command, bytes.
pub const MAX_ID: usize = 128;

/// The command that goes on with the conversation `id` of an agent, made of the one that
/// started it; without its name it is the agent whose program that is. None if the agent
/// cannot do that, or if it is not certain how.
pub fn going_on(agent: Option<&str>, argv: &[OsText], id: &str) -> Option<Vec<OsText>> {
    if !is_id(id) {
        return None;
    }
    let at = program_at(argv)?;
    let (program, rest) = argv.split_at(at + 1);
    let dialect = dialect(name_of(&argv[at]))?;
    if agent.is_some_and(|agent| agent != dialect.agent) {
        return None;
    }
    let kept = kept(dialect, rest)?;
    let mut all = program.to_vec();
    match dialect.naming {
        Naming::Option(option) => {
            all.extend([option.into(), id.into()]);
            all.extend(kept);
        }
        Naming::Command(command) => {
            all.extend(kept);
            all.extend([command.into(), id.into()]);
        }
    }
    Some(all)
}

/// Whether it is an identity, and nothing that could be taken for an option or a pattern.
fn is_id(id: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    id.len() <= MAX_ID && id.bytes().all(is_part) && !id.is_empty() && !id.starts_with('-')
}

/// Where the agent's own program stands: at the front, or behind `env` and what that sets.
fn program_at(argv: &[OsText]) -> Option<usize> {
    let is_setting = |word: &OsText| word.0.contains(&b'=') && !word.0.starts_with(b"-");
    let at = match name_of(argv.first()?) {
        b"env" => 1 + argv[1..].iter().take_while(|word| is_setting(word)).count(),
        _ => 0,
    };
    argv.get(at).map(|_| at)
}

fn name_of(program: &OsText) -> &[u8] {
    program.0.rsplit(|&byte| byte == b'/').next().unwrap_or_default()
}

/// What is said again of the words after the program (invariants 1 and 2).
fn kept(dialect: &Dialect, words: &[OsText]) -> Option<Vec<OsText>> {
    let mut kept = Vec::with_capacity(words.len());
    let mut rest = words;
    // Of those of an earlier conversation there is one more.
    let mut named = false;
    while let Some((word, after)) = rest.split_first() {
        rest = after;
        if word.0 == b"--" {
            // All that follows stands for itself.
            for word in rest {
                keep_positional(dialect, word, true, &mut named, &mut kept)?;
            }
            break;
        }
        if !is_option(word) {
            keep_positional(dialect, word, false, &mut named, &mut kept)?;
            continue;
        }
        let (name, has_value) = match word.0.iter().position(|&byte| byte == b'=') {
            Some(at) if word.0.starts_with(b"--") => (&word.0[..at], true),
            Some(_) | None => (word.0.as_slice(), false),
        };
        let &(_, takes, fate) = dialect.options.iter().find(|(n, ..)| n.as_bytes() == name)?;
        let values = values(takes, has_value, rest)?;
        if fate == Fate::Keep {
            kept.push(word.clone());
            kept.extend(rest[..values].iter().cloned());
        }
        rest = &rest[values..];
    }
    Some(kept)
}

fn is_option(word: &OsText) -> bool {
    word.0.len() > 1 && word.0.starts_with(b"-")
}

/// How many of the words that follow an option belong to it.
fn values(takes: Takes, has_value: bool, rest: &[OsText]) -> Option<usize> {
    let plain = || rest.iter().take_while(|word| !is_option(word)).count();
    match (takes, has_value) {
        (Takes::Nothing, true) => None,
        (Takes::Nothing, false) => Some(0),
        (Takes::One | Takes::Maybe | Takes::Many, true) => Some(0),
        (Takes::One, false) => rest.first().filter(|word| word.0 != b"--").map(|_| 1),
        (Takes::Maybe, false) => Some(plain().min(1)),
        (Takes::Many, false) => Some(plain()),
    }
}

/// Decides about a word that belongs to no option; none if it is not certain what it is.
fn keep_positional(
    dialect: &Dialect,
    word: &OsText,
    is_literal: bool,
    named: &mut bool,
    kept: &mut Vec<OsText>,
) -> Option<()> {
    match dialect.positional {
        Positional::Prompt => {}
        Positional::PromptOrCommand => {
            let is_own = matches!(word.0.as_slice(), b"resume" | b"fork") && !is_literal;
            if *named {
                // What it goes on with, and a prompt.
            } else if is_own {
                *named = true;
            } else if !is_literal && !word.0.contains(&b' ') && !word.0.contains(&b'\n') {
                return None; // It could be one of its commands.
            }
        }
        Positional::Directory => {
            if is_literal || !(word.0.contains(&b'/') || word.0 == b".") {
                return None;
            }
            kept.push(word.clone());
        }
    }
    Some(())
}
