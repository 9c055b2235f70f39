//! The holder protocol: anyone who may open a run's socket, and its holder. Frozen.
//!
//! ```text
//!   hello   8 bytes   magic "aphd" │ oldest u16 LE │ newest u16 LE
//!   frame   4 bytes   payload length, u32 LE, at most MAX_PAYLOAD
//!           1 byte    kind
//!           n bytes   payload, fixed layout per kind
//! ```
//!
//! Both sides send their hello at once and do not wait for the other's before they go
//! on. The connection a holder is born with (its standard input) speaks the same; where
//! the holder was told to wait, one byte of any value comes before the hello: [`GO`].
//!
//! # How this may change
//!
//! * A kind that a side does not know is skipped ([`ToHolder::Unknown`],
//!   [`FromHolder::Unknown`]).
//! * Payloads may gain fields at their end: a decoder ignores bytes after what it knows.
//! * Nothing else. Holders of every release that ever ran must be understood.

mod attach;
mod exit;
mod frame;
mod layout;
mod message;
mod sight;
mod status;

pub use frame::{Decoder, Frame, FrameError, MAX_PAYLOAD, OUTPUT_CHUNK, encode_frame};
pub use message::{
    Attach, DetachReason, FromHolder, Handover, LaunchFailed, MessageError, RefusedCode, Send,
    Tell, ToHolder,
};
pub use status::Status;

use crate::hello::{Hello, Version};

/// What this release says first on a connection with a holder.
pub const HELLO: Hello = Hello { magic: *b"aphd", oldest: Version(1), newest: Version(1) };

/// What a holder that was told to wait (`--hold`) waits for.
pub const GO: u8 = b'\n';
