//! Selecting a session: id, prefix, name; and what is said when that is not enough.

use app_tests::Home;
use serde_json::Value;

#[test]
fn a_session_is_found_by_id_prefix_and_name() {
    let home = Home::new();
    let session = home.start("flaky-test", &["sleep", "1000"]);
    for text in [session.id.as_str(), &session.id[..3], &session.id[..7], "flaky-test"] {
        let shown = home.appctl(["show", text, "--json"]).ok().json();
        assert_eq!(shown["id"], session.id.as_str(), "by {text}");
    }
}

#[test]
fn two_characters_of_an_id_are_not_enough() {
    let home = Home::new();
    let session = home.start("one", &["sleep", "1000"]);
    home.appctl(["show", &session.id[..2]]).fails(3, &[&session.id[..2]]);
}

#[test]
fn two_sessions_of_the_same_name_are_ambiguous_and_listed() {
    let home = Home::new();
    let one = home.start("same", &["sleep", "1000"]);
    let two = home.start("same", &["sleep", "1000"]);
    let outcome = home.appctl(["show", "same"]);
    let here = home.user_dir();
    outcome.fails(4, &["same", &one.id, &two.id, here.to_str().unwrap()]);
    let json = home.appctl(["show", "same", "--json"]).exits(4);
    let error: Value = serde_json::from_str(&json.err())
        .or_else(|_| serde_json::from_slice(&json.stdout))
        .unwrap();
    assert_eq!(error["error"]["code"], "ambiguous", "{json:?}");
    for verb in ["stop", "kill", "rm", "attach", "send"] {
        let args: &[&str] = if verb == "send" { &[verb, "same", "x"] } else { &[verb, "same"] };
        assert_eq!(home.appctl(args).code(), 4, "{verb} must not guess");
    }
    assert!(home.ls().iter().all(|view| view["phase"] == "running"));
    two.appctl("show", &[]).ok();
}

/// Sessions are started until two of them share three digits: about eighty, and never more
/// than this many.
const ENOUGH: usize = 600;

#[test]
fn a_prefix_that_several_ids_share_is_ambiguous() {
    let home = Home::new();
    let mut ids: Vec<String> = Vec::new();
    let (one, two) = loop {
        assert!(ids.len() < ENOUGH, "ids are not random: {ids:?}");
        let id = home.start_with(&["--no-tty"], &["true"]).id;
        if let Some(other) = ids.iter().find(|other| other[..3] == id[..3]) {
            break (other.clone(), id);
        }
        ids.push(id);
    };
    home.appctl(["show", &one[..3]]).fails(4, &[&one, &two]);
    assert_eq!(home.appctl(["show", &two, "--json"]).ok().json()["id"], two.as_str());
}

#[test]
fn a_name_wins_over_a_prefix() {
    let home = Home::new();
    let one = home.start("one", &["sleep", "1000"]);
    let two = home.start(&one.id[..4], &["sleep", "1000"]);
    let shown = home.appctl(["show", &one.id[..4], "--json"]).ok().json();
    assert_eq!(shown["id"], two.id.as_str());
}

#[test]
fn an_unknown_id_is_3_with_the_nearest_names() {
    let home = Home::new();
    home.start("flaky-test", &["sleep", "1000"]);
    home.start("deploy", &["sleep", "1000"]);
    let outcome = home.appctl(["show", "flaky-tset"]).exits(3);
    assert!(outcome.err().contains("flaky-test"), "{outcome:?}");
    assert!(!outcome.err().contains("deploy"), "{outcome:?}");
}

#[test]
fn an_error_for_programs_is_one_json_value() {
    let home = Home::new();
    let outcome = home.appctl(["show", "nobody", "--json"]).exits(3);
    let text = if outcome.out().is_empty() { outcome.err() } else { outcome.out() };
    let error: Value = serde_json::from_str(&text).unwrap();
    let error = &error["error"];
    assert!(error["code"].is_string(), "{outcome:?}");
    assert!(error["message"].as_str().unwrap().contains("nobody"), "{outcome:?}");
    assert!(error["because"].is_array(), "{outcome:?}");
    assert!(error.get("hint").is_some(), "{outcome:?}");
}

/// An id that a hostile script passes is shown, not executed, by the terminal.
#[test]
fn a_hostile_selector_is_shown_harmless() {
    let home = Home::new();
    let outcome = home.appctl(["show", "\x1b]0;owned\x07"]).exits(3);
    assert!(!outcome.err().chars().any(|c| c.is_control() && c != '\n'), "{outcome:?}");
}

/// Selectors that look like paths must never leave the directory of the sessions.
#[test]
fn a_selector_is_never_a_path() {
    let home = Home::new();
    home.start_sh("over", "exit 0").wait_over();
    for text in ["../../../etc", ".", "..", "/", ""] {
        let outcome = home.appctl(["rm", "--force", text]);
        assert!([2, 3].contains(&outcome.code()), "{outcome:?}");
    }
    assert_eq!(home.ls_all().len(), 1);
    assert!(home.state_dir().join("sessions").is_dir());
}
