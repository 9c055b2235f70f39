//! What an agent wants to do, in a line.

use serde_json::Value;

use crate::event;

/// What says best what a tool is about to do, best first.
const TELLING: &[&str] =
    &["command", "file_path", "path", "absolute_path", "url", "query", "pattern", "description"];

/// The tool and what it is to do, for whoever has to allow it.
pub(super) fn wish(name: Option<String>, input: Option<&Value>) -> String {
    let what = input.and_then(|input| event::first(input, TELLING).or_else(|| command(input)));
    match (name, what) {
        (Some(name), Some(what)) => event::shown(&format!("{name}: {what}")),
        (Some(name), None) => name,
        (None, Some(what)) => what,
        (None, None) => "permission is needed".into(),
    }
}

/// The first of the questions that an agent asks by a tool.
pub(super) fn question(input: Option<&Value>) -> Option<String> {
    let input = input?;
    let first = event::entries(input, &["questions"]).next();
    first.and_then(|first| event::text(first, &["question"])).or_else(|| {
        let text = event::text(input, &["question"]);
        text.or_else(|| event::text(input, &["message"]))
    })
}

/// A command that comes as a list of words.
fn command(input: &Value) -> Option<String> {
    let words: Vec<&str> =
        event::entries(input, &["command"]).filter_map(Value::as_str).take(40).collect();
    Some(event::shown(&words.join(" "))).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_wish_names_the_tool_and_the_command() {
        let wish = |name: Option<&str>, input: Value| wish(name.map(Into::into), Some(&input));
        assert_eq!(wish(Some("Bash"), json!({"command": "rm -rf x"})), "Bash: rm -rf x");
        assert_eq!(wish(Some("shell"), json!({"command": ["ls", "-l"]})), "shell: ls -l");
        assert_eq!(wish(Some("Edit"), json!({"file_path": "/a", "old": 1})), "Edit: /a");
        assert_eq!(wish(Some("Odd"), json!(7)), "Odd");
        assert_eq!(wish(None, json!({})), "permission is needed");
    }

    #[test]
    fn a_question_is_found_in_its_list_or_beside_it() {
        let input = json!({"questions": [{"question": "Which one?"}, {"question": "Why?"}]});
        assert_eq!(question(Some(&input)), Some("Which one?".into()));
        assert_eq!(question(Some(&json!({"question": "This?"}))), Some("This?".into()));
        assert_eq!(question(Some(&json!({"questions": 3}))), None);
        assert_eq!(question(None), None);
    }
}
