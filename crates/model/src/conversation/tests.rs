//! The table: what was started, and what goes on.

use proptest::prelude::*;

use super::*;

const ID: &str = "6eab639b-0d93-49f9-a8e0-9f8f622e6493";

fn words(line: &[&str]) -> Vec<OsText> {
    line.iter().map(|&word| word.into()).collect()
}

#[track_caller]
fn check(agent: &str, cases: &[(&[&str], Option<&[&str]>)]) {
    for (started, wanted) in cases {
        let made = going_on(Some(agent), &words(started), ID);
        assert_eq!(made, wanted.map(words), "{started:?}");
        if let Some(made) = made {
            assert_eq!(going_on(Some(agent), &made, ID), Some(made), "{started:?}: and again");
        }
    }
}

#[test]
fn claude_goes_on_with_what_it_was_told_but_for_the_prompt() {
    check(
        "claude",
        &[
            (&["claude"], Some(&["claude", "--resume", ID])),
            (&["claude", "fix it"], Some(&["claude", "--resume", ID])),
            (
                &["/opt/bin/claude", "--settings", "s.json", "--model=opus", "fix it"],
                Some(&["/opt/bin/claude", "--resume", ID, "--settings", "s.json", "--model=opus"]),
            ),
            // Of an option that takes several words the last ones are none of a prompt.
            (
                &["claude", "--add-dir", "/a", "/b", "--verbose", "fix it"],
                Some(&["claude", "--resume", ID, "--add-dir", "/a", "/b", "--verbose"]),
            ),
            (
                &["claude", "--append-system-prompt", "--verbose", "fix it"],
                Some(&["claude", "--resume", ID, "--append-system-prompt", "--verbose"]),
            ),
            (&["claude", "--session-id", "x", "hi"], Some(&["claude", "--resume", ID])),
            (&["claude", "--resume", "old", "hi"], Some(&["claude", "--resume", ID])),
            (&["claude", "-r", "--fork-session"], Some(&["claude", "--resume", ID])),
            (&["claude", "-c", "--", "-p"], Some(&["claude", "--resume", ID])),
            (&["env", "A=b", "claude", "hi"], Some(&["env", "A=b", "claude", "--resume", ID])),
            // It answers and ends.
            (&["claude", "-p", "hi"], None),
            (&["claude", "--print", "hi"], None),
            // Who knows what follows it?
            (&["claude", "--new-option", "hi"], None),
            (&["claude", "--verbose=1"], None),
            (&["claude", "--model"], None),
            (&["sh", "-c", "claude hi"], None),
            (&["env", "-i", "claude"], None),
            (&["npx", "claude"], None),
            (&[], None),
        ],
    );
}

#[test]
fn codex_goes_on_by_its_own_command() {
    check(
        "codex",
        &[
            (&["codex"], Some(&["codex", "resume", ID])),
            (&["codex", "fix it"], Some(&["codex", "resume", ID])),
            (&["codex", "--", "fix"], Some(&["codex", "resume", ID])),
            (
                &["codex", "-m", "o", "-c", "a=\"b\"", "fix it"],
                Some(&["codex", "-m", "o", "-c", "a=\"b\"", "resume", ID]),
            ),
            (
                &["codex", "resume", "--search", "old", "and then"],
                Some(&["codex", "--search", "resume", ID]),
            ),
            (&["codex", "resume", "--last"], Some(&["codex", "resume", ID])),
            (&["codex", "fork", "old"], Some(&["codex", "resume", ID])),
            // A prompt of one word, or a command that is not known here.
            (&["codex", "fix"], None),
            (&["codex", "exec", "fix it"], None),
            (&["codex", "-i", "a.png", "fix it"], None),
        ],
    );
}

#[test]
fn gemini_and_opencode_go_on_by_an_option() {
    check(
        "gemini",
        &[
            (&["gemini", "fix", "it"], Some(&["gemini", "--resume", ID])),
            (&["gemini", "-i", "hi", "--yolo"], Some(&["gemini", "--resume", ID, "--yolo"])),
            (&["gemini", "-r", "latest"], Some(&["gemini", "--resume", ID])),
            (&["gemini", "-p", "hi"], None),
        ],
    );
    check(
        "opencode",
        &[
            (
                &["opencode", "/src", "--prompt", "hi", "-m", "a/b"],
                Some(&["opencode", "--session", ID, "/src", "-m", "a/b"]),
            ),
            (&["opencode", "-c", "--fork"], Some(&["opencode", "--session", ID])),
            (&["opencode", "run", "hi"], None),
        ],
    );
}

#[test]
fn an_agent_that_is_not_known_or_has_another_name_does_not_go_on() {
    check("aider", &[(&["aider"], None)]);
    check("claude", &[(&["codex"], None)]);
    let made = going_on(None, &words(&["codex"]), ID);
    assert_eq!(made, Some(words(&["codex", "resume", ID])), "the program says who it is");
}

#[test]
fn what_is_no_identity_is_never_put_into_a_command() {
    let claude = words(&["claude"]);
    for bad in ["", "--print", "a b", "a\nb", "é", "x/../y", &"x".repeat(MAX_ID + 1)] {
        assert_eq!(going_on(Some("claude"), &claude, bad), None, "{bad:?}");
    }
    assert!(going_on(Some("claude"), &claude, "ses_4f").is_some());
}

proptest! {
    /// Invariants 1 and 3.
    #[test]
    fn no_prompt_is_said_again_whatever_stands_around_it(
        before in prop::collection::vec(prop::sample::select(vec![
            "--model", "opus", "--verbose", "--add-dir", "/a", "-r", "--debug", "x", "--effort=low",
        ]), 0..6),
        agent in prop::sample::select(vec!["claude", "codex", "gemini", "opencode"]),
    ) {
        let mut line = vec![agent];
        line.extend(&before);
        line.extend(["--", "do the thing"]);
        if let Some(made) = going_on(Some(agent), &words(&line), ID) {
            prop_assert!(!made.contains(&"do the thing".into()), "{made:?}");
            prop_assert_eq!(going_on(Some(agent), &made, ID), Some(made.clone()));
        }
    }
}
