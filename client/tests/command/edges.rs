//! The command at its edges: no daemon, a strange daemon, a strange place.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Stdio;

use crate::support::{Home, greet};
use app_wire::control::{Failure, Reply, Request};

#[test]
fn without_a_daemon_to_start_every_verb_says_where_it_looked() {
    let home = Home::new();
    let ran = home.run(["ls"]);
    assert_eq!((ran.code(), ran.stdout().as_str()), (69, ""));
    insta::assert_snapshot!(ran.stderr(&home), @r"
        error: the daemon `appd` was not found beside `appctl` or on the PATH
        hint: Install `appd` into `HOME/bin`, next to this `appctl`.
        ");
}

#[test]
fn a_daemon_that_cannot_start_is_quoted() {
    let home = Home::new();
    home.install_appd(
        "echo 'error: no room'; echo 'because: EROFS'; echo 'hint: Make room.'; exit 1",
    );
    let ran = home.run(["start", "--bg", "--", "true"]);
    assert_eq!(ran.code(), 69);
    insta::assert_snapshot!(ran.stderr(&home), @r"
        error: no room
        because: EROFS
        hint: Make room.
        ");
    let json = home.run(["--json", "ls"]);
    let error: serde_json::Value = serde_json::from_str(&json.stderr(&home)).unwrap();
    assert_eq!(error["error"]["code"], "no_daemon");
    assert_eq!(error["error"]["because"], serde_json::json!(["EROFS"]));
}

#[test]
fn a_daemon_that_dies_without_a_word_is_an_error() {
    let home = Home::new();
    home.install_appd("exit 1");
    let ran = home.run(["ls"]);
    assert_eq!(ran.code(), 69);
    insta::assert_snapshot!(ran.stderr(&home), @r"
        error: `HOME/bin/appd` ended before it was ready
        hint: See what it says: `appctl daemon logs`, or run `appd` by hand.
        ");
}

#[test]
fn status_and_stop_never_start_a_daemon() {
    let home = Home::new();
    home.install_appd(&format!("touch {}; exit 1", home.path("started").display()));
    let status = home.run(["--json", "daemon", "status"]);
    let json: serde_json::Value = serde_json::from_str(&status.stdout()).unwrap();
    assert_eq!((status.code(), &json["running"]), (69, &false.into()));
    let stop = home.run(["daemon", "stop"]);
    assert_eq!((stop.code(), stop.stdout().as_str()), (0, "not running\n"));
    assert!(!home.path("started").exists());
}

#[test]
fn a_daemon_of_another_version_names_the_side_to_update() {
    let home = Home::new();
    let listener = home.listen();
    let daemon = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"appc\x09\0\x09\0").unwrap();
    });
    let ran = home.run(["ls"]);
    daemon.join().unwrap();
    assert_eq!(ran.code(), 76);
    insta::assert_snapshot!(ran.stderr(&home), @r"
        error: this `appctl` and the running daemon do not understand each other
        because: the other side is too new: it needs version 9, we speak up to 1
        hint: Update this `appctl`; the daemon is newer. Sessions keep running.
        ");
}

#[test]
fn something_that_is_no_daemon_is_told_from_one() {
    let home = Home::new();
    let listener = home.listen();
    let other = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n").unwrap();
    });
    let ran = home.run(["ls"]);
    other.join().unwrap();
    assert_eq!(ran.code(), 76);
    assert!(ran.stderr(&home).contains("does not speak this protocol"));
}

#[test]
fn a_frame_that_is_too_long_is_refused_before_it_is_read() {
    let home = Home::new();
    let listener = home.listen();
    let daemon = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        greet(&mut stream);
        stream.write_all(&[0xff; 64]).unwrap();
        drop(stream.read(&mut [0; 64]));
    });
    let ran = home.run(["ls"]);
    daemon.join().unwrap();
    assert_eq!(ran.code(), 1);
    assert!(ran.stderr(&home).starts_with("error: the daemon's answer could not be read\n"));
}

#[test]
fn a_daemon_that_leaves_before_it_says_hello_is_asked_again() {
    let home = Home::new();
    let listener = home.listen();
    let daemon = std::thread::spawn(move || {
        drop(listener.accept().unwrap());
        let (mut stream, _) = listener.accept().unwrap();
        greet(&mut stream);
    });
    // The second one hangs up as well, but has read: listing again does no harm, and
    // then nobody listens any more.
    let ran = home.run(["daemon", "status"]);
    daemon.join().unwrap();
    assert_eq!(ran.stdout(), "not running\n");
}

#[test]
fn a_refusal_is_shown_with_its_candidates() {
    let home = Home::new();
    let session = home.session();
    let daemon = home.play_daemon(move |request| {
        assert!(matches!(request, Request::Find { .. }));
        Reply::Failed(Failure {
            code: app_wire::control::ErrorCode::Ambiguous,
            message: "`de` matches several sessions".into(),
            because: vec![],
            hint: Some("Use the id.".into()),
            candidates: vec![app_wire::control::Candidate {
                id: session.id,
                name: session.name.clone(),
                created_at_ms: i64::MAX,
                cwd: "/".into(),
            }],
        })
    });
    let ran = home.run(["wait", "de"]);
    daemon.join().unwrap();
    assert_eq!(ran.code(), 4);
    insta::assert_snapshot!(ran.stderr(&home), @r"
        error: `de` matches several sessions
          7c5dcf5d  demo  just now  /
        hint: Use the id.
        ");
}

#[test]
fn a_runtime_directory_that_others_control_is_not_used() {
    let home = Home::new();
    fs::write(home.path("runtime/something"), "").unwrap();
    fs::set_permissions(home.path("runtime"), fs::Permissions::from_mode(0o777)).unwrap();
    let open = home.run(["ls"]);
    assert_eq!(open.code(), 77, "{}", open.stderr(&home));

    let home = Home::new();
    fs::rename(home.path("runtime"), home.path("elsewhere")).unwrap();
    symlink(home.path("elsewhere"), home.path("runtime")).unwrap();
    let link = home.run(["ls"]);
    assert_eq!(link.code(), 77, "{}", link.stderr(&home));
    assert!(link.stderr(&home).contains("is a symbolic link"));
}

#[test]
fn a_relative_place_is_wrong_usage() {
    let home = Home::new();
    let mut command = home.command(["ls"]);
    let output = command.env("APPCTL_STATE_DIR", "state").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn wrong_usage_is_told_like_every_error() {
    let home = Home::new();
    assert_eq!(home.run([]).code(), 2);
    assert_eq!(home.run(["resume"]).code(), 2);
    let ran = home.run(["--json", "strat", "--", "x"]);
    assert_eq!((ran.code(), ran.stdout().as_str()), (2, ""));
    let error: serde_json::Value = serde_json::from_str(&ran.stderr(&home)).unwrap();
    assert_eq!(error["error"]["code"], "usage");
    assert!(error["error"]["hint"].as_str().unwrap().contains("`start`"), "{error}");
}

#[test]
fn help_completions_and_manual_pages_need_no_daemon() {
    let home = Home::new();
    assert!(home.run(["--version"]).stdout().starts_with("appctl "));
    assert!(home.run(["start", "--help"]).stdout().contains("--no-tty"));
    for shell in ["bash", "zsh", "fish"] {
        assert!(home.run(["completions", shell]).stdout().contains("appctl"), "{shell}");
    }
    fs::create_dir(home.path("man")).unwrap();
    let mut command = home.command(["man"]);
    assert!(command.arg(home.path("man")).status().unwrap().success());
    assert!(home.path("man/appctl.1").exists() && home.path("man/appctl-start.1").exists());
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let home = Home::new();
    let mut command = home.command(["completions", "bash"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.stderr, b"");
    assert_eq!(output.status.code(), Some(0));
}
