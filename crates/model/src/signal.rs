//! Signals by number and by name.
//!
//! Numbers differ between systems, so records and `--json` speak names. The table holds
//! the signals that a person or a kernel ends programs with; any other is written as
//! its number.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A signal, by the number it has on this system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Signal(pub i32);

/// The text is neither a known signal name nor a number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a signal; use a name such as TERM, or a number")]
pub struct BadSignal(pub String);

impl Signal {
    /// Hang-up: the terminal is gone.
    pub const HUP: Self = Self(1);
    /// Interrupt, as by Ctrl-C.
    pub const INT: Self = Self(2);
    /// Cannot be caught.
    pub const KILL: Self = Self(9);
    /// A request to end.
    pub const TERM: Self = Self(15);
}

#[cfg(target_os = "linux")]
const NAMES: &[(i32, &str)] = &[
    (1, "HUP"),
    (2, "INT"),
    (3, "QUIT"),
    (4, "ILL"),
    (5, "TRAP"),
    (6, "ABRT"),
    (7, "BUS"),
    (8, "FPE"),
    (9, "KILL"),
    (10, "USR1"),
    (11, "SEGV"),
    (12, "USR2"),
    (13, "PIPE"),
    (14, "ALRM"),
    (15, "TERM"),
    (18, "CONT"),
    (19, "STOP"),
    (20, "TSTP"),
    (24, "XCPU"),
    (25, "XFSZ"),
    (28, "WINCH"),
    (31, "SYS"),
];

#[cfg(not(target_os = "linux"))]
const NAMES: &[(i32, &str)] = &[
    (1, "HUP"),
    (2, "INT"),
    (3, "QUIT"),
    (4, "ILL"),
    (5, "TRAP"),
    (6, "ABRT"),
    (8, "FPE"),
    (9, "KILL"),
    (10, "BUS"),
    (11, "SEGV"),
    (12, "SYS"),
    (13, "PIPE"),
    (14, "ALRM"),
    (15, "TERM"),
    (17, "STOP"),
    (18, "TSTP"),
    (19, "CONT"),
    (24, "XCPU"),
    (25, "XFSZ"),
    (28, "WINCH"),
    (30, "USR1"),
    (31, "USR2"),
];

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.iter().find(|(number, _)| *number == self.0) {
            Some((_, name)) => f.write_str(name),
            None => fmt::Display::fmt(&self.0, f),
        }
    }
}

impl FromStr for Signal {
    type Err = BadSignal;

    /// Takes `TERM`, `SIGTERM`, `term` and `15`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let upper = text.to_ascii_uppercase();
        let bare = upper.strip_prefix("SIG").unwrap_or(&upper);
        if let Some((number, _)) = NAMES.iter().find(|(_, name)| *name == bare) {
            return Ok(Self(*number));
        }
        match text.parse() {
            Ok(number @ 1..=64) => Ok(Self(number)),
            Ok(_) | Err(_) => Err(BadSignal(text.to_owned())),
        }
    }
}

impl Serialize for Signal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_i32(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Signal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
        } else {
            i32::deserialize(deserializer).map(Self)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_understood() {
        for text in ["TERM", "SIGTERM", "term", "15"] {
            assert_eq!(text.parse(), Ok(Signal::TERM));
        }
        assert_eq!(Signal::KILL.to_string(), "KILL");
        assert_eq!(Signal(63).to_string(), "63");
        for bad in ["", "SIGNOPE", "0", "-9", "65"] {
            assert!(bad.parse::<Signal>().is_err(), "{bad:?} was accepted");
        }
    }
}
