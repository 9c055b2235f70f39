//! The control protocol between `appctl` and `appd`.
//!
//! ```text
//!   hello   8 bytes   magic "appc" │ oldest u16 LE │ newest u16 LE      frozen
//!   frame   4 bytes   body length, u32 LE, at most MAX_REQUEST or MAX_REPLY
//!           n bytes   body: one bincode value                          per version
//! ```
//!
//! Both sides send their hello at once. Then the client sends a [`Request`] and reads
//! [`Reply`]s until one that [ends](Reply::ends) the answer; then it may ask again.
//!
//! # How this may change
//!
//! bincode is positional. A change to a message or to a model type inside one bumps
//! [`HELLO`]'s newest version, keeps the types of the older version, and adds golden
//! bytes. New requests and replies go to the *end* of their enum: an older side answers
//! a variant it does not know with a clean error, since frames keep the stream in step.
//! Attributes that make a value skip or guess fields do not work here and are banned:
//! `skip`, `default`, `flatten`, `untagged`, `tag`; so are zero-sized list elements and
//! recursive types, which a few bytes can blow up.

mod codec;
mod reply;
mod request;

pub use codec::{CodecError, MAX_REPLY, MAX_REQUEST, decode_reply, decode_request, encode};
pub use reply::{
    Candidate, DaemonStatus, ErrorCode, Fact, Failure, Gap, NoticeView, Pruned, PrunedSession,
    Reply, Resumed, Started, Stopped, Told, Why,
};
pub use request::{Awaited, NotifyWhen, Reported, Request, Resume, Start, Target};

use crate::hello::{Hello, Version};

/// What this release says first on a control connection.
pub const HELLO: Hello = Hello { magic: *b"appc", oldest: Version(1), newest: Version(1) };
