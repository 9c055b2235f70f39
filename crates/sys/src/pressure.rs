//! Hearing from the kernel that memory is short: Linux's pressure stall information (PSI).
//!
//! A [`Trigger`] is a descriptor with the condition in it. The kernel watches, and has
//! something of priority to tell (`POLLPRI`) at most once in every [`WINDOW`] in which programs
//! have waited for memory for longer than [`STALL`].
//!
//! # Invariants
//!
//! 1. What counts is the pressure on the control group that all of the user's programs are in,
//!    if that is ours to ask, else that on the whole machine.
//! 2. Whoever waits for a trigger looks at it once for each time that it tells: a look takes
//!    what there is to tell away.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::OFlags;
use rustix::io::Errno;

use crate::os;

/// How long programs must have waited for memory within a window, all together, for that to be
/// told: much more than a page or two take that have to be read again, and much less than what
/// comes before the kernel kills.
pub const STALL: Duration = Duration::from_millis(150);

/// The window. Who is not root may only ask for whole multiples of two seconds.
pub const WINDOW: Duration = Duration::from_secs(2);

/// Where debug assertions are on, names the file that is asked in place of the kernel's; it may
/// be a socket. For tests: nobody can have memory run short in a part of the machine alone.
pub const FILE: &str = "APPCTL_PRESSURE";

/// Why nobody will be told.
#[derive(Debug, thiserror::Error)]
pub enum Unheard {
    /// The system has no such thing, or was started without it.
    #[error("this system does not tell when memory is short")]
    Absent,
    /// It has it, and does not let us ask.
    #[error("`{}` does not take what we want to be told", .path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// What the kernel was asked to tell. Dropping it takes that back.
#[derive(Debug)]
pub struct Trigger {
    fd: OwnedFd,
    path: PathBuf,
}

impl Trigger {
    /// Asks the kernel (invariant 1).
    pub fn set() -> Result<Self, Unheard> {
        let mut refused = Unheard::Absent;
        for path in files() {
            match ask(&path) {
                Ok(fd) => return Ok(Self { fd, path }),
                Err(source) if is_absence(&source) => {}
                Err(source) => refused = Unheard::Refused { path, source },
            }
        }
        Err(refused)
    }

    /// Waits until the kernel tells, for ever if need be. False when it never will again, as when
    /// the control group is gone.
    pub fn wait(&self) -> io::Result<bool> {
        let mut fds = [PollFd::new(&self.fd, PollFlags::PRI)];
        while let Err(error) = poll(&mut fds, None) {
            if error != Errno::INTR {
                return Err(error.into());
            }
        }
        #[cfg(debug_assertions)]
        take_away(&self.fd);
        let over = PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL;
        let told = fds[0].revents();
        Ok(told.contains(PollFlags::PRI) && !told.intersects(over))
    }

    /// Which file was asked.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// A kernel that has been told to do without says that it does not support it.
fn is_absence(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
        || error.raw_os_error() == Some(Errno::OPNOTSUPP.raw_os_error())
}

fn files() -> Vec<PathBuf> {
    #[cfg(debug_assertions)]
    if let Some(file) = std::env::var_os(FILE) {
        return vec![file.into()];
    }
    os::pressure_files()
}

fn ask(path: &Path) -> io::Result<OwnedFd> {
    let mut file = open(path)?;
    file.write_all(condition().as_bytes())?;
    Ok(file.into())
}

fn open(path: &Path) -> io::Result<File> {
    #[cfg(debug_assertions)]
    if std::os::unix::fs::FileTypeExt::is_socket(&std::fs::metadata(path)?.file_type()) {
        let socket = std::os::unix::net::UnixStream::connect(path)?;
        socket.set_nonblocking(true)?;
        return Ok(OwnedFd::from(socket).into());
    }
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or(0);
    OpenOptions::new().read(true).write(true).custom_flags(flags).open(path)
}

/// What is urgent on a socket stays so until somebody takes it; of the kernel's own, looking is
/// taking.
#[cfg(debug_assertions)]
fn take_away(fd: &OwnedFd) {
    rustix::net::recv(fd, &mut [0; 1], rustix::net::RecvFlags::OOB).ok();
}

/// The condition as the kernel wants it: in microseconds, with one more byte, which it takes
/// for the end.
fn condition() -> String {
    format!("some {} {}\n", STALL.as_micros(), WINDOW.as_micros())
}

/// The control groups whose pressure is worth hearing of, the outermost first, from where a
/// process is: all that there is to see, as in a container, and all that a user has. What is
/// further in does not hold all of the user's sessions.
#[cfg_attr(target_os = "macos", expect(dead_code, reason = "there are no control groups"))]
pub(crate) fn groups(own: &str) -> Vec<&str> {
    let of_user = own.match_indices('/').map(|(at, _)| at).chain([own.len()]).find_map(|end| {
        let (group, name) = (&own[..end], own[..end].rsplit('/').next()?);
        (name.starts_with("user@") && name.ends_with(".service")).then_some(group)
    });
    [Some("/"), of_user].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_groups_asked_hold_all_of_a_users_sessions() {
        let user = "/user.slice/user-7.slice/user@7.service";
        for below in ["", "/app.slice/appd.service", "/appctl.slice/appctl-00000007.scope"] {
            assert_eq!(groups(&format!("{user}{below}")), ["/", user], "{below}");
        }
        for outside in ["/", "/user.slice/user-7.slice/session-3.scope", "/system.slice/x.service"]
        {
            assert_eq!(groups(outside), ["/"], "{outside}");
        }
    }

    #[test]
    fn the_condition_is_one_that_anybody_may_set() {
        assert_eq!(condition(), "some 150000 2000000\n");
        assert_eq!(WINDOW.as_secs() % 2, 0, "or it needs privileges, see psi.rst");
        assert!(STALL < WINDOW);
    }

    /// Where the kernel has it, it must take what we ask for: a word that it does not
    /// understand would be found out only when memory is short.
    #[cfg(target_os = "linux")]
    #[test]
    fn the_kernel_takes_the_condition() {
        let path = Path::new("/proc/pressure/memory");
        match ask(path) {
            Ok(fd) => {
                let mut wrong = open(path).unwrap();
                wrong.write_all(b"some 3 2\n").expect_err("it takes anything");
                drop(fd);
            }
            Err(error) if is_absence(&error) => {
                eprintln!("SKIPPED: this kernel has no `{}`: {error}", path.display());
            }
            Err(error) => panic!("{} does not take {:?}: {error}", path.display(), condition()),
        }
    }

    #[test]
    fn what_is_not_there_and_what_refuses_are_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        assert!(is_absence(&ask(&dir.path().join("none")).unwrap_err()));
        assert!(!is_absence(&ask(dir.path()).unwrap_err()), "a directory is there");
    }
}
