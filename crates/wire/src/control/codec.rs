//! Values to bodies of frames and back, within limits.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Reply, Request};

/// Largest body of a request: an environment and arguments as large as the kernel
/// takes (execve(2): `ARG_MAX` is 2 MiB by default), and some room.
pub const MAX_REQUEST: usize = 3 << 20;

/// Largest body of a reply. Long answers come as several replies.
pub const MAX_REPLY: usize = 16 << 20;

/// A body could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// The bytes are not a value of this version, or one that is too large.
    #[error("the message could not be read")]
    Decode(#[source] bincode::error::DecodeError),
    /// Bytes are left after the value: the sides do not agree on its form.
    #[error("the message has {0} bytes too many")]
    Trailing(usize),
    /// The value is too large to send.
    #[error("the message could not be written")]
    Encode(#[source] bincode::error::EncodeError),
}

/// The body of a frame.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, CodecError> {
    bincode::serde::encode_to_vec(message, bincode::config::standard()).map_err(CodecError::Encode)
}

/// Reads the body of a frame that a client sent.
pub fn decode_request(body: &[u8]) -> Result<Request, CodecError> {
    decode::<Request, MAX_REQUEST>(body)
}

/// Reads the body of a frame that the daemon sent.
pub fn decode_reply(body: &[u8]) -> Result<Reply, CodecError> {
    decode::<Reply, MAX_REPLY>(body)
}

fn decode<T: DeserializeOwned, const LIMIT: usize>(body: &[u8]) -> Result<T, CodecError> {
    let config = bincode::config::standard().with_limit::<LIMIT>();
    let (message, used) =
        bincode::serde::decode_from_slice(body, config).map_err(CodecError::Decode)?;
    if used < body.len() {
        return Err(CodecError::Trailing(body.len() - used));
    }
    Ok(message)
}
