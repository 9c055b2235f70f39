//! How a person names a session: its id, the beginning of its id, or its name.
//!
//! # Invariants
//!
//! 1. An exact id wins over a name, a name over a prefix.
//! 2. Nothing is guessed: several matches on the winning level are ambiguous, even when
//!    only one of them is alive.

use std::str::FromStr as _;

use crate::SessionId;
use crate::id::SESSION_ID_DIGITS;

/// Fewest digits of an id that select a session.
pub const MIN_PREFIX: usize = 3;

/// Nearest names that a failed look-up suggests.
pub const MAX_NEAREST: usize = 3;

/// What a selector's text can mean, strongest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector<'a> {
    /// The whole id.
    pub id: Option<SessionId>,
    /// The name.
    pub name: &'a str,
    /// All ids that begin with the text, first and last.
    pub prefix: Option<(SessionId, SessionId)>,
}

/// Reads a selector. Every text is at least a name.
pub fn parse(text: &str) -> Selector<'_> {
    Selector { id: SessionId::from_str(text).ok(), name: text, prefix: prefix_range(text) }
}

/// The ids that begin with `text`, when it is a prefix long enough to be meant as one.
fn prefix_range(text: &str) -> Option<(SessionId, SessionId)> {
    let lower_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if !(MIN_PREFIX..=SESSION_ID_DIGITS).contains(&text.len()) || !text.bytes().all(lower_hex) {
        return None;
    }
    let padded = |digit: &str| {
        let zeros = digit.repeat(SESSION_ID_DIGITS - text.len());
        format!("{text}{zeros}").parse().ok()
    };
    Some((padded("0")?, padded("f")?))
}

/// The candidates that are nearest to `wanted`, best first, none of them far off.
pub fn nearest<'a>(wanted: &str, candidates: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let limit = (wanted.chars().count() / 3).max(1);
    let mut scored: Vec<_> = candidates
        .map(|name| (distance(wanted, name, limit), name))
        .filter(|&(distance, _)| distance <= limit)
        .collect();
    scored.sort();
    scored.dedup();
    scored.into_iter().map(|(_, name)| name).take(MAX_NEAREST).collect()
}

/// Edits (insert, delete, replace) between two words; a prefix match counts as one.
fn distance(wanted: &str, name: &str, limit: usize) -> usize {
    if !wanted.is_empty() && name.starts_with(wanted) {
        return 1;
    }
    let wanted: Vec<char> = wanted.chars().collect();
    let name: Vec<char> = name.chars().collect();
    if wanted.len().abs_diff(name.len()) > limit {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=name.len()).collect();
    for (i, a) in wanted.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in name.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[name.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_on_every_level_it_can_mean() {
        let full = parse("7c5dcf5d");
        assert_eq!(full.id, Some(SessionId(0x7c5d_cf5d)));
        assert_eq!(full.prefix, Some((SessionId(0x7c5d_cf5d), SessionId(0x7c5d_cf5d))));
        let prefix = parse("7c5");
        assert_eq!(prefix.id, None);
        assert_eq!(prefix.prefix, Some((SessionId(0x7c50_0000), SessionId(0x7c5f_ffff))));
        for name in ["7c", "7C5", "flaky", "7c5dcf5d0", ""] {
            assert_eq!(parse(name).prefix, None, "{name:?}");
        }
    }

    #[test]
    fn the_nearest_names_are_suggested_and_far_ones_are_not() {
        let names = ["flaky-test", "build", "flaky-tests", "zzz"];
        assert_eq!(nearest("flaky-tset", names.into_iter()), ["flaky-test", "flaky-tests"]);
        assert_eq!(nearest("fla", names.into_iter()), ["flaky-test", "flaky-tests"]);
        assert_eq!(nearest("nothing-like-it", names.into_iter()), Vec::<&str>::new());
    }
}
