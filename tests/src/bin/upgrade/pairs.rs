//! A client of one release with a daemon and holders of the other.

use std::path::Path;

use app_tests::{Home, Outcome, binaries, home};

/// The two sides speak different versions.
const OTHER_VERSION: i32 = 76;

/// Whether the two sides understand each other; otherwise they must say what to do.
#[track_caller]
fn is_understood(outcome: &Outcome, advice: &str) -> bool {
    match outcome.code() {
        0 => true,
        OTHER_VERSION => {
            let said = outcome.err();
            assert!(said.contains("hint: "), "nobody says what to do: {outcome:?}");
            assert!(said.to_lowercase().contains(advice), "not what to update: {outcome:?}");
            println!("   they speak different versions, and it says so");
            false
        }
        _ => panic!("neither understood nor refused as another version: {outcome:?}"),
    }
}

/// `appctl` from this directory in the home, whatever programs the home has.
fn ask(home: &Home, programs: &Path, words: &[&str]) -> Outcome {
    let mut command = home.command(programs.join("appctl"));
    command.args(words);
    home::run(command, b"")
}

pub(crate) fn old_client(old: &Path) {
    let home = Home::new().with_programs_of(&binaries::dir());
    let session = home.start_sh("live", "echo ready; while read x; do echo heard $x; done");
    session.wait_screen_contains("ready");
    if is_understood(&ask(&home, old, &["ls"]), "update") {
        use_it(&home, old);
    }
    session.appctl("send", &["--enter", "still"]).ok();
    session.wait_screen_contains("heard still");
}

pub(crate) fn new_client(old: &Path) {
    let home = Home::new().with_programs_of(old);
    let session = home.start_sh("live", "echo ready; while read x; do echo heard $x; done");
    session.wait_screen_contains("ready");
    let (new, program) = (binaries::dir(), session.program());
    if is_understood(&ask(&home, &new, &["ls"]), "daemon restart") {
        use_it(&home, &new);
    }
    // The advice helps, and costs nothing.
    ask(&home, &new, &["daemon", "restart"]).ok();
    ask(&home, &new, &["show", "--json", &session.id]).ok();
    assert!(!program.is_over(), "the session went on");
    home.replace_programs_by(&new);
}

/// Everything that people do each day.
fn use_it(home: &Home, programs: &Path) {
    let ask = |words: &[&str]| ask(home, programs, words);
    ask(&["ls"]).ok().mentions("live");
    let script = "echo begun; read x; echo heard $x; exit 4";
    let id = ask(&["start", "--bg", "-q", "-n", "other", "--", "sh", "-c", script]).ok().out();
    let id = id.trim();
    let mut terminal = home.terminal_with(
        programs.join("appctl").to_str().expect("a path of plain letters"),
        &["attach", id],
    );
    terminal.wait_until_contains("begun");
    terminal.keys(app_tests::terminal::DETACH_KEY);
    assert_eq!(terminal.wait_exit(), 0);
    ask(&["peek", id]).ok().mentions("begun");
    ask(&["send", "--enter", id, "words"]).ok();
    assert_eq!(ask(&["wait", id]).code(), 4);
    ask(&["logs", id]).ok().mentions("heard words");
    assert_eq!(ask(&["show", "--json", id]).ok().json()["exit"]["code"], 4);
    ask(&["rename", id, "again"]).ok();
    ask(&["resume", "--bg", id]).ok();
    ask(&["stop", id]).ok();
    assert_eq!(ask(&["show", "--json", id]).ok().json()["state"], "stopped");
    ask(&["rm", id]).ok();
}
