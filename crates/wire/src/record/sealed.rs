//! Where what is in a compressed segment: `transcript.NNNNNN.zst`.
//!
//! The file is what the `zstd` program makes and reads: frames, each compressed by itself,
//! one behind the other. At its end is the seek table of the zstd seekable format, in a
//! frame that other readers skip:
//!
//! ```text
//!   0x184d2a5e │ bytes that follow u32 │ of each frame: compressed u32, plain u32
//!   │ frames u32 │ flags u8 (0) │ 0x8f92eab1                     (little-endian)
//! ```
//!
//! # Invariants
//!
//! 1. A frame holds [`FRAME`] bytes, the last one the rest: a reader needs no more memory
//!    than that for any place in the segment.

/// Bytes of output in a frame. Larger ones save nothing, smaller ones cost room.
pub const FRAME: usize = 256 << 10;

/// Most frames of a segment that are believed in: far more than a holder makes.
const FRAMES_MOST: usize = 1 << 16;

const SKIPPABLE: u32 = 0x184d_2a5e;
const SEEKABLE: u32 = 0x8f92_eab1;
const HEAD: usize = 8;
const FOOT: usize = 9;
const ENTRY: usize = 8;

/// One frame: its bytes in the file, and what they are compressed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Where it begins in the file.
    pub at: u64,
    /// Its bytes in the file.
    pub compressed: u32,
    /// The bytes of output in it.
    pub plain: u32,
}

/// Which frames there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeekTable {
    frames: Vec<Frame>,
}

/// Why a file is no compressed segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its table of contents is damaged")]
pub struct Damaged;

impl SeekTable {
    /// Bytes at the end of a file that say how long its table is.
    pub const FOOT: usize = FOOT;

    /// Adds the frame that was written next.
    pub fn push(&mut self, compressed: u32, plain: u32) {
        self.frames.push(Frame { at: self.end(), compressed, plain });
    }

    /// Where the frames end, and the table begins.
    pub fn end(&self) -> u64 {
        self.frames.last().map_or(0, |last| last.at + u64::from(last.compressed))
    }

    /// Bytes of output in all frames.
    pub fn plain(&self) -> u64 {
        self.frames.iter().map(|frame| u64::from(frame.plain)).sum()
    }

    /// The frame in which a byte of output is, and where in it.
    pub fn find(&self, offset: u64) -> Option<(Frame, usize)> {
        let mut before = 0;
        for frame in &self.frames {
            let plain = u64::from(frame.plain);
            if offset < before + plain {
                return Some((*frame, usize::try_from(offset - before).ok()?));
            }
            before += plain;
        }
        None
    }

    /// As bytes.
    pub fn encode(&self) -> Vec<u8> {
        let length = self.frames.len() * ENTRY + FOOT;
        let mut out = Vec::with_capacity(HEAD + length);
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
        out.extend(SKIPPABLE.to_le_bytes());
        out.extend(number(length));
        for frame in &self.frames {
            out.extend(frame.compressed.to_le_bytes());
            out.extend(frame.plain.to_le_bytes());
        }
        out.extend(number(self.frames.len()));
        out.push(0);
        out.extend(SEEKABLE.to_le_bytes());
        out
    }

    /// How long the table is that ends with these bytes.
    pub fn length(foot: [u8; FOOT]) -> Result<usize, Damaged> {
        let [a, b, c, d, flags, magic @ ..] = foot;
        let frames = usize::try_from(u32::from_le_bytes([a, b, c, d])).map_err(|_| Damaged)?;
        if flags != 0 || u32::from_le_bytes(magic) != SEEKABLE || frames > FRAMES_MOST {
            return Err(Damaged);
        }
        Ok(HEAD + frames * ENTRY + FOOT)
    }

    /// Reads a table of that length, with which a file ends that is this long.
    pub fn decode(bytes: &[u8], file: u64) -> Result<Self, Damaged> {
        let entries = bytes.len().checked_sub(HEAD + FOOT).ok_or(Damaged)?;
        let mut table = Self::default();
        for entry in bytes[HEAD..HEAD + entries].chunks_exact(ENTRY) {
            let [a, b, c, d, e, f, g, h] = entry.try_into().map_err(|_| Damaged)?;
            let (compressed, plain) = (u32::from_le_bytes([a, b, c, d]), [e, f, g, h]);
            let plain = u32::from_le_bytes(plain);
            if usize::try_from(plain).is_ok_and(|plain| plain > FRAME) {
                return Err(Damaged); // Invariant 1.
            }
            table.push(compressed, plain);
        }
        let fits = table.encode() == bytes && table.end() + bytes.len() as u64 == file;
        if fits { Ok(table) } else { Err(Damaged) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(sizes: &[(u32, u32)]) -> SeekTable {
        let mut table = SeekTable::default();
        sizes.iter().for_each(|&(compressed, plain)| table.push(compressed, plain));
        table
    }

    fn read(bytes: &[u8], file: u64) -> Result<SeekTable, Damaged> {
        let foot = bytes.last_chunk().ok_or(Damaged)?;
        let length = SeekTable::length(*foot)?;
        let start = bytes.len().checked_sub(length).ok_or(Damaged)?;
        SeekTable::decode(&bytes[start..], file)
    }

    #[test]
    fn a_table_comes_back_and_finds_every_byte() {
        let table = table(&[(100, 1_000), (70, 1_000), (1, 5)]);
        assert_eq!(read(&table.encode(), 171 + 8 + 24 + 9), Ok(table.clone()));
        assert_eq!((table.end(), table.plain()), (171, 2_005));
        let place = |offset| table.find(offset).map(|(frame, within)| (frame.at, within));
        assert_eq!(place(0), Some((0, 0)));
        assert_eq!(place(999), Some((0, 999)));
        assert_eq!(place(1_000), Some((100, 0)));
        assert_eq!(place(2_004), Some((170, 4)));
        assert_eq!(place(2_005), None);
    }

    #[test]
    fn a_damaged_table_is_refused_whatever_the_damage() {
        let table = table(&[(100, 1_000), (70, 1_000)]);
        let (bytes, file) = (table.encode(), 170 + 8 + 16 + 9);
        assert_eq!(read(&bytes, file + 1), Err(Damaged));
        assert_eq!(read(&bytes[1..], file - 1), Err(Damaged));
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x80;
            // What a frame holds is checked when it is read.
            let plain = [12, 13, 20, 21].contains(&at);
            assert!(plain || read(&damaged, file) == Err(Damaged), "byte {at}");
        }
    }
}
