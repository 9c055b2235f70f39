//! The decoders of the holder protocol: frames come out the same however they are cut, and
//! what can be read can be written and read again.
//!
//! ```text
//!   cut │ hello (8) │ frames…
//! ```

use app_wire::hello::HELLO_LEN;
use app_wire::hold::{Decoder, Frame, FrameError, FromHolder, HELLO, ToHolder, encode_frame};

use crate::input::{Input, pieces};

/// Frames and what ended them: an error, or so many bytes that are no whole frame.
type Read = (Vec<(u8, Vec<u8>)>, Result<usize, FrameError>);

/// Panics when the input breaks it.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let cut = input.byte();
    let stream = input.rest();

    let (hello, whole) = read([stream].into_iter());
    assert_eq!(hello, stream.first_chunk().copied(), "the hello is the first bytes");
    assert_eq!((hello, &whole), (read(pieces(stream, cut)).0, &read(pieces(stream, cut)).1));
    if let Some(hello) = hello
        && let Ok(version) = HELLO.agree(hello)
    {
        assert!(version >= HELLO.oldest && version <= HELLO.newest, "a version we speak");
    }

    let mut again = Vec::new();
    for (kind, payload) in &whole.0 {
        encode_frame(*kind, payload, &mut again);
        let frame = Frame { kind: *kind, payload };
        if let Ok(message) = ToHolder::decode(frame) {
            stays(&message, ToHolder::to_bytes, |frame| ToHolder::decode(frame).ok());
        }
        if let Ok(message) = FromHolder::decode(frame) {
            stays(&message, FromHolder::to_bytes, |frame| FromHolder::decode(frame).ok());
        }
        let output = FromHolder::output_of(&frame);
        assert!(output.is_none_or(|output| output == payload), "output is the payload");
    }
    let frames = stream.get(HELLO_LEN..).unwrap_or_default();
    assert!(frames.starts_with(&again), "frames are written as they were read");
    if let Ok(left) = whole.1
        && hello.is_some()
    {
        assert_eq!(again.len() + left, frames.len(), "no byte is lost");
    }
}

fn read<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Option<[u8; HELLO_LEN]>, Read) {
    let mut decoder = Decoder::new();
    let mut hello = None;
    let mut frames = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        if hello.is_none() {
            hello = decoder.take::<HELLO_LEN>();
        }
        while hello.is_some() {
            match decoder.next_frame() {
                Ok(Some(frame)) => frames.push((frame.kind, frame.payload.to_vec())),
                Ok(None) => break,
                Err(error) => return (hello, (frames, Err(error))),
            }
        }
    }
    (hello, (frames, Ok(decoder.pending())))
}

/// A message that was read is written in a way that reads the same, and is written the
/// same.
fn stays<M: PartialEq + std::fmt::Debug>(
    message: &M,
    write: impl Fn(&M) -> Vec<u8>,
    read: impl Fn(Frame<'_>) -> Option<M>,
) {
    let bytes = write(message);
    let mut decoder = Decoder::new();
    decoder.push(&bytes);
    let mut written = Vec::new();
    while let Some(frame) = decoder.next_frame().unwrap_or_else(|error| panic!("{error}")) {
        let message = read(frame).unwrap_or_else(|| panic!("unreadable: {bytes:02x?}"));
        written.extend(write(&message));
    }
    assert_eq!(decoder.pending(), 0, "whole frames are written");
    assert_eq!(written, bytes, "{message:?}");
}

pub(crate) const WORDS: &[&[u8]] = &[
    b"aphd\x01\0\x01\0",
    b"aphd\x01\0\x09\0",
    b"\x0d\0\0\0\x01\x18\0\x50\0\0\0\0\0\xff\xff\xff\xff\x01",
    b"\x02\0\0\0\x02hi",
    b"\x08\0\0\0\x03\x18\0\x50\0\0\0\0\0",
    b"\0\0\0\0\x04",
    b"\0\0\0\0\x05",
    b"\x05\0\0\0\x07\x01\x02\0\0\0",
    b"\x04\0\0\0\x08\x03abc",
    b"\x04\0\0\0\x09\x10\x27\0\0",
    b"\x0a\0\0\0\x81\x7f\x02\0\0\0\x03\0ab\xff",
    b"\x04\0\0\0\x83\x1b[0m",
    b"\x03\0\0\0\x84\x01xy",
    b"\x0d\0\0\0\x85\x01\x09\0\0\0\x01\0\0\0\0\0\0\0",
    b"\x01\0\0\0\x86\x01",
    b"\0\0\0\0\x87",
    b"\x06\0\0\0\x88\x02\x03\0\xe5\xad\x97",
    b"\x44\0\0\0\x82",
    b"\0\0\0\0\x0c",
    b"\x31\0\0\0\x89\x01\0t\x01\x04\0idle\x01\x01\x03\0\0\0\x02\0\0\0\x01\0\0\0\x02\0hi\x01\
      \x01\0$\x09\0\0\0\0\0\0\0\x08\0\0\0\0\0\0\0\x02",
    b"\xff\xff\xff\xff",
    b"\x01\0\x10\0\x02",
    b"\0\0\x10\0\x83",
];
