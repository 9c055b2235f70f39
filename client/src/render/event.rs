//! Events as JSON lines and as text.

use app_model::event::Event;
use app_model::text::printable;
use app_wire::control::Gap;
use serde_json::{Map, Value, json};

use super::time::rfc3339;

/// Fields of the envelope; an event's own fields do not replace them.
const ENVELOPE: [&str; 4] = ["seq", "at", "type", "session"];

/// The event with its own fields beside those of every event.
pub(crate) fn event_json(event: &Event) -> Value {
    let mut object: Map<String, Value> = serde_json::from_str(&event.data).unwrap_or_default();
    object.retain(|field, _| !ENVELOPE.contains(&field.as_str()));
    object.insert("seq".into(), event.seq.into());
    object.insert("at".into(), rfc3339(event.at_ms).into());
    object.insert("type".into(), event.kind.as_str().into());
    object.insert("session".into(), event.session.map(|id| id.to_string()).into());
    object.into()
}

/// Events that are no longer kept.
pub(crate) fn gap_json(gap: Gap) -> Value {
    json!({ "type": "gap", "from": gap.from, "to": gap.to })
}

/// One line: number, time, type, session, own fields.
pub(crate) fn event_line(event: &Event) -> String {
    let fields: Map<String, Value> = serde_json::from_str(&event.data).unwrap_or_default();
    let mut line = format!("{}  {}  {}", event.seq, rfc3339(event.at_ms), printable(&event.kind));
    if let Some(session) = event.session {
        line.push_str(&format!("  {session}"));
    }
    for (name, value) in &fields {
        let value = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        line.push_str(&printable(&format!("  {name}={value}")));
    }
    line
}

/// One line about events that are no longer kept.
pub(crate) fn gap_line(gap: Gap) -> String {
    format!("{}–{}  no longer kept", gap.from, gap.to)
}

#[cfg(test)]
mod tests {
    use app_model::SessionId;

    use super::*;

    fn event(data: &str) -> Event {
        Event {
            seq: 7,
            at_ms: 1_500,
            kind: "run.ended".into(),
            session: Some(SessionId(0x7c5d_cf5d)),
            data: data.into(),
        }
    }

    #[test]
    fn own_fields_stand_beside_the_envelope_and_never_replace_it() {
        let value = event_json(&event(r#"{"run":1,"exit":{"code":2},"seq":99}"#));
        assert_eq!(
            value,
            json!({
                "seq": 7, "at": "1970-01-01T00:00:01.500Z", "type": "run.ended",
                "session": "7c5dcf5d", "run": 1, "exit": {"code": 2},
            })
        );
        assert_eq!(event_json(&event("garbage"))["seq"], 7);
    }

    #[test]
    fn people_get_one_harmless_line() {
        let line = event_line(&event("{\"name\":\"a\\u001bb\",\"run\":1}"));
        assert_eq!(
            line,
            "7  1970-01-01T00:00:01.500Z  run.ended  7c5dcf5d  name=a\u{fffd}b  run=1"
        );
        assert_eq!(gap_json(Gap { from: 1, to: 3 }), json!({"type": "gap", "from": 1, "to": 3}));
    }
}
