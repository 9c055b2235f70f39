//! The terminals that are attached: a notice about one session is written to those that
//! show another.
//!
//! Their holders write it, at a moment when it harms no output. They are asked on a
//! connection of its own, so that what they answer is about this notice.
//!
//! # Invariants
//!
//! 1. If a terminal is known to have the focus, only such a one is told; else each is.
//! 2. A holder that does not answer, as one of an older release, costs [`LIMIT`] and that
//!    is all.

use std::io;
use std::path::Path;
use std::time::Duration;

use app_model::SessionId;
use app_sys::socket;
use app_wire::hello::HELLO_LEN;
use app_wire::hold::{Decoder, FromHolder, HELLO, RefusedCode, Tell, ToHolder};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use super::channels::Parcel;
use crate::service::Service;

/// How long a holder may take: longer than it waits for its terminals.
const LIMIT: Duration = Duration::from_secs(2);

/// Bytes that are read at once. The answer is short.
const READ: usize = 1 << 10;

/// Why no terminal was told.
#[derive(Debug, thiserror::Error)]
pub(super) enum TerminalError {
    /// There is none.
    #[error("nobody is attached to another session")]
    NobodyAttached,
    /// Its holder cannot be asked.
    #[error("the holder of session {id} cannot be asked")]
    Unreached {
        /// Whose.
        id: SessionId,
        /// What was wrong.
        source: io::Error,
    },
    /// Its holder said nothing.
    #[error("the holder of session {id} said nothing for {LIMIT:?}; it may be an older one")]
    Silent {
        /// Whose.
        id: SessionId,
    },
    /// Its holder said no.
    #[error("the holder of session {id} refused: {message}")]
    Refused {
        /// Whose.
        id: SessionId,
        /// Why.
        message: String,
    },
    /// The daemon ends.
    #[error("the daemon ends")]
    Ending,
}

/// Has it written to the terminals that show another session. One of them is enough.
pub(super) async fn tell(service: &Service, parcel: &Parcel) -> Result<(), TerminalError> {
    let live = service.supervisor.all().await.map_err(|_| TerminalError::Ending)?;
    let others = live.iter().filter(|one| Some(one.id) != parcel.session);
    let mut shown: Vec<_> = others.map(|one| (one.id, one.live().looking())).collect();
    shown.retain(|(_, looking)| looking.attached > 0);
    if shown.iter().any(|(_, looking)| looking.focused == Some(true)) {
        shown.retain(|(_, looking)| looking.focused == Some(true)); // Invariant 1.
    }
    let told = shown.into_iter().map(|(id, _)| tell_one(service, id, parcel));
    let mut outcome = Err(TerminalError::NobodyAttached);
    for told in futures_util::future::join_all(told).await {
        match told {
            Ok(()) => return Ok(()),
            Err(TerminalError::NobodyAttached) => {}
            Err(other) => outcome = Err(other),
        }
    }
    outcome
}

async fn tell_one(service: &Service, id: SessionId, parcel: &Parcel) -> Result<(), TerminalError> {
    let tell = ToHolder::Tell(Tell {
        about: parcel.session,
        title: parcel.notice.title.clone(),
        body: parcel.notice.body.clone(),
    });
    let path = service.config.places.run_socket(id);
    match tokio::time::timeout(LIMIT, ask(&path, &tell)).await {
        Ok(Ok(FromHolder::Refused { code: RefusedCode::NobodyAttached, .. })) => {
            Err(TerminalError::NobodyAttached)
        }
        Ok(Ok(FromHolder::Refused { message, .. })) => Err(TerminalError::Refused { id, message }),
        Ok(Ok(_)) => Ok(()),
        Ok(Err(source)) => Err(TerminalError::Unreached { id, source }),
        Err(_) => Err(TerminalError::Silent { id }),
    }
}

/// Says it, and returns the first `Done` or `Refused`.
async fn ask(path: &Path, message: &ToHolder) -> io::Result<FromHolder> {
    let mut stream = UnixStream::connect(path).await?;
    socket::check_peer(&stream)?;
    let mut said = HELLO.encode().to_vec();
    message.encode(&mut said);
    stream.write_all(&said).await?;
    let (mut decoder, mut buffer, mut greeted) = (Decoder::new(), [0; READ], false);
    loop {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        decoder.push(&buffer[..count]);
        if !greeted {
            let Some(hello) = decoder.take::<HELLO_LEN>() else { continue };
            HELLO.agree(hello).map_err(invalid)?;
            greeted = true;
        }
        while let Some(frame) = decoder.next_frame().map_err(invalid)? {
            let answer = FromHolder::decode(frame).map_err(invalid)?;
            if matches!(answer, FromHolder::Done | FromHolder::Refused { .. }) {
                return Ok(answer);
            }
        }
    }
}

fn invalid(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

#[cfg(test)]
mod tests {
    use tokio::net::UnixListener;

    use super::*;

    fn message() -> ToHolder {
        ToHolder::Tell(Tell { about: None, title: "t".into(), body: "b".into() })
    }

    /// A holder that says these messages, cut into bytes, and then waits for the end.
    async fn holder(listener: UnixListener, says: Vec<FromHolder>) {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = HELLO.encode().to_vec();
        says.iter().for_each(|message| message.encode(&mut bytes));
        for byte in bytes {
            stream.write_all(&[byte]).await.unwrap();
        }
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).await.unwrap();
        assert!(heard.ends_with(&message().to_bytes()));
    }

    #[tokio::test]
    async fn the_answer_is_taken_from_whatever_else_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run");
        let listener = UnixListener::bind(&path).unwrap();
        let says = vec![FromHolder::Unknown(0xff), FromHolder::Done];
        let holder = tokio::spawn(holder(listener, says));
        assert_eq!(ask(&path, &message()).await.unwrap(), FromHolder::Done);
        holder.await.unwrap();
    }

    #[tokio::test]
    async fn a_holder_that_is_gone_or_speaks_nonsense_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run");
        assert_eq!(ask(&path, &message()).await.unwrap_err().kind(), io::ErrorKind::NotFound);
        let listener = UnixListener::bind(&path).unwrap();
        let stranger = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
            // Until it is hung up on.
            drop(stream.read_to_end(&mut Vec::new()).await);
        });
        let refused = ask(&path, &message()).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::InvalidData);
        stranger.await.unwrap();
    }
}
