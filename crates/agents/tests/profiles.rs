//! Profiles of the user: what they replace, and what is said of those that are wrong.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed check")]

use std::error::Error as _;
use std::fs;

use app_agents::{Problem, ProfileError, Profiles, generic_readings};
use app_model::evidence::Source;
use app_model::look::Look;
use app_model::{OsText, Turn};

/// Loads profiles from a directory with these files.
fn load(files: &[(&str, &str)]) -> (Profiles, Vec<ProfileError>) {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(dir.path().join(name), text).unwrap();
    }
    Profiles::load(dir.path())
}

/// The only error of a file of this text.
fn wrong(text: &str) -> (Option<usize>, Problem) {
    let (_, mut errors) = load(&[("own.toml", text)]);
    assert_eq!(errors.len(), 1, "{errors:?} of {text}");
    let error = errors.remove(0);
    assert!(error.file.ends_with("own.toml"));
    (error.line, error.problem)
}

const HEAD: &str = "name = \"own\"\nprograms = [\"own\"]\n";

/// A profile with one rule, whose lines begin at 4.
fn with_rule(rule: &str) -> String {
    format!("{HEAD}[[rule]]\n{rule}\n")
}

fn titled(title: &str) -> Look {
    Look { title: title.into(), ..Look::default() }
}

#[test]
fn every_built_in_profile_can_be_used() {
    let (profiles, errors) = load(&[]);
    assert!(errors.is_empty(), "{errors:?}");
    let names: Vec<&str> = profiles.iter().map(|profile| profile.name()).collect();
    let all =
        ["aider", "amp", "claude", "codex", "copilot", "cursor", "gemini", "goose", "opencode"];
    assert_eq!(names, all);
}

#[test]
fn a_profile_of_the_user_replaces_the_built_in_one_of_its_name() {
    let own = "name = \"claude\"\nprograms = [\"my-claude\"]\n[[rule]]\nid = \"t\"\n\
               turn = \"working\"\nregion = \"title\"\nwhen = { contains = [\"busy\"] }\n";
    let (profiles, errors) = load(&[("claude.toml", own), ("notes.txt", "no profile")]);
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(profiles.iter().filter(|profile| profile.name() == "claude").count(), 1);
    assert!(profiles.of_argv(&[OsText::from("claude")]).is_none());
    let claude = profiles.of_argv(&[OsText::from("my-claude")]).unwrap();
    assert_eq!(claude.read(&titled("busy"))[0].turn, Some(Turn::Working));
    assert_eq!(claude.read(&titled("✳ Claude Code")), []);
}

#[test]
fn a_broken_profile_is_named_and_hides_no_other() {
    let fine = with_rule(
        "id = \"a\"\nturn = \"idle\"\nregion = \"last_line\"\nwhen = { contains = [\"$\"] }",
    );
    let files = [("claude.toml", "name = \"claude\"\nprograms = 3\n"), ("own.toml", &fine)];
    let (profiles, errors) = load(&files);
    assert_eq!(errors.len(), 1);
    assert!(errors[0].to_string().ends_with("claude.toml`, line 2, is not used"));
    assert!(errors[0].source().is_some());
    assert!(profiles.named("own").is_some());
    // The built-in one stays.
    assert!(profiles.of_argv(&[OsText::from("claude")]).is_some());
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let bad = |rule: &str| wrong(&with_rule(rule));
    let fine = "when = { contains = [\"x\"] }";
    assert!(matches!(wrong("name = "), (Some(1), Problem::Syntax(_))));
    assert!(matches!(
        wrong("name = \"a\"\nprograms = [\"a\"]\ncolour = 1"),
        (Some(3), Problem::Syntax(_))
    ));
    assert!(matches!(wrong("name = \"Own\"\nprograms = [\"a\"]"), (Some(1), Problem::Name(_))));
    assert!(matches!(wrong("name = \"own\""), (Some(1), Problem::Names)));
    assert!(matches!(
        wrong("name = \"other\"\nprograms = [\"a\"]"),
        (None, Problem::OtherName { .. })
    ));
    let region = bad(&format!("id = \"a\"\nturn = \"idle\"\nregion = \"bottom(41)\"\n{fine}"));
    assert!(matches!(region, (Some(6), Problem::Region(_))), "{region:?}");
    let regex = bad("id = \"a\"\nturn = \"idle\"\nregion = \"title\"\nwhen = { regex = ['('] }");
    assert!(matches!(regex, (Some(7), Problem::Pattern(_))), "{regex:?}");
    let nothing = bad(&format!("id = \"a\"\nregion = \"title\"\n{fine}"));
    assert!(matches!(nothing, (Some(3), Problem::Conclusion(_))), "{nothing:?}");
    let both =
        bad(&format!("id = \"a\"\nhold = true\nturn = \"idle\"\nregion = \"title\"\n{fine}"));
    assert!(matches!(both, (Some(3), Problem::Conclusion(_))), "{both:?}");
    let turn = bad(&format!("id = \"a\"\nturn = \"lazy\"\nregion = \"title\"\n{fine}"));
    assert!(matches!(turn, (Some(_), Problem::Syntax(_))), "{turn:?}");
    for when in ["{}", "{ not = [{ contains = [\"x\"] }] }", "{ any = [{}] }"] {
        let empty = bad(&format!("id = \"a\"\nturn = \"idle\"\nregion = \"title\"\nwhen = {when}"));
        assert!(matches!(empty, (Some(3), Problem::Empty)), "{when}: {empty:?}");
    }
}

#[test]
fn a_profile_can_cost_only_so_much() {
    let rule = |id: usize, when: &str| {
        format!("[[rule]]\nid = \"{id}\"\nturn = \"idle\"\nregion = \"title\"\nwhen = {when}\n")
    };
    let one = |when: &str| wrong(&format!("{HEAD}{}", rule(0, when))).1;
    let long = "x".repeat(401);
    assert!(matches!(one(&format!("{{ contains = [\"{long}\"] }}")), Problem::Length));
    assert!(matches!(one("{ regex = ['(?:a{1000}){1000}'] }"), Problem::Pattern(_)));
    let many = vec!["\"x\""; 65].join(", ");
    assert!(matches!(one(&format!("{{ contains = [{many}] }}")), Problem::Conditions));
    let deep = format!("{}{{ contains = [\"x\"] }}{}", "{ all = [".repeat(8), "] }".repeat(8));
    assert!(matches!(one(&deep), Problem::Depth));
    let rules: String = (0..65).map(|id| rule(id, "{ contains = [\"x\"] }")).collect();
    assert!(matches!(wrong(&format!("{HEAD}{rules}")).1, Problem::Rules));
    let twice = [rule(1, "{ contains = [\"x\"] }"), rule(1, "{ contains = [\"y\"] }")].concat();
    assert!(matches!(wrong(&format!("{HEAD}{twice}")).1, Problem::SameRule(_)));
    let comment = "#".repeat(64 * 1024 + 1);
    assert!(matches!(wrong(&comment).1, Problem::TooBig));
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("own.toml")).unwrap();
    let (_, errors) = Profiles::load(dir.path());
    assert!(matches!(errors[0].problem, Problem::NotAFile));
}

#[test]
fn the_best_rule_of_each_source_is_read_and_its_text_is_printable() {
    let rules = "[[rule]]\nid = \"low\"\nturn = \"idle\"\nregion = \"title\"\n\
                 when = { contains = [\"a\"] }\n\
                 [[rule]]\nid = \"high\"\npriority = 5\nattention = \"it asks: {match}\"\n\
                 region = \"title\"\nwhen = { contains = [\"b\"], not = [{ contains = [\"c\"] }] }\n\
                 [[rule]]\nid = \"screen\"\nturn = \"working\"\nregion = \"bottom(2)\"\n\
                 when = { any = [{ line_regex = ['^> (\\w+)'] }, { contains = [\"never\"] }] }\n";
    let (profiles, errors) = load(&[("own.toml", &format!("{HEAD}{rules}"))]);
    assert!(errors.is_empty(), "{errors:?}");
    let own = profiles.named("own").unwrap();
    let lines = ["> above", "x", "> two\x1b[2J"].map(String::from).to_vec();
    let readings = own.read(&Look { title: "ab\x07".into(), lines, ..Look::default() });
    let told: Vec<_> =
        readings.iter().map(|r| (r.source, r.rule.as_str(), r.text.as_str())).collect();
    assert_eq!(told, [(Source::Title, "high", "ab\u{fffd}"), (Source::Screen, "screen", "two")]);
    assert_eq!(readings[0].attention.as_deref(), Some("it asks: ab\u{fffd}"));
    assert_eq!(own.read(&titled("abc"))[0].rule, "low");
    // Two lines up is out of sight.
    let lines = ["> above", "x", "y"].map(String::from).to_vec();
    assert_eq!(own.read(&Look { lines, ..Look::default() }), []);
}

#[test]
fn programs_without_a_profile_may_tell_their_state() {
    let turn = |look: Look| generic_readings(&look).pop().and_then(|reading| reading.turn);
    let state = |state: &str| Look { state: state.into(), ..Look::default() };
    assert_eq!(turn(state("working")), Some(Turn::Working));
    assert_eq!(turn(state("idle")), Some(Turn::Idle));
    assert_eq!(turn(state("done")), Some(Turn::Idle));
    assert_eq!(turn(state("sleeping")), None);
    assert!(generic_readings(&state("blocked"))[0].attention.is_some());
    assert_eq!(turn(Look { progress: 3, ..Look::default() }), Some(Turn::Working));
    assert_eq!(turn(Look { progress: 2, ..Look::default() }), None);
    let at_prompt = Look { progress: 1, prompt: Some(true), ..Look::default() };
    assert_eq!(turn(at_prompt), Some(Turn::Idle));
    assert_eq!(turn(Look { prompt: Some(false), ..Look::default() }), Some(Turn::Working));
    assert_eq!(generic_readings(&Look::default()), []);
}
