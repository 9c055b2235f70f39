//! One connection to the daemon: a hello each way, then requests and replies.
//!
//! # Invariants
//!
//! 1. Nothing is said to a socket that does not belong to this user.
//! 2. Our hello and the first request leave in one write, without waiting for the
//!    daemon's hello: a command costs one round trip.
//! 3. No reply is larger than `MAX_REPLY`, and no request leaves that the daemon would
//!    refuse for its size.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use app_wire::control::{self, HELLO, MAX_REPLY, MAX_REQUEST, Reply, Request};
use app_wire::hello::{HELLO_LEN, HelloError};
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use interprocess::local_socket::GenericFilePath;
use interprocess::local_socket::tokio::Stream;
use interprocess::local_socket::tokio::prelude::*;
use tokio::io::AsyncReadExt as _;
use tokio::time::timeout;
use tokio_util::codec::{Framed, LengthDelimitedCodec};

use crate::exit::Code;
use crate::report::Explain;

/// How long a daemon may take to say hello. It does so before any work.
const HELLO_LIMIT: Duration = Duration::from_secs(10);

/// Why there is no connection to the daemon.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    /// Nobody listens.
    #[error("no daemon listens on `{}`", .socket.display())]
    NotRunning { socket: PathBuf, source: io::Error },
    /// The daemon does not take connections quickly enough.
    #[error("the daemon has too many connections waiting on `{}`", .socket.display())]
    Busy { socket: PathBuf, source: io::Error },
    /// The system refused.
    #[error("cannot connect to `{}`", .socket.display())]
    Failed { socket: PathBuf, source: io::Error },
    /// Somebody else listens there.
    #[error("`{}` is not served by you", .socket.display())]
    NotYours { socket: PathBuf, source: io::Error },
    /// It took the connection and nothing more.
    #[error("the daemon took the connection but said nothing for {} s", .waited.as_secs())]
    Silent { waited: Duration },
    /// It went away at once, before it can have read anything.
    #[error("the daemon closed the connection during the hello")]
    HungUp { source: io::Error },
    /// It speaks other versions.
    #[error("this `appctl` and the running daemon do not understand each other")]
    Version {
        source: HelloError,
        /// Its process, where the system tells.
        pid: Option<u32>,
    },
}

impl Explain for ConnectError {
    fn code(&self) -> Code {
        match self {
            Self::NotRunning { .. } | Self::HungUp { .. } | Self::Failed { .. } => Code::NoDaemon,
            Self::Busy { .. } | Self::Silent { .. } => Code::Busy,
            Self::NotYours { .. } => Code::NotPermitted,
            Self::Version { .. } => Code::Protocol,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotRunning { .. } => "Start it with `appctl daemon start`.".into(),
            Self::Busy { .. } => "Try again in a moment.".into(),
            Self::NotYours { socket, .. } => format!(
                "Do not use it. Find out who made `{}`, or set APPCTL_RUNTIME_DIR to a directory \
                 that only you can write.",
                socket.display()
            ),
            Self::Failed { .. } | Self::Silent { .. } | Self::HungUp { .. } => {
                "See what it is doing: `appctl daemon logs`.".into()
            }
            Self::Version { source: HelloError::TooOld { .. }, .. } => {
                "Update the daemon: `appctl daemon restart`. Sessions keep running.".into()
            }
            Self::Version { source: HelloError::TooNew { .. }, .. } => {
                "Update this `appctl`; the daemon is newer. Sessions keep running.".into()
            }
            Self::Version { source: HelloError::NotOurs(_), .. } => return None,
        })
    }
}

/// Why a request could not be brought over or its answer not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TalkError {
    /// The daemon went away with the request in its hands.
    #[error("the daemon hung up before it answered")]
    HungUp(#[source] io::Error),
    /// It is there and does not answer.
    #[error("the daemon did not answer within {} s", .waited.as_secs())]
    Silent { waited: Duration },
    /// The request does not fit into a frame.
    #[error("the request has {size} bytes, and {MAX_REQUEST} is the most the daemon takes")]
    TooLarge { size: usize },
    /// The answer is not a frame.
    #[error("the daemon's answer could not be read")]
    Frame(#[source] io::Error),
    /// The answer makes no sense.
    #[error("the daemon's answer could not be read")]
    Garbled(#[source] control::CodecError),
}

impl Explain for TalkError {
    fn code(&self) -> Code {
        match self {
            Self::HungUp(_) | Self::Frame(_) | Self::Garbled(_) => Code::Failed,
            Self::Silent { .. } => Code::Busy,
            Self::TooLarge { .. } => Code::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::HungUp(_) | Self::Silent { .. } => {
                "See what it is doing: `appctl daemon logs`. Sessions keep running.".into()
            }
            Self::TooLarge { .. } => {
                "Pass long texts in a file; arguments and environment count.".into()
            }
            Self::Frame(_) | Self::Garbled(_) => {
                "Restart the daemon: `appctl daemon restart`. Sessions keep running.".into()
            }
        })
    }
}

/// A stream on which nothing was said yet.
pub(crate) struct Greeting(Stream);

/// A connection on which both sides have agreed on a version.
pub(crate) struct Control {
    framed: Framed<Stream, LengthDelimitedCodec>,
    /// What the daemon said before it could have read anything.
    early: Option<Reply>,
}

impl Greeting {
    /// Connects to the daemon's socket.
    pub(crate) async fn connect(socket: &Path) -> Result<Self, ConnectError> {
        let failed = |source: io::Error| {
            let socket = socket.to_path_buf();
            match source.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                    ConnectError::NotRunning { socket, source }
                }
                // The listener's queue is full (unix(7)).
                io::ErrorKind::WouldBlock => ConnectError::Busy { socket, source },
                _ => ConnectError::Failed { socket, source },
            }
        };
        let name = socket.to_fs_name::<GenericFilePath>().map_err(failed)?;
        let stream = Stream::connect(name).await.map_err(failed)?;
        Self::checked(stream, socket)
    }

    /// Takes over a connection that was made while the daemon was being started.
    pub(crate) fn adopt(stream: UnixStream, socket: &Path) -> Result<Self, ConnectError> {
        let adopted = stream.set_nonblocking(true).and_then(|()| {
            let stream = tokio::net::UnixStream::from_std(stream)?;
            Ok(Stream::UdSocket(stream.into()))
        });
        let socket_path = || socket.to_path_buf();
        let stream =
            adopted.map_err(|source| ConnectError::Failed { socket: socket_path(), source })?;
        Self::checked(stream, socket)
    }

    fn checked(stream: Stream, socket: &Path) -> Result<Self, ConnectError> {
        let Stream::UdSocket(inner) = &stream;
        match app_sys::socket::check_peer(inner.inner()) {
            Ok(()) => Ok(Self(stream)), // Invariant 1.
            Err(source) => Err(ConnectError::NotYours { socket: socket.to_path_buf(), source }),
        }
    }

    /// Sends the hello and the first request, then reads the daemon's hello.
    pub(crate) async fn open(self, first: Bytes) -> Result<Control, ConnectError> {
        let codec = LengthDelimitedCodec::builder()
            .little_endian()
            .length_field_type::<u32>()
            .max_frame_length(MAX_REPLY)
            .new_codec();
        let mut framed = Framed::new(self.0, codec);
        framed.write_buffer_mut().extend_from_slice(&HELLO.encode());
        // A daemon that refuses our version may close before it reads; its hello is
        // there to be read all the same, and tells more than a broken pipe.
        let sent = framed.send(first).await;
        let mut theirs = [0; HELLO_LEN];
        let read = timeout(HELLO_LIMIT, framed.get_mut().read_exact(&mut theirs))
            .await
            .map_err(|_| ConnectError::Silent { waited: HELLO_LIMIT })?;
        read.map_err(|source| ConnectError::HungUp { source })?;
        HELLO.agree(theirs).map_err(|source| {
            let creds = framed.get_ref().peer_creds();
            let pid = creds.ok().and_then(|creds| u32::try_from(creds.pid()?).ok());
            ConnectError::Version { source, pid }
        })?;
        let mut control = Control { framed, early: None };
        if let Err(source) = sent {
            // One that turns us away says why, and has closed by then.
            let why = control.next(Some(HELLO_LIMIT)).await;
            control.early = Some(why.map_err(|_| ConnectError::HungUp { source })?);
        }
        Ok(control)
    }
}

/// The request as the body of a frame (invariant 3).
pub(crate) fn body(request: &Request) -> Result<Bytes, TalkError> {
    let body = control::encode(request).map_err(TalkError::Garbled)?;
    if body.len() > MAX_REQUEST {
        return Err(TalkError::TooLarge { size: body.len() });
    }
    Ok(body.into())
}

impl Control {
    /// Asks for something else on the same connection.
    pub(crate) async fn send(&mut self, body: Bytes) -> Result<(), TalkError> {
        self.framed.send(body).await.map_err(TalkError::HungUp)
    }

    /// The next reply; `limit` is how long it may take, none is for ever.
    pub(crate) async fn next(&mut self, limit: Option<Duration>) -> Result<Reply, TalkError> {
        if let Some(early) = self.early.take() {
            return Ok(early);
        }
        let next = self.framed.next();
        let frame = match limit {
            Some(waited) => {
                timeout(waited, next).await.map_err(|_| TalkError::Silent { waited })?
            }
            None => next.await,
        };
        let closed = || io::Error::from(io::ErrorKind::UnexpectedEof);
        let frame = frame.unwrap_or_else(|| Err(closed())).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => TalkError::Frame(error),
            _ => TalkError::HungUp(error),
        })?;
        control::decode_reply(&frame).map_err(TalkError::Garbled)
    }
}

#[cfg(test)]
mod tests {
    use app_wire::hello::Version;

    use super::*;
    use crate::report::Report;

    #[test]
    fn a_version_mismatch_names_the_side_to_update_and_calms() {
        let source = HelloError::TooOld { theirs: Version(1), ours: Version(2) };
        let report = Report::from(ConnectError::Version { source, pid: None });
        assert_eq!(report.code, Code::Protocol);
        insta::assert_snapshot!(report.text(0), @r"
        error: this `appctl` and the running daemon do not understand each other
        because: the other side is too old: it speaks up to version 1, we need 2
        hint: Update the daemon: `appctl daemon restart`. Sessions keep running.
        ");
        let source = HelloError::TooNew { theirs: Version(3), ours: Version(2) };
        let hint = ConnectError::Version { source, pid: None }.hint().unwrap();
        assert!(hint.contains("Update this `appctl`") && hint.contains("keep running"), "{hint}");
    }

    #[test]
    fn a_request_that_is_too_large_does_not_leave() {
        let name = "x".repeat(MAX_REQUEST);
        let target = control::Target::Last;
        let error = body(&Request::Rename { target, name }).unwrap_err();
        assert!(matches!(error, TalkError::TooLarge { .. }), "{error}");
        assert_eq!(error.code(), Code::Usage);
    }
}
