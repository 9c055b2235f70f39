//! A session in a sandbox: namespaces of its own, in which it sees one socket of ours.

use app_tests::Home;
use app_tests::inside::{said, script};

/// In a sandbox: everything of the installation is hidden but the directory that the session's
/// socket is alone in, and the processes outside are out of sight.
const SANDBOX: &str = r#"
    inner=$(dirname "$APPCTL_SOCKET"); mkdir "$HOME/inner" && mount --bind "$inner" "$HOME/inner" &&
    mount -t tmpfs none "$APPCTL_RUNTIME_DIR" && mkdir -p "$inner" &&
    mount --move "$HOME/inner" "$inner" && mount -t tmpfs none "$APPCTL_STATE_DIR" || exit 9
    find "$APPCTL_RUNTIME_DIR" ! -type d; find "$APPCTL_STATE_DIR" ! -type d
"#;

/// What a sandbox was shown was once the socket itself, and lost with the daemon.
#[test]
#[ignore = "needs root"]
fn in_a_sandbox_that_sees_one_socket_a_session_reports_and_cannot_get_at_anything_else() {
    let home = Home::new();
    let stranger = home.start("stranger", &["sleep", "1000"]);
    let lines = [
        "find $APPCTL_RUNTIME_DIR ! -type d",
        "appctl task begin --id t1 --label before",
        "appctl show --json",
        "appctl ls --json",
        "appctl task start -- true",
        "appctl stop stranger",
        "read go; appctl task begin --id t2 --label without",
        "read go; appctl task begin --id t3 --label after",
    ];
    let commands = script(&lines).replace("</dev/null", "<&3");
    let script = format!("exec 3<&0; {SANDBOX} {commands}");
    let own_processes = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork"];
    let argv = [&own_processes[..], &["--mount-proc", "sh", "-c", &script]].concat();
    let session = home.start_with(&["-n", "outer", "--trust", "report"], &argv);
    let first = said(&home, &lines[..6]);
    assert_eq!(first[0].text.trim(), home.inner_socket(&session.id).to_str().unwrap());
    first[1].ok();
    assert_eq!(first[2].json()["trust"], "report");
    assert_eq!(first[3].ids(), [session.id.as_str()]);
    first[4].refused();
    first[5].refused();

    let mut terminal = session.attach();
    session.wait_attached(1);
    home.kill_daemon_hard();
    terminal.type_line("go");
    let without = said(&home, &lines[..7]).pop().unwrap();
    assert_eq!(without.code, 69, "no second installation is begun here: {without:#?}");
    stranger.show(); // Starts the next daemon.
    terminal.type_line("go");
    said(&home, &lines).pop().unwrap().ok();
    session.wait_for("with two tasks", |view| view["live_tasks"] == 2);
}
