//! One report to the daemon, over a plain socket and within a time.
//!
//! # Invariants
//!
//! 1. Nothing is said to a socket that does not belong to this user.
//! 2. The daemon's hello is read, and its answer is not waited for: what it has been sent
//!    it does, unless it says together with its hello that it has no room.

use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use app_sys::socket;
use app_wire::control::{
    self, CodecError, ErrorCode, HELLO, MAX_REQUEST, Reply, Reported, Request,
};
use app_wire::hello::{HELLO_LEN, HelloError};

/// The most that is read of why there is no room.
const MAX_REFUSAL: usize = 1_024;

/// The length of a frame stands before it, in so many bytes.
const LENGTH_BYTES: usize = 4;

/// It did not get there.
#[derive(Debug, thiserror::Error)]
pub(super) enum DeliverError {
    #[error("cannot write the request: {0}")]
    Encode(#[from] CodecError),
    #[error("the request has {0} bytes, and {MAX_REQUEST} is the most the daemon takes")]
    TooLarge(usize),
    #[error("no daemon answers on `{}`: {source}", .socket.display())]
    Connect { socket: PathBuf, source: io::Error },
    #[error("the daemon did not take it: {0}")]
    Talk(#[from] io::Error),
    #[error("the daemon speaks another version: {0}")]
    Version(#[from] HelloError),
    #[error("the daemon did not take it: {0}")]
    Refused(String),
}

/// Sends it, and is done at `until`.
pub(super) fn deliver(path: &Path, what: Reported, until: Instant) -> Result<(), DeliverError> {
    let message = message(what)?;
    let unreachable = |source| DeliverError::Connect { socket: path.to_path_buf(), source };
    let mut stream = socket::connect(path, left(until)).map_err(unreachable)?;
    socket::check_peer(&stream).map_err(unreachable)?; // Invariant 1.
    stream.set_write_timeout(Some(left(until)))?;
    stream.write_all(&message)?;
    let mut theirs = [0; HELLO_LEN];
    stream.set_read_timeout(Some(left(until)))?;
    stream.read_exact(&mut theirs)?;
    HELLO.agree(theirs)?;
    stream.set_nonblocking(true)?;
    match refusal(&mut stream) {
        Some(why) => Err(DeliverError::Refused(why)),
        None => Ok(()),
    }
}

/// Why the daemon does not read what it was sent, if it has said that already (invariant 2).
fn refusal(stream: &mut impl io::Read) -> Option<String> {
    let mut said = [0; MAX_REFUSAL];
    let length = stream.read(&mut said).ok()?;
    let body = said[..length].get(LENGTH_BYTES..)?;
    match control::decode_reply(body) {
        Ok(Reply::Failed(failure)) if failure.code == ErrorCode::Busy => Some(failure.message),
        Ok(_) | Err(_) => None,
    }
}

/// Our hello and one request.
fn message(what: Reported) -> Result<Vec<u8>, DeliverError> {
    let body = control::encode(&Request::Report(Box::new(what)))?;
    let length = u32::try_from(body.len()).ok().filter(|_| body.len() <= MAX_REQUEST);
    let length = length.ok_or(DeliverError::TooLarge(body.len()))?;
    let mut message = HELLO.encode().to_vec();
    message.extend_from_slice(&length.to_le_bytes());
    message.extend_from_slice(&body);
    Ok(message)
}

/// What is left of the time. Never zero, which would mean for ever.
fn left(until: Instant) -> Duration {
    until.saturating_duration_since(Instant::now()).max(Duration::from_millis(1))
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use app_model::report::{Report, Stamp};
    use app_wire::control::Target;

    use super::*;

    fn reported() -> Reported {
        let stamp = Stamp { source: "claude".into(), generation: 7, sequence: 9 };
        Reported { target: Target::Named("7c5dcf5d".into()), stamp, reports: vec![Report::Ended] }
    }

    #[test]
    fn a_daemon_that_says_nothing_is_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        let until = Instant::now() + Duration::from_millis(5);
        let error = deliver(&path, reported(), until).unwrap_err();
        assert!(matches!(error, DeliverError::Talk(_)), "{error}");
        // It was sent all the same, and a daemon that was only slow finds it.
        let (mut stream, _) = listener.accept().unwrap();
        let mut sent = Vec::new();
        stream.read_to_end(&mut sent).unwrap();
        assert_eq!(sent, message(reported()).unwrap());
    }

    #[test]
    fn nobody_there_is_found_out_at_once() {
        let error = deliver(Path::new("/nonexistent/socket"), reported(), Instant::now());
        assert!(matches!(error, Err(DeliverError::Connect { .. })));
    }

    #[test]
    fn a_daemon_without_room_has_not_taken_it_and_one_that_answers_has() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        let busy = control::Failure {
            code: ErrorCode::Busy,
            message: "no room".into(),
            because: vec![],
            hint: None,
            candidates: vec![],
        };
        for (reply, refused) in [(Reply::Failed(busy), true), (Reply::Done, false)] {
            let body = control::encode(&reply).unwrap();
            let length = u32::try_from(body.len()).unwrap().to_le_bytes();
            let words = [&HELLO.encode()[..], &length, &body].concat();
            std::thread::scope(|scope| {
                scope.spawn(|| listener.accept().unwrap().0.write_all(&words).unwrap());
                let until = Instant::now() + Duration::from_secs(60);
                let delivered = deliver(&path, reported(), until);
                let is_refused = matches!(delivered, Err(DeliverError::Refused(_)));
                assert_eq!(is_refused, refused, "{delivered:?}");
            });
        }
    }

    #[test]
    fn another_version_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        let daemon = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(b"appc\xff\x00\xff\x00").unwrap();
            stream.read_to_end(&mut Vec::new()).unwrap();
        });
        let until = Instant::now() + Duration::from_secs(60);
        let error = deliver(&path, reported(), until).unwrap_err();
        assert!(matches!(error, DeliverError::Version(HelloError::TooNew { .. })), "{error}");
        daemon.join().unwrap();
    }
}
