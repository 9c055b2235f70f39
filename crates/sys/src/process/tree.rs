//! Other processes: identity, life, descent, signals.
//!
//! # Invariants
//!
//! 1. A [`Pid`] is at least 2: neither "every process" (-1), nor "my group" (0), nor
//!    init (1) can be signalled by mistake.
//! 2. [`signal`] reaches the process that was meant or nobody: on Linux the process is
//!    pinned by a pidfd before its start time is compared.
//! 3. A zombie is dead: it runs no code and answers no signal.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::os::fd::OwnedFd;

use crate::os;
use crate::signals::Signal;

/// A process id that is safe to signal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pid(i32);

impl Pid {
    /// The id, unless it is one that must never be signalled (invariant 1).
    pub fn new(raw: u32) -> Option<Self> {
        i32::try_from(raw).ok().filter(|&raw| raw > 1).map(Self)
    }

    /// This process.
    pub fn of_this_process() -> Option<Self> {
        Self::new(std::process::id())
    }

    /// The number.
    pub fn as_u32(self) -> u32 {
        self.0.unsigned_abs()
    }

    pub(crate) fn rustix(self) -> Option<rustix::process::Pid> {
        rustix::process::Pid::from_raw(self.0)
    }
}

impl fmt::Display for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// One process of one boot: a pid may be reused, a pid with its start time is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// Its id.
    pub pid: Pid,
    /// When it started, in the system's own unit: good for comparing only.
    pub start_time: u64,
}

/// A process as one look at the process table shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Which process.
    pub identity: Identity,
    /// The process it belongs to now; 1 or a subreaper once its maker is gone.
    pub parent: u32,
    /// Its process group.
    pub group: u32,
    /// Its session.
    pub session: u32,
    /// It has ended and was not yet waited for.
    pub zombie: bool,
    /// It was stopped by a signal and does not run until it is told to go on.
    pub stopped: bool,
    /// Its name, as the kernel knows it.
    pub name: String,
}

/// Looks up who has this pid now.
pub fn identity_of(pid: Pid) -> Option<Identity> {
    process_of(pid).map(|process| process.identity)
}

/// Looks up all that the process table says of who has this pid now.
pub fn process_of(pid: Pid) -> Option<Process> {
    os::process(pid)
}

/// Whether exactly this process still runs (invariant 3).
pub fn is_alive(identity: &Identity) -> bool {
    os::process(identity.pid)
        .is_some_and(|process| process.identity == *identity && !process.zombie)
}

/// A descriptor that is readable once exactly this process has ended, whoever its parent
/// is. `None` means that it is gone already.
pub fn watch_exit(identity: &Identity) -> io::Result<Option<OwnedFd>> {
    let watch = match os::exit_watch(identity.pid) {
        Ok(watch) => watch,
        Err(error) if error.raw_os_error() == Some(libc::ESRCH) => return Ok(None),
        Err(error) => return Err(error),
    };
    // Compared after the process was pinned: the pid cannot change hands any more.
    Ok(is_alive(identity).then_some(watch))
}

/// Sends a signal to exactly this process. `false` means that it is gone.
pub fn signal(identity: &Identity, signal: Signal) -> io::Result<bool> {
    os::signal(identity, signal)
}

/// Sends a signal to a whole process group. `false` means that it is empty.
///
/// Only for the group of a child that was not yet waited for: its pid, and therefore
/// the group's, cannot have been given to anybody else.
pub fn signal_group(leader: Pid, signal: Signal) -> io::Result<bool> {
    let Some((leader, signal)) = leader.rustix().zip(named(signal)) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    found(rustix::process::kill_process_group(leader, signal))
}

/// The signal as rustix knows it.
pub(crate) fn named(signal: Signal) -> Option<rustix::process::Signal> {
    rustix::process::Signal::from_named_raw(signal.number())
}

/// "No such process" is an answer, not an error.
pub(crate) fn found(sent: rustix::io::Result<()>) -> io::Result<bool> {
    match sent {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::SRCH) => Ok(false),
        Err(errno) => Err(errno.into()),
    }
}

/// All processes below `ancestor`, parents before children, zombies included.
///
/// One pass over the process table; a process that forks during the pass can be missed,
/// so who wants all of them gone asks again until nothing is left.
pub fn descendants(ancestor: Pid) -> Vec<Process> {
    let mut by_parent: HashMap<u32, Vec<Process>> = HashMap::new();
    for process in os::processes() {
        by_parent.entry(process.parent).or_default().push(process);
    }
    let mut found = by_parent.remove(&ancestor.as_u32()).unwrap_or_default();
    let mut next = 0;
    while let Some(parent) = found.get(next) {
        // `remove` also guards against a cycle, should a pid be reused during the pass.
        let children = by_parent.remove(&parent.identity.pid.as_u32());
        found.extend(children.unwrap_or_default());
        next += 1;
    }
    found
}

/// What runs below this process, zombies not counted: nothing only when there is nothing.
///
/// Where the kernel lists the children of a process this takes no time that grows with
/// everything else on the machine. Such a list can lack one while another ends, as
/// [`descendants`] can lack one that forks; it is believed only as far as it goes.
pub fn below_this() -> Vec<Process> {
    // Whoever is below an orphan, or below a child, is below a child.
    if !super::has_children() {
        return Vec::new();
    }
    let Some(me) = Pid::of_this_process() else { return Vec::new() };
    let mut below = listed_below(me).unwrap_or_default();
    below.retain(|process| !process.zombie);
    if below.is_empty() {
        below = descendants(me);
        below.retain(|process| !process.zombie);
    }
    below
}

/// The same as [`descendants`], by the lists of children that the kernel keeps, if it does.
fn listed_below(ancestor: Pid) -> Option<Vec<Process>> {
    Some(pids_below(ancestor)?.into_iter().filter_map(os::process).collect())
}

/// Who is below `ancestor`, parents before children, where the kernel lists the children of a
/// process; elsewhere nothing.
pub fn pids_below(ancestor: Pid) -> Option<Vec<Pid>> {
    let mut found = os::children(ancestor)?;
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        for child in os::children(parent)? {
            // One that is found twice was given another parent in between.
            if !found.contains(&child) {
                found.push(child);
            }
        }
        next += 1;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Child, Command, Stdio};

    use super::*;
    use crate::poll;

    fn sleeper() -> (Child, Identity) {
        let child = Command::new("sleep").arg("1000").spawn().unwrap();
        let pid = Pid::new(child.id()).unwrap();
        (child, identity_of(pid).unwrap())
    }

    #[test]
    fn a_pid_that_must_not_be_signalled_cannot_be_made() {
        for bad in [0, 1, u32::MAX, 1 << 31] {
            assert_eq!(Pid::new(bad), None);
        }
        assert_eq!(Pid::of_this_process().unwrap().as_u32(), std::process::id());
    }

    #[test]
    fn a_signal_reaches_the_process_that_was_meant_and_no_other() {
        let (mut child, identity) = sleeper();
        assert!(is_alive(&identity));
        let impostor = Identity { start_time: identity.start_time + 1, ..identity };
        assert!(!is_alive(&impostor));
        assert!(!signal(&impostor, Signal::KILL).unwrap());
        assert!(watch_exit(&impostor).unwrap().is_none());
        let watch = watch_exit(&identity).unwrap().unwrap();
        assert!(signal(&identity, Signal::TERM).unwrap());
        // Not `wait` yet: the zombie must count as dead.
        assert!(poll::readable(&watch, None).unwrap());
        assert!(!is_alive(&identity), "a zombie is dead");
        child.wait().unwrap();
        assert_eq!(identity_of(identity.pid), None);
        assert!(!signal(&identity, Signal::TERM).unwrap());
        assert!(watch_exit(&identity).unwrap().is_none());
    }

    #[test]
    fn descendants_are_found_over_generations_with_their_names() {
        let mut child = Command::new("sh")
            .args(["-c", "sh -c 'cat; :'; :"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // What `cat` hands back proves that it is no longer the shell that forked it.
        child.stdin.as_mut().unwrap().write_all(b"up").unwrap();
        poll::readable(child.stdout.as_ref().unwrap(), None).unwrap();
        let below = descendants(Pid::new(child.id()).unwrap());
        assert_eq!(below.len(), 2, "{below:?}");
        assert_eq!(below[0].parent, child.id());
        assert_eq!(below[1].parent, below[0].identity.pid.as_u32());
        assert_eq!(below[1].name, "cat");
        if let Some(listed) = listed_below(Pid::new(child.id()).unwrap()) {
            assert_eq!(listed, below, "the kernel's own lists say the same");
        }
        let ours = below_this();
        assert!(below.iter().all(|process| ours.contains(process)), "{ours:?}");
        for process in below.iter().rev() {
            signal(&process.identity, Signal::KILL).unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
