//! Listening sockets that a service manager has opened for us.
//!
//! systemd passes them from descriptor 3 on and says how many, and to whom, in the
//! environment (sd_listen_fds(3)); launchd is asked for them by name
//! (`launch_activate_socket`, launch.h).
//!
//! # Invariants
//!
//! 1. A descriptor is taken once, and is close-on-exec from then on.
//! 2. What is not a listening Unix socket at the expected path is not taken: a manager that
//!    was set up for something else does not make us serve there.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::os;

/// They can be asked for once in the life of a process.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The socket that listens at `path`, if a service manager has opened it for us. `name` is
/// what launchd knows it by.
pub fn listener_at(path: &Path, name: &str) -> io::Result<Option<UnixListener>> {
    if TAKEN.swap(true, Ordering::SeqCst) {
        return Ok(None);
    }
    for fd in os::inherited_sockets(name)? {
        rustix::io::fcntl_setfd(&fd, rustix::io::FdFlags::CLOEXEC)?;
        if let Some(listener) = as_listener(fd, path)? {
            return Ok(Some(listener));
        }
    }
    Ok(None)
}

/// Invariant 2.
fn as_listener(fd: OwnedFd, path: &Path) -> io::Result<Option<UnixListener>> {
    if !os::is_listening(&fd) {
        return Ok(None);
    }
    let listener = UnixListener::from(fd);
    let is_there = listener.local_addr()?.as_pathname() == Some(path);
    Ok(is_there.then_some(listener))
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn only_a_listener_at_the_path_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let (here, there) = (dir.path().join("here"), dir.path().join("there"));
        let listener = || OwnedFd::from(UnixListener::bind(&here).unwrap());
        assert!(as_listener(listener(), &there).unwrap().is_none());
        std::fs::remove_file(&here).unwrap();
        assert!(as_listener(listener(), &here).unwrap().is_some());
        let (stream, _other) = UnixStream::pair().unwrap();
        assert!(as_listener(stream.into(), &here).unwrap().is_none());
        let file = tempfile::tempfile().unwrap();
        assert!(as_listener(file.into(), &here).unwrap().is_none());
    }
}
