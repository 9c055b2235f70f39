//! JSON on one line, for programs, and harmless where a person looks at it.
//!
//! # Invariants
//!
//! 1. No character in it acts on a terminal: JSON itself escapes the controls below the blank
//!    and no others. What is escaped means the same to whoever reads JSON.

use app_model::text::acts;
use serde::Serialize;

/// A value as JSON, without a line end.
pub(crate) fn on_a_line(value: &impl Serialize) -> Result<String, serde_json::Error> {
    Ok(escaped(serde_json::to_string(value)?))
}

/// Outside of strings there is nothing to escape in JSON, so the text need not be parsed.
fn escaped(text: String) -> String {
    if !text.contains(acts) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if acts(c) {
            out.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_acts_on_a_terminal_and_everything_reads_back() {
        let hostile = "a\x1b]0;x\x07\u{9b}2J\u{7f}\u{202e}b\n\u{feff}é日";
        let line = on_a_line(&hostile).unwrap();
        assert!(!line.contains(acts), "{line:?}");
        assert!(line.contains("é日"));
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), hostile);
    }
}
