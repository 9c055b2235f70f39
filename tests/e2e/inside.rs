//! What a program inside a session may ask of the daemon, and what it may not.

use std::fs;

use app_tests::Home;
use app_tests::inside::{run_inside, said, script};
use serde_json::Value;

#[test]
fn what_a_task_needs_works_inside_a_session() {
    let home = Home::new();
    let stranger = home.start("stranger", &["sleep", "1000"]);
    let lines = [
        "appctl show --json",
        "appctl task begin --id t1 --label work",
        "appctl task end --id t1 --outcome ok",
        "appctl task start -n part -q -- sleep 1000",
        "appctl start --bg -n other-part -q -- sleep 1000",
        "appctl ls --json",
        "appctl task ls --json",
        "appctl rename part renamed",
        "appctl pause renamed",
        "appctl continue renamed",
        "appctl stop renamed",
        "appctl wait renamed",
        "appctl resume --bg renamed",
        "appctl kill renamed",
        "appctl rm renamed",
        "appctl why",
        "appctl notices",
        "appctl daemon status",
        "echo '{\"hook_event_name\":\"UserPromptSubmit\"}' | appctl hook claude",
        "appctl rename mine",
    ];
    let (session, said) = run_inside(&home, &[], &lines);
    for (n, said) in said.iter().enumerate() {
        if n == 11 {
            assert_ne!(said.code, 77, "{said:#?}"); // The code of what was stopped.
        } else {
            said.ok();
        }
    }
    assert_eq!(said[0].json()["trust"], "task");
    let parts = [said[3].text.trim(), said[4].text.trim()];
    let listed = said[5].ids();
    assert_eq!(listed, [parts[1], parts[0], &session.id], "its own, newest first");
    assert!(!listed.contains(&stranger.id));
    let labels = said[6].json();
    let labels: Vec<_> = labels.as_array().unwrap().iter().map(|task| &task["label"]).collect();
    assert_eq!(labels.len(), 3, "{labels:?}");
    assert_eq!(session.show()["name"], "mine");
    assert_eq!(home.session(parts[1]).show()["parent"], session.id.as_str());
    let hooked = session.wait_for("working", |view| view["turn"] == "working");
    assert_eq!(hooked["turn"], "working");
}

#[test]
fn what_concerns_others_is_refused_inside_a_session_and_nothing_is_told_of_them() {
    let home = Home::new();
    let stranger = home.start_with(&["-n", "stranger"], &["sleep", "1000"]);
    let twin = home.start_with(&["-n", "twin"], &["sleep", "1000"]);
    home.start_with(&["-n", "twin"], &["sleep", "1000"]);
    let program = stranger.program();
    let id = stranger.id.as_str();
    let lines = [
        &format!("appctl show {id}"),
        "appctl show stranger",
        "appctl why stranger",
        "appctl logs stranger",
        "appctl peek stranger",
        "appctl send stranger x",
        "appctl wait stranger",
        "appctl wait --for idle stranger",
        "appctl stop stranger",
        "appctl kill stranger",
        "appctl pause stranger",
        "appctl continue stranger",
        "appctl rename stranger mine",
        "appctl pin stranger",
        "appctl detach stranger",
        "appctl resume --bg stranger",
        "appctl rm --force stranger",
        "appctl stop $APPCTL_SESSION stranger",
        "appctl task ls stranger",
        "appctl task begin --session stranger --id x --label x",
        "appctl start --bg --parent stranger -- true",
        "appctl start --bg --trust full -- true",
        "appctl rm --force $APPCTL_SESSION",
        "appctl stop twin",
        "appctl events",
        "appctl prune",
        "appctl notify test",
        "appctl daemon stop",
        "appctl daemon restart",
    ];
    let (session, said) = run_inside(&home, &[], &lines);
    for said in &said {
        said.refused();
        assert!(!said.text.contains(&twin.id), "{said:#?}");
    }
    assert!(!program.is_over());
    assert_eq!(stranger.show()["name"], "stranger");
    assert_eq!(home.ls().len(), 4, "none was started, none removed");
    assert_eq!(session.show()["phase"], "running");
    // A name that nobody has is not found, and no other name is suggested for it.
    let (_, said) = run_inside(&home, &[], &["appctl show strange", "appctl show oute"]);
    assert_eq!(said[0].code, 3, "{said:#?}");
    assert!(!said[0].text.contains("stranger"), "{said:#?}");
    assert!(said[1].text.contains("`outer`"), "{said:#?}");
}

#[test]
fn full_trust_and_the_way_around_are_what_the_refusal_says_they_are() {
    let home = Home::new();
    let stranger = home.start("stranger", &["sleep", "1000"]);
    let lines = ["appctl rename stranger seen-by-full", "appctl events", "appctl ls --json"];
    let (session, said) = run_inside(&home, &["--trust", "full"], &lines);
    assert_eq!(said[2].ok().ids().len(), 2);
    said[0].ok();
    said[1].ok();
    assert_eq!(session.show()["trust"], "full");
    assert_eq!(stranger.show()["name"], "seen-by-full");

    let around = ["env -u APPCTL_SOCKET appctl rename seen-by-full seen-by-all"];
    run_inside(&home, &[], &around).1[0].ok();
    assert_eq!(stranger.show()["name"], "seen-by-all");
}

#[test]
fn a_session_that_may_only_report_looks_and_reports_and_starts_nothing() {
    let home = Home::new();
    let lines = [
        "appctl show --json",
        "appctl ls",
        "appctl task begin --id t1 --label work",
        "appctl task ls --json",
        "appctl task start -- true",
        "appctl start --bg -- true",
        "appctl stop",
        "appctl rename other",
    ];
    let (session, said) = run_inside(&home, &["--trust", "report"], &lines);
    assert_eq!(said[0].json()["trust"], "report");
    said[1].ok();
    said[2].ok();
    assert_eq!(said[3].json()[0]["label"], "work");
    for said in &said[4..] {
        said.refused();
    }
    assert_eq!(session.show()["phase"], "running");
}

/// A task of a task is trusted no more than what started it, and reaches no further up.
#[test]
fn what_is_started_inside_belongs_there_and_does_not_reach_what_started_it() {
    let home = Home::new();
    let lines = ["appctl task start -n inner -q -- sh -c \
                  'appctl rename $OUTER up; echo $? >up; appctl show --json >self; echo done >over'"];
    let outer = script(&lines).replace("$OUTER", "$OUTER_ID");
    let outer = format!("export OUTER_ID=$APPCTL_SESSION\n{outer}");
    let session = home.start_with(&["-n", "outer"], &["sh", "-c", &outer]);
    said(&home, &lines)[0].ok();
    let path = |name: &str| home.user_dir().join(name);
    app_tests::wait::until("the inner one to be done", || {
        fs::metadata(path("over")).map(drop).map_err(|error| error.to_string())
    });
    assert_eq!(fs::read_to_string(path("up")).unwrap().trim(), "77");
    let own: Value = serde_json::from_slice(&fs::read(path("self")).unwrap()).unwrap();
    assert_eq!((&own["name"], &own["trust"]), (&"inner".into(), &"task".into()));
    assert_eq!(session.show()["name"], "outer");
}

/// A daemon that a session has started is a part of it, and was once ended with it.
#[test]
fn a_session_reaches_the_next_daemon_and_starts_none_itself() {
    let home = Home::new();
    let lines = ["read go; appctl ls", "read go; appctl task begin --id t1 --label after"];
    let script = format!("exec 3<&0; {}", script(&lines).replace("</dev/null", "<&3"));
    let session = home.start_with(&["-n", "outer"], &["sh", "-c", &script]);
    let socket = home.inner_socket(&session.id);
    let mut terminal = session.attach();
    session.wait_attached(1);
    home.kill_daemon_hard();
    // The terminal is its holder's now, so that only the program inside asks for a daemon.
    terminal.type_line("go");
    let without = said(&home, &lines[..1]).pop().unwrap();
    assert_eq!(without.code, 69, "{without:#?}");
    assert!(without.text.contains("hint: "), "{without:#?}");
    assert!(home.daemons().is_empty());
    session.show();
    terminal.type_line("go");
    said(&home, &lines).pop().unwrap().ok();
    assert_eq!(session.show()["live_tasks"], 1);

    home.appctl(["stop", &session.id]).ok();
    let dir = socket.parent().unwrap();
    app_tests::wait::until("the socket's directory to be gone", || {
        if dir.exists() { Err(format!("{} is there", dir.display())) } else { Ok(()) }
    });
    session.appctl("resume", &["--bg"]).ok();
    assert!(socket.exists(), "the next run has it again");
}

/// The installation that a variable names is the one that is asked, wherever one is.
#[test]
fn another_installation_is_not_entered_by_the_socket_of_this_one() {
    let (home, other) = (Home::new(), Home::new());
    let session = home.start("outer", &["sleep", "1000"]);
    let socket = home.inner_socket(&session.id);
    let inside = other.with("APPCTL_SOCKET", &socket);
    assert_eq!(inside.appctl(["ls", "--json"]).ok().json(), serde_json::json!([]));
}

/// It once saw a hang-up, as if there were no daemon.
#[test]
fn what_is_turned_away_inside_a_session_is_told_that_the_daemon_is_busy() {
    let home = Home::new();
    // Two clients inside of sessions.
    let mut command = home.command("prlimit");
    command.arg("--nofile=40:40").arg(home.program("appctl")).args(["daemon", "start"]);
    app_tests::home::run(command, b"").ok();
    let lines = ["read go; appctl ls"];
    let script = format!("exec 3<&0; {}", script(&lines).replace("</dev/null", "<&3"));
    let session = home.start_with(&["-n", "outer"], &["sh", "-c", &script]);
    let socket = home.inner_socket(&session.id);
    // Taken before whoever comes after them.
    let idle = [app_tests::peer::connect(&socket), app_tests::peer::connect(&socket)];
    session.appctl("send", &["--enter", "go"]).ok();
    let turned_away = said(&home, &lines).pop().unwrap();
    assert_eq!(turned_away.code, 75, "{turned_away:#?}");
    for part in ["error: the daemon serves as many clients", "hint: Try again in a moment."] {
        assert!(turned_away.text.contains(part), "{turned_away:#?}");
    }
    drop(idle);
}

/// Each session's socket once kept a client's place for whoever might come.
#[test]
fn what_runs_in_sessions_leaves_room_for_the_person() {
    let home = Home::new();
    // Four clients at once, two more inside of sessions, and five sessions.
    let mut command = home.command("prlimit");
    command.arg("--nofile=40:40").arg(home.program("appctl")).args(["daemon", "start"]);
    app_tests::home::run(command, b"").ok();
    let sessions: Vec<_> = (0..5).map(|_| home.start("one", &["sleep", "1000"])).collect();
    let mut idle = Vec::new();
    for session in &sessions {
        idle.extend((0..8).map(|_| app_tests::peer::connect(&home.inner_socket(&session.id))));
        assert_eq!(home.ls().len(), 5);
    }
    home.appctl(["stop", &sessions[0].id]).ok();
    drop(idle);
    home.start("next", &["sleep", "1000"]);
}
