//! What waits to be written to one client.
//!
//! # Invariants
//!
//! 1. Bytes leave in the order they came, and a frame that has begun is finished: output
//!    can be thrown away at a frame boundary only, or the client reads nonsense.
//! 2. Answers are never thrown away, output may be: a snapshot can replace it.
//! 3. An empty queue keeps little memory.

use std::io::{self, Write};

use app_wire::hello::HELLO_LEN;
use app_wire::hold::{Frame, FromHolder};

use crate::queue;

/// Bytes of a frame before its payload: length (4), kind (1). Frozen.
const HEADER: usize = 5;

/// A queue of encoded frames, the first of which may be partly gone.
#[derive(Debug)]
pub(crate) struct Outbox {
    bytes: Vec<u8>,
    /// Where the bytes begin that were not written yet.
    start: usize,
    /// How many of them belong to a frame (or the hello) that has begun.
    begun: usize,
}

impl Outbox {
    /// A queue that begins with our hello.
    pub(crate) fn new(hello: [u8; HELLO_LEN]) -> Self {
        Self { bytes: hello.to_vec(), start: 0, begun: HELLO_LEN }
    }

    /// Bytes that wait.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a message.
    pub(crate) fn push(&mut self, message: &FromHolder) {
        self.compact();
        message.encode(&mut self.bytes);
    }

    /// Adds output without copying it into a message first.
    pub(crate) fn push_output(&mut self, bytes: &[u8]) {
        self.compact();
        FromHolder::encode_output(bytes, &mut self.bytes);
    }

    /// Writes as much as the writer takes without blocking, and says how much that was.
    pub(crate) fn write_to(&mut self, writer: &mut impl Write) -> io::Result<usize> {
        let count = queue::write_some(writer, &self.bytes[self.start..])?;
        self.advance(count);
        self.compact();
        Ok(count)
    }

    /// Throws away all output that has not begun to leave.
    pub(crate) fn drop_output(&mut self) {
        let mut kept = self.bytes[self.start..self.start + self.begun].to_vec();
        let mut at = self.start + self.begun;
        while at < self.bytes.len() {
            let length = self.frame_len(at);
            let frame = Frame { kind: self.bytes[at + HEADER - 1], payload: &[] };
            if FromHolder::output_of(&frame).is_none() {
                kept.extend_from_slice(&self.bytes[at..at + length]);
            }
            at += length;
        }
        self.bytes = kept;
        self.start = 0;
    }

    /// Forgets everything: nobody takes it.
    pub(crate) fn clear(&mut self) {
        *self = Self { bytes: Vec::new(), start: 0, begun: 0 };
    }

    fn advance(&mut self, mut count: usize) {
        while count > 0 {
            if self.begun == 0 {
                self.begun = self.frame_len(self.start);
            }
            let step = count.min(self.begun);
            self.start += step;
            self.begun -= step;
            count -= step;
        }
    }

    /// Length of the frame that begins at `at`, header included.
    fn frame_len(&self, at: usize) -> usize {
        let header = self.bytes[at..].first_chunk::<4>().copied().unwrap_or_default();
        HEADER + u32::from_le_bytes(header) as usize
    }

    fn compact(&mut self) {
        queue::compact(&mut self.bytes, &mut self.start);
    }
}

#[cfg(test)]
mod tests {
    use app_wire::hold::{Decoder, HELLO};

    use super::*;
    use crate::limits;

    /// Takes `room` bytes, then would block.
    struct Narrow {
        taken: Vec<u8>,
        room: usize,
    }

    impl Write for Narrow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let count = bytes.len().min(self.room);
            if count == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            self.taken.extend_from_slice(&bytes[..count]);
            self.room -= count;
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Everything that was written, as messages after the hello.
    fn read(taken: &[u8]) -> Vec<FromHolder> {
        let mut decoder = Decoder::new();
        decoder.push(taken);
        decoder.take::<HELLO_LEN>().unwrap();
        let mut messages = Vec::new();
        while let Some(frame) = decoder.next_frame().unwrap() {
            messages.push(FromHolder::decode(frame).unwrap());
        }
        assert_eq!(decoder.pending(), 0, "a frame was cut");
        messages
    }

    #[test]
    fn output_is_dropped_at_a_frame_boundary_wherever_the_writer_stopped() {
        let hello = HELLO.encode();
        let whole = 8 + (5 + 3) + 5 + (5 + 3);
        for room in 0..=whole {
            let mut outbox = Outbox::new(hello);
            outbox.push_output(b"one");
            outbox.push(&FromHolder::Done);
            outbox.push_output(b"two");
            let mut writer = Narrow { taken: Vec::new(), room };
            assert_eq!(outbox.write_to(&mut writer).unwrap(), room);
            outbox.drop_output();
            outbox.push_output(b"fresh");
            writer.room = usize::MAX;
            outbox.write_to(&mut writer).unwrap();
            assert!(outbox.is_empty());
            let messages = read(&writer.taken);
            assert!(messages.contains(&FromHolder::Done), "an answer was lost at {room}");
            assert_eq!(messages.last(), Some(&FromHolder::Output(b"fresh".to_vec())));
            let two = FromHolder::Output(b"two".to_vec());
            assert_eq!(messages.contains(&two), room > whole - 8, "at {room}");
        }
    }

    #[test]
    fn an_emptied_queue_gives_its_memory_back() {
        let mut outbox = Outbox::new(HELLO.encode());
        outbox.push_output(&vec![0; limits::CLIENT_QUEUE]);
        let mut writer = Narrow { taken: Vec::new(), room: usize::MAX };
        outbox.write_to(&mut writer).unwrap();
        assert!(outbox.bytes.capacity() <= limits::QUEUE_KEPT);
    }
}
