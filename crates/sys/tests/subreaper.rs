//! A process that adopts orphans and collects them.
//!
//! One test, hence one process: `reap` takes the children of everybody in it.

use std::os::fd::OwnedFd;
use std::path::PathBuf;

use app_sys::process::{self, Pid};
use app_sys::spawn::{Launch, Stdio, launch};
use app_sys::{poll, signals};

#[test]
#[cfg(target_os = "linux")]
fn an_orphan_becomes_our_child_and_is_collected() {
    use std::io::{BufRead as _, BufReader};

    process::become_subreaper().unwrap();
    let mut signals = signals::Signals::new(&[signals::Signal::CHLD]).unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    let stdout = OwnedFd::from(writer);
    let stderr = stdout.try_clone().unwrap();
    let child = launch(Launch {
        argv: ["sh", "-c", "setsid sleep 1000 & echo $!; exit 3"].map(Into::into).to_vec(),
        cwd: PathBuf::from("/"),
        env: vec![("PATH".into(), "/usr/bin:/bin".into())],
        stdio: Stdio::Files { stdout, stderr },
        claim: None,
    })
    .unwrap();
    let mut line = String::new();
    BufReader::new(reader).read_line(&mut line).unwrap();
    let orphan = Pid::new(line.trim().parse().unwrap()).unwrap();

    let mut next = || {
        loop {
            if let Some(reaped) = process::reap().next() {
                return reaped;
            }
            poll::readable(&signals, None).unwrap();
            signals.drain();
        }
    };
    let (pid, status) = next();
    assert_eq!((pid, status.code()), (child.pid(), Some(3)));

    assert!(process::has_children());
    let me = Pid::of_this_process().unwrap();
    let below = process::descendants(me);
    assert_eq!(below.len(), 1, "{below:?}");
    assert_eq!(below[0].identity.pid, orphan);
    assert_eq!(below[0].parent, me.as_u32());

    assert!(process::signal(&below[0].identity, process::Signal::KILL).unwrap());
    assert_eq!(next().0, orphan);
    assert_eq!(process::descendants(me), []);
    assert_eq!(process::reap().count(), 0);
    assert!(!process::has_children());
}
