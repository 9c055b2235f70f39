//! Unix sockets: private, checked, never waited for without a limit.
//!
//! # Invariants
//!
//! 1. A socket is 0600 before anybody can connect to it, or lies in a 0700 directory.
//! 2. A path is taken over only when its socket is dead: something that answers, and
//!    anything that is no socket, is left alone.
//! 3. A peer is this user or nobody; not even root drives somebody else's session.

use std::fs;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::Duration;

use rustix::net::sockopt::{self, Timeout};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, SendAncillaryBuffer,
    SendAncillaryMessage, SocketAddrUnix, SocketType,
};

use crate::os;

/// How long a listener that may be dead is given to answer.
const PROBE_LIMIT: Duration = Duration::from_millis(500);

/// Listens at `path`, replacing a dead socket. Fails with `AddrInUse` if somebody
/// answers there, or if what is there is not a socket.
pub fn listen(path: &Path) -> io::Result<UnixListener> {
    match os::bind_private(path) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            remove_dead(path)?;
            os::bind_private(path)
        }
        done => done,
    }
}

fn remove_dead(path: &Path) -> io::Result<()> {
    let in_use = |what: &str| {
        let text = format!("{what} at `{}`", path.display());
        Err(io::Error::new(io::ErrorKind::AddrInUse, text))
    };
    match fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => {
            return in_use("something that is not a socket is");
        }
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    }
    match connect(path, PROBE_LIMIT) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Ok(_) | Err(_) => in_use("somebody listens"),
    }
}

/// The user on the other side of a connected socket.
pub fn peer_uid(socket: &impl AsFd) -> io::Result<u32> {
    os::peer_uid(socket.as_fd())
}

/// Accepts this user and nobody else (invariant 3).
pub fn check_peer(socket: &impl AsFd) -> io::Result<()> {
    let peer = peer_uid(socket)?;
    let you = rustix::process::geteuid().as_raw();
    if peer == you {
        return Ok(());
    }
    let text = format!("the peer is user {peer}, and only user {you} is served here");
    Err(io::Error::new(io::ErrorKind::PermissionDenied, text))
}

/// Two connected sockets.
pub fn pair() -> io::Result<(UnixStream, UnixStream)> {
    UnixStream::pair()
}

/// Connects to the socket at `path`. A listener whose queue stays full for `limit` is a
/// `TimedOut`.
pub fn connect(path: &Path, limit: Duration) -> io::Result<UnixStream> {
    let address = SocketAddrUnix::new(path)?;
    let socket = os::unix_socket()?;
    // connect(2) waits on a full queue for as long as the send timeout (unix(7)).
    sockopt::set_socket_timeout(&socket, Timeout::Send, Some(limit))?;
    rustix::net::connect(&socket, &address).map_err(|errno| {
        if errno == rustix::io::Errno::AGAIN {
            return io::Error::new(io::ErrorKind::TimedOut, "its queue of connections is full");
        }
        io::Error::from(errno)
    })?;
    sockopt::set_socket_timeout(&socket, Timeout::Send, None)?;
    Ok(UnixStream::from(socket))
}

/// Sends the beginning of `bytes` and, with it, a descriptor. Returns how many bytes went;
/// the descriptor went if any did.
pub fn send_with(socket: &impl AsFd, bytes: &[u8], fd: &impl AsFd) -> io::Result<usize> {
    let fds = [fd.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    ancillary.push(SendAncillaryMessage::ScmRights(&fds));
    let bytes = [io::IoSlice::new(bytes)];
    Ok(rustix::net::sendmsg(socket, &bytes, &mut ancillary, os::SEND)?)
}

/// Receives bytes, and a descriptor if one came with them. Descriptors beyond the first
/// are closed.
pub fn receive_with(socket: &impl AsFd, room: &mut [u8]) -> io::Result<(usize, Option<OwnedFd>)> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut room = [io::IoSliceMut::new(room)];
    let received = rustix::net::recvmsg(socket, &mut room, &mut ancillary, os::RECEIVE)?;
    let mut first = None;
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(fds) = message {
            for fd in fds {
                first.get_or_insert(fd);
            }
        }
    }
    if let Some(fd) = &first {
        rustix::io::fcntl_setfd(fd, rustix::io::FdFlags::CLOEXEC)?;
    }
    Ok((received.bytes, first))
}

/// What a stream socket of this family is called in rustix.
pub(crate) const STREAM: (AddressFamily, SocketType) = (AddressFamily::UNIX, SocketType::STREAM);

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_socket_is_private_and_a_living_one_is_not_taken_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        let listener = listen(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(listen(&path).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        let stream = connect(&path, Duration::from_secs(1)).unwrap();
        check_peer(&stream).unwrap();
        assert_eq!(peer_uid(&stream).unwrap(), rustix::process::geteuid().as_raw());
        check_peer(&listener.accept().unwrap().0).unwrap();
    }

    #[test]
    fn a_dead_socket_is_replaced_and_a_file_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        drop(listen(&path).unwrap());
        assert!(path.exists());
        drop(listen(&path).unwrap());

        let file = dir.path().join("precious");
        fs::write(&file, b"x").unwrap();
        assert_eq!(listen(&file).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        assert_eq!(fs::read(&file).unwrap(), b"x");
    }

    #[test]
    fn a_connection_to_nobody_fails_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let missing = connect(&dir.path().join("none"), Duration::from_secs(9));
        assert_eq!(missing.unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_listener_that_never_accepts_costs_no_more_than_the_limit() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        let _listener = listen(&path).unwrap();
        let mut kept = Vec::new();
        let error = loop {
            match connect(&path, Duration::from_millis(20)) {
                Ok(stream) => kept.push(stream),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn a_descriptor_travels_with_bytes_and_without_is_none() {
        use std::io::{Read as _, Seek as _, Write as _};
        let (ours, theirs) = pair().unwrap();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"in it").unwrap();
        file.rewind().unwrap();
        assert_eq!(send_with(&ours, b"take this", &file).unwrap(), 9);
        (&ours).write_all(b"and this").unwrap();
        let mut room = [0; 9];
        let (count, fd) = receive_with(&theirs, &mut room).unwrap();
        assert_eq!((count, &room), (9, b"take this"));
        let mut text = String::new();
        fs::File::from(fd.unwrap()).read_to_string(&mut text).unwrap();
        assert_eq!(text, "in it");
        let (count, fd) = receive_with(&theirs, &mut room).unwrap();
        assert_eq!((count, fd.is_none()), (8, true));
    }

    #[test]
    fn a_pair_is_this_user_on_both_ends() {
        let (a, b) = pair().unwrap();
        check_peer(&a).unwrap();
        check_peer(&b).unwrap();
    }
}
