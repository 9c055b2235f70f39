//! `rename`, `rm` and `detach`.

use app_tests::Home;

#[test]
fn a_session_gets_another_name_and_keeps_its_id() {
    let home = Home::new();
    let session = home.start("before", &["sleep", "1000"]);
    home.appctl(["rename", "before", "after"]).ok();
    assert_eq!(session.show()["name"], "after");
    assert_eq!(home.appctl(["show", "after", "--json"]).ok().json()["id"], session.id.as_str());
    home.appctl(["show", "before"]).fails(3, &["before"]);
}

/// A new name was once forgotten with the daemon.
#[test]
fn a_new_name_outlives_the_daemon() {
    let home = Home::new();
    let session = home.start("before", &["sleep", "1000"]);
    home.appctl(["rename", "before", "after"]).ok();
    home.kill_daemon_hard();
    assert_eq!(session.show()["name"], "after");
}

#[test]
fn a_name_that_cannot_be_one_is_refused() {
    let home = Home::new();
    let session = home.start("before", &["sleep", "1000"]);
    for name in ["", "  ", "a\x1b[31mb", "a\nb", &"x".repeat(65)] {
        let outcome = home.appctl(["rename", "before", name]).exits(2);
        assert!(outcome.err().starts_with("error: "), "{outcome:?}");
    }
    assert_eq!(session.show()["name"], "before");
}

#[test]
fn an_ended_session_can_be_removed_with_its_records() {
    let home = Home::new();
    let session = home.start_sh("over", "echo something; exit 0");
    session.wait_over();
    let dir = home.state_dir().join("sessions").join(&session.id);
    assert!(dir.is_dir());
    session.appctl("rm", &[]).ok();
    assert_eq!(home.ls_all().len(), 0);
    session.appctl("show", &[]).fails(3, &[&session.id]);
    app_tests::wait::until("the records to be deleted", || {
        if dir.exists() { Err(format!("{} is there", dir.display())) } else { Ok(()) }
    });
}

/// "Deleted rows reappear" when the daemon starts again.
#[test]
fn what_was_removed_stays_removed_when_the_daemon_is_killed() {
    let home = Home::new();
    let session = home.start_sh("over", "exit 0");
    session.wait_over();
    session.appctl("rm", &[]).ok();
    home.kill_daemon_hard();
    assert_eq!(home.ls_all().len(), 0);
    home.kill_daemon_hard();
    assert_eq!(home.ls_all().len(), 0);
}

#[test]
fn a_live_session_is_not_removed_unless_that_is_insisted_on() {
    let home = Home::new();
    let session = home.start("live", &["sleep", "1000"]);
    let program = session.program();
    let outcome = session.appctl("rm", &[]);
    assert_ne!(outcome.code(), 0, "{outcome:?}");
    assert!(outcome.err().contains("--force") || outcome.err().contains("stop"), "{outcome:?}");
    assert_eq!(session.show()["phase"], "running");
    session.appctl("rm", &["--force"]).ok();
    program.wait_over();
    assert_eq!(home.ls_all().len(), 0);
}

#[test]
fn several_sessions_are_removed_by_one_command() {
    let home = Home::new();
    for name in ["a", "b", "c"] {
        home.start_sh(name, "exit 0").wait_over();
    }
    home.appctl(["rm", "a", "c"]).ok();
    let left = home.ls_all();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["name"], "b");
}

#[test]
fn removing_an_unknown_session_is_3() {
    Home::new().appctl(["rm", "nobody"]).fails(3, &["nobody"]);
}

#[test]
fn detaching_when_nobody_is_attached_is_no_error() {
    let home = Home::new();
    let session = home.start("alone", &["sleep", "1000"]);
    session.appctl("detach", &[]).ok();
    home.appctl(["detach", "nobody"]).fails(3, &["nobody"]);
}

#[test]
fn inside_a_session_the_verbs_mean_that_session() {
    let home = Home::new();
    let script = "appctl rename inner 2>/dev/null; appctl show --json >shown; appctl peek >peeked; echo done; exec cat";
    let session = home.start_sh("outer", script);
    session.wait_screen_contains("done");
    let shown = std::fs::read_to_string(home.user_dir().join("shown")).unwrap();
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["id"], session.id.as_str());
}

/// Opening a session inside itself would show it in itself without end.
#[test]
fn a_session_is_not_opened_inside_itself() {
    let home = Home::new();
    let session = home.start_sh("self", "appctl attach $APPCTL_SESSION; echo code $?; exec cat");
    let screen = session.wait_screen_contains("code");
    assert!(!screen.contains("code 0"), "{screen}");
    assert!(screen.contains("error: "), "{screen}");
}

/// What a session starts belongs to it; the contract calls it a task with a parent.
#[test]
fn a_start_from_inside_a_session_makes_a_task_of_it() {
    let home = Home::new();
    let script = "appctl start --bg -q -n inner -- sleep 1000 >id; echo done; exec cat";
    let session = home.start_sh("outer", script);
    session.wait_screen_contains("done");
    let id = std::fs::read_to_string(home.user_dir().join("id")).unwrap();
    let inner = home.session(id.trim());
    let view = inner.show();
    assert_eq!(view["kind"], "task", "{view:#}");
    assert_eq!(view["parent"], session.id.as_str(), "{view:#}");
    let program = inner.pid();
    let variable = app_tests::process::variable(program, "APPCTL_SESSION");
    assert_eq!(variable.as_deref(), Some(inner.id.as_str()), "its own, not its parent's");
}

#[test]
fn a_parent_can_be_named() {
    let home = Home::new();
    let outer = home.start("outer", &["sleep", "1000"]);
    let inner = home.start_with(&["--parent", "outer"], &["sleep", "1000"]);
    assert_eq!(inner.show()["parent"], outer.id.as_str());
    home.appctl(["start", "--bg", "--parent", "nobody", "--", "true"]).fails(3, &["nobody"]);
}
