//! Text from outside: byte strings of the operating system, and what may be printed.
//!
//! # Invariants
//!
//! 1. [`OsText`] keeps every byte. Programs, directories and environments need not be
//!    UTF-8, and a session must run with exactly what it was given.
//! 2. [`printable`] is the only way in which foreign text reaches a terminal, a table
//!    or a notice: no control character survives it.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use unicode_width::UnicodeWidthChar as _;

/// A byte string of the operating system: an argument, a variable, a path.
///
/// In JSON it is a string when it is UTF-8 and a list of bytes when it is not; on the
/// wire it is bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct OsText(pub Vec<u8>);

impl OsText {
    /// The same bytes as the standard library's type.
    pub fn as_os_str(&self) -> &OsStr {
        OsStr::from_bytes(&self.0)
    }

    /// The same bytes as a path.
    pub fn to_path(&self) -> PathBuf {
        PathBuf::from(self.as_os_str())
    }

    /// For people: bytes that are not UTF-8 become U+FFFD, control characters are shown
    /// as [`printable`] shows them.
    pub fn shown(&self) -> String {
        printable(&String::from_utf8_lossy(&self.0))
    }
}

impl From<OsString> for OsText {
    fn from(text: OsString) -> Self {
        Self(text.into_vec())
    }
}

impl From<&OsStr> for OsText {
    fn from(text: &OsStr) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl From<&str> for OsText {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl From<PathBuf> for OsText {
    fn from(path: PathBuf) -> Self {
        path.into_os_string().into()
    }
}

impl From<OsText> for OsString {
    fn from(text: OsText) -> Self {
        Self::from_vec(text.0)
    }
}

impl fmt::Debug for OsText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(&self.0))
    }
}

impl Serialize for OsText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return serializer.serialize_bytes(&self.0);
        }
        match std::str::from_utf8(&self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => serializer.collect_seq(&self.0),
        }
    }
}

impl<'de> Deserialize<'de> for OsText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(OsTextVisitor)
        } else {
            deserializer.deserialize_byte_buf(OsTextVisitor)
        }
    }
}

struct OsTextVisitor;

impl<'de> de::Visitor<'de> for OsTextVisitor {
    type Value = OsText;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or a list of bytes")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<OsText, E> {
        Ok(text.into())
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<OsText, E> {
        Ok(OsText(bytes.to_vec()))
    }

    fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<OsText, E> {
        Ok(OsText(bytes))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<OsText, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = seq.next_element()? {
            bytes.push(byte);
        }
        Ok(OsText(bytes))
    }
}

/// The text with everything that could act on a terminal made harmless.
///
/// Control characters (C0, DEL, C1) become U+FFFD, tabs and line ends become a space,
/// and characters that reorder or hide text (bidirectional controls, zero-width
/// no-break space) are dropped.
pub fn printable(text: &str) -> String {
    text.chars()
        .filter(|&c| !is_reordering(c))
        .map(|c| match c {
            '\t' | '\n' | '\r' => ' ',
            c if c.is_control() => char::REPLACEMENT_CHARACTER,
            c => c,
        })
        .collect()
}

/// Whether `c` acts on a terminal, or on the text around it, instead of being shown.
pub fn acts(c: char) -> bool {
    c.is_control() || is_reordering(c)
}

/// Whether `c` changes the order of the characters around it, or is an invisible mark.
fn is_reordering(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Columns that `text` takes on a terminal. Expects [`printable`] text.
pub fn columns(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// `text` cut to at most `limit` columns, the last of them `…` when something was cut.
pub fn clipped(text: &str, limit: usize) -> String {
    if columns(text) <= limit {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 0;
    for c in text.chars() {
        let width = c.width().unwrap_or(0);
        if used + width + 1 > limit {
            break;
        }
        used += width;
        kept.push(c);
    }
    if limit > 0 {
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_is_not_utf8_survives_json_and_the_wire() {
        let odd = OsText(vec![b'a', 0xff, b'b']);
        let json = serde_json::to_string(&odd).unwrap();
        assert_eq!(json, "[97,255,98]");
        assert_eq!(serde_json::from_str::<OsText>(&json).unwrap(), odd);

        let config = bincode::config::standard();
        let bytes = bincode::serde::encode_to_vec(&odd, config).unwrap();
        let (back, _): (OsText, usize) = bincode::serde::decode_from_slice(&bytes, config).unwrap();
        assert_eq!(back, odd);
    }

    #[test]
    fn no_control_character_is_printable() {
        let hostile = "a\x1b]0;owned\x07b\u{9b}31mc\u{202e}d\r\ne";
        let shown = printable(hostile);
        assert!(!shown.chars().any(char::is_control), "{shown:?}");
        assert_eq!(shown, "a\u{fffd}]0;owned\u{fffd}b\u{fffd}31mcd  e");
    }

    #[test]
    fn clipping_counts_columns_not_characters() {
        assert_eq!(clipped("flaky-test", 10), "flaky-test");
        assert_eq!(clipped("flaky-test", 6), "flaky…");
        assert_eq!(clipped("日本語", 5), "日本…");
        assert_eq!(clipped("日本語", 4), "日…");
        assert_eq!(clipped("abc", 0), "");
    }
}
