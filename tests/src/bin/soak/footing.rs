//! What the daemon holds when everything is at rest.

use std::fmt;
use std::fs;
use std::path::Path;

use app_tests::{Home, process, wait};

/// Live sessions at every time of rest.
const SESSIONS: usize = 20;

/// What the daemon's memory may differ by, in KiB, between two times of rest: what the
/// allocator keeps for later is not the same twice.
const SLACK_KIB: u64 = 2 << 10;

/// What is held for the same few sessions.
#[derive(Debug)]
pub(crate) struct Footing {
    daemon: u32,
    memory_kib: u64,
    descriptors: usize,
    /// Sockets and locks.
    runtime_files: usize,
    /// Directories of sessions.
    directories: usize,
}

impl Footing {
    /// Removes every session, makes the same few, and looks.
    pub(crate) fn at_rest(home: &Home) -> Self {
        let daemon = home.daemon_pid();
        let ids = home.ls_all().into_iter().map(|view| view["id"].as_str().unwrap().to_owned());
        let gone: Vec<String> = ["rm".into(), "--force".into()].into_iter().chain(ids).collect();
        if gone.len() > 2 {
            home.appctl(gone).ok();
        }
        for number in 0..SESSIONS {
            home.start(&format!("at-rest-{number}"), &["sleep", "1000"]);
        }
        assert_eq!(home.ls_all().len(), SESSIONS);
        let descriptors = || files_in(Path::new(&format!("/proc/{daemon}/fd")));
        // Clients that were killed are noticed in a moment, and files are deleted beside.
        wait::until_still(std::time::Duration::from_millis(500), "leaving", || {
            let sessions = files_in(&home.state_dir().join("sessions"));
            (descriptors() + sessions) as u64
        });
        Self {
            daemon,
            memory_kib: process::share_kib(daemon),
            descriptors: descriptors(),
            runtime_files: files_in(&home.runtime_dir())
                + files_in(&home.runtime_dir().join("run")),
            directories: files_in(&home.state_dir().join("sessions")),
        }
    }

    /// That of the same daemon, for the same sessions, is no more than before.
    pub(crate) fn has_not_grown_since(&self, before: &Self) {
        assert_eq!(self.daemon, before.daemon, "nobody killed the daemon, and it is another one");
        assert_eq!(self.descriptors, before.descriptors, "descriptors leak");
        assert_eq!(self.runtime_files, before.runtime_files, "sockets are left");
        assert_eq!(self.directories, before.directories, "directories of sessions are left");
        let most = before.memory_kib + SLACK_KIB;
        assert!(self.memory_kib <= most, "{before}, and then {self}: memory leaks");
    }
}

impl fmt::Display for Footing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { memory_kib, descriptors, runtime_files, directories, .. } = self;
        write!(
            f,
            "{memory_kib} KiB, {descriptors} files open, {runtime_files} sockets and locks, \
             {directories} directories"
        )
    }
}

fn files_in(dir: &Path) -> usize {
    fs::read_dir(dir).unwrap().count()
}
