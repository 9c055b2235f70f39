//! Frames of the holder protocol: a length, a kind, a payload.

/// Largest payload of a frame, in bytes. A `send` is one frame, so this is also the
/// most that can be submitted as one piece.
pub const MAX_PAYLOAD: usize = 1 << 20;

/// Output is cut into frames of at most this many bytes, so that a frame is never the
/// reason for a delay.
pub const OUTPUT_CHUNK: usize = 64 << 10;

/// Bytes before the payload.
const HEADER: usize = 5;

/// Room that is made for a read.
const READ_ROOM: usize = 64 << 10;

/// One frame, still undecoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// What the payload is.
    pub kind: u8,
    /// The payload.
    pub payload: &'a [u8],
}

/// The stream is not one of frames; nothing after this point can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A length over [`MAX_PAYLOAD`].
    #[error("a frame of {length} bytes is over the limit of {MAX_PAYLOAD}")]
    TooLong {
        /// The length that was announced.
        length: u32,
    },
}

/// Appends a frame to `out`. The payload must not exceed [`MAX_PAYLOAD`].
pub fn encode_frame(kind: u8, payload: &[u8], out: &mut Vec<u8>) {
    debug_assert!(payload.len() <= MAX_PAYLOAD, "callers cut what is longer");
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    out.reserve(HEADER + payload.len());
    out.extend_from_slice(&length.to_le_bytes());
    out.push(kind);
    out.extend_from_slice(payload);
}

/// Collects bytes as they come and hands out whole frames.
///
/// Holds at most one frame more than what was pushed last, so its memory is bounded by
/// [`MAX_PAYLOAD`] and the size of a read.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
    /// Where the unread part of `buffer` begins.
    start: usize,
}

impl Decoder {
    /// An empty decoder.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds bytes that arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        self.compact();
        self.buffer.extend_from_slice(bytes);
    }

    /// Takes exactly `N` bytes from the front, if they are there: the hello.
    pub fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let bytes = self.buffer.get(self.start..self.start + N)?.try_into().ok()?;
        self.start += N;
        Some(bytes)
    }

    /// The next whole frame, or nothing yet.
    pub fn next_frame(&mut self) -> Result<Option<Frame<'_>>, FrameError> {
        let unread = &self.buffer[self.start..];
        let Some(&[a, b, c, d, kind]) = unread.first_chunk::<HEADER>() else {
            return Ok(None);
        };
        let length = u32::from_le_bytes([a, b, c, d]);
        let payload_len = length as usize;
        if payload_len > MAX_PAYLOAD {
            return Err(FrameError::TooLong { length });
        }
        if unread.len() < HEADER + payload_len {
            return Ok(None);
        }
        let from = self.start + HEADER;
        self.start = from + payload_len;
        Ok(Some(Frame { kind, payload: &self.buffer[from..from + payload_len] }))
    }

    /// Bytes that were pushed and not yet handed out.
    pub fn pending(&self) -> usize {
        self.buffer.len() - self.start
    }

    /// Drops what was handed out, and the memory of a frame that was unusually long.
    fn compact(&mut self) {
        self.buffer.drain(..self.start);
        self.start = 0;
        if self.buffer.is_empty() && self.buffer.capacity() > 2 * READ_ROOM {
            self.buffer = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_frame_has_these_bytes() {
        let mut out = Vec::new();
        encode_frame(0x84, b"hi", &mut out);
        assert_eq!(out, [2, 0, 0, 0, 0x84, b'h', b'i']);
    }

    #[test]
    fn a_length_over_the_limit_is_refused_before_it_is_read() {
        let mut decoder = Decoder::new();
        decoder.push(&[0, 0, 0, 0xff, 1]);
        assert_eq!(decoder.next_frame(), Err(FrameError::TooLong { length: 0xff00_0000 }));
    }

    proptest! {
        #[test]
        fn frames_survive_any_cut(
            payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..8),
            cut in 1usize..20,
        ) {
            let mut bytes = Vec::new();
            for (kind, payload) in payloads.iter().enumerate() {
                encode_frame(kind as u8, payload, &mut bytes);
            }
            let mut decoder = Decoder::new();
            let mut seen = Vec::new();
            for piece in bytes.chunks(cut) {
                decoder.push(piece);
                while let Some(frame) = decoder.next_frame().unwrap() {
                    prop_assert_eq!(usize::from(frame.kind), seen.len());
                    seen.push(frame.payload.to_vec());
                }
            }
            prop_assert_eq!(seen, payloads);
            prop_assert_eq!(decoder.pending(), 0);
        }

        #[test]
        fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut decoder = Decoder::new();
            decoder.push(&bytes);
            while let Ok(Some(_)) = decoder.next_frame() {}
        }
    }
}
