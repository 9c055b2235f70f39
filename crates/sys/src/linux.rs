//! What differs on Linux. The twin of `macos.rs`: same names, same meaning.

use std::ffi::CStr;
use std::fs;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{Mode, inotify};
use rustix::net::{SocketAddrUnix, SocketFlags};
use rustix::process::PidfdFlags;
use rustix::time::{ClockId, clock_gettime};

use crate::poll::{Interest, Ready};
use crate::pressure;
use crate::process::{Identity, Pid, Process};
use crate::signals::Signal;
use crate::socket::STREAM;

/// As many connections as the kernel queues by default (`net.core.somaxconn` was 128).
const BACKLOG: i32 = 128;

/// As many descriptors as we ever ask for: more make the `close` loops of old programs
/// slow.
pub(crate) const FD_LIMIT_WANTED: u64 = 65_536;

/// Blocks of at least this size are mapped on their own and vanish when freed.
const MAP_BLOCKS_FROM: libc::c_int = 64 * 1024;

/// More than this much free heap at its end is given back.
const TRIM_FROM: libc::c_int = 128 * 1024;

/// The number of the first descriptor that a service manager passes, sd_listen_fds(3).
const FIRST_INHERITED: i32 = 3;

/// More sockets than this nobody passes to us.
const MOST_INHERITED: i32 = 16;

/// Now, on the clock and in the unit of [`Identity::start_time`].
pub(crate) fn start_clock() -> u64 {
    boot_ns() / (1_000_000_000 / rustix::param::clock_ticks_per_second())
}

pub(crate) fn boot_ns() -> u64 {
    let now = clock_gettime(ClockId::Boottime);
    let whole = u64::try_from(now.tv_sec).unwrap_or(0);
    whole * 1_000_000_000 + u64::try_from(now.tv_nsec).unwrap_or(0)
}

pub(crate) fn boot_id() -> String {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    id.trim_end().to_owned()
}

/// What the service manager has passed to this very process, sd_listen_fds(3). The name is
/// not looked at: what a socket is bound to says more.
#[expect(unsafe_code, reason = "descriptors that come by number have to be made owned")]
pub(crate) fn inherited_sockets(_name: &str) -> io::Result<Vec<OwnedFd>> {
    let number = |name: &str| std::env::var(name).ok()?.parse::<i32>().ok();
    let for_us = number("LISTEN_PID").and_then(|pid| u32::try_from(pid).ok());
    if for_us != Some(std::process::id()) {
        return Ok(Vec::new());
    }
    let count = number("LISTEN_FDS").unwrap_or(0).clamp(0, MOST_INHERITED);
    let open = |fd: &i32| {
        // SAFETY: F_GETFD only looks, whatever the number is.
        unsafe { libc::fcntl(*fd, libc::F_GETFD) >= 0 }
    };
    let owned = |fd: i32| {
        // SAFETY: the manager opened it for this process and nobody else here knows of it:
        // the caller asks once, before anything else could have been opened on its number.
        unsafe { OwnedFd::from_raw_fd(fd) }
    };
    Ok((FIRST_INHERITED..FIRST_INHERITED + count).filter(open).map(owned).collect())
}

/// Whether connections are accepted here. What is no socket at all listens to nobody.
pub(crate) fn is_listening(fd: &OwnedFd) -> bool {
    rustix::net::sockopt::socket_acceptconn(fd).unwrap_or(false)
}

/// The number of the device that a file stands for.
pub(crate) fn device_number(file: &rustix::fs::Stat) -> u64 {
    file.st_rdev
}

/// How bytes are sent: a peer that is gone is an error and no signal.
pub(crate) const SEND: rustix::net::SendFlags = rustix::net::SendFlags::NOSIGNAL;

/// How descriptors are received: closed when another program is executed.
pub(crate) const RECEIVE: rustix::net::RecvFlags = rustix::net::RecvFlags::CMSG_CLOEXEC;

pub(crate) fn be_frugal() {
    // Both are about memory only; a kernel that lacks them costs nothing but that.
    rustix::thread::disable_transparent_huge_pages(true).ok();
    #[cfg(target_env = "gnu")]
    set_malloc_options();
}

#[cfg(target_env = "gnu")]
#[expect(unsafe_code, reason = "the allocator's knobs are only reachable through libc")]
fn set_malloc_options() {
    // SAFETY: mallopt(3) takes plain numbers and locks the allocator itself.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, MAP_BLOCKS_FROM);
        libc::mallopt(libc::M_TRIM_THRESHOLD, TRIM_FROM);
        // A second thread shares the heap of the first, or what it leaves there stays.
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}

#[expect(unsafe_code, reason = "the allocator's knobs are only reachable through libc")]
pub(crate) fn trim() {
    #[cfg(target_env = "gnu")]
    // SAFETY: malloc_trim(3) takes a plain number and locks the allocator itself.
    unsafe {
        libc::malloc_trim(0)
    };
}

/// Where it can be asked to be told of pressure on memory, best first: see
/// [`crate::pressure`]. A group's own file takes triggers only from whom it belongs to.
pub(crate) fn pressure_files() -> Vec<PathBuf> {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let own = own.lines().find_map(|line| line.strip_prefix("0::")).unwrap_or_default();
    let root = Path::new("/sys/fs/cgroup");
    let file = |group: &str| root.join(group.trim_start_matches('/')).join("memory.pressure");
    let us = rustix::process::geteuid().as_raw();
    let is_ours = |file: &PathBuf| fs::metadata(file).is_ok_and(|found| found.uid() == us);
    let groups = pressure::groups(own).into_iter().map(file).filter(is_ours);
    groups.chain(["/proc/pressure/memory".into()]).collect()
}

pub(crate) fn become_subreaper() -> io::Result<()> {
    // Which pid is passed does not matter, only that there is one (prctl(2)).
    Ok(rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?)
}

pub(crate) fn set_name(name: &CStr) {
    // Names nothing but a row in `ps`.
    rustix::thread::set_name(name).ok();
}

/// What `/proc/PID/stat` says of one process.
pub(crate) fn process(pid: Pid) -> Option<Process> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    parse_stat(pid, &stat)
}

/// One pass over the process table.
pub(crate) fn processes() -> Vec<Process> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(Pid::new)
        .filter_map(process)
        .collect()
}

/// The children of a process, those of all its threads; nothing where the kernel keeps no
/// lists of them, proc_tid_children(5).
pub(crate) fn children(pid: Pid) -> Option<Vec<Pid>> {
    let mut found = Vec::new();
    // Gone in the meantime: whoever it had belongs to somebody else now.
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return Some(found) };
    for thread in threads.flatten() {
        match fs::read_to_string(thread.path().join("children")) {
            Ok(list) => {
                let pids = list.split_ascii_whitespace().filter_map(|pid| pid.parse().ok());
                found.extend(pids.filter_map(Pid::new));
            }
            // The thread is gone, or the kernel has no such file at all.
            Err(_) if thread.path().exists() => return None,
            Err(_) => {}
        }
    }
    Some(found)
}

/// Reads proc_pid_stat(5): `pid (name) state ppid pgrp session …`, the start time being
/// the 22nd field. The name may contain anything, so the last `)` ends it.
fn parse_stat(pid: Pid, stat: &[u8]) -> Option<Process> {
    let open = stat.iter().position(|&b| b == b'(')?;
    let close = stat.iter().rposition(|&b| b == b')')?;
    let name = String::from_utf8_lossy(stat.get(open + 1..close)?).into_owned();
    let rest = std::str::from_utf8(stat.get(close + 1..)?).ok()?;
    let mut fields = rest.split_ascii_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    let session = fields.next()?.parse().ok()?;
    let start_time = fields.nth(15)?.parse().ok()?;
    let identity = Identity { pid, start_time };
    let zombie = matches!(state, "Z" | "X" | "x");
    let stopped = state == "T";
    Some(Process { identity, parent, group, session, zombie, stopped, name })
}

pub(crate) fn signal(identity: &Identity, signal: Signal) -> io::Result<bool> {
    let Some((pid, named)) = identity.pid.rustix().zip(crate::process::named(signal)) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let pinned = match rustix::process::pidfd_open(pid, PidfdFlags::empty()) {
        Ok(pidfd) => Some(pidfd),
        Err(rustix::io::Errno::SRCH) => return Ok(false),
        // A kernel or a sandbox without pidfds: a small window for a reused pid is left.
        Err(_) => None,
    };
    if !crate::process::is_alive(identity) {
        return Ok(false);
    }
    crate::process::found(match pinned {
        Some(pidfd) => rustix::process::pidfd_send_signal(pidfd, named),
        None => rustix::process::kill_process(pid, named),
    })
}

/// A descriptor that is readable once the process has ended.
pub(crate) fn exit_watch(pid: Pid) -> io::Result<OwnedFd> {
    let pid = pid.rustix().ok_or(io::ErrorKind::InvalidInput)?;
    Ok(rustix::process::pidfd_open(pid, PidfdFlags::empty())?)
}

/// Keeps every descriptor from `first` on away from the program that is about to be
/// executed. Async-signal-safe. Kernels before 5.11 lack it, and there every descriptor
/// of ours is close-on-exec on its own.
#[expect(unsafe_code, reason = "rustix has no close_range(2)")]
pub(crate) fn close_on_exec_from(first: u32) {
    // SAFETY: only sets flags; takes plain numbers.
    unsafe {
        libc::syscall(libc::SYS_close_range, first, u32::MAX, libc::CLOSE_RANGE_CLOEXEC);
    }
}

pub(crate) fn wait(interests: &mut [Interest<'_>], limit: Option<Duration>) -> io::Result<usize> {
    let limit = limit.map(|limit| Timespec {
        tv_sec: i64::try_from(limit.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: limit.subsec_nanos().into(),
    });
    let mut fds: Vec<PollFd<'_>> = interests
        .iter()
        .map(|interest| {
            let mut events = PollFlags::empty();
            events.set(PollFlags::IN, interest.read);
            events.set(PollFlags::OUT, interest.write);
            PollFd::from_borrowed_fd(interest.fd, events)
        })
        .collect();
    let count = rustix::event::poll(&mut fds, limit.as_ref())?;
    for (interest, fd) in interests.iter_mut().zip(&fds) {
        let seen = fd.revents();
        let broken = seen.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL);
        interest.ready = Ready {
            read: seen.contains(PollFlags::IN) || (interest.read && broken),
            write: seen.contains(PollFlags::OUT) || (interest.write && broken),
            hangup: broken,
        };
    }
    Ok(count)
}

pub(crate) fn unix_socket() -> io::Result<OwnedFd> {
    let (family, kind) = STREAM;
    Ok(rustix::net::socket_with(family, kind, SocketFlags::CLOEXEC, None)?)
}

/// Binds with mode 0600 from the first instant: the mode of an unbound socket becomes
/// that of its file.
pub(crate) fn bind_private(path: &Path) -> io::Result<UnixListener> {
    let socket = unix_socket()?;
    rustix::fs::fchmod(&socket, Mode::RUSR | Mode::WUSR)?;
    rustix::net::bind(&socket, &SocketAddrUnix::new(path)?)?;
    rustix::net::listen(&socket, BACKLOG)?;
    Ok(UnixListener::from(socket))
}

/// Not by rustix: to it every peer has a process id, and one that is outside of our pid
/// namespace has none (unix(7), pid_namespaces(7)). So it is for a program in a sandbox.
#[expect(unsafe_code, reason = "rustix cannot tell of a peer without a process id")]
pub(crate) fn peer_uid(socket: BorrowedFd<'_>) -> io::Result<u32> {
    let mut peer = libc::ucred { pid: 0, uid: u32::MAX, gid: u32::MAX };
    let size = size_of::<libc::ucred>();
    let mut length = libc::socklen_t::try_from(size).unwrap_or_default();
    // SAFETY: the descriptor is open, and both pointers are to values of ours that live
    // longer than the call and of which the kernel writes no more than `length` says.
    let refused = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut peer).cast(),
            &raw mut length,
        )
    };
    match (refused, usize::try_from(length)) {
        (0, Ok(length)) if length == size => Ok(peer.uid),
        (0, _) => Err(io::ErrorKind::InvalidData.into()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// See [`crate::watch::DirWatch`].
#[derive(Debug)]
pub(crate) struct DirWatch {
    inotify: OwnedFd,
}

impl DirWatch {
    pub(crate) fn new(dir: &Path) -> io::Result<Self> {
        let flags = inotify::CreateFlags::NONBLOCK | inotify::CreateFlags::CLOEXEC;
        let inotify = inotify::init(flags)?;
        let events = inotify::WatchFlags::MODIFY
            | inotify::WatchFlags::CREATE
            | inotify::WatchFlags::MOVED_TO
            | inotify::WatchFlags::DELETE_SELF
            | inotify::WatchFlags::ONLYDIR;
        inotify::add_watch(&inotify, dir, events)?;
        Ok(Self { inotify })
    }

    pub(crate) fn drain(&mut self) -> io::Result<bool> {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut any = false;
        loop {
            match rustix::io::read(&self.inotify, &mut buffer) {
                Ok(_) => any = true,
                Err(rustix::io::Errno::AGAIN) => return Ok(any),
                Err(rustix::io::Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

impl AsFd for DirWatch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inotify.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_blanks_is_read() {
        let stat = b"42 (a) b) (c) S 7 42 40 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 12345 0 0";
        let found = parse_stat(Pid::new(42).unwrap(), stat).unwrap();
        assert_eq!(found.name, "a) b) (c");
        assert_eq!((found.parent, found.group, found.session), (7, 42, 40));
        assert_eq!(found.identity.start_time, 12345);
        assert!(!found.zombie);
        assert_eq!(parse_stat(Pid::new(42).unwrap(), b"42 (half"), None);
    }
}
