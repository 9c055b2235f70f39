//! What all queues of bytes do that wait for somebody who may take them slowly: bytes in a
//! buffer, of which the front was written already.

use std::io::{self, Write};

use crate::limits;

/// Writes as much as the writer takes without blocking, and says how much that was. An
/// error is one that will not pass.
pub(crate) fn write_some(writer: &mut impl Write, bytes: &[u8]) -> io::Result<usize> {
    let mut total = 0;
    while total < bytes.len() {
        match writer.write(&bytes[total..]) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => total += count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(total)
}

/// Forgets the bytes before `start` once that is worth it. An emptied buffer keeps little
/// memory.
pub(crate) fn compact(bytes: &mut Vec<u8>, start: &mut usize) {
    if *start == bytes.len() {
        bytes.clear();
        if bytes.capacity() > limits::QUEUE_KEPT {
            *bytes = Vec::new();
        }
    } else if *start > bytes.len() / 2 {
        bytes.drain(..*start);
    } else {
        return;
    }
    *start = 0;
}
