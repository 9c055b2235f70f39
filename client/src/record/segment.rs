//! One segment of a transcript, in whichever form it is.
//!
//! # Invariants
//!
//! 1. The uncompressed form is looked for first: the holder removes it only when the
//!    other one is there, so at least one is found, and never both are read.
//! 2. What is open stays readable whatever the holder does with its name.
//! 3. Of a compressed one, a frame is in memory and no more.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use app_wire::record::sealed::{Frame, SeekTable};

use super::{RecordError, RunDir};

/// Something that is read from any place in it.
pub(crate) trait ReadAt {
    /// Bytes in it, for now.
    fn length(&self) -> io::Result<u64>;

    /// Reads some bytes from there on; none at the end.
    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
}

impl ReadAt for File {
    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        loop {
            match std::os::unix::fs::FileExt::read_at(self, buffer, offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                done => return done,
            }
        }
    }
}

/// An open segment.
pub(super) enum Segment {
    /// As it was written.
    Plain(File),
    /// Compressed.
    Sealed(Sealed),
}

impl Segment {
    /// Opens segment `number`; nothing if it is not kept.
    pub(super) fn open(dir: &RunDir, number: u32) -> Result<Option<Self>, RecordError> {
        let plain = dir.segment(number);
        if let Some(file) = open(&plain)? {
            return Ok(Some(Self::Plain(file)));
        }
        let path = dir.sealed(number);
        let Some(file) = open(&path)? else { return Ok(None) }; // Invariant 1.
        let sealed = Sealed::read(file).map_err(|source| RecordError::Read { path, source })?;
        Ok(Some(Self::Sealed(sealed)))
    }
}

fn open(path: &Path) -> Result<Option<File>, RecordError> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(RecordError::Read { path: path.to_path_buf(), source }),
    }
}

impl ReadAt for Segment {
    fn length(&self) -> io::Result<u64> {
        match self {
            Self::Plain(file) => file.length(),
            Self::Sealed(sealed) => Ok(sealed.table.plain()),
        }
    }

    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        match self {
            Self::Plain(file) => ReadAt::read_at(file, buffer, offset),
            Self::Sealed(sealed) => sealed.read_at(buffer, offset),
        }
    }
}

/// A compressed segment.
pub(super) struct Sealed {
    file: File,
    table: SeekTable,
    /// The frame that was read last, and what is in it.
    frame: Option<(Frame, Vec<u8>)>,
}

impl Sealed {
    fn read(file: File) -> io::Result<Self> {
        let damaged = |error| io::Error::new(io::ErrorKind::InvalidData, error);
        let length = file.metadata()?.len();
        let last = |bytes: &mut [u8]| {
            let start = length.saturating_sub(bytes.len() as u64);
            file.read_exact_at(bytes, start)
        };
        let mut foot = [0; SeekTable::FOOT];
        last(&mut foot)?;
        let mut table = vec![0; SeekTable::length(foot).map_err(damaged)?];
        last(&mut table)?;
        let table = SeekTable::decode(&table, length).map_err(damaged)?;
        Ok(Self { file, table, frame: None })
    }

    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let Some((wanted, within)) = self.table.find(offset) else { return Ok(0) };
        let bytes = match self.frame.take() {
            Some((frame, bytes)) if frame == wanted => bytes,
            Some(_) | None => self.decompress(wanted)?,
        };
        let rest = &bytes[within..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.frame = Some((wanted, bytes));
        Ok(count)
    }

    fn decompress(&self, frame: Frame) -> io::Result<Vec<u8>> {
        let size = |size: u32| usize::try_from(size).map_err(io::Error::other);
        let plain = size(frame.plain)?;
        let mut compressed = vec![0; size(frame.compressed)?];
        self.file.read_exact_at(&mut compressed, frame.at)?;
        let bytes = zstd::bulk::decompress(&compressed, plain)?;
        if bytes.len() == plain {
            Ok(bytes)
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidData, "a frame is shorter than it should be"))
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::fs;

    use super::*;

    /// What a holder makes of a segment, with frames of so many bytes.
    pub(in crate::record) fn sealed(plain: &[u8], frame: usize) -> Vec<u8> {
        let (mut out, mut table) = (Vec::new(), SeekTable::default());
        for plain in plain.chunks(frame) {
            let compressed = zstd::bulk::compress(plain, 1).unwrap();
            let number = |length: usize| u32::try_from(length).unwrap();
            table.push(number(compressed.len()), number(plain.len()));
            out.extend(compressed);
        }
        out.extend(table.encode());
        out
    }

    fn run_dir() -> (tempfile::TempDir, RunDir) {
        let temp = tempfile::tempdir().unwrap();
        let dir = RunDir(temp.path().to_path_buf());
        (temp, dir)
    }

    #[test]
    fn a_compressed_segment_is_read_from_any_place() {
        let (_temp, dir) = run_dir();
        let plain: Vec<u8> = (0..1_000_u32).flat_map(u32::to_le_bytes).collect();
        fs::write(dir.sealed(1), sealed(&plain, 300)).unwrap();
        let mut segment = Segment::open(&dir, 1).unwrap().unwrap();
        assert_eq!(segment.length().unwrap(), 4_000);
        let mut buffer = [0; 1_000];
        for (offset, count) in [(0, 300), (299, 1), (300, 300), (3_999, 1), (4_000, 0), (17, 283)] {
            assert_eq!(segment.read_at(&mut buffer, offset).unwrap(), count);
            let offset = usize::try_from(offset).unwrap();
            assert_eq!(buffer[..count], plain[offset..offset + count]);
        }
    }

    #[test]
    fn the_uncompressed_form_comes_first_and_neither_is_nothing() {
        let (_temp, dir) = run_dir();
        assert!(Segment::open(&dir, 1).unwrap().is_none());
        fs::write(dir.sealed(1), sealed(b"the same", 100)).unwrap();
        fs::write(dir.segment(1), b"the same").unwrap();
        assert!(matches!(Segment::open(&dir, 1), Ok(Some(Segment::Plain(_)))));
    }

    #[test]
    fn damage_is_an_error_that_names_the_file() {
        let (_temp, dir) = run_dir();
        for damaged in [Vec::new(), vec![0; 100], sealed(b"text", 4)[1..].to_vec()] {
            fs::write(dir.sealed(1), damaged).unwrap();
            let error = Segment::open(&dir, 1).err().unwrap();
            assert!(error.to_string().contains("transcript.000001.zst"), "{error}");
        }
        let mut bytes = sealed(&[7; 1_000], 1_000);
        bytes[5] ^= 0xff;
        fs::write(dir.sealed(1), bytes).unwrap();
        let mut segment = Segment::open(&dir, 1).unwrap().unwrap();
        assert!(segment.read_at(&mut [0; 10], 0).is_err());
    }
}
