//! From the start to the record, watched or not.

use std::fs;
use std::path::Path;

use app_model::{Exit, Signal};
use app_sys::poll;
use app_sys::process::process_of;
use app_sys::watch::DirWatch;
use app_wire::hold::{FromHolder, LaunchFailed, RefusedCode, ToHolder};

use crate::rig::{BOUND, Rig, SESSION, script};

#[test]
fn a_run_ends_with_a_record_of_what_it_was() {
    let mut rig = Rig::start(&script("printf '\\033]2;my title\\a'; echo hello; exit 3"));
    assert_eq!(rig.watcher.exited(), Exit::Code(3));
    assert!(!rig.socket().exists(), "the next run could not listen");
    let record = rig.record();
    rig.watcher.closed();
    assert_eq!(rig.ended(), Some(0));
    assert_eq!(record.session.to_string(), SESSION);
    assert_eq!((record.run.0, record.exit), (1, Exit::Code(3)));
    assert_eq!(record.title, "my title");
    assert!(record.last_line.unwrap().contains("hello"));
    assert!(record.ended_at_ms >= record.started_at_ms && record.elapsed_ms < 20_000);
    assert_eq!(record.output_bytes, rig.transcript().len() as u64);
    assert_eq!((record.dropped_bytes, record.survivors), (0, vec![]));
    assert!(rig.transcript().ends_with(b"hello\r\n"));
    assert!(rig.run_dir().join("screen").exists());
    assert!(fs::read_to_string(rig.run_dir().join("screen.txt")).unwrap().contains("hello"));
    assert!(!rig.run_dir().join("holder.log").exists(), "trouble was noted");
}

#[test]
fn the_child_has_the_limit_on_descriptors_that_the_daemon_asked_for() {
    let mut rig = Rig::start(&script("exec sh -c 'ulimit -n'"));
    rig.watcher.exited();
    assert_eq!(rig.transcript(), b"99\r\n");
}

#[test]
fn a_holder_that_is_held_does_nothing_before_it_may_go_on() {
    let mut rig = Rig::held(tempfile::tempdir().unwrap(), |dir, holder| {
        let since = std::time::Instant::now();
        let leads = || process_of(holder).is_some_and(|it| it.session == holder.as_u32());
        while !leads() {
            assert!(since.elapsed() < BOUND, "it did not even begin");
            std::thread::yield_now();
        }
        // Read too early, it is not there.
        let spec = serde_json::to_vec(&script("echo here; exit 4")).unwrap();
        fs::write(dir.path().join("spec"), spec).unwrap();
        assert!(!dir.path().join("run-1").exists());
    });
    assert_eq!(rig.watcher.exited(), Exit::Code(4));
    assert_eq!(rig.transcript(), b"here\r\n");
}

#[test]
fn the_first_word_is_a_status_that_names_the_child() {
    let mut rig = Rig::spawn(&script("exec sleep 1000"));
    let status = rig.watcher.status("the start", |_| true);
    assert_eq!(status.session.to_string(), SESSION);
    assert_eq!((status.holder_pid, status.attached), (rig.pid().as_u32(), 0));
    let pid = app_sys::process::Pid::new(status.child_pid).unwrap();
    let identity = app_sys::process::identity_of(pid).unwrap();
    assert_eq!(identity.start_time, status.child_start);
    assert_eq!((status.size.rows, status.size.cols), (24, 80));
}

fn failure(rig: &mut Rig) -> LaunchFailed {
    let failed = rig.watcher.until("the failure", |message| match message {
        FromHolder::LaunchFailed(failed) => Some(failed.clone()),
        _ => None,
    });
    rig.watcher.closed();
    assert_eq!(rig.ended(), Some(i32::from(failed.exit_code)));
    assert!(!rig.socket().exists() && !rig.run_dir().exists(), "something was left behind");
    failed
}

#[test]
fn what_cannot_be_started_is_explained_and_leaves_nothing() {
    let mut spec = script("");
    spec.argv = vec!["no-such-program".into()];
    let failed = failure(&mut Rig::spawn(&spec));
    assert_eq!((failed.exit_code, failed.errno), (127, 2));
    assert_eq!(failed.message, "the program `no-such-program` was not found");

    let mut spec = script("");
    spec.cwd = "/no/such/dir".into();
    let failed = failure(&mut Rig::spawn(&spec));
    assert_eq!(failed.exit_code, 125);
    assert!(failed.message.contains("/no/such/dir"), "{}", failed.message);

    let mut spec = script("");
    spec.argv = vec!["/etc/passwd".into()];
    assert_eq!(failure(&mut Rig::spawn(&spec)).exit_code, 126);

    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("spec"), b"{}").unwrap();
    let failed = failure(&mut Rig::spawn_in(dir));
    assert!(failed.message.contains("argv"), "{}", failed.message);
}

#[test]
fn a_run_that_was_made_is_not_made_again() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("spec"), serde_json::to_vec(&script("true")).unwrap()).unwrap();
    fs::create_dir(dir.path().join("run-1")).unwrap();
    fs::write(dir.path().join("run-1/exit"), b"old").unwrap();
    let mut rig = Rig::spawn_in(dir);
    let failed = rig.watcher.until("the failure", |message| match message {
        FromHolder::LaunchFailed(failed) => Some(failed.message.clone()),
        _ => None,
    });
    assert!(failed.contains("already"), "{failed}");
    assert_eq!(fs::read(rig.run_dir().join("exit")).unwrap(), b"old");
}

#[test]
fn a_second_holder_of_the_session_does_not_take_over() {
    let mut rig = Rig::start(&script("exec cat"));
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("spec"), serde_json::to_vec(&script("true")).unwrap()).unwrap();
    std::os::unix::fs::symlink(rig.socket(), dir.path().join("socket")).unwrap();
    let mut second = Rig::spawn_in(dir);
    second.watcher.until("the failure", |message| {
        matches!(message, FromHolder::LaunchFailed(_)).then_some(())
    });
    rig.watcher.say(&ToHolder::Status);
    rig.watcher.status("an answer", |_| true);
}

#[test]
fn the_death_of_the_daemon_is_not_noticed_and_the_next_one_learns_all() {
    let mut rig = Rig::start(&script("echo up; read line; exit 5"));
    rig.lose_daemon();
    rig.watcher.say(&ToHolder::Watch);
    rig.watcher.status("the state", |status| status.attached == 0);
    let mut terminal = rig.attach();
    rig.watcher.status("the attachment", |status| status.attached == 1);
    terminal.output("up");
    drop(terminal);
    rig.watcher.status("its end", |status| status.attached == 0);
    rig.attach().type_in("go\r");
    assert_eq!(rig.watcher.exited(), Exit::Code(5));
}

#[test]
fn a_run_that_nobody_watches_leaves_its_record_all_the_same() {
    let mut rig = Rig::start(&script("read line; kill -9 $$"));
    let terminal = rig.attach();
    rig.watcher.status("the attachment", |status| status.attached == 1);
    terminal.type_in("go\r");
    rig.watcher.stream.shutdown(std::net::Shutdown::Both).unwrap();
    drop(terminal);
    assert_eq!(rig.ended(), Some(0));
    assert_eq!(rig.record().exit, Exit::Signal(Signal::KILL));
}

#[test]
fn without_a_terminal_the_output_is_a_file_and_the_rest_is_refused() {
    let mut spec = script("echo out; echo err >&2; test -t 0 || cat; read x; sleep 1000");
    spec.terminal = None;
    let mut rig = Rig::start(&spec);
    let mut terminal = rig.attach();
    let refused = terminal.until("the refusal", |message| match message {
        FromHolder::Refused { code, .. } => Some(*code),
        _ => None,
    });
    assert_eq!(refused, RefusedCode::NoTerminal);
    let mut watch = DirWatch::new(&rig.run_dir()).unwrap();
    while rig.transcript().len() < 8 {
        assert!(poll::readable(&watch, Some(BOUND)).unwrap(), "nothing was written");
        watch.drain().unwrap();
    }
    rig.watcher.done(&ToHolder::Stop { grace_ms: 10_000 });
    assert_eq!(rig.watcher.exited(), Exit::Signal(Signal::TERM));
    let record = rig.record();
    assert_eq!(rig.transcript(), b"out\nerr\n");
    assert_eq!((record.output_bytes, record.last_line.as_deref()), (8, Some("err")));
}

#[test]
fn long_output_is_recorded_byte_for_byte_up_to_the_cap() {
    let mut spec = script("stty raw; seq 1 200000");
    spec.transcript_bytes = 512 << 10;
    let mut rig = Rig::start(&spec);
    assert_eq!(rig.watcher.exited(), Exit::Code(0));
    let all: String = (1..=200_000).map(|n| format!("{n}\n")).collect();
    let (kept, record) = (rig.transcript(), rig.record());
    assert!(all.as_bytes().ends_with(&kept), "the end of the output is not what was kept");
    assert!(kept.len() > 128 << 10 && kept.len() <= 512 << 10, "{}", kept.len());
    assert_eq!(record.output_bytes, all.len() as u64);
    assert_eq!(record.dropped_bytes, (all.len() - kept.len()) as u64);
}

/// The run's own output fills the disk; how it ended must be known all the same.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_costs_output_and_not_the_record() {
    let dir = tempfile::tempdir().unwrap();
    let mount = |args: &[&str]| {
        std::process::Command::new(args[0]).args(&args[1..]).arg(dir.path()).status()
    };
    if !mount(&["mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs"])
        .is_ok_and(|status| status.success())
    {
        return; // Only root can make a disk that is small enough.
    }
    fs::write(dir.path().join("spec"), serde_json::to_vec(&script("seq 1 1000000")).unwrap())
        .unwrap();
    let mut rig = Rig::spawn_in(dir);
    assert_eq!(rig.watcher.exited(), Exit::Code(0));
    let record = rig.record();
    let kept = rig.transcript().len() as u64;
    assert_eq!(rig.ended(), Some(0));
    let unmounted = std::process::Command::new("umount").arg(rig.dir.path()).status();
    assert!(unmounted.unwrap().success());
    assert!(kept > 500_000 && record.dropped_bytes > 1_000_000, "{kept} {record:?}");
    assert_eq!(record.output_bytes, kept + record.dropped_bytes);
}

#[test]
fn titles_reach_watchers_and_nothing_wakes_an_idle_holder() {
    let mut rig = Rig::start(&script("printf '\\033]2;busy\\a'; exec sleep 1000"));
    rig.watcher.status("the title", |status| status.title == "busy");
    let switches = |path: &Path| {
        let text = fs::read_to_string(path).unwrap();
        let line = text.lines().find(|line| line.starts_with("voluntary")).unwrap().to_owned();
        line.split_whitespace().last().unwrap().parse::<u64>().unwrap()
    };
    let path = format!("/proc/{}/status", rig.pid());
    // An answer proves that everything before was done.
    rig.watcher.say(&ToHolder::Status);
    rig.watcher.status("an answer", |_| true);
    let quiet = std::time::Duration::from_millis(600);
    poll::readable(&rig.watcher.stream, Some(std::time::Duration::from_millis(50))).unwrap();
    let before = switches(Path::new(&path));
    assert!(!poll::readable(&rig.watcher.stream, Some(quiet.min(BOUND))).unwrap());
    assert_eq!(switches(Path::new(&path)), before, "it woke up");
}
