//! The socket on which the programs inside a session reach the daemon.
//!
//! It is alone in a directory of its own, so that a sandbox can be shown that and nothing
//! else. The directory stays for as long as the session is live, while every daemon makes
//! the socket anew: a sandbox that was shown the socket itself would lose it then.

use std::collections::HashSet;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::net::UnixListener;

use app_model::SessionId;
use app_sys::places::Places;
use app_sys::{private, socket};

use crate::session::SessionHandle;

/// A socket that waits to be served.
#[derive(Debug)]
pub struct Door {
    /// Inside which session.
    pub session: SessionHandle,
    /// Where its programs connect.
    pub listener: UnixListener,
}

/// Listens for the programs inside a session. Only for who alone may make its runs: the
/// socket that is there is taken for an earlier daemon's.
pub fn open(places: &Places, session: SessionId) -> io::Result<UnixListener> {
    let dir = places.inner_socket_dir(session);
    match DirBuilder::new().mode(0o700).create(&dir) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            private::ensure_dir(&dir).map_err(io::Error::other)?;
        }
        made => made?,
    }
    let path = places.inner_socket(session);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    socket::listen(&path)
}

/// Takes the socket and its directory away. What fails is done by the next run, if there is
/// one.
pub fn close(places: &Places, session: SessionId) {
    drop(fs::remove_file(places.inner_socket(session)));
    drop(fs::remove_dir(places.inner_socket_dir(session)));
}

/// Takes away what an earlier daemon had no time for: everything but what these sessions have.
pub fn close_all_but(places: &Places, sessions: &HashSet<SessionId>) {
    // Without the directory there is nothing in it.
    let Ok(entries) = fs::read_dir(places.inner_dir()) else { return };
    for entry in entries.flatten() {
        let session = entry.file_name().to_str().and_then(|name| name.parse().ok());
        if let Some(session) = session.filter(|session| !sessions.contains(session)) {
            close(places, session);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::net::UnixStream;

    use super::*;

    fn places(dir: &std::path::Path) -> Places {
        Places { runtime: dir.join("r"), state: dir.join("s"), config: dir.join("c") }
    }

    #[test]
    fn the_directory_outlives_the_daemon_and_has_nothing_else_in_it() {
        let temp = tempfile::tempdir().unwrap();
        let places = places(temp.path());
        let (id, dir) = (SessionId(7), places.inner_socket_dir("00000007"));
        let first = open(&places, id).unwrap();
        let kept = fs::File::open(&dir).unwrap();
        drop(first); // As by a kill: nothing is tidied up.
        let second = open(&places, id).unwrap();
        UnixStream::connect(places.inner_socket(id)).unwrap();
        second.accept().unwrap();
        let inode = |meta: fs::Metadata| std::os::unix::fs::MetadataExt::ino(&meta);
        assert_eq!(inode(kept.metadata().unwrap()), inode(fs::metadata(&dir).unwrap()));
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 1);
        assert_eq!(fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);

        close_all_but(&places, &HashSet::from([id]));
        assert!(dir.exists());
        close_all_but(&places, &HashSet::from([SessionId(8)]));
        assert!(!dir.exists());
        close(&places, id);
    }
}
