//! The decoders of the control protocol: what can be read can be written, and is then read
//! and written the same.
//!
//! ```text
//!   hello (8) │ frames: length, u32 LE │ body …
//! ```
//!
//! A length that is more than what is left means: all that is left.

use app_wire::control::{
    CodecError, HELLO, MAX_REPLY, MAX_REQUEST, decode_reply, decode_request, encode,
};

use crate::input::Input;

/// Frames looked at: more are only slower.
const FRAMES: usize = 16;

/// Panics when the input breaks it.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    if let Ok(hello) = input.take(8).try_into()
        && let Ok(version) = HELLO.agree(hello)
    {
        assert!(version >= HELLO.oldest && version <= HELLO.newest, "a version we speak");
    }
    for _ in 0..FRAMES {
        if input.is_empty() {
            break;
        }
        let length = u32::from_le_bytes(std::array::from_fn(|_| input.byte()));
        let body = input.take(length as usize);
        stays(body, MAX_REQUEST, decode_request);
        stays(body, MAX_REPLY, decode_reply);
    }
}

fn stays<M: serde_like::Message>(
    body: &[u8],
    limit: usize,
    decode: impl Fn(&[u8]) -> Result<M, CodecError>,
) {
    let Ok(message) = decode(body) else { return };
    let bytes = message.encoded();
    // Numbers and flags have one shortest form; text that is not UTF-8 is refused.
    assert!(bytes.len() <= body.len(), "{} bytes became {}", body.len(), bytes.len());
    assert!(bytes.len() <= limit);
    let again = decode(&bytes).unwrap_or_else(|error| panic!("{error:?}: {message:?}"));
    assert_eq!(again.encoded(), bytes, "{message:?}");
}

/// Both kinds of message, as one.
mod serde_like {
    use app_wire::control::{Reply, Request};

    pub(super) trait Message: std::fmt::Debug {
        fn encoded(&self) -> Vec<u8>;
    }

    impl Message for Request {
        fn encoded(&self) -> Vec<u8> {
            super::encode(self).expect("what was read can be written")
        }
    }

    impl Message for Reply {
        fn encoded(&self) -> Vec<u8> {
            super::encode(self).expect("what was read can be written")
        }
    }
}

pub(crate) const WORDS: &[&[u8]] = &[
    b"appc\x01\0\x01\0",
    b"appc\0\0\xff\xff",
    b"\x03\0\0\0\0\x01\0",
    b"\x05\0\0\0\x01\0\x05fl",
    b"\xfd\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\xfc\xff\xff\xff\xff",
    b"\xfb\xff\xff",
    b"\xfc\x5d\xcf\x5d\x7c",
    b"\x05flaky",
    b"\0\0\0\0",
    b"\x01\x01\x01",
    b"\xff\xff\xff\xff",
    b"\xe5\xad\x97",
];
