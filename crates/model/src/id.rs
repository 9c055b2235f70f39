//! Identities of sessions and runs.
//!
//! A session's id is 32 random bits shown as eight lower-case hex digits. Who makes
//! one checks it against the registry; this module only defines the form.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Names one session, for ever: ids are not reused while the registry remembers them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u32);

/// Hex digits in the written form of a [`SessionId`].
pub const SESSION_ID_DIGITS: usize = 8;

/// The text is not eight lower-case hex digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a session id (eight lower-case hex digits)")]
pub struct BadSessionId(pub String);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for SessionId {
    type Err = BadSessionId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let lower_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if text.len() != SESSION_ID_DIGITS || !text.bytes().all(lower_hex) {
            return Err(BadSessionId(text.to_owned()));
        }
        u32::from_str_radix(text, 16).map(Self).map_err(|_| BadSessionId(text.to_owned()))
    }
}

impl Serialize for SessionId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_u32(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for SessionId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = String::deserialize(deserializer)?;
            text.parse().map_err(de::Error::custom)
        } else {
            u32::deserialize(deserializer).map(Self)
        }
    }
}

/// Counts the runs of one session from 1. A `resume` after an end makes the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunNumber(pub u32);

impl RunNumber {
    /// The first run of every session.
    pub const FIRST: Self = Self(1);

    /// The run after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for RunNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_written_as_eight_digits_and_read_back() {
        let id = SessionId(0x7c5);
        assert_eq!(id.to_string(), "000007c5");
        assert_eq!("000007c5".parse(), Ok(id));
    }

    #[test]
    fn anything_but_eight_lower_case_hex_digits_is_refused() {
        for bad in ["", "7c5dcf5", "7c5dcf5d0", "7C5DCF5D", "7c5dcf5g", "+c5dcf5d"] {
            assert!(bad.parse::<SessionId>().is_err(), "{bad:?} was accepted");
        }
    }
}
