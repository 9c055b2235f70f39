//! Finding lines from the end.

use std::io;

use super::PIECE;
use super::segment::ReadAt;

/// Counts lines from the end.
pub(crate) struct LineSearch {
    wanted: usize,
    /// Nothing was looked at yet: the very last line end closes the last line.
    at_end: bool,
}

impl LineSearch {
    /// Looks for the beginning of the last `wanted` lines.
    pub(crate) fn new(wanted: usize) -> Self {
        Self { wanted, at_end: true }
    }

    /// The offset at which the wanted lines begin, if that is in this file.
    pub(crate) fn look_back(&mut self, file: &mut impl ReadAt) -> io::Result<Option<u64>> {
        let mut end = file.length()?;
        if self.wanted == 0 {
            return Ok(Some(end));
        }
        let mut piece = vec![0; PIECE];
        while end > 0 {
            let start = end.saturating_sub(PIECE as u64);
            let length = usize::try_from(end - start).unwrap_or(PIECE);
            read_exact(file, &mut piece[..length], start)?;
            for index in (0..length).rev() {
                let closes_last = std::mem::take(&mut self.at_end);
                if piece[index] != b'\n' || closes_last {
                    continue;
                }
                self.wanted -= 1;
                if self.wanted == 0 {
                    return Ok(Some(start + index as u64 + 1));
                }
            }
            end = start;
        }
        Ok(None)
    }
}

/// Where the line begins that holds this offset; the offset itself when no line begins
/// near it.
pub(super) fn line_start(file: &mut impl ReadAt, offset: u64) -> io::Result<u64> {
    let start = offset.saturating_sub(PIECE as u64);
    let mut before = vec![0; usize::try_from(offset - start).unwrap_or(PIECE)];
    read_exact(file, &mut before, start)?;
    Ok(match before.iter().rposition(|&byte| byte == b'\n') {
        Some(index) => start + index as u64 + 1,
        None if start == 0 => 0,
        None => offset,
    })
}

fn read_exact(file: &mut impl ReadAt, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read_at(&mut buffer[filled..], offset + filled as u64)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => filled += count,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_line_begins_behind_the_line_end_before_it() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"one\ntwo\n").unwrap();
        let starts: Vec<u64> =
            (0..=8).map(|offset| line_start(&mut file, offset).unwrap()).collect();
        assert_eq!(starts, [0, 0, 0, 0, 4, 4, 4, 4, 8]);
        file.write_all(&vec![b'x'; 2 * PIECE]).unwrap();
        let far = 8 + 2 * PIECE as u64;
        assert_eq!(line_start(&mut file, far).unwrap(), far);
    }
}
