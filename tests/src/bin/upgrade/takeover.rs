//! The daemon is replaced while sessions of the earlier release run, end, or have ended.

use std::fs;
use std::path::Path;

use app_tests::{Home, audit, binaries, wait};
use serde_json::json;

/// A home with the earlier programs, in which notices are written to a file.
fn earlier(old: &Path) -> Home {
    let home = Home::new().with_programs_of(old);
    home.write_notices_down();
    home
}

/// What a person does: new files, then the command that every hint names.
fn upgrade(home: &Home) {
    let before = home.daemons();
    home.replace_programs_by(&binaries::dir());
    home.appctl(["daemon", "restart"]).ok();
    assert_ne!(home.daemons(), before, "another daemon runs now");
}

fn told_once(home: &Home, words: &str) {
    let told = || fs::read_to_string(home.told()).unwrap_or_default();
    wait::until(&format!("{words:?} to be told"), || {
        if told().contains(words) { Ok(()) } else { Err(told()) }
    });
    // What is told later comes after it, if it is told again.
    home.start_sh("later", "exit 5");
    wait::until("the next end to be told", || {
        if told().contains("later failed (exit 5)") { Ok(()) } else { Err(told()) }
    });
    assert_eq!(told().matches(words).count(), 1, "told more than once: {}", told());
}

pub(crate) fn live_on(old: &Path) {
    let home = earlier(old);
    let live = home.start_sh("live", "echo ready; while read x; do echo heard $x; done");
    let ends = home.start_sh("ends", "read x; exit 7");
    let stubborn = "trap '' TERM HUP; echo ready; while :; do sleep 1000; done";
    let stubborn = home.start_sh("stubborn", stubborn);
    stubborn.wait_screen_contains("ready");
    let mut first = live.attach();
    first.type_line("before");
    first.wait_until_contains("heard before");
    let (program, holder) = (live.pid(), live.holder_pid());

    upgrade(&home);

    let view = live.wait_for("attached", |view| view["attached"] == 1);
    assert_eq!(view["phase"], "running", "{view:#}");
    assert_eq!((&view["pid"], &view["holder_pid"]), (&json!(program), &json!(holder)));
    assert_eq!(view["run"], 1, "adopted, not started again: {view:#}");
    // The terminal that was there before, with the earlier client in it.
    first.type_line("after");
    first.wait_until_contains("heard after");
    let mut second = live.attach();
    second.wait_until_contains("heard after");
    second.type_line("both");
    first.wait_until_contains("heard both");
    live.appctl("send", &["--enter", "words"]).ok();
    live.wait_screen_contains("heard words");
    live.wait_logs_contain("heard words");
    live.appctl("detach", &[]).ok();
    assert_eq!((first.wait_exit(), second.wait_exit()), (0, 0));
    live.wait_for("left alone", |view| view["attached"] == 0);

    ends.appctl("send", &["--enter", "go"]).ok();
    assert_eq!(home.appctl(["wait", &ends.id]).code(), 7);
    assert_eq!(ends.wait_over()["exit"], json!({"code": 7}));
    told_once(&home, "ends failed (exit 7)");

    let left = stubborn.program();
    stubborn.appctl("stop", &["--grace", "1s"]).ok();
    left.wait_over();
    assert_eq!(stubborn.show()["state"], "stopped");
    live.appctl("stop", &[]).ok();
    assert_eq!(live.show()["state"], "stopped");
    audit::check(&home);
}

pub(crate) fn ends_between(old: &Path) {
    let home = earlier(old);
    let ends = home.start_sh("ends", "read x; exit 7");
    let (program, holder) = (ends.program(), ends.holder());
    home.kill_daemon_hard();
    // Its holder is told, and needs no daemon for that.
    let socket = home.run_socket(&ends.id);
    app_tests::peer::type_line(&socket, "go");
    program.wait_over();
    holder.wait_over();
    home.replace_programs_by(&binaries::dir());
    assert_eq!(ends.show()["exit"], json!({"code": 7}));
    told_once(&home, "ends failed (exit 7)");
    audit::check(&home);
}

pub(crate) fn ended_before(old: &Path) {
    let home = earlier(old);
    let ended = home.start_sh("ended", "echo last words; exit 3");
    ended.wait_over();
    let stopped = home.start("stopped", &["sleep", "1000"]);
    stopped.appctl("stop", &[]).ok();
    upgrade(&home);
    assert_eq!(ended.show()["exit"], json!({"code": 3}));
    assert_eq!(stopped.show()["state"], "stopped");
    ended.appctl("logs", &[]).ok().mentions("last words");
    ended.appctl("resume", &["--bg"]).ok();
    let again = ended.wait_for("run again", |view| view["run"] == 2 && view["phase"] == "ended");
    assert_eq!(again["exit"], json!({"code": 3}));
    audit::check(&home);
}
