//! An event of an agent: bytes to a value, and looking into it without trust.
//!
//! # Invariants
//!
//! 1. What a tool printed is not kept: it is large, and nothing is decided from it.
//! 2. A field that is missing or of another type is as good as empty.

use std::fmt;

use app_model::report::MAX_TEXT;
use app_model::text::{clipped, printable};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

/// Most bytes of an event. The largest carry what a tool printed, which agents cut long
/// before this.
pub const MAX_EVENT: usize = 4 << 20;

/// Most entries of a list that are looked at.
const MAX_ENTRIES: usize = 1000;

/// Fields that can be large and are read over.
const READ_OVER: &[&str] =
    &["tool_response", "tool_output", "toolResult", "prompt_response", "session_crons"];

/// An event that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// It is too large.
    #[error("the event has {0} bytes, and {MAX_EVENT} is the most that is read")]
    TooLarge(usize),
    /// It is no JSON, or not an object.
    #[error("the event is not a JSON object")]
    Malformed(#[source] serde_json::Error),
}

/// Reads an event. Always an object.
pub fn parse(bytes: &[u8]) -> Result<Value, EventError> {
    if bytes.len() > MAX_EVENT {
        return Err(EventError::TooLarge(bytes.len()));
    }
    let Fields(fields) = serde_json::from_slice(bytes).map_err(EventError::Malformed)?;
    Ok(Value::Object(fields))
}

/// The fields of an object, less those that are read over (invariant 1).
struct Fields(Map<String, Value>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if READ_OVER.contains(&key.as_str()) {
                map.next_value::<IgnoredAny>()?;
            } else {
                fields.insert(key, map.next_value()?);
            }
        }
        Ok(Fields(fields))
    }
}

/// The text at this path, as it may be shown; `None` if there is none.
pub(crate) fn text(value: &Value, path: &[&str]) -> Option<String> {
    Some(shown(raw(value, path)?)).filter(|text| !text.is_empty())
}

/// The first of these fields that has a text.
pub(crate) fn first(value: &Value, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| text(value, &[name]))
}

/// The text at this path as it came: for comparing only.
pub(crate) fn raw<'a>(value: &'a Value, path: &[&str]) -> Option<&'a str> {
    at(value, path)?.as_str()
}

/// The value at this path.
pub(crate) fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, name| value.get(name))
}

/// The entries of the list at this path.
pub(crate) fn entries<'a>(value: &'a Value, path: &[&str]) -> impl Iterator<Item = &'a Value> {
    let list = at(value, path).and_then(Value::as_array);
    list.into_iter().flatten().take(MAX_ENTRIES)
}

/// Text from outside as it may stand in a report.
pub(crate) fn shown(text: &str) -> String {
    // Cut before it is looked at: what follows costs time for every character.
    let beginning: String = text.trim_start().chars().take(MAX_TEXT + 1).collect();
    let line = clipped(printable(&beginning).trim(), MAX_TEXT);
    // Characters without width are not counted above.
    line.chars().take(MAX_TEXT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_an_object_and_nothing_else() {
        for bad in ["", "{", "[]", "1", "null", "\"text\"", "{\"a\":}", "\u{0}", "{}{}"] {
            assert!(matches!(parse(bad.as_bytes()), Err(EventError::Malformed(_))), "{bad}");
        }
        assert!(matches!(parse(&[0xff, 0xfe]), Err(EventError::Malformed(_))));
        let deep = "[".repeat(100_000);
        assert!(parse(format!("{{\"a\":{deep}").as_bytes()).is_err());
        let large = vec![b' '; MAX_EVENT + 1];
        assert!(matches!(parse(&large), Err(EventError::TooLarge(_))));
    }

    #[test]
    fn what_a_tool_printed_is_not_kept() {
        let event = parse(br#"{"a":1,"tool_response":{"stdout":"x"},"b":"y"}"#).unwrap();
        assert_eq!(event, serde_json::json!({"a": 1, "b": "y"}));
    }

    #[test]
    fn shown_text_is_one_printable_line_of_limited_length() {
        assert_eq!(shown("  a\x1b[31m\nb  "), "a\u{fffd}[31m b");
        for long in ["x".repeat(5000), "\u{301}".repeat(5000), "日".repeat(5000)] {
            assert!(shown(&long).chars().count() <= MAX_TEXT);
        }
    }

    #[test]
    fn a_field_of_another_type_is_as_good_as_none() {
        let event = serde_json::json!({"a": 1, "b": {"c": "d"}, "e": "  "});
        assert_eq!(text(&event, &["a"]), None);
        assert_eq!(text(&event, &["b", "c"]), Some("d".into()));
        assert_eq!(text(&event, &["b", "c", "d"]), None);
        assert_eq!(first(&event, &["x", "e"]), None);
        assert_eq!(entries(&event, &["b"]).count(), 0);
    }
}
