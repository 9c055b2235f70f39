//! Processes as the kernel tells of them.

use std::fs;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::wait::{self, Deadline};

/// A process, held by a descriptor so that its number cannot come to mean another one.
#[derive(Debug)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    fd: OwnedFd,
}

impl Process {
    /// The process with this number, or nothing when there is none.
    pub fn find(pid: u32) -> Option<Self> {
        let number = Pid::from_raw(i32::try_from(pid).ok()?)?;
        match pidfd_open(number, PidfdFlags::empty()) {
            Ok(fd) => Some(Self { pid, fd }),
            Err(Errno::SRCH) => None,
            Err(error) => panic!("pidfd_open({pid}): {error}"),
        }
    }

    /// The process with this number.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub fn of(pid: u32) -> Self {
        Self::find(pid).unwrap_or_else(|| panic!("there is no process {pid}"))
    }

    /// Sends a signal; one that has ended does not mind.
    pub fn signal(&self, signal: Signal) {
        match pidfd_send_signal(&self.fd, signal) {
            Ok(()) | Err(Errno::SRCH) => {}
            Err(error) => panic!("signal {signal:?} to {self:?}: {error}"),
        }
    }

    /// Whether it has ended (perhaps nobody has collected it yet).
    pub fn is_over(&self) -> bool {
        self.is_over_within(Duration::ZERO)
    }

    /// Waits at most `limit` for its end; whether it came.
    pub fn is_over_within(&self, limit: Duration) -> bool {
        wait::readable(self.fd.as_fd(), Deadline::after(limit))
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When it does not come.
    #[track_caller]
    pub fn wait_over(&self) {
        assert!(self.is_over_within(wait::LIMIT), "still there: {}", describe(self.pid));
    }

    /// Ends it at once, and waits until it has.
    #[track_caller]
    pub fn kill(&self) {
        self.signal(Signal::KILL);
        self.wait_over();
    }
}

/// Waits until the process with this number is over; none at all is over.
#[track_caller]
pub fn wait_over(pid: u32) {
    if let Some(process) = Process::find(pid) {
        process.wait_over();
    }
}

/// Whether a process with this number runs.
pub fn runs(pid: u32) -> bool {
    Process::find(pid).is_some_and(|process| !process.is_over())
}

/// All processes that carry `value` in an environment variable of any name.
pub fn that_know(value: &Path) -> Vec<u32> {
    let needle = [b"=", value.as_os_str().as_bytes()].concat();
    let entries = fs::read_dir("/proc").unwrap();
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|&pid: &u32| pid != std::process::id())
        .filter(|pid| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|&byte| byte == 0).any(|variable| variable.ends_with(&needle))
        })
        .filter(|&pid| runs(pid))
        .collect()
}

/// A process as one line, for messages.
pub fn describe(pid: u32) -> String {
    let field = |name: &str| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    format!("{pid} `{}` ({}, parent {})", command_line(pid), field("State"), field("PPid"))
}

/// The arguments of a process, with blanks between them.
pub fn command_line(pid: u32) -> String {
    let raw = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&raw).replace('\0', " ").trim().to_owned()
}

/// The value of a variable in the environment a process was started with.
pub fn variable(pid: u32, name: &str) -> Option<String> {
    let raw = fs::read(format!("/proc/{pid}/environ")).ok()?;
    let prefix = format!("{name}=");
    raw.split(|&byte| byte == 0)
        .map(String::from_utf8_lossy)
        .find_map(|variable| variable.strip_prefix(&prefix).map(str::to_owned))
}

/// Memory that a process alone uses and has in core, in KiB.
pub fn memory_kib(pid: u32) -> u64 {
    status_kib(pid, "RssAnon:")
}

/// What of the memory in core is a process's own share (PSS), in KiB, proc_pid_smaps(5).
pub fn share_kib(pid: u32) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
    let line = rollup.lines().find(|line| line.starts_with("Pss:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn status_kib(pid: u32, field: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// The letter of a process's state: `R`, `S`, `T`…
pub fn state(pid: u32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.trim_start().chars().next()
}

/// Parent of a process.
pub fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// How often the threads of a process went to sleep by themselves: each is a wake-up.
pub fn voluntary_switches(pid: u32) -> u64 {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    tasks
        .filter_map(|task| fs::read_to_string(task.ok()?.path().join("status")).ok())
        .filter_map(|status| {
            let line = status.lines().find(|line| line.starts_with("voluntary_ctxt_switches"))?;
            line.split_whitespace().nth(1)?.parse::<u64>().ok()
        })
        .sum()
}

/// The children of a process, those included that ended and were not collected.
pub fn children(pid: u32) -> Vec<u32> {
    fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|&child| parent(child) == Some(pid))
        .collect()
}
