//! Two sides of different releases: each learns which one to update, and sessions run on.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::time::Duration;

use app_tests::peer::{self, FakeDaemon};
use app_tests::{Home, home, wait};
use app_wire::hello::{Hello, Version};
use app_wire::{control, hold};

const fn speaks(oldest: u16, newest: u16) -> Hello {
    Hello { magic: *b"appc", oldest: Version(oldest), newest: Version(newest) }
}

/// Runs `appctl ls` against a daemon that begins like this.
#[track_caller]
fn against(hello: Hello) -> app_tests::Outcome {
    let home = Home::new();
    let fake = FakeDaemon::listen(&home.control_socket(), hello);
    std::fs::set_permissions(home.control_socket(), std::fs::Permissions::from_mode(0o600))
        .unwrap();
    let client = home::spawn(home.appctl_command(["ls"]));
    fake.serve_one();
    let outcome = client.finish();
    // It is not ours to stop, and nothing else was started.
    std::fs::remove_file(home.control_socket()).unwrap();
    assert!(home.daemons().is_empty());
    outcome
}

#[test]
fn a_daemon_of_a_later_release_tells_to_update_the_client() {
    let newest = control::HELLO.newest.0;
    let outcome = against(speaks(newest + 1, newest + 2)).fails(76, &["hint: "]);
    assert!(outcome.err().to_lowercase().contains("update"), "{outcome:?}");
}

#[test]
fn a_daemon_of_an_earlier_release_tells_to_restart_it_and_that_sessions_keep_running() {
    let oldest = control::HELLO.oldest.0;
    let outcome = against(speaks(0, oldest - 1)).fails(76, &["daemon restart"]);
    assert!(outcome.err().contains("keep running"), "{outcome:?}");
}

/// Something else listens there: that is no version to talk about.
#[test]
fn something_that_is_no_daemon_is_told_as_such() {
    let outcome = against(Hello { magic: *b"SSH-", ..speaks(1, 1) });
    assert_ne!(outcome.code(), 0, "{outcome:?}");
    assert!(outcome.err().starts_with("error: "), "{outcome:?}");
}

/// A daemon that also speaks later versions is a good one.
#[test]
fn an_earlier_client_learns_what_the_daemon_speaks_and_is_shown_out() {
    let home = Home::new();
    let session = home.start("kept", &["sleep", "1000"]);
    let mut stream = peer::connect(&home.control_socket());
    std::io::Write::write_all(&mut stream, &speaks(0, 0).encode()).unwrap();
    let mut theirs = [0; app_wire::hello::HELLO_LEN];
    std::io::Read::read_exact(&mut stream, &mut theirs).unwrap();
    assert_eq!(theirs, control::HELLO.encode());
    peer::wait_closed(&mut stream);
    assert_eq!(session.show()["phase"], "running");
}

#[test]
fn a_client_that_speaks_older_and_newer_versions_is_welcome() {
    let home = Home::new();
    home.appctl(["daemon", "start"]).ok();
    let mut stream = peer::connect(&home.control_socket());
    let wide = speaks(control::HELLO.oldest.0, control::HELLO.newest.0 + 5);
    std::io::Write::write_all(&mut stream, &wide.encode()).unwrap();
    let mut theirs = [0; app_wire::hello::HELLO_LEN];
    std::io::Read::read_exact(&mut stream, &mut theirs).unwrap();
    let mut control = peer::Control(stream);
    let reply = control.ask(&control::Request::Status);
    assert!(matches!(reply, control::Reply::Status(_)), "{reply:?}");
}

/// An upgrade leaves holders of the release before. One that cannot be understood is not
/// taken for dead, and not asked again and again without a pause.
#[test]
fn a_holder_that_cannot_be_understood_is_left_running_and_asked_ever_more_seldom() {
    let home = Home::new();
    let session = home.start_sh("old", "while read x; do echo heard $x; done");
    let program = session.program();
    let socket = home.run_socket(&session.id);
    let aside = socket.with_extension("aside");
    home.kill_daemon_hard();
    std::fs::rename(&socket, &aside).unwrap();
    let old = UnixListener::bind(&socket).unwrap();
    old.set_nonblocking(true).unwrap();
    home.appctl(["ls"]).ok().mentions("old");
    let mut asked: u64 = 0;
    let hello = Hello { magic: hold::HELLO.magic, oldest: Version(0), newest: Version(0) };
    // Quiet for longer than ten of the first pauses: it asks more and more seldom.
    wait::until_still(Duration::from_millis(400), "asking", || {
        while let Ok((mut stream, _)) = old.accept() {
            std::io::Write::write_all(&mut stream, &hello.encode()).ok();
            asked += 1;
        }
        asked
    });
    assert!((1..20).contains(&asked), "asked {asked} times");
    assert!(!program.is_over(), "what cannot be understood is not ended");
    assert_eq!(session.show()["exit"], serde_json::Value::Null);
    drop(old);
    std::fs::rename(&aside, &socket).unwrap();
    let mut terminal = session.attach();
    terminal.type_line("it");
    terminal.wait_until_contains("heard it");
    session.wait_for("adopted", |view| view["pid"] == program.pid);
}
