//! What a session's program finds in its environment.

use app_tests::{Home, Session, process};

fn value(session: &Session<'_>, name: &str) -> Option<String> {
    process::variable(session.pid(), name)
}

#[test]
fn a_session_knows_its_id_and_where_its_daemon_is() {
    let home = Home::new();
    let session = home.start("env", &["sleep", "1000"]);
    assert_eq!(value(&session, "APPCTL_SESSION").as_deref(), Some(session.id.as_str()));
    let runtime = home.runtime_dir();
    assert_eq!(value(&session, "APPCTL_RUNTIME_DIR").as_deref(), runtime.to_str());
}

#[test]
fn a_session_started_without_a_terminal_gets_a_usual_one() {
    let home = Home::new();
    let session = home.start("env", &["sleep", "1000"]);
    assert_eq!(value(&session, "TERM").as_deref(), Some("xterm-256color"));
    assert!(value(&session, "COLORTERM").is_some_and(|value| !value.is_empty()));
}

#[test]
fn a_session_has_the_terminal_type_of_its_first_terminal() {
    let home = Home::new().with("TERM", "screen-256color");
    let session = home.start("env", &["sleep", "1000"]);
    assert_eq!(value(&session, "TERM").as_deref(), Some("screen-256color"));
}

#[test]
fn variables_can_be_set_and_passed_on() {
    let home = Home::new().with("FROM_HERE", "passed on").with("COLOUR", "red");
    let options =
        ["-e", "COLOUR=green", "-e", "WITH_EQUALS=a=b", "-e", "EMPTY=", "-e", "FROM_HERE"];
    let session = home.start_with(&options, &["sleep", "1000"]);
    assert_eq!(value(&session, "COLOUR").as_deref(), Some("green"));
    assert_eq!(value(&session, "WITH_EQUALS").as_deref(), Some("a=b"));
    assert_eq!(value(&session, "EMPTY").as_deref(), Some(""));
    assert_eq!(value(&session, "FROM_HERE").as_deref(), Some("passed on"));
}

#[test]
fn a_variable_that_cannot_be_one_is_wrong_usage() {
    let home = Home::new();
    for bad in ["=value", ""] {
        home.appctl(["start", "--bg", "-e", bad, "--", "true"]).exits(2);
    }
    assert_eq!(home.ls_all().len(), 0);
}

/// A nested agent or multiplexer that finds these believes it is inside of something.
#[test]
fn markers_of_the_place_a_session_is_started_from_stay_behind() {
    let markers = ["CLAUDECODE", "CLAUDE_CODE_ENTRYPOINT", "TMUX", "TMUX_PANE", "STY", "WINDOWID"];
    let mut home = Home::new();
    for marker in markers {
        home = home.with(marker, "x");
    }
    let session = home.start("env", &["sleep", "1000"]);
    for marker in markers {
        assert_eq!(value(&session, marker), None, "{marker}");
    }
}

/// The daemon that happens to run was started from somewhere else, with other keys, another
/// PATH and another editor; none of that is the session's business.
#[test]
fn a_session_has_the_environment_of_its_caller_and_not_of_the_daemon() {
    let home = Home::new().with("EDITOR", "daemons").with("ONLY_DAEMON", "x");
    home.appctl(["daemon", "start"]).ok();
    let home = home.with("EDITOR", "callers").without("ONLY_DAEMON").with("ONLY_CALLER", "y");
    let session = home.start("env", &["sleep", "1000"]);
    assert_eq!(value(&session, "EDITOR").as_deref(), Some("callers"));
    assert_eq!(value(&session, "ONLY_DAEMON"), None);
    assert_eq!(value(&session, "ONLY_CALLER").as_deref(), Some("y"));
}

/// The program is looked for on the caller's PATH, not on the daemon's.
#[test]
fn the_program_is_found_on_the_callers_path() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new();
    home.appctl(["daemon", "start"]).ok();
    let bin = home.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let tool = bin.join("only-here");
    std::fs::write(&tool, "#!/bin/sh\necho found; exec cat\n").unwrap();
    std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let home = home.with("PATH", path);
    let session = home.start_with(&[], &["only-here"]);
    session.wait_screen_contains("found");
}

/// Signals that the caller ignores or blocks, its limits and its priority: the first two
/// must not be inherited from the daemon either.
#[test]
fn a_program_starts_with_the_usual_signals() {
    let home = Home::new();
    let session = home.start("env", &["sleep", "1000"]);
    let status = std::fs::read_to_string(format!("/proc/{}/status", session.pid())).unwrap();
    for mask in ["SigBlk:", "SigIgn:", "SigCgt:"] {
        let line = status.lines().find(|line| line.starts_with(mask)).unwrap();
        let bits = u64::from_str_radix(line.split_whitespace().nth(1).unwrap(), 16).unwrap();
        // 32 and 33 belong to the C library, which lets nobody set them.
        assert_eq!(bits & !0x1_8000_0000, 0, "{line}");
    }
}

/// Forty sessions once ran out of descriptors because each child inherited them all.
#[test]
fn a_program_inherits_its_terminal_and_no_other_descriptor() {
    let home = Home::new();
    home.start("other", &["sleep", "1000"]);
    let session = home.start("env", &["sleep", "1000"]);
    let fds = std::fs::read_dir(format!("/proc/{}/fd", session.pid())).unwrap();
    let mut open: Vec<_> = fds
        .flatten()
        .map(|fd| (fd.file_name(), std::fs::read_link(fd.path()).unwrap_or_default()))
        .collect();
    open.sort();
    assert_eq!(open.len(), 3, "{open:?}");
    assert!(open.iter().all(|(_, target)| target.starts_with("/dev/pts")), "{open:?}");
}

/// The daemon has the mask of whoever happened to start it; a session has its own caller's.
#[test]
fn files_of_a_session_get_the_modes_that_its_caller_wants() {
    use std::os::unix::fs::PermissionsExt as _;

    let home = Home::new();
    home.appctl(["ls"]).ok();
    for (mask, mode) in [("0002", 0o664), ("0077", 0o600)] {
        let file = home.path().join(format!("made-{mask}"));
        let mut command = home.command("sh");
        let appctl = home.program("appctl");
        let script = format!("umask {mask}; exec \"$0\" start --bg -q -n m{mask} -- touch \"$1\"");
        command.arg("-c").arg(script).arg(appctl).arg(&file);
        app_tests::home::run(command, b"").ok();
        home.appctl(["wait", &format!("m{mask}")]).ok();
        let made = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        assert_eq!(made, mode, "umask {mask} gave {made:o}");
    }
}
