//! `daemon start|stop|restart|status|logs`, and how a daemon comes to be.

use std::fs;
use std::time::Duration;

use app_tests::process::{self, Process};
use app_tests::{Home, home, wait};

#[test]
fn the_first_command_starts_the_daemon() {
    let home = Home::new();
    assert!(home.daemons().is_empty());
    home.appctl(["ls"]).ok();
    assert_eq!(home.daemons(), [home.daemon_pid()]);
}

#[test]
fn the_status_has_every_field_of_the_contract() {
    let home = Home::new();
    home.start("one", &["sleep", "1000"]);
    let status = home.appctl(["daemon", "status", "--json"]).ok().json();
    assert_eq!(status["running"], true, "{status:#}");
    assert!(status["pid"].is_u64(), "{status:#}");
    assert!(status["version"].is_string(), "{status:#}");
    assert_eq!(status["protocol"], 1, "{status:#}");
    assert_eq!(status["sessions"], 1, "{status:#}");
    assert_eq!(status["socket"], home.control_socket().to_str().unwrap(), "{status:#}");
    let pid = u32::try_from(status["pid"].as_u64().unwrap()).unwrap();
    assert!(process::command_line(pid).contains("appd"), "{}", process::describe(pid));
}

#[test]
fn asking_for_the_status_starts_no_daemon() {
    let home = Home::new();
    let outcome = home.appctl(["daemon", "status", "--json"]);
    assert_eq!(outcome.json()["running"], false, "{outcome:?}");
    assert!(home.daemons().is_empty());
}

#[test]
fn starting_a_daemon_that_runs_is_no_error_and_changes_nothing() {
    let home = Home::new();
    home.appctl(["daemon", "start"]).ok();
    let pid = home.daemon_pid();
    home.appctl(["daemon", "start"]).ok();
    assert_eq!(home.daemons(), [pid]);
}

#[test]
fn stopping_the_daemon_leaves_sessions_running_and_says_so() {
    let home = Home::new();
    let session = home.start("lives", &["sleep", "1000"]);
    let (program, holder) = (session.program(), session.holder());
    let daemon = Process::of(home.daemon_pid());
    let outcome = home.appctl(["daemon", "stop"]).ok();
    daemon.wait_over();
    assert!(outcome.out().contains("1 session"), "{outcome:?}");
    assert!(!program.is_over() && !holder.is_over());
    let view = session.show();
    assert_eq!(view["phase"], "running");
    assert_eq!(view["pid"], program.pid);
}

#[test]
fn stopping_the_daemon_with_its_sessions_ends_them_all() {
    let home = Home::new();
    let one = home.start("one", &["sleep", "1000"]);
    let two = home.start_sh("two", "setsid sleep 1000 & wait");
    let processes = [one.program(), one.holder(), two.program(), two.holder()];
    home.appctl(["daemon", "stop", "--sessions"]).ok();
    for process in &processes {
        process.wait_over();
    }
    wait::until("nothing to be left", || {
        let left = process::that_know(&home.runtime_dir());
        if left.is_empty() {
            Ok(())
        } else {
            Err(left.into_iter().map(process::describe).collect::<Vec<_>>().join("\n"))
        }
    });
    assert_eq!(one.show()["phase"], "ended");
    assert_eq!(two.show()["state"], "stopped");
}

/// `stop --sessions` without a daemon said "not running", and left everything running.
#[test]
fn the_sessions_of_a_daemon_that_was_killed_can_still_be_stopped_with_it() {
    let home = Home::new();
    let session = home.start("left", &["sleep", "1000"]);
    let (program, holder) = (session.program(), session.holder());
    home.kill_daemon_hard();
    home.appctl(["daemon", "stop", "--sessions"]).ok();
    assert!(program.is_over(), "asked for is not done");
    holder.wait_over();
    assert_eq!(session.show()["state"], "stopped");
}

#[test]
fn stopping_a_daemon_that_does_not_run_is_no_error_and_starts_none() {
    let home = Home::new();
    home.appctl(["daemon", "stop"]).ok();
    assert!(home.daemons().is_empty());
}

/// `stop` once returned before the sockets were gone, so that an immediate start failed.
#[test]
fn a_daemon_can_be_started_right_after_it_was_stopped() {
    let home = Home::new();
    for _ in 0..5 {
        home.appctl(["daemon", "start"]).ok();
        home.appctl(["daemon", "stop"]).ok();
    }
    // It lets go of its lock a moment before its process is gone.
    wait::until("no daemon is left", || match home.daemons() {
        left if left.is_empty() => Ok(()),
        left => Err(format!("{left:?}")),
    });
}

#[test]
fn a_restart_keeps_sessions_and_gives_another_daemon() {
    let home = Home::new();
    let one = home.start_sh("one", "echo ready; while read x; do echo heard $x; done");
    let two = home.start("two", &["sleep", "1000"]);
    let before = (home.daemon_pid(), one.pid(), two.pid());
    let mut terminal = one.attach();
    terminal.wait_until_contains("ready");
    home.appctl(["daemon", "restart"]).ok();
    assert_ne!(home.daemon_pid(), before.0);
    assert_eq!((one.pid(), two.pid()), (before.1, before.2));
    terminal.type_line("still here");
    terminal.wait_until_contains("heard still here");
    assert_eq!(home.daemons().len(), 1);
}

#[test]
fn the_log_can_be_read_through_the_client() {
    let home = Home::new();
    home.appctl(["daemon", "start"]).ok();
    let outcome = home.appctl(["daemon", "logs"]).ok();
    assert!(!outcome.out().trim().is_empty(), "{outcome:?}");
    assert!(!outcome.out().contains('\x1b'), "{outcome:?}");
}

/// People's keys are in the environment of sessions; a log is copied into bug reports.
#[test]
fn no_secret_of_a_session_is_in_the_log_or_readable_for_others() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new().with("APPCTL_LOG", "trace");
    let session = home.start_with(&["-e", "TOKEN=very-secret-value"], &["sleep", "1000"]);
    session.appctl("stop", &[]).ok();
    assert!(!home.daemon_log().contains("very-secret-value"), "{}", home.daemon_log());
    let dir = home.state_dir().join("sessions").join(&session.id);
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir.join("spec")), 0o600);
    for private in [dir.as_path(), &home.state_dir(), &home.runtime_dir()] {
        assert_eq!(mode(private) & 0o077, 0, "{}", private.display());
    }
    assert_eq!(mode(&home.control_socket()) & 0o077, 0);
    let log = home.state_dir().join("appd.log");
    assert_eq!(mode(&log) & 0o077, 0);
}

/// The promise of a single instance: a held lock, not a file.
#[test]
fn twenty_clients_that_start_the_daemon_at_once_end_with_exactly_one() {
    let home = Home::new();
    let clients: Vec<_> = (0..20)
        .map(|n| {
            let name = format!("s{n}");
            let args = ["start", "--bg", "-q", "-n", &name, "--", "sleep", "1000"];
            home::spawn(home.appctl_command(args))
        })
        .collect();
    for client in clients {
        client.finish().ok();
    }
    let pid = home.daemon_pid();
    wait::until("the daemons that lost to be gone", || {
        let daemons = home.daemons();
        if daemons == [pid] { Ok(()) } else { Err(format!("{daemons:?}")) }
    });
    let sessions = home.ls();
    assert_eq!(sessions.len(), 20);
    assert!(sessions.iter().all(|view| view["phase"] == "running"));
}

#[test]
fn twenty_clients_after_a_crash_end_with_exactly_one_daemon_and_the_same_sessions() {
    let home = Home::new();
    let session = home.start("kept", &["sleep", "1000"]);
    let pid = session.pid();
    home.kill_daemon_hard();
    let clients: Vec<_> =
        (0..20).map(|_| home::spawn(home.appctl_command(["ls", "--json"]))).collect();
    for client in clients {
        let views = client.finish().ok().json();
        assert_eq!(views[0]["id"], session.id.as_str());
        assert_eq!(views[0]["pid"], pid);
    }
    assert_eq!(home.daemons(), [home.daemon_pid()]);
}

/// A stale socket, a stale lock file, a pid that means somebody else now: none of them
/// may block a start, and nobody may be harmed.
#[test]
fn leftovers_of_a_dead_daemon_block_nothing() {
    let home = Home::new();
    home.appctl(["daemon", "start"]).ok();
    home.kill_daemon_hard();
    assert!(home.control_socket().exists(), "a killed daemon leaves its socket");
    let mut innocent = home.command("sleep").arg("1000").spawn().unwrap();
    fs::write(home.runtime_dir().join("appd.lock"), format!("{}\n", innocent.id())).unwrap();
    home.appctl(["ls"]).ok();
    assert!(process::runs(innocent.id()));
    innocent.kill().unwrap();
    innocent.wait().unwrap();
}

/// The daemon must not keep the terminal, the directory or the pipes of whoever happened
/// to start it.
#[test]
fn the_daemon_keeps_nothing_of_the_client_that_started_it() {
    let home = Home::new();
    let here = home.path().join("here");
    fs::create_dir(&here).unwrap();
    let mut command = home.appctl_command(["daemon", "start"]);
    command.current_dir(&here);
    home::run(command, b"").ok();
    let pid = home.daemon_pid();
    let cwd = fs::read_link(format!("/proc/{pid}/cwd")).unwrap();
    assert_ne!(cwd, here);
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<_> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    assert_eq!(fields[4], "0", "no controlling terminal: {stat}");
    assert_eq!(fields[3], pid.to_string(), "a session of its own: {stat}");
}

/// The terminal that happened to start the daemon hangs up; nobody else may notice.
#[test]
fn the_daemon_outlives_the_terminal_that_started_it() {
    let home = Home::new();
    let script = "appctl start --bg -q -n kept -- sleep 1000; echo started; read x";
    let mut terminal = home.terminal_with("bash", &["--norc", "-c", script]);
    terminal.wait_until_contains("started");
    let session = home.session(home.ls()[0]["id"].as_str().unwrap());
    let (daemon, program) = (home.daemon_pid(), session.pid());
    let shell = Process::of(terminal.pid());
    terminal.close_window();
    shell.wait_over();
    assert_eq!(home.daemon_pid(), daemon);
    assert_eq!(session.pid(), program);
    assert_eq!(session.show()["phase"], "running");
}

/// How long nothing may happen before all is taken for idle. What was under way (a deadline
/// that passes, a child that is collected) is over by then; what polls never is.
const SILENCE: Duration = Duration::from_secs(3);

/// Nothing polls: an idle daemon and its holders run no instruction.
#[test]
fn idle_sessions_cost_no_processor_time() {
    let home = Home::new();
    let sessions: Vec<_> =
        (0..5).map(|n| home.start(&format!("s{n}"), &["sleep", "1000"])).collect();
    let mut pids: Vec<u32> = sessions.iter().map(app_tests::Session::holder_pid).collect();
    pids.push(home.daemon_pid());
    wait::until_still(SILENCE, "waking up", || {
        pids.iter().map(|&pid| process::voluntary_switches(pid)).sum()
    });
}

/// "Forty panes exhausted the descriptors": the limit of a login shell is low, and more is
/// allowed to who asks.
#[test]
fn a_low_limit_of_descriptors_does_not_limit_sessions() {
    let home = Home::new();
    let mut shell = home.command("bash");
    shell.args(["-c", "ulimit -Sn 48; appctl daemon start"]);
    home::run(shell, b"").ok();
    for n in 0..60 {
        home.start_with(&["-n", &format!("s{n}")], &["sleep", "1000"]);
    }
    let views = home.ls();
    assert_eq!(views.len(), 60);
    assert!(views.iter().all(|view| view["phase"] == "running"));
}

/// What the daemon raised for itself is not what its sessions get.
#[test]
fn a_program_gets_the_limit_of_descriptors_that_was_there_before() {
    let home = Home::new();
    let mut shell = home.command("bash");
    shell.args(["-c", "ulimit -Sn 300; appctl daemon start"]);
    home::run(shell, b"").ok();
    let session = home.start_sh("limit", "echo limit $(ulimit -Sn) end");
    let logs = session.wait_logs_contain("end");
    assert_eq!(logs, "limit 300 end\n");
}

/// Everything that is started is collected, and every socket is taken away with its run.
#[test]
fn ended_sessions_leave_no_zombie_no_socket_and_no_process() {
    let home = Home::new();
    let sessions: Vec<_> = (0..10).map(|n| home.start_sh(&format!("s{n}"), "exit 0")).collect();
    for session in &sessions {
        session.wait_over();
    }
    let daemon = home.daemon_pid();
    wait::until("nothing to be left of ten sessions", || {
        let sockets = fs::read_dir(home.runtime_dir().join("run")).unwrap().count();
        let zombies = process::children(daemon).len();
        let alive = process::that_know(&home.runtime_dir()).len();
        if (sockets, zombies, alive) == (0, 0, 1) {
            Ok(())
        } else {
            Err(format!("{sockets} sockets, {zombies} children, {alive} processes"))
        }
    });
}

/// "Agents crash-loop on a deleted binary path": an upgrade puts other files in the place of
/// those that run.
#[test]
fn the_programs_may_be_replaced_while_they_run() {
    let home = Home::new().with_own_programs();
    let before = home.start("before", &["sleep", "1000"]);
    let (daemon, program) = (home.daemon_pid(), before.pid());
    home.replace_programs();
    let after = home.start("after", &["sleep", "1000"]);
    assert_eq!(home.daemon_pid(), daemon, "the old daemon starts new holders");
    home.appctl(["daemon", "restart"]).ok();
    assert_ne!(home.daemon_pid(), daemon);
    assert_eq!(before.pid(), program);
    assert_eq!(after.show()["phase"], "running");
    let last = home.start("last", &["sleep", "1000"]);
    home.appctl(["stop", "before", "after", &last.id]).ok();
}
