//! A connection to the holder of one run: asked directly, without the daemon.
//!
//! # Invariants
//!
//! 1. Nothing is said to a socket that does not belong to this user.
//! 2. The hello and the first message leave in one write.
//! 3. No wait is without a limit that the caller chose.

use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use app_model::SessionId;
use app_sys::places::Places;
use app_sys::{poll, socket};
use app_wire::hello::{HELLO_LEN, HelloError};
use app_wire::hold::{Decoder, FrameError, FromHolder, HELLO, MessageError, RefusedCode, ToHolder};

use crate::exit::Code;
use crate::report::Explain;

/// How long a holder may take to accept and to answer.
pub(crate) const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// Bytes per read.
pub(crate) const READ_ROOM: usize = 64 << 10;

/// Why a holder cannot be asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HoldError {
    /// Nobody holds the session: it is over.
    #[error("session {id} is not running")]
    NotLive { id: SessionId },
    /// The system refused.
    #[error("cannot connect to session {id} on `{}`", .socket.display())]
    Failed { id: SessionId, socket: PathBuf, source: io::Error },
    /// Somebody else listens there.
    #[error("`{}` is not served by you", .socket.display())]
    NotYours { socket: PathBuf, source: io::Error },
    /// It does not answer.
    #[error("the holder of session {id} did not answer within {} s", ANSWER_LIMIT.as_secs())]
    Silent { id: SessionId },
    /// It went away.
    #[error("the holder of session {id} closed the connection")]
    HungUp { id: SessionId, source: io::Error },
    /// It speaks other versions.
    #[error("this `appctl` and the holder of session {id} do not understand each other")]
    Version { id: SessionId, source: HelloError },
    /// It does not speak in frames.
    #[error("the holder of session {id} sent something that is not a frame")]
    Frame { id: SessionId, source: FrameError },
    /// It sent a frame without sense.
    #[error("the holder of session {id} sent a message that makes no sense")]
    Message { id: SessionId, source: MessageError },
    /// It said no.
    #[error("{message}")]
    Refused { code: RefusedCode, message: String },
}

impl Explain for HoldError {
    fn code(&self) -> Code {
        match self {
            Self::NotLive { .. } => Code::Conflict,
            Self::NotYours { .. } => Code::NotPermitted,
            Self::Silent { .. } => Code::Busy,
            Self::Version { .. } => Code::Protocol,
            Self::Refused { code: RefusedCode::Busy | RefusedCode::TooMany, .. } => Code::Busy,
            Self::Refused { code: RefusedCode::Ended | RefusedCode::NoTerminal, .. } => {
                Code::Conflict
            }
            Self::Refused {
                code:
                    RefusedCode::BadTerminal | RefusedCode::NobodyAttached | RefusedCode::Unknown(_),
                ..
            }
            | Self::Failed { .. }
            | Self::HungUp { .. }
            | Self::Frame { .. }
            | Self::Message { .. } => Code::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotLive { id } | Self::HungUp { id, .. } => {
                format!("See how it ended: `appctl show {id}`; run it again: `appctl resume {id}`.")
            }
            Self::NotYours { socket, .. } => {
                format!("Do not use it. Find out who made `{}`.", socket.display())
            }
            Self::Version { source: HelloError::TooNew { .. }, .. } => {
                "Update this `appctl`; the session's holder is newer. It keeps running.".into()
            }
            Self::Version { id, .. } => format!(
                "The session keeps running. Look at it with the older `appctl`, or read \
                 `appctl logs {id}`."
            ),
            Self::Refused { code: RefusedCode::NoTerminal, .. } => {
                "It was started with `--no-tty`; follow it with `appctl logs -f`.".into()
            }
            Self::Refused { code: RefusedCode::Busy | RefusedCode::TooMany, .. }
            | Self::Silent { .. } => "Try again in a moment.".into(),
            Self::Refused { .. }
            | Self::Failed { .. }
            | Self::Frame { .. }
            | Self::Message { .. } => return None,
        })
    }
}

impl HoldError {
    /// The run is over: there is nobody to ask any more.
    pub(crate) fn is_end(&self) -> bool {
        matches!(
            self,
            Self::NotLive { .. }
                | Self::HungUp { .. }
                | Self::Refused { code: RefusedCode::Ended, .. }
        )
    }
}

/// A holder that was spoken to.
pub(crate) struct Holder {
    id: SessionId,
    stream: UnixStream,
    decoder: Decoder,
    greeted: bool,
}

impl Holder {
    /// Connects to the holder of session `id`, sends the hello and `first`.
    pub(crate) fn open(
        places: &Places,
        id: SessionId,
        first: &ToHolder,
    ) -> Result<Self, HoldError> {
        Self::open_with(places, id, first, |stream, bytes| (&mut &*stream).write_all(bytes))
    }

    /// The same, with a descriptor that comes along.
    pub(crate) fn open_handing(
        places: &Places,
        id: SessionId,
        first: &ToHolder,
        fd: &impl AsFd,
    ) -> Result<Self, HoldError> {
        Self::open_with(places, id, first, |stream, bytes| {
            let sent = socket::send_with(stream, bytes, fd)?;
            (&mut &*stream).write_all(&bytes[sent..])
        })
    }

    fn open_with(
        places: &Places,
        id: SessionId,
        first: &ToHolder,
        send: impl FnOnce(&UnixStream, &[u8]) -> io::Result<()>,
    ) -> Result<Self, HoldError> {
        let path = places.run_socket(id);
        let stream =
            socket::connect(&path, ANSWER_LIMIT).map_err(|source| match source.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                    HoldError::NotLive { id }
                }
                _ => HoldError::Failed { id, socket: path.clone(), source },
            })?;
        socket::check_peer(&stream)
            .map_err(|source| HoldError::NotYours { socket: path, source })?; // Invariant 1.
        let mut bytes = HELLO.encode().to_vec();
        first.encode(&mut bytes);
        send(&stream, &bytes).map_err(|source| HoldError::HungUp { id, source })?;
        Ok(Self { id, stream, decoder: Decoder::new(), greeted: false })
    }

    /// Reads once; call when the connection is readable. `false` means that it ended.
    pub(crate) fn fill(&mut self) -> Result<bool, HoldError> {
        let mut room = [0; READ_ROOM];
        match self.stream.read(&mut room) {
            Ok(0) => Ok(false),
            Ok(count) => {
                self.decoder.push(&room[..count]);
                Ok(true)
            }
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(true),
                io::ErrorKind::ConnectionReset => Ok(false),
                _ => Err(HoldError::HungUp { id: self.id, source: error }),
            },
        }
    }

    /// The next message of those that were read, if there is a whole one.
    pub(crate) fn take(&mut self) -> Result<Option<FromHolder>, HoldError> {
        let id = self.id;
        if !self.greet()? {
            return Ok(None);
        }
        let frame = self.decoder.next_frame();
        let Some(frame) = frame.map_err(|source| HoldError::Frame { id, source })? else {
            return Ok(None);
        };
        FromHolder::decode(frame).map(Some).map_err(|source| HoldError::Message { id, source })
    }

    fn greet(&mut self) -> Result<bool, HoldError> {
        if !self.greeted
            && let Some(theirs) = self.decoder.take::<HELLO_LEN>()
        {
            let agreed = HELLO.agree(theirs);
            agreed.map_err(|source| HoldError::Version { id: self.id, source })?;
            self.greeted = true;
        }
        Ok(self.greeted)
    }

    /// Waits for the next message.
    pub(crate) fn next(&mut self, until: Instant) -> Result<FromHolder, HoldError> {
        let id = self.id;
        let hung_up = |source| HoldError::HungUp { id, source };
        loop {
            if let Some(message) = self.take()? {
                return Ok(message);
            }
            let left = until.saturating_duration_since(Instant::now());
            if !poll::readable(&self.stream, Some(left)).map_err(hung_up)? {
                return Err(HoldError::Silent { id });
            }
            if !self.fill()? {
                return Err(hung_up(io::ErrorKind::UnexpectedEof.into()));
            }
        }
    }

    /// Sends a request and waits until it is carried out.
    pub(crate) fn demand(&mut self, request: &ToHolder) -> Result<(), HoldError> {
        let sent = self.stream.write_all(&request.to_bytes());
        sent.map_err(|source| HoldError::HungUp { id: self.id, source })?;
        self.done()
    }

    /// Waits until the request that was sent last is carried out.
    pub(crate) fn done(&mut self) -> Result<(), HoldError> {
        let until = Instant::now() + ANSWER_LIMIT;
        loop {
            match self.next(until)? {
                FromHolder::Done => return Ok(()),
                FromHolder::Refused { code, message } => {
                    return Err(HoldError::Refused { code, message });
                }
                FromHolder::LaunchFailed(_)
                | FromHolder::Status(_)
                | FromHolder::Output(_)
                | FromHolder::Screen { .. }
                | FromHolder::Exited { .. }
                | FromHolder::Detached(_)
                | FromHolder::Look(_)
                | FromHolder::Unknown(_) => {}
            }
        }
    }

    /// The stream, for those who wait for several things.
    pub(crate) fn stream(&mut self) -> &mut UnixStream {
        &mut self.stream
    }
}

impl AsFd for Holder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

/// The screen of a live session as it is now: bytes for a terminal, or plain text.
pub(crate) fn screen(
    places: &Places,
    id: SessionId,
    ansi: bool,
    history_lines: u32,
) -> Result<Vec<u8>, HoldError> {
    let mut holder = Holder::open(places, id, &ToHolder::Screen { ansi, history_lines })?;
    let until = Instant::now() + ANSWER_LIMIT;
    let mut screen = Vec::new();
    loop {
        match holder.next(until)? {
            FromHolder::Screen { last, bytes } => {
                screen.extend_from_slice(&bytes);
                if last {
                    return Ok(screen);
                }
            }
            FromHolder::Refused { code, message } => {
                return Err(HoldError::Refused { code, message });
            }
            FromHolder::LaunchFailed(_)
            | FromHolder::Status(_)
            | FromHolder::Output(_)
            | FromHolder::Exited { .. }
            | FromHolder::Detached(_)
            | FromHolder::Done
            | FromHolder::Look(_)
            | FromHolder::Unknown(_) => {}
        }
    }
}
