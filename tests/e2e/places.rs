//! Directories that cannot be trusted, written to, or found.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use app_tests::{Home, Outcome, home};

/// The clear error for a runtime directory that must not be used.
#[track_caller]
fn refused(home: &Home, words: &[&str]) {
    for args in [vec!["ls"], vec!["start", "--bg", "--", "true"], vec!["daemon", "start"]] {
        let outcome = home.appctl(&args);
        let runtime = home.runtime_dir();
        let mut expected = vec![runtime.to_str().unwrap(), "hint: "];
        expected.extend(words);
        outcome.fails(77, &expected);
    }
    assert!(home.daemons().is_empty(), "nothing was started");
}

#[test]
fn a_runtime_directory_that_is_a_symbolic_link_is_refused() {
    let home = Home::new();
    let elsewhere = home.path().join("elsewhere");
    fs::rename(home.runtime_dir(), &elsewhere).unwrap();
    symlink(&elsewhere, home.runtime_dir()).unwrap();
    refused(&home, &["symbolic link"]);
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0, "nothing was put there");
}

#[test]
fn a_runtime_directory_that_others_can_write_to_is_refused() {
    let home = Home::new();
    fs::write(home.runtime_dir().join("theirs"), "").unwrap();
    for mode in [0o770, 0o707, 0o777, 0o1777] {
        fs::set_permissions(home.runtime_dir(), fs::Permissions::from_mode(mode)).unwrap();
        refused(&home, &["other users"]);
        let after = fs::metadata(home.runtime_dir()).unwrap().permissions().mode() & 0o7777;
        assert_eq!(after, mode, "a directory that others use is left as it is");
    }
}

#[test]
fn a_runtime_directory_that_belongs_to_somebody_else_is_refused() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("not checked: nobody else can give a directory away");
        return;
    }
    let home = Home::new();
    std::os::unix::fs::chown(home.runtime_dir(), Some(65534), Some(65534)).unwrap();
    refused(&home, &["belongs to user 65534"]);
    std::os::unix::fs::chown(home.runtime_dir(), Some(0), Some(0)).unwrap();
}

#[test]
fn a_runtime_directory_that_is_missing_is_made_for_its_user_alone() {
    let home = Home::new();
    fs::remove_dir(home.runtime_dir()).unwrap();
    home.appctl(["ls"]).ok();
    let mode = fs::metadata(home.runtime_dir()).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode, 0o700);
}

#[test]
fn a_runtime_directory_whose_sockets_have_no_room_is_told_before_anything_else() {
    let home = Home::new();
    let long = home.path().join("d".repeat(90));
    let home = home.with("APPCTL_RUNTIME_DIR", &long);
    let outcome = home.appctl(["ls"]);
    assert_ne!(outcome.code(), 0, "{outcome:?}");
    assert!(outcome.err().contains("APPCTL_RUNTIME_DIR"), "{outcome:?}");
    assert!(!long.exists());
}

#[test]
fn a_relative_directory_is_refused_by_name() {
    for variable in ["APPCTL_RUNTIME_DIR", "APPCTL_STATE_DIR", "APPCTL_CONFIG_DIR"] {
        let home = Home::new().with(variable, "relative");
        let outcome = home.appctl(["ls"]);
        assert_ne!(outcome.code(), 0, "{outcome:?}");
        assert!(outcome.err().contains(variable), "{outcome:?}");
        assert!(!home.user_dir().join("relative").exists());
    }
}

/// No HOME: the three directories are enough, and the session runs all the same.
#[test]
fn without_a_home_the_three_directories_are_enough() {
    let home = Home::new().without("HOME");
    let session = home.start_sh("homeless", "echo \"home is ${HOME-unset}\"; exec cat");
    session.wait_screen_contains("home is unset");
    home.appctl(["ls"]).ok().mentions("homeless");
}

/// No HOME and none of the three: a user whom nobody knows gets an error that says what to
/// set, not files in the wrong place.
#[test]
fn without_a_home_and_the_directories_the_error_says_what_to_set() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("not checked: everybody else is in the user database, which answers for HOME");
        return;
    }
    let home = Home::new();
    let mut command = home.command("setpriv");
    command.args(["--reuid", "61234", "--regid", "61234", "--clear-groups"]);
    command.arg(readable_copy(&home)).args(["start", "--bg", "--", "true"]);
    command.env_clear().env("PATH", "/usr/bin:/bin").current_dir("/");
    let outcome = home::run(command, b"");
    assert_ne!(outcome.code(), 0, "{outcome:?}");
    assert!(outcome.err().starts_with("error: "), "{outcome:?}");
    assert!(outcome.err().contains("HOME"), "{outcome:?}");
}

/// `appctl` where a user without rights can execute it.
fn readable_copy(home: &Home) -> std::path::PathBuf {
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let copy = home.path().join("appctl");
    fs::copy(home.program("appctl"), &copy).unwrap();
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).unwrap();
    copy
}

/// The clear error for a state directory that takes nothing.
#[track_caller]
fn no_state(home: &Home, outcome: Outcome) {
    let code = outcome.code();
    assert!([1, 69, 77, 125].contains(&code), "{outcome:?}");
    let state = home.state_dir();
    let outcome = outcome.fails(code, &[state.to_str().unwrap()]);
    assert!(outcome.err().contains("hint: "), "{outcome:?}");
}

#[test]
fn a_state_directory_that_is_a_file_is_a_clear_error() {
    let home = Home::new();
    fs::remove_dir(home.state_dir()).unwrap();
    fs::write(home.state_dir(), "not a directory").unwrap();
    no_state(&home, home.appctl(["start", "--bg", "--", "true"]));
    home.wait_no_daemon();
    assert_eq!(fs::read_to_string(home.state_dir()).unwrap(), "not a directory");
}

/// Root may write everywhere but on a file system that is read-only, so the test makes one
/// in a namespace of its own.
#[test]
fn a_state_directory_that_cannot_be_written_to_is_a_clear_error() {
    let home = Home::new();
    if !rustix::process::geteuid().is_root() {
        fs::set_permissions(home.state_dir(), fs::Permissions::from_mode(0o500)).unwrap();
        no_state(&home, home.appctl(["start", "--bg", "--", "true"]));
        fs::set_permissions(home.state_dir(), fs::Permissions::from_mode(0o700)).unwrap();
        return;
    }
    let outcome = home::run(read_only(&home, "exec appctl start --bg -- true"), b"");
    no_state(&home, outcome);
    home.wait_no_daemon();
}

/// Runs a shell line in a mount namespace in which the state directory is read-only.
fn read_only(home: &Home, line: &str) -> std::process::Command {
    let state = home.state_dir();
    let mount = "mount -t tmpfs -o ro,mode=700 none";
    let mut command = home.command("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-c"]);
    command.arg(format!("{mount} {} && {line}", state.display()));
    command
}

/// The disk is full, or the directory gone, while sessions run: nobody is ended by it.
#[test]
fn sessions_outlive_the_loss_of_the_state_directory() {
    let home = Home::new();
    let session = home.start_sh("kept", "echo ready; while read x; do echo heard $x; done");
    let mut terminal = session.attach();
    terminal.wait_until_contains("ready");
    let aside = home.path().join("aside");
    fs::rename(home.state_dir(), &aside).unwrap();
    terminal.type_line("on");
    terminal.wait_until_contains("heard on");
    fs::rename(&aside, home.state_dir()).unwrap();
    assert_eq!(session.show()["phase"], "running");
}

/// Where the programs are does not have to be on anybody's PATH.
#[test]
fn the_programs_find_each_other_beside_themselves() {
    let home = Home::new().with("PATH", "/usr/bin:/bin");
    let session = home.start("beside", &["sleep", "1000"]);
    assert_eq!(session.show()["phase"], "running");
}

/// A launcher that links to the programs, as package managers make them.
#[test]
fn the_client_can_be_called_through_a_link() {
    let home = Home::new();
    let link = home.path().join("ctl");
    symlink(home.program("appctl"), &link).unwrap();
    let mut command = home.command(Path::new(&link));
    command.args(["start", "--bg", "-q", "--", "sleep", "1000"]);
    home::run(command, b"").ok();
    assert_eq!(home.ls().len(), 1);
}
