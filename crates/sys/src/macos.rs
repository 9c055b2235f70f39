//! What differs on macOS. The twin of `linux.rs`: same names, same meaning.

use std::collections::HashSet;
use std::ffi::{CStr, CString, OsString};
use std::fs::{self, File};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use rustix::event::kqueue::{Event, EventFilter, EventFlags, ProcessEvents, VnodeEvents};
use rustix::event::{FdSetElement, Timespec, fd_set_insert, fd_set_num_elements};

use crate::poll::{Interest, Ready};
use crate::process::{Identity, Pid, Process};
use crate::signals::Signal;
use crate::socket::STREAM;

/// `setrlimit` refuses more than `OPEN_MAX` (sys/syslimits.h), whatever the hard limit.
pub(crate) const FD_LIMIT_WANTED: u64 = 10_240;

/// Descriptors that are looked at before exec; those of ours are close-on-exec anyway.
const FDS_CLOSED_BEFORE_EXEC: i32 = 256;

#[repr(C)]
#[derive(Clone, Copy)]
struct Timebase {
    numerator: u32,
    denominator: u32,
}

#[expect(unsafe_code, reason = "the clock that counts sleep is only in libSystem")]
unsafe extern "C" {
    fn mach_continuous_time() -> u64;
    fn mach_timebase_info(info: *mut Timebase) -> libc::c_int;
}

#[expect(unsafe_code, reason = "launchd gives sockets only through libSystem")]
unsafe extern "C" {
    fn launch_activate_socket(
        name: *const libc::c_char,
        fds: *mut *mut libc::c_int,
        count: *mut libc::size_t,
    ) -> libc::c_int;
}

/// launchd gives nothing else, and here the kernel does not say (`SO_ACCEPTCONN`).
pub(crate) fn is_listening(_fd: &OwnedFd) -> bool {
    true
}

/// The sockets that launchd has opened for this job under that name, launch.h. None when
/// launchd did not start us.
#[expect(unsafe_code, reason = "launchd gives sockets only through libSystem")]
pub(crate) fn inherited_sockets(name: &str) -> io::Result<Vec<OwnedFd>> {
    let name = CString::new(name)?;
    let (mut fds, mut count) = (std::ptr::null_mut(), 0);
    // SAFETY: the name ends with a nul, and both places are ours to be filled in.
    let refused = unsafe { launch_activate_socket(name.as_ptr(), &raw mut fds, &raw mut count) };
    match refused {
        0 => {}
        libc::ENOENT | libc::ESRCH => return Ok(Vec::new()),
        errno => return Err(io::Error::from_raw_os_error(errno)),
    }
    // SAFETY: it has filled in so many numbers of descriptors, which are now ours alone.
    let owned = unsafe { std::slice::from_raw_parts(fds, count) }
        .iter()
        // SAFETY: see above.
        .map(|&fd| unsafe { OwnedFd::from_raw_fd(fd) })
        .collect();
    // SAFETY: the list was allocated for the caller, who frees it.
    unsafe { libc::free(fds.cast()) };
    Ok(owned)
}

/// Now, on the clock and in the unit of [`Identity::start_time`].
pub(crate) fn start_clock() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    now.tv_sec.unsigned_abs() * 1_000_000 + now.tv_nsec.unsigned_abs() / 1_000
}

#[expect(unsafe_code, reason = "the clock that counts sleep is only in libSystem")]
pub(crate) fn boot_ns() -> u64 {
    static BASE: OnceLock<Timebase> = OnceLock::new();
    let base = BASE.get_or_init(|| {
        let mut base = Timebase { numerator: 1, denominator: 1 };
        // SAFETY: fills the structure that it is given.
        unsafe { mach_timebase_info(&raw mut base) };
        base
    });
    // SAFETY: takes nothing and returns a number.
    let ticks = u128::from(unsafe { mach_continuous_time() });
    let nanos = ticks * u128::from(base.numerator) / u128::from(base.denominator.max(1));
    u64::try_from(nanos).unwrap_or(u64::MAX)
}

#[expect(unsafe_code, reason = "only libc has sysctlbyname(3)")]
pub(crate) fn boot_id() -> String {
    let mut id = [0_u8; 64];
    let mut length = id.len();
    // SAFETY: the buffer is `length` bytes long, and nothing is set.
    let failed = unsafe {
        libc::sysctlbyname(
            c"kern.bootsessionuuid".as_ptr(),
            id.as_mut_ptr().cast(),
            &raw mut length,
            std::ptr::null_mut(),
            0,
        )
    };
    if failed != 0 {
        return String::new();
    }
    let text = id[..length.min(id.len())].split(|&b| b == 0).next().unwrap_or_default();
    String::from_utf8_lossy(text).into_owned()
}

/// The number of the device that a file stands for.
pub(crate) fn device_number(file: &rustix::fs::Stat) -> u64 {
    file.st_rdev.cast_unsigned().into()
}

/// How bytes are sent. The signal for a peer that is gone is ignored by all our programs.
pub(crate) const SEND: rustix::net::SendFlags = rustix::net::SendFlags::empty();

/// The system's allocator needs no advice.
/// How descriptors are received; they are marked afterwards.
pub(crate) const RECEIVE: rustix::net::RecvFlags = rustix::net::RecvFlags::empty();

pub(crate) fn be_frugal() {}

/// The system's allocator needs no advice.
pub(crate) fn trim() {}

/// Nothing here tells of it in a way that could be waited for as on Linux.
pub(crate) fn pressure_files() -> Vec<PathBuf> {
    Vec::new()
}

/// There are no subreapers: a double fork escapes to launchd.
pub(crate) fn become_subreaper() -> io::Result<()> {
    Ok(())
}

#[expect(unsafe_code, reason = "only libc has pthread_setname_np(3)")]
pub(crate) fn set_name(name: &CStr) {
    // SAFETY: the string is NUL-terminated and is copied.
    unsafe { libc::pthread_setname_np(name.as_ptr()) };
}

/// What `proc_pidinfo` says of one process.
#[expect(unsafe_code, reason = "only libproc knows other processes")]
pub(crate) fn process(pid: Pid) -> Option<Process> {
    let mut info = MaybeUninit::<libc::proc_bsdinfo>::zeroed();
    let size = libc::c_int::try_from(size_of::<libc::proc_bsdinfo>()).ok()?;
    let number = libc::c_int::try_from(pid.as_u32()).ok()?;
    // SAFETY: the buffer has exactly `size` bytes.
    let filled = unsafe {
        libc::proc_pidinfo(number, libc::PROC_PIDTBSDINFO, 0, info.as_mut_ptr().cast(), size)
    };
    if filled != size {
        return None;
    }
    // SAFETY: it was zeroed, which is valid for this plain data, and then filled.
    let info = unsafe { info.assume_init() };
    let start_time = info.pbi_start_tvsec * 1_000_000 + info.pbi_start_tvusec;
    let name: Vec<u8> =
        info.pbi_comm.iter().take_while(|&&c| c != 0).map(|c| c.to_ne_bytes()[0]).collect();
    let session = rustix::process::getsid(pid.rustix()).map_or(0, |sid| sid.as_raw_nonzero().get());
    Some(Process {
        identity: Identity { pid, start_time },
        parent: info.pbi_ppid,
        group: info.pbi_pgid,
        session: session.unsigned_abs(),
        zombie: info.pbi_status == libc::SZOMB,
        stopped: info.pbi_status == libc::SSTOP,
        name: String::from_utf8_lossy(&name).into_owned(),
    })
}

/// There are no such lists here.
pub(crate) fn children(_of: Pid) -> Option<Vec<Pid>> {
    None
}

/// One pass over the process table.
#[expect(unsafe_code, reason = "only libproc knows other processes")]
pub(crate) fn processes() -> Vec<Process> {
    // SAFETY: without a buffer it only says how many there are.
    let count = unsafe { libc::proc_listallpids(std::ptr::null_mut(), 0) };
    // Some more, for those that start in between.
    let room = usize::try_from(count).unwrap_or(0) + 64;
    let mut pids = vec![0_i32; room];
    let bytes = libc::c_int::try_from(room * size_of::<i32>()).unwrap_or(0);
    // SAFETY: the buffer has exactly `bytes` bytes.
    let count = unsafe { libc::proc_listallpids(pids.as_mut_ptr().cast(), bytes) };
    pids.truncate(usize::try_from(count).unwrap_or(0));
    pids.into_iter()
        .filter_map(|pid| u32::try_from(pid).ok().and_then(Pid::new))
        .filter_map(process)
        .collect()
}

pub(crate) fn signal(identity: &Identity, signal: Signal) -> io::Result<bool> {
    let Some((pid, named)) = identity.pid.rustix().zip(crate::process::named(signal)) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    if !crate::process::is_alive(identity) {
        return Ok(false);
    }
    crate::process::found(rustix::process::kill_process(pid, named))
}

/// A descriptor that is readable once the process has ended.
pub(crate) fn exit_watch(pid: Pid) -> io::Result<OwnedFd> {
    let queue = rustix::event::kqueue::kqueue()?;
    rustix::io::fcntl_setfd(&queue, rustix::io::FdFlags::CLOEXEC)?;
    let pid = pid.rustix().ok_or(io::ErrorKind::InvalidInput)?;
    let filter = EventFilter::Proc { pid, flags: ProcessEvents::EXIT };
    change(&queue, &[Event::new(filter, EventFlags::ADD, std::ptr::null_mut())])?;
    Ok(queue)
}

#[expect(unsafe_code, reason = "kevent(2) trusts the descriptors in its list")]
fn change(queue: &OwnedFd, changes: &[Event]) -> io::Result<()> {
    // SAFETY: the descriptors in `changes` outlive the queue, or name processes only.
    unsafe {
        rustix::event::kqueue::kevent_timespec(
            queue,
            changes,
            &mut [] as &mut [Event],
            Some(&Timespec { tv_sec: 0, tv_nsec: 0 }),
        )
    }?;
    Ok(())
}

/// Keeps descriptors from `first` on away from the program that is about to be executed.
/// Async-signal-safe.
#[expect(unsafe_code, reason = "any number may be a descriptor that somebody left open")]
pub(crate) fn close_on_exec_from(first: u32) {
    for fd in i32::try_from(first).unwrap_or(i32::MAX)..FDS_CLOSED_BEFORE_EXEC {
        // SAFETY: only sets a flag; a number that is no descriptor is refused.
        unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

/// select(2): neither poll(2) nor kqueue(2) can be trusted with terminals here.
#[expect(unsafe_code, reason = "select(2) trusts the descriptors in its sets")]
pub(crate) fn wait(interests: &mut [Interest<'_>], limit: Option<Duration>) -> io::Result<usize> {
    let end = interests.iter().map(|i| i.fd.as_raw_fd() + 1).max().unwrap_or(0);
    let empty = || vec![FdSetElement::default(); fd_set_num_elements(interests.len(), end)];
    let (mut readers, mut writers) = (empty(), empty());
    for interest in interests.iter() {
        if interest.read {
            fd_set_insert(&mut readers, interest.fd.as_raw_fd());
        }
        if interest.write {
            fd_set_insert(&mut writers, interest.fd.as_raw_fd());
        }
    }
    let limit = limit.map(|limit| Timespec {
        tv_sec: i64::try_from(limit.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: limit.subsec_nanos().into(),
    });
    // SAFETY: the sets hold borrowed, hence open, descriptors below `end` only.
    let count = unsafe {
        rustix::event::select(end, Some(&mut readers), Some(&mut writers), None, limit.as_ref())
    }?;
    let has = |set: &[FdSetElement], fd: i32| {
        rustix::event::FdSetIter::new(set).any(|member| member == fd)
    };
    for interest in interests.iter_mut() {
        let fd = interest.fd.as_raw_fd();
        let read = interest.read && has(&readers, fd);
        let write = interest.write && has(&writers, fd);
        interest.ready = Ready { read, write, hangup: false };
    }
    Ok(usize::try_from(count).unwrap_or(0))
}

pub(crate) fn unix_socket() -> io::Result<OwnedFd> {
    let (family, kind) = STREAM;
    let socket = rustix::net::socket(family, kind, None)?;
    rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
    Ok(socket)
}

/// The mode of a socket cannot be set before `bind` here: its directory protects it.
pub(crate) fn bind_private(path: &Path) -> io::Result<UnixListener> {
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

#[expect(unsafe_code, reason = "only libc has getpeereid(3)")]
pub(crate) fn peer_uid(socket: BorrowedFd<'_>) -> io::Result<u32> {
    let (mut uid, mut gid) = (0, 0);
    // SAFETY: both pointers are valid, and the descriptor is open.
    if unsafe { libc::getpeereid(socket.as_raw_fd(), &raw mut uid, &raw mut gid) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(uid)
}

/// See [`crate::watch::DirWatch`]. A directory tells of new entries only, so its files
/// are watched as well, each through a descriptor.
#[derive(Debug)]
pub(crate) struct DirWatch {
    // Before the files: the queue must not outlive the descriptors it knows.
    queue: OwnedFd,
    dir: PathBuf,
    opened: Vec<File>,
    known: HashSet<OsString>,
}

impl DirWatch {
    pub(crate) fn new(dir: &Path) -> io::Result<Self> {
        let queue = rustix::event::kqueue::kqueue()?;
        rustix::io::fcntl_setfd(&queue, rustix::io::FdFlags::CLOEXEC)?;
        let mut this = Self { queue, dir: dir.into(), opened: Vec::new(), known: HashSet::new() };
        this.watch(File::open(dir)?)?;
        this.add_new_files()?;
        Ok(this)
    }

    fn watch(&mut self, file: File) -> io::Result<()> {
        let flags = VnodeEvents::WRITE | VnodeEvents::EXTEND | VnodeEvents::DELETE;
        let filter = EventFilter::Vnode { vnode: file.as_raw_fd(), flags };
        let event = Event::new(filter, EventFlags::ADD | EventFlags::CLEAR, std::ptr::null_mut());
        change(&self.queue, &[event])?;
        self.opened.push(file);
        Ok(())
    }

    fn add_new_files(&mut self) -> io::Result<()> {
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            if entry.file_type()?.is_file() && self.known.insert(entry.file_name()) {
                // It may be gone again; then there is nothing to follow.
                if let Ok(file) = File::open(entry.path()) {
                    self.watch(file)?;
                }
            }
        }
        Ok(())
    }

    #[expect(unsafe_code, reason = "kevent(2) trusts the descriptors in its list")]
    pub(crate) fn drain(&mut self) -> io::Result<bool> {
        let mut any = false;
        loop {
            let none = Event::new(
                EventFilter::Timer { ident: 0, timer: None },
                EventFlags::empty(),
                std::ptr::null_mut(),
            );
            let mut events = [none];
            let now = Timespec { tv_sec: 0, tv_nsec: 0 };
            // SAFETY: no change is made; the watched files are open, as `opened` shows.
            let count = unsafe {
                rustix::event::kqueue::kevent_timespec(&self.queue, &[], &mut events, Some(&now))
            }?;
            if count == 0 {
                break;
            }
            any = true;
        }
        if any {
            self.add_new_files()?;
        }
        Ok(any)
    }
}

impl AsFd for DirWatch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.queue.as_fd()
    }
}
