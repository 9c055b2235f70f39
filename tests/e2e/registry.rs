//! A registry that was damaged: kept aside, made anew, and no session lost.

use std::fs;
use std::path::Path;

use app_tests::process::Process;
use app_tests::{Home, registry, wait};

/// Puts something that is no database in the place of the registry, and its log away.
fn damage(home: &Home, bytes: &[u8]) {
    for suffix in ["-wal", "-shm"] {
        fs::remove_file(home.state_dir().join(format!("registry.db{suffix}"))).ok();
    }
    fs::write(home.state_dir().join("registry.db"), bytes).unwrap();
}

/// Whether a file beside the registry has these bytes.
fn is_kept_aside(home: &Home, bytes: &[u8]) -> bool {
    fs::read_dir(home.state_dir()).unwrap().flatten().any(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.starts_with("registry.db.") && fs::read(entry.path()).is_ok_and(|kept| kept == bytes)
    })
}

#[test]
fn a_damaged_registry_is_kept_aside_and_every_session_is_found_again() {
    let home = Home::new();
    let live = home.start_sh("live", "echo ready; while read x; do echo heard $x; done");
    let ended = home.start_sh("ended", "echo last words; exit 3");
    ended.wait_over();
    let pid = live.pid();
    home.appctl(["daemon", "stop"]).ok();
    let garbage = b"this is no database, and was one once".repeat(100);
    damage(&home, &garbage);

    let views = home.ls_all();

    assert!(is_kept_aside(&home, &garbage), "nothing is thrown away");
    assert_eq!(views.len(), 2, "{views:#?}");
    let view = live.show();
    assert_eq!(view["name"], "live");
    assert_eq!(view["phase"], "running");
    assert_eq!(view["pid"], pid, "adopted, not started again");
    let view = ended.show();
    assert_eq!(view["name"], "ended");
    assert_eq!(view["exit"], serde_json::json!({"code": 3}));
    ended.appctl("logs", &[]).ok().mentions("last words");
    let mut terminal = live.attach();
    terminal.type_line("still here");
    terminal.wait_until_contains("heard still here");
}

#[test]
fn a_registry_cut_short_by_a_full_disk_is_no_reason_to_lose_sessions() {
    let home = Home::new();
    let session = home.start("kept", &["sleep", "1000"]);
    home.appctl(["daemon", "stop"]).ok();
    let whole = fs::read(home.state_dir().join("registry.db")).unwrap();
    damage(&home, &whole[..whole.len() / 2]);
    let views = home.ls_all();
    assert_eq!(views.len(), 1, "{views:#?}");
    assert_eq!(session.show()["phase"], "running");
}

#[test]
fn a_registry_that_is_gone_is_made_anew_and_running_sessions_are_found() {
    let home = Home::new();
    let session = home.start("kept", &["sleep", "1000"]);
    let program = session.program();
    home.appctl(["daemon", "stop"]).ok();
    for suffix in ["", "-wal", "-shm"] {
        fs::remove_file(home.state_dir().join(format!("registry.db{suffix}"))).ok();
    }
    let views = home.ls_all();
    assert_eq!(views.len(), 1, "losing the registry never loses sessions: {views:#?}");
    assert_eq!(session.show()["pid"], program.pid);
}

/// An empty file is what an interrupted creation leaves.
#[test]
fn an_empty_registry_is_a_new_one() {
    let home = Home::new();
    fs::write(home.state_dir().join("registry.db"), b"").unwrap();
    let session = home.start("first", &["sleep", "1000"]);
    assert_eq!(session.show()["phase"], "running");
}

/// A registry of a later release is not damaged: it is refused, and left as it is.
#[test]
fn a_registry_of_a_later_release_is_refused_and_left_alone() {
    let home = Home::new();
    home.start_sh("over", "exit 0").wait_over();
    home.appctl(["daemon", "stop"]).ok();
    let path = home.state_dir().join("registry.db");
    let script = "import sqlite3,sys\nc=sqlite3.connect(sys.argv[1])\nc.execute('PRAGMA user_version=9999')\nc.commit()\nc.close()";
    let mut python = home.command("/usr/bin/python3");
    python.args(["-c", script]).arg(&path);
    app_tests::home::run(python, b"").ok();
    let before = fs::read(&path).unwrap();
    let outcome = home.appctl(["ls"]);
    let code = outcome.code();
    assert_ne!(code, 0, "{outcome:?}");
    let outcome = outcome.fails(code, &["registry"]);
    assert!(outcome.err().contains("hint: "), "{outcome:?}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

/// A session directory that makes no sense costs nobody else anything.
#[test]
fn strange_things_among_the_session_directories_do_no_harm() {
    let home = Home::new();
    let session = home.start("kept", &["sleep", "1000"]);
    home.appctl(["daemon", "stop"]).ok();
    let sessions = home.state_dir().join("sessions");
    fs::create_dir(sessions.join("not-an-id")).unwrap();
    fs::create_dir(sessions.join("0badc0de")).unwrap();
    fs::write(sessions.join("00000001"), "a file").unwrap();
    std::os::unix::fs::symlink("/etc", sessions.join("00000002")).unwrap();
    damage(&home, b"garbage");
    let views = home.ls_all();
    assert_eq!(views.len(), 1, "{views:#?}");
    assert_eq!(views[0]["id"], session.id.as_str());
}

/// A record that was torn is not believed; the session is told as lost, not as done.
#[test]
fn an_exit_record_that_makes_no_sense_is_not_believed() {
    let home = Home::new();
    let session = home.start_sh("torn", "read x; exit 0");
    let program = session.program();
    let holder = session.holder();
    Process::of(home.daemon_pid()).kill();
    program.kill();
    holder.wait_over();
    let record = home.state_dir().join("sessions").join(&session.id).join("run-1").join("exit");
    wait::until("the exit record", || if record.exists() { Ok(()) } else { Err(String::new()) });
    fs::write(&record, b"{\"session\":").unwrap();
    let view = session.show();
    assert_eq!(view["phase"], "lost", "{view:#}");
    assert_ne!(view["state"], "done", "{view:#}");
}

/// What an earlier release left is read, listed and can be gone on with. The directories
/// in `data/` are only ever added to.
#[test]
fn the_state_of_every_earlier_release_is_read() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let mut releases = 0;
    for entry in fs::read_dir(data).unwrap().flatten() {
        if !entry.file_name().to_string_lossy().starts_with("state-") {
            continue;
        }
        releases += 1;
        let home = Home::new();
        registry::use_state(&home, &entry.path());
        let views = home.ls_all();
        let names: Vec<_> = views.iter().map(|view| view["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["renamed plain", "stopped", "failed"], "{}", entry.path().display());
        let failed = home.session(views[2]["id"].as_str().unwrap());
        assert_eq!(failed.show()["exit"], serde_json::json!({"code": 3}));
        assert_eq!(failed.show()["run"], 2);
        assert_eq!(views[1]["state"], "stopped");
        assert_eq!(failed.logs(), "kept words in green\n");
        assert_eq!(home.appctl(["logs", "renamed plain"]).ok().out(), "plain words\n");
        home.appctl(["resume", "--bg", "failed"]).ok();
        failed.wait_for("run again", |view| view["run"] == 3 && view["phase"] == "ended");
        assert_eq!(failed.logs(), "kept words in green\n");
        assert!(home.events().iter().any(|event| event["type"] == "session.renamed"));
        assert!(!is_damaged(&home), "nothing was made anew: {}", home.daemon_log());
    }
    assert!(releases > 0);
}

fn is_damaged(home: &Home) -> bool {
    let mut entries = fs::read_dir(home.state_dir()).unwrap().flatten();
    entries.any(|entry| entry.file_name().to_string_lossy().contains("damaged"))
}
