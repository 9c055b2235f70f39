//! A run that stands still, and goes on.

use std::time::Instant;

use app_model::{Exit, Signal};
use app_sys::process::{self, Identity};
use app_wire::hold::ToHolder;

use crate::rig::{BOUND, Rig, pid_in, script, wait_until_dead};

/// Waits until the process stands still, or does not. The kernel takes its time.
fn wait_stopped(identity: &Identity, wanted: bool) {
    let since = Instant::now();
    while process::process_of(identity.pid).is_none_or(|process| process.stopped != wanted) {
        assert!(since.elapsed() < BOUND, "{identity:?} is not as wanted: stopped = {wanted}");
        std::thread::yield_now();
    }
}

#[test]
fn the_whole_tree_stands_still_and_goes_on_and_the_holder_answers_all_the_while() {
    let dir = tempfile::tempdir().unwrap();
    let (escaped, job) = (dir.path().join("escaped"), dir.path().join("job"));
    let text = format!(
        "(setsid sh -c 'echo $$ >{0}; exec sleep 1000' &)\n\
         sh -c 'echo $$ >{1}; kill -STOP $$' & until test -s {0} && test -s {1}; do :; done\n\
         echo up; read line; echo heard $line; exec sleep 1000",
        escaped.display(),
        job.display()
    );
    let mut rig = Rig::start(&script(&text));
    let mut terminal = rig.attach();
    terminal.output("up");
    let (escaped, job) = (pid_in(&escaped), pid_in(&job));
    wait_stopped(&job, true);
    let child = process::Pid::new(rig.status("the child", |_| true).child_pid).unwrap();
    let child = process::identity_of(child).unwrap();

    rig.watcher.done(&ToHolder::Pause);
    rig.watcher.done(&ToHolder::Pause);
    wait_stopped(&child, true);
    wait_stopped(&escaped, true);
    rig.status("a pause", |status| status.paused && !status.stopping);
    terminal.type_in("you\r");

    rig.watcher.done(&ToHolder::Continue);
    terminal.output("heard you");
    wait_stopped(&escaped, false);
    rig.status("a run that goes on", |status| !status.paused);
    let process = process::process_of(job.pid).unwrap();
    assert!(process.stopped, "it was stopped before, by somebody else");
}

#[test]
fn a_stop_lets_a_paused_run_go_on_so_that_it_can_leave_in_its_own_way() {
    let mut rig = Rig::start(&script("trap 'exit 7' TERM; echo up; while :; do sleep 0.05; done"));
    rig.attach().output("up");
    rig.watcher.done(&ToHolder::Pause);
    rig.status("a pause", |status| status.paused);
    rig.watcher.done(&ToHolder::Stop { grace_ms: 60_000 });
    assert_eq!(rig.watcher.exited(), Exit::Code(7));
}

#[test]
fn a_paused_program_that_is_killed_leaves_nothing_that_stands_still() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("left");
    let text = format!(
        "setsid sh -c 'echo $$ >{0}; exec sleep 1000' & until test -s {0}; do :; done; echo up; \
         exec sleep 1000",
        file.display()
    );
    let mut rig = Rig::start(&script(&text));
    rig.attach().output("up");
    let left = pid_in(&file);
    rig.watcher.done(&ToHolder::Pause);
    wait_stopped(&left, true);
    let child = process::Pid::new(rig.status("a pause", |it| it.paused).child_pid).unwrap();
    let child = process::identity_of(child).unwrap();
    assert!(process::signal(&child, process::Signal::KILL).unwrap());
    assert_eq!(rig.watcher.exited(), Exit::Signal(Signal::KILL));
    wait_stopped(&left, false);
    assert!(process::signal(&left, process::Signal::KILL).unwrap());
    wait_until_dead(&left);
}
