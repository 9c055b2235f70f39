//! `start`: what it prints, when it returns, and what it refuses.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use app_tests::home::is_id;
use app_tests::{Home, Outcome};

#[test]
fn a_start_in_the_background_prints_the_five_lines_of_the_contract() {
    let home = Home::new();
    let outcome = home.appctl(["start", "--bg", "-n", "flaky-test", "--", "sleep", "100"]).ok();
    let out = outcome.out();
    let id = out.split(" · ").nth(1).unwrap_or_default();
    assert!(is_id(id), "{outcome:?}");
    let expected = format!(
        "started in background · {id} · flaky-test\n  \
           appctl attach {id}   open it in this terminal\n  \
           appctl logs {id}     show recent output\n  \
           appctl stop {id}     stop it\n  \
           appctl ls                list sessions\n"
    );
    assert_eq!(out, expected);
    assert_eq!(outcome.err(), "");
    assert_eq!(home.session(id).show()["phase"], "running");
}

#[test]
fn a_quiet_start_prints_the_id_alone() {
    let home = Home::new();
    let outcome = home.appctl(["start", "--bg", "--quiet", "--", "sleep", "100"]).ok();
    assert!(is_id(outcome.out().trim_end()), "{outcome:?}");
    assert_eq!(outcome.out().lines().count(), 1);
}

#[test]
fn a_start_for_programs_prints_one_json_value_with_the_id() {
    let home = Home::new();
    let started = home.appctl(["start", "--bg", "--json", "-n", "j", "--", "sleep", "100"]).ok();
    let id = started.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(home.session(id).show()["name"], "j");
}

#[test]
fn a_session_without_a_name_is_called_after_its_program() {
    let home = Home::new();
    let session = home.start_with(&[], &["/bin/sleep", "100"]);
    assert_eq!(session.show()["name"], "sleep");
}

/// On a busy machine a program is over before anybody looked: it ran all the same, and its
/// start once failed with "the holder ended before the program ran".
#[test]
fn a_program_that_ends_at_once_was_started_all_the_same() {
    let home = Home::new();
    home.appctl(["daemon", "start"]).ok();
    for round in 0..6 {
        let starts: Vec<_> = (0..10)
            .map(|n| {
                let name = format!("r{round}-{n}");
                let args = ["start", "--bg", "-q", "-n", &name, "--", "sh", "-c", "exit 5"];
                app_tests::home::spawn(home.appctl_command(args))
            })
            .collect();
        for start in starts {
            let id = start.finish().ok().out();
            home.session(id.trim()).appctl("wait", &[]).exits(5);
        }
    }
}

#[test]
fn the_program_runs_where_its_caller_stands() {
    let home = Home::new();
    let here = home.path().join("here");
    fs::create_dir(&here).unwrap();
    let mut command = home.appctl_command(["start", "--bg", "-q", "--", "pwd"]);
    command.current_dir(&here);
    let outcome = app_tests::home::run(command, b"").ok();
    let session = home.session(outcome.out().trim());
    session.wait_logs_contain(here.to_str().unwrap());
    assert_eq!(session.show()["cwd"], here.to_str().unwrap());
}

#[test]
fn the_program_runs_in_the_directory_that_was_named() {
    let home = Home::new();
    let there = home.path().join("there");
    fs::create_dir(&there).unwrap();
    let session = home.start_with(&["--cwd", there.to_str().unwrap()], &["pwd"]);
    session.wait_logs_contain(there.to_str().unwrap());
}

/// Options of the program were once read as ours, although they stood after `--`.
#[test]
fn what_follows_the_dashes_belongs_to_the_program() {
    let home = Home::new();
    let script = r#"printf '<%s>' "$@""#;
    let argv = ["sh", "-c", script, "x", "--bg", "-n", "y", "--json", "--help", "--", "-q"];
    let session = home.start_with(&[], &argv);
    session.wait_logs_contain("<--bg><-n><y><--json><--help><--><-q>");
}

#[test]
fn an_argument_that_is_not_utf8_arrives_as_it_is() {
    let home = Home::new();
    let odd = OsStr::from_bytes(b"a\xff\xfeb");
    let words = ["start", "--bg", "-q", "--", "sh", "-c", r#"printf %s "$1" | od -An -tx1"#, "x"];
    let args = words.iter().map(OsStr::new).chain([odd]);
    let outcome = home.appctl(args).ok();
    let session = home.session(outcome.out().trim());
    session.wait_logs_contain("61 ff fe 62");
    assert_eq!(home.ls_all().len(), 1, "and it can be listed");
}

/// An error of `start` that leaves no trace of the session.
#[track_caller]
fn refused_without_a_trace(home: &Home, outcome: Outcome, code: i32, words: &[&str]) {
    outcome.fails(code, words);
    assert_eq!(home.ls_all(), Vec::<serde_json::Value>::new(), "no row is left behind");
    let left: Vec<_> = fs::read_dir(home.state_dir().join("sessions"))
        .map(|entries| entries.flatten().map(|entry| entry.file_name()).collect())
        .unwrap_or_default();
    assert!(left.is_empty(), "no directory is left behind: {left:?}");
    let kinds: Vec<_> = home.events().iter().map(|event| event["type"].to_string()).collect();
    assert!(!kinds.iter().any(|kind| kind.contains("run.started")), "{kinds:?}");
}

#[test]
fn a_program_that_is_not_on_the_path_is_127_and_leaves_nothing() {
    let home = Home::new();
    let outcome = home.appctl(["start", "--bg", "--", "no-such-program-here"]);
    refused_without_a_trace(&home, outcome, 127, &["no-such-program-here"]);
}

#[test]
fn a_program_path_that_does_not_exist_is_127_and_leaves_nothing() {
    let home = Home::new();
    let outcome = home.appctl(["start", "--bg", "--", "./no/such/file"]);
    refused_without_a_trace(&home, outcome, 127, &["no/such/file"]);
}

#[test]
fn a_script_whose_interpreter_is_missing_is_127() {
    let home = Home::new();
    let script = executable(&home, "#!/no/such/interpreter\n", 0o755);
    let outcome = home.appctl(["start", "--bg", "--", &script]);
    refused_without_a_trace(&home, outcome, 127, &["script"]);
}

#[test]
fn a_file_that_may_not_be_executed_is_126_and_leaves_nothing() {
    let home = Home::new();
    let script = executable(&home, "#!/bin/sh\n", 0o644);
    let outcome = home.appctl(["start", "--bg", "--", &script]);
    refused_without_a_trace(&home, outcome, 126, &["script"]);
}

#[test]
fn a_directory_cannot_be_executed_and_is_126() {
    let home = Home::new();
    let dir = home.user_dir();
    let outcome = home.appctl(["start", "--bg", "--", dir.to_str().unwrap()]);
    refused_without_a_trace(&home, outcome, 126, &[dir.to_str().unwrap()]);
}

/// As execvp(3) and every shell do it.
#[test]
fn a_script_without_an_interpreter_line_is_run_by_the_shell() {
    let home = Home::new();
    let script = executable(&home, "echo run by $0; exit 9\n", 0o755);
    let session = home.start_with(&[], &[&script]);
    assert_eq!(session.wait_over()["exit"], serde_json::json!({"code": 9}));
    assert_eq!(session.logs(), format!("run by {script}\n"));
}

#[test]
fn a_directory_that_is_missing_is_said_at_start_and_not_afterwards() {
    let home = Home::new();
    let outcome = home.appctl(["start", "--bg", "--cwd", "/no/such/dir", "--", "true"]);
    let code = outcome.code();
    assert!((125..=127).contains(&code), "{outcome:?}");
    refused_without_a_trace(&home, outcome, code, &["/no/such/dir"]);
}

#[test]
fn a_directory_that_is_a_file_is_said_at_start() {
    let home = Home::new();
    let file = executable(&home, "", 0o644);
    let outcome = home.appctl(["start", "--bg", "--cwd", &file, "--", "true"]);
    let code = outcome.code();
    assert!((125..=127).contains(&code), "{outcome:?}");
    refused_without_a_trace(&home, outcome, code, &["script"]);
}

/// One argument may have at most 128 KiB (execve(2), `MAX_ARG_STRLEN`).
#[test]
fn arguments_that_the_kernel_refuses_are_an_error_and_not_a_session() {
    let home = Home::new();
    // Below the kernel's limit for `appctl` itself when read from a file, above as one.
    let script = r#"exec appctl start --bg -- echo "$(cat /proc/self/cmdline | head -c 10)" \
        $(yes x | head -c 3000000)"#;
    let outcome = app_tests::home::run(
        {
            let mut shell = home.command("sh");
            shell.args(["-c", script]);
            shell
        },
        b"",
    );
    assert_ne!(outcome.code(), 0, "{outcome:?}");
    assert_eq!(home.ls_all().len(), 0);
}

#[test]
fn a_large_argument_arrives_whole() {
    let home = Home::new();
    let large = "x".repeat(100_000);
    let session = home.start_with(&[], &["sh", "-c", "echo ${#1}", "x", &large]);
    session.wait_logs_contain("100000");
}

#[test]
fn names_with_control_characters_are_refused() {
    let home = Home::new();
    for name in ["a\x1b[31mb", "a\nb", "\x07", "\u{9b}31m"] {
        let outcome = home.appctl(["start", "--bg", "-n", name, "--", "true"]).exits(2);
        let err = outcome.err();
        assert!(err.starts_with("error: "), "{outcome:?}");
        let raw = err.chars().any(|c| c.is_control() && c != '\n');
        assert!(!raw, "the error itself must be harmless: {outcome:?}");
    }
    assert_eq!(home.ls_all().len(), 0);
}

#[test]
fn names_that_are_empty_or_too_long_are_refused() {
    let home = Home::new();
    home.appctl(["start", "--bg", "-n", " ", "--", "true"]).exits(2);
    home.appctl(["start", "--bg", "-n", &"x".repeat(65), "--", "true"]).exits(2);
    assert_eq!(home.ls_all().len(), 0);
}

#[test]
fn a_start_without_a_program_runs_the_callers_shell() {
    let home = Home::new();
    let session = home.start_with(&[], &[]);
    assert_eq!(session.show()["argv"][0], "/bin/sh");
    session.appctl("send", &["--enter", "echo $((6 * 7))"]).ok();
    session.wait_screen_contains("42");
}

#[test]
fn a_start_in_a_terminal_attaches_at_once_and_ends_with_the_programs_code() {
    let home = Home::new();
    let script = "echo the size is $(stty size); read answer; echo got $answer; exit 7";
    let mut terminal = home.terminal(&["start", "-n", "fore", "--", "sh", "-c", script]);
    terminal.wait_until_contains("the size is 24 80");
    terminal.type_line("fine");
    terminal.wait_until_contains("got fine");
    assert_eq!(terminal.wait_exit(), 7);
    let view = &home.ls_all()[0];
    assert_eq!(view["background"], false);
    assert_eq!(view["exit"], serde_json::json!({"code": 7}));
}

/// What ends before the terminal is attached has still said something: `appctl start -- ls`
/// once showed nothing but the end.
#[test]
fn the_output_of_a_program_that_ends_at_once_is_shown() {
    let home = Home::new();
    home.appctl(["daemon", "start"]).ok();
    for round in 0..4 {
        let words: Vec<String> = (0..8).map(|n| format!("said by {n} in round {round}")).collect();
        // Eight at once keep each other from being quick.
        let terminals: Vec<_> = words
            .iter()
            .map(|said| home.terminal(&["start", "-n", "brief", "--", "echo", said]))
            .collect();
        for (mut terminal, said) in terminals.into_iter().zip(&words) {
            assert_eq!(terminal.wait_exit(), 0, "{terminal}");
            assert!(terminal.screen().text_with_history().contains(said), "{terminal}");
        }
    }
}

#[test]
fn a_start_in_a_terminal_can_be_left_with_the_detach_key() {
    let home = Home::new();
    let mut terminal = home.terminal(&["start", "-n", "fore", "--", "sh", "-c", "echo up; cat"]);
    terminal.wait_until_contains("up");
    terminal.keys(app_tests::terminal::DETACH_KEY);
    assert_eq!(terminal.wait_exit(), 0);
    assert_eq!(home.ls()[0]["phase"], "running");
}

#[test]
fn a_start_in_a_terminal_says_what_cannot_be_executed() {
    let home = Home::new();
    let mut terminal = home.terminal(&["start", "--", "no-such-program-here"]);
    assert_eq!(terminal.wait_exit(), 127);
    assert!(terminal.screen().contains("no-such-program-here"), "{terminal}");
}

fn executable(home: &Home, content: &str, mode: u32) -> String {
    let path = home.path().join("script");
    fs::write(&path, content).unwrap();
    fs::set_permissions(Path::new(&path), fs::Permissions::from_mode(mode)).unwrap();
    path.to_str().unwrap().to_owned()
}
