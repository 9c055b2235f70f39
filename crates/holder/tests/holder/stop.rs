//! Stop means stop, for the whole tree; a natural end touches nobody.

use app_model::{Exit, Signal};
use app_sys::process::{self, Pid};
use app_wire::hold::ToHolder;

use crate::rig::{Rig, pid_in, script, wait_until_dead};

#[test]
fn a_program_that_obeys_is_ended_by_the_first_signal() {
    let mut rig = Rig::start(&script("exec sleep 1000"));
    rig.watcher.done(&ToHolder::Stop { grace_ms: 60_000 });
    assert_eq!(rig.watcher.exited(), Exit::Signal(Signal::TERM));
    assert_eq!(rig.record().survivors, []);
}

#[test]
fn a_program_may_tidy_up_in_its_grace() {
    let mut rig = Rig::start(&script(
        "trap 'echo tidied; exit 7' TERM; echo up; while :; do sleep 0.05; done",
    ));
    rig.attach().output("up");
    rig.watcher.done(&ToHolder::Stop { grace_ms: 60_000 });
    assert_eq!(rig.watcher.exited(), Exit::Code(7));
    assert!(String::from_utf8(rig.transcript()).unwrap().contains("tidied"));
}

#[test]
fn an_interactive_shell_goes_when_its_terminal_does() {
    let mut spec = script("");
    spec.argv = vec!["bash".into(), "--norc".into(), "-i".into()];
    spec.env.push(("PS1".into(), "ready> ".into()));
    let mut rig = Rig::start(&spec);
    let mut terminal = rig.attach();
    terminal.output("ready>");
    rig.watcher.done(&ToHolder::Stop { grace_ms: 60_000 });
    assert_eq!(rig.watcher.exited(), Exit::Signal(Signal::HUP));
}

#[test]
fn what_ignores_every_request_is_killed_with_its_whole_tree() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("escaped");
    let text = format!(
        "trap '' TERM HUP INT; (setsid sh -c 'trap \"\" TERM HUP; echo $$ >{0}.new; \
         mv {0}.new {0}; sleep 1000; sleep 1000' &) ; while ! test -e {0}; do :; done; \
         echo up; sleep 1000; sleep 1000; sleep 1000",
        file.display()
    );
    let mut rig = Rig::start(&script(&text));
    rig.attach().output("up");
    let escaped = pid_in(&file);
    rig.watcher.done(&ToHolder::Stop { grace_ms: 300 });
    assert_eq!(rig.watcher.exited(), Exit::Signal(Signal::KILL));
    assert!(!process::is_alive(&escaped), "a double fork escaped");
    assert_eq!(rig.record().survivors, []);
}

#[test]
fn a_kill_takes_no_time_and_spares_nobody() {
    let mut rig = Rig::start(&script("trap '' TERM HUP; setsid sleep 1000 & echo up; wait; wait"));
    rig.attach().output("up");
    rig.watcher.done(&ToHolder::Kill);
    assert_eq!(rig.watcher.exited(), Exit::Signal(Signal::KILL));
    assert_eq!(rig.record().survivors, []);
}

#[test]
fn a_paused_program_can_be_stopped() {
    let mut rig = Rig::start(&script("echo up; kill -STOP $$; sleep 1000"));
    rig.attach().output("up");
    rig.watcher.done(&ToHolder::Stop { grace_ms: 60_000 });
    assert_eq!(rig.watcher.exited(), Exit::Signal(Signal::TERM));
}

#[test]
fn a_natural_end_leaves_what_was_left_running_and_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("left");
    // The hang-up of the terminal must not come before it has left the session.
    let text = format!(
        "setsid sh -c 'echo $$ >{0}; exec sleep 1000' & until test -s {0}; do :; done; exit 0",
        file.display()
    );
    let mut rig = Rig::start(&script(&text));
    assert_eq!(rig.watcher.exited(), Exit::Code(0));
    let left = pid_in(&file);
    let survivors = rig.record().survivors;
    assert_eq!(survivors.len(), 1, "{survivors:?}");
    assert_eq!(survivors[0].pid, left.pid.as_u32());
    assert!(process::is_alive(&left));
    assert_eq!(rig.ended(), Some(0));
    assert!(process::is_alive(&left));
    assert!(process::signal(&left, process::Signal::KILL).unwrap());
    wait_until_dead(&left);
}

#[test]
fn a_terminated_holder_stops_its_session_first() {
    let mut rig = Rig::start(&script("exec sleep 1000"));
    let holder = process::identity_of(rig.pid()).unwrap();
    for harmless in [process::Signal::HUP, process::Signal::INT, process::Signal::QUIT] {
        assert!(process::signal(&holder, harmless).unwrap());
    }
    rig.watcher.say(&ToHolder::Status);
    rig.watcher.status("an answer", |status| !status.stopping);
    assert!(process::signal(&holder, process::Signal::TERM).unwrap());
    assert_eq!(rig.watcher.exited(), Exit::Signal(Signal::TERM));
    assert_eq!(rig.record().exit, Exit::Signal(Signal::TERM));
}

/// As when the machine goes down: what a program says then is no end of its own.
#[test]
fn a_terminated_holder_writes_down_that_it_was_told_to_go() {
    for code in [0, 1] {
        let text = format!("trap 'exit {code}' TERM; echo up; while :; do sleep 0.05; done");
        let mut rig = Rig::start(&script(&text));
        rig.attach().output("up");
        let holder = process::identity_of(rig.pid()).unwrap();
        assert!(process::signal(&holder, process::Signal::TERM).unwrap());
        assert_eq!(rig.watcher.exited(), Exit::Code(code));
        let record = rig.record();
        assert_eq!((record.exit, record.told_to_go), (Exit::Code(code), true));
    }
}

/// The program, which is told at the same time, may be quicker.
#[test]
fn a_holder_that_is_told_to_go_after_its_program_was_writes_it_down_too() {
    let mut rig = Rig::start(&script("trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done"));
    rig.attach().output("up");
    let holder = process::identity_of(rig.pid()).unwrap();
    let status = rig.status("its program", |_| true);
    let child = Pid::new(status.child_pid).and_then(process::identity_of).unwrap();
    // Both find it when the holder goes on: the end of its program, and that it is to go.
    assert!(process::signal(&holder, process::Signal::STOP).unwrap());
    assert!(process::signal(&child, process::Signal::TERM).unwrap());
    wait_until_dead(&child);
    assert!(process::signal(&holder, process::Signal::TERM).unwrap());
    assert!(process::signal(&holder, process::Signal::CONT).unwrap());
    assert_eq!(rig.watcher.exited(), Exit::Code(0));
    assert!(rig.record().told_to_go);
}

#[test]
fn an_end_that_was_asked_for_was_not_told_by_a_signal() {
    let mut rig = Rig::start(&script("trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done"));
    rig.attach().output("up");
    rig.watcher.done(&ToHolder::Stop { grace_ms: 60_000 });
    assert_eq!(rig.watcher.exited(), Exit::Code(0));
    assert!(!rig.record().told_to_go);
    let mut rig = Rig::start(&script("exit 0"));
    assert_eq!(rig.watcher.exited(), Exit::Code(0));
    assert!(!rig.record().told_to_go, "nor was one of its own accord");
}
