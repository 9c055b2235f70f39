//! This process: its session, its name, its limits.

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::OnceLock;

use rustix::fs::{Mode, RawMode};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::os;

/// The limit on open descriptors. `None` is unlimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// What is enforced.
    pub soft: Option<u64>,
    /// How far `soft` may be raised.
    pub hard: Option<u64>,
}

/// What this process was started with, once it was changed.
static ORIGINAL: OnceLock<Limits> = OnceLock::new();

/// Orphans below this process become its children instead of init's. Linux only; on
/// macOS nothing can do that, and a double fork escapes.
pub fn become_subreaper() -> io::Result<()> {
    os::become_subreaper()
}

/// The user whose process this is.
pub fn user_id() -> u32 {
    rustix::process::getuid().as_raw()
}

/// Makes this process the leader of a new session, without a terminal. Fine if it is one
/// already.
pub fn new_session() -> io::Result<()> {
    match rustix::process::setsid() {
        Ok(_) => Ok(()),
        Err(errno) => {
            let leads = rustix::process::getsid(None) == Ok(rustix::process::getpid());
            if leads { Ok(()) } else { Err(errno.into()) }
        }
    }
}

/// Goes on in a child with a session of its own; the parent exits with 0.
///
/// Call it before any thread exists: only the calling one goes on.
#[expect(unsafe_code, reason = "only libc has fork(2)")]
pub fn detach() -> io::Result<()> {
    // SAFETY: the caller promises to be the only thread, so the child has a consistent
    // copy of everything.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => new_session(),
        // SAFETY: `_exit` ends the process without running handlers or flushing buffers
        // that the child now has as well.
        _ => unsafe { libc::_exit(0) },
    }
}

/// Takes descriptor 0 away as one of our own and leaves `/dev/null` in its place, so that
/// dropping the result really closes it.
pub fn take_stdin() -> io::Result<OwnedFd> {
    let taken = io::stdin().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    Ok(taken)
}

/// Points descriptors 1 and 2 at `/dev/null`: for a process that nobody listens to.
pub fn silence_output() -> io::Result<()> {
    let null = File::options().write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdout(&null)?;
    Ok(rustix::stdio::dup2_stderr(&null)?)
}

/// Names this process in `ps` and `top`; cut to what the system has room for.
pub fn set_name(name: &str) {
    if let Ok(name) = CString::new(name) {
        os::set_name(&name);
    }
}

/// The mode bits that files made by this process do not get. umask(2) can only be read by
/// setting it, so call this before any thread exists that makes files.
#[cfg_attr(
    target_os = "linux",
    expect(clippy::useless_conversion, reason = "modes have another type elsewhere")
)]
pub fn umask() -> u32 {
    let found = rustix::process::umask(Mode::from_raw_mode(0o077));
    rustix::process::umask(found);
    found.as_raw_mode().into()
}

/// Sets the mode bits that files made by this process and its children do not get. What
/// we make ourselves has its mode set expressly.
pub fn set_umask(mask: u32) {
    let mask = Mode::from_raw_mode(RawMode::try_from(mask & 0o777).unwrap_or(0o077));
    rustix::process::umask(mask);
}

/// The limit on open descriptors as it is now.
pub fn fd_limit() -> Limits {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    Limits { soft: current, hard: maximum }
}

/// Raises the limit on open descriptors as far as is allowed and useful, and returns
/// what it was. Children started through [`crate::spawn`] get the old one back.
pub fn raise_fd_limit() -> io::Result<Limits> {
    let found = *ORIGINAL.get_or_init(fd_limit);
    let wanted = found.hard.map_or(os::FD_LIMIT_WANTED, |hard| hard.min(os::FD_LIMIT_WANTED));
    if found.soft.is_some_and(|soft| soft < wanted) {
        set_fd_limit(Limits { soft: Some(wanted), ..found })?;
    }
    Ok(found)
}

/// Lowers what is enforced to `soft`; a limit that is lower already stays.
pub fn lower_fd_limit(soft: u64) -> io::Result<()> {
    let found = fd_limit();
    if found.soft.is_some_and(|now| now <= soft) {
        return Ok(());
    }
    set_fd_limit(Limits { soft: Some(soft), ..found })
}

fn set_fd_limit(limits: Limits) -> io::Result<()> {
    let limit = Rlimit { current: limits.soft, maximum: limits.hard };
    Ok(setrlimit(Resource::Nofile, limit)?)
}

/// Undoes [`raise_fd_limit`] in a child. Async-signal-safe.
pub(crate) fn restore_fd_limit() -> io::Result<()> {
    ORIGINAL.get().map_or(Ok(()), |&original| set_fd_limit(original))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_once_and_the_original_is_kept() {
        let first = raise_fd_limit().unwrap();
        assert_eq!(raise_fd_limit().unwrap(), first);
        assert!(fd_limit().soft >= first.soft);
    }

    #[test]
    fn any_name_is_accepted() {
        set_name("a name that is longer than the kernel keeps");
        set_name("with\0nul");
    }
}
