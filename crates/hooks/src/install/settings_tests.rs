//! Hooks go in and come out again, in settings of many shapes.

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// Agents whose settings are JSON.
const AGENTS: [Agent; 5] =
    [Agent::Claude, Agent::Codex, Agent::Gemini, Agent::Copilot, Agent::Cursor];

fn written(edit: Result<Edit, EditError>) -> String {
    match edit {
        Ok(Edit::Write(text)) => text,
        other => panic!("nothing was written: {other:?}"),
    }
}

/// Goes in, stays, and comes out without a trace.
fn there_and_back(agent: Agent, text: &str) -> String {
    let new = written(install(agent, Some(text)));
    assert_eq!(status(agent, Some(&new)), Ok(Status::Installed), "{new}");
    assert_eq!(install(agent, Some(&new)), Ok(Edit::Unchanged), "{new}");
    assert_eq!(uninstall(agent, Some(&new)), Ok(Edit::Write(text.to_owned())), "{new}");
    assert_eq!(uninstall(agent, Some(text)), Ok(Edit::Unchanged), "{text}");
    new
}

#[test]
fn a_missing_file_is_made_and_goes_again() {
    for agent in AGENTS {
        let new = written(install(agent, None));
        let value: serde_json::Value = serde_json::from_str(&new).unwrap();
        assert_eq!(value["hooks"].as_object().unwrap().len(), wanted::events(agent).len());
        assert_eq!(value.get("version").is_some(), wanted::needs_version(agent));
        assert_eq!(install(agent, Some(&new)), Ok(Edit::Unchanged));
        assert_eq!(uninstall(agent, Some(&new)), Ok(Edit::Remove));
        assert_eq!(uninstall(agent, None), Ok(Edit::Unchanged));
    }
}

#[test]
fn a_made_file_looks_as_people_write_it() {
    let new = written(install(Agent::Cursor, None));
    let head: Vec<&str> = new.lines().take(9).collect();
    assert_eq!(
        head,
        [
            "{",
            "  \"hooks\": {",
            "    \"sessionStart\": [",
            "      {",
            "        \"command\": \"appctl hook cursor\",",
            "        \"timeout\": 5",
            "      }",
            "    ],",
            "    \"beforeSubmitPrompt\": [",
        ]
    );
}

#[test]
fn every_shape_of_a_file_that_was_there_comes_back() {
    for text in [
        "",
        "\n",
        " \r\n",
        "\u{feff}",
        "\u{feff}{}",
        "{}",
        "{ }\n",
        "{\n}\n",
        "{\"hooks\":{}}",
        "{\n  \"hooks\": {}\n}",
        "{\n  \"hooks\": {\n  }\n}\n",
        "{\"hooks\":{\"Stop\":[]}}",
        "{\"hooks\": {\"Stop\": [], \"stop\": []}}",
        "{\"a\":1}",
        "{\"version\":1}",
        "{\n  \"version\": 1,\n  \"hooks\": {}\n}\n",
        "{ \"hooks\": {}, \"version\": 1 }",
        "{\n\t\"model\": \"opus\", // mine\n\t\"list\": [1, 2,],\n}",
        "{\r\n    \"a\": {\r\n        \"b\": 1\r\n    }\r\n}\r\n",
        "// first\n{\n  // alone\n}\n// last",
        "{ /* none */ }",
        "{\"a\": 1 // end\n}",
        "{\"a\": 1, // end\n}",
        "{\"a\": 1 /* x */, /* y */ }",
        "{\n  \"hooks\": {\n    \"Stop\": [\n      { \"hooks\": [ { \"type\": \"command\", \
         \"command\": \"say done\" } ] } // loud\n    ],\n  },\n}\n",
        "{\"hooks\": {\"Stop\": [{\"command\": \"a\"}], \"sessionStart\": [{\"bash\": \"b\"}]}}\n\n",
    ] {
        for agent in AGENTS {
            there_and_back(agent, text);
        }
    }
}

#[test]
fn the_style_of_the_file_is_kept() {
    let text = "{\r\n\t\"model\": \"opus\", // mine\r\n\t\"z\": 1\r\n}";
    let new = there_and_back(Agent::Cursor, text);
    let expected = "{\r\n\t\"model\": \"opus\", // mine\r\n\t\"z\": 1,\r\n\t\"hooks\": {\r\n\
                    \t\t\"sessionStart\": [\r\n\t\t\t{\r\n\t\t\t\t\"command\": ";
    assert!(new.starts_with(expected), "{new}");
    assert!(!new.replace("\r\n", "").contains('\n'), "{new:?}");
    let one_line = there_and_back(Agent::Cursor, "{\"a\":1}\n");
    assert_eq!(one_line.lines().count(), 1);
}

#[test]
fn hooks_of_others_stay_and_ours_come_after_them() {
    let text = json!({"hooks": {
        "Stop": [{"hooks": [{"type": "command", "command": "say done"}]}],
        "Odd": [{"hooks": []}],
    }});
    let new = there_and_back(Agent::Claude, &serde_json::to_string_pretty(&text).unwrap());
    let value: serde_json::Value = serde_json::from_str(&new).unwrap();
    assert_eq!(value["hooks"]["Stop"][0]["hooks"][0]["command"], "say done");
    assert_eq!(value["hooks"]["Stop"][1]["hooks"][0]["command"], "appctl hook claude");
    assert_eq!(value["hooks"]["Odd"], json!([{"hooks": []}]));
}

#[test]
fn ours_are_found_wherever_a_person_has_put_them() {
    let ours = json!({"type": "command", "command": "/opt/bin/appctl hook claude", "timeout": 60});
    let theirs = json!({"type": "command", "command": "say done"});
    let moved = json!({"hooks": {"Stop": [{"matcher": "*", "hooks": [ours, theirs, ours]}]}});
    let text = moved.to_string();
    let Ok(Status::Partial(missing)) = status(Agent::Claude, Some(&text)) else { panic!("{text}") };
    assert!(!missing.contains(&"Stop".to_owned()));
    assert_eq!(missing.len(), wanted::events(Agent::Claude).len() - 1);
    let left = written(uninstall(Agent::Claude, Some(&text)));
    let left: serde_json::Value = serde_json::from_str(&left).unwrap();
    assert_eq!(left, json!({"hooks": {"Stop": [{"hooks": [theirs], "matcher": "*"}]}}));
}

#[test]
fn what_another_program_reformats_still_comes_out() {
    let new = there_and_back(Agent::Claude, "{\"model\": \"opus\"}");
    let value: serde_json::Value = serde_json::from_str(&new).unwrap();
    let pretty = serde_json::to_string_pretty(&value).unwrap();
    assert_eq!(written(uninstall(Agent::Claude, Some(&pretty))), "{\n  \"model\": \"opus\"\n}");
    let left = written(uninstall(Agent::Claude, Some(&value.to_string())));
    assert_eq!(status(Agent::Claude, Some(&left)), Ok(Status::Absent));
}

#[test]
fn the_missing_hooks_of_an_older_release_are_added() {
    let older = "{\n  \"hooks\": {\n    \"stop\": [\n      {\n        \"command\": \
                 \"appctl hook cursor\"\n      }\n    ]\n  }\n}\n";
    let new = written(install(Agent::Cursor, Some(older)));
    assert_eq!(status(Agent::Cursor, Some(&new)), Ok(Status::Installed));
    assert_eq!(new.matches("appctl hook cursor").count(), wanted::events(Agent::Cursor).len());
}

#[test]
fn what_is_not_understood_is_refused() {
    for (text, error) in [
        ("{", None),
        ("{\"a\": 1 \"b\": 2}", None),
        ("{'a': 1}", None),
        ("[]", Some(unexpected("the file", "a JSON object"))),
        ("// only this\n", Some(unexpected("the file", "a JSON object"))),
        ("{\"hooks\": []}", Some(unexpected("hooks", "an object"))),
        ("{\"hooks\": {\"Stop\": {}}}", Some(unexpected("hooks.Stop", "a list"))),
        ("{\"hooks\": {}, \"hooks\": {}}", Some(EditError::Twice("hooks".into()))),
    ] {
        let found = install(Agent::Claude, Some(text)).unwrap_err();
        match error {
            Some(error) => assert_eq!(found, error, "{text}"),
            None => assert!(matches!(found, EditError::Unreadable { line: 1, .. }), "{found}"),
        }
    }
    let deep = "[".repeat(100_000);
    assert!(install(Agent::Claude, Some(&format!("{{\"a\": {deep}"))).is_err());
}

/// White space and comments, as they may stand between any two tokens.
fn gap() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec!["", "", " ", "\n", "\n  ", "\r\n\t", "\t", "  \n\n"]),
        1 => prop::sample::select(vec![" /* c, ] */ ", "// d }\n", " //\r\n", "/**/", "// \u{a0}\n"]),
    ]
    .prop_map(str::to_owned)
}

fn list(open: char, items: Vec<(String, String)>, comma: bool, end: &str, close: char) -> String {
    let mut text = String::from(open);
    let count = items.len();
    for (index, (before, item)) in items.into_iter().enumerate() {
        text.push_str(&before);
        text.push_str(&item);
        if comma || index + 1 < count {
            text.push(',');
        }
    }
    format!("{text}{end}{close}")
}

fn a_list(item: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let items = prop::collection::vec((gap(), item), 0..3);
    (items, any::<bool>(), gap()).prop_map(|(items, comma, end)| list('[', items, comma, &end, ']'))
}

fn an_object(
    names: &'static [&'static str],
    value: impl Strategy<Value = String>,
) -> impl Strategy<Value = String> {
    let names = prop::sample::subsequence(names, 0..=names.len().min(4)).prop_shuffle();
    let values = prop::collection::vec((gap(), gap(), gap(), value), 4);
    (names, values, any::<bool>(), gap()).prop_map(|(names, values, comma, end)| {
        let items = names
            .iter()
            .zip(values)
            .map(|(name, (before, a, b, value))| (before, format!("\"{name}\"{a}:{b}{value}")));
        list('{', items.collect(), comma, &end, '}')
    })
}

fn their_hook() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "{\"command\":\"say hooks\"}",
        "{ \"hooks\": [ {\"type\": \"command\", \"command\": \"appctl hooks\"} ] }",
        "{\"hooks\":[]}",
        "{}",
        "\"text, with ] and // \"",
        "null",
    ])
    .prop_map(str::to_owned)
}

fn settings() -> impl Strategy<Value = String> {
    const EVENTS: &[&str] =
        &["Stop", "stop", "SessionStart", "sessionStart", "AfterAgent", "agentStop", "Odd"];
    const OTHERS: &[&str] = &["model", "a b", "version", "permissions"];
    let hooks = an_object(EVENTS, a_list(their_hook()));
    let others = an_object(OTHERS, a_list(their_hook()));
    (gap(), others, prop::option::of((gap(), hooks)), any::<bool>(), gap()).prop_map(
        |(before, others, hooks, first, after)| {
            let Some((gap, hooks)) = hooks else { return format!("{before}{others}{after}") };
            let property = format!("{gap}\"hooks\":{hooks}");
            let is_empty = !others.contains('"') && !others.contains(',');
            let inner = if is_empty {
                format!("{{{property}}}")
            } else if first {
                others.replacen('{', &format!("{{{property},"), 1)
            } else {
                return format!("{before}{others}{after}");
            };
            format!("{before}{inner}{after}")
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_stands_there_comes_back_byte_for_byte(text in settings()) {
        // The generator makes what an agent would read.
        prop_assert!(Document::parse(&text).is_ok(), "{text}");
        for agent in AGENTS {
            there_and_back(agent, &text);
        }
    }

    #[test]
    fn any_text_at_all_is_refused_or_comes_back(text in "[\\[\\]{}\",:/*\\n a]{0,30}") {
        if let Ok(Edit::Write(new)) = install(Agent::Claude, Some(&text)) {
            prop_assert_eq!(uninstall(Agent::Claude, Some(&new)), Ok(Edit::Write(text)));
        }
    }
}
