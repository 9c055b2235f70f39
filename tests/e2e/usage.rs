//! The command line itself: help, suggestions, completions.

use app_tests::{Home, binaries, home};

#[test]
fn an_unknown_verb_suggests_the_nearest() {
    let home = Home::new();
    let outcome = home.appctl(["atach", "x"]).fails(2, &["atach", "attach"]);
    assert!(outcome.err().contains("hint: "), "{outcome:?}");
    assert!(home.daemons().is_empty(), "wrong usage starts nothing");
}

#[test]
fn an_unknown_option_suggests_the_nearest() {
    Home::new().appctl(["ls", "--al"]).fails(2, &["--al", "--all"]);
}

#[test]
fn help_and_version_are_no_errors_and_start_nothing() {
    let home = Home::new();
    home.appctl(["--help"]).ok().mentions("start").mentions("attach").mentions("resume");
    home.appctl(["start", "--help"]).ok().mentions("--bg");
    let version = home.appctl(["--version"]).ok();
    assert!(version.out().starts_with("appctl "), "{version:?}");
    assert!(home.daemons().is_empty());
}

#[test]
fn every_verb_of_the_contract_explains_itself() {
    let home = Home::new();
    let verbs = [
        "start",
        "attach",
        "detach",
        "resume",
        "ls",
        "show",
        "logs",
        "peek",
        "send",
        "wait",
        "stop",
        "kill",
        "rename",
        "rm",
        "events",
        "daemon",
        "hooks",
        "completions",
    ];
    for verb in verbs {
        let outcome = home.appctl([verb, "--help"]).ok();
        assert!(outcome.out().contains(verb), "{outcome:?}");
    }
}

/// The shells that are here read what is written for them.
#[test]
fn completions_are_read_by_their_shells() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = home.appctl(["completions", shell]).ok().out();
        assert!(script.contains("resume"), "the verbs are completed: {shell}");
        let path = home.path().join(shell);
        std::fs::write(&path, &script).unwrap();
        let parses = shell == "bash" || std::path::Path::new("/usr/bin").join(shell).exists();
        if parses {
            let mut check = home.command(binaries::installed(shell));
            check.arg("-n").arg(&path);
            home::run(check, b"").ok().prints("");
        }
    }
    home.appctl(["completions", "csh"]).exits(2);
    assert!(home.daemons().is_empty());
}

#[test]
fn a_wrong_usage_for_programs_is_json_too() {
    let home = Home::new();
    let outcome = home.appctl(["--json", "atach"]).exits(2);
    let text = if outcome.out().is_empty() { outcome.err() } else { outcome.out() };
    let error: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(error["error"]["code"], "usage", "{outcome:?}");
}

#[test]
fn bare_appctl_in_a_pipe_is_not_silent() {
    let home = Home::new();
    let outcome = home.appctl(Vec::<&str>::new());
    let said = outcome.out() + &outcome.err();
    assert!(said.contains("appctl"), "{outcome:?}");
}
