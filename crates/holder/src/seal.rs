//! Compresses one closed segment of the transcript, a piece at a time.
//! `app_wire::record::sealed` is what comes of it.
//!
//! # Invariants
//!
//! 1. The compressed file has its name only when it is whole, and the other one goes only
//!    after that: a reader that looks for the uncompressed one first, and then for the
//!    compressed one, finds one of them at any time.
//! 2. A step takes about a millisecond and no more memory than a frame needs; nothing is
//!    kept between two steps but open files.
//! 3. Whatever goes wrong costs nothing but the room that would have been saved.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use app_sys::private;
use app_wire::record::sealed::SeekTable;
use app_wire::record::{sealed_name, segment_name};
use zstd::bulk::Compressor;

use crate::limits;

/// What follows the name of a file that is not whole.
const UNFINISHED: &str = ".new";

/// A segment that is being compressed. What is unfinished goes when this is dropped.
#[derive(Debug)]
pub(crate) struct Sealing {
    plain: File,
    plain_path: PathBuf,
    sealed: File,
    sealed_path: PathBuf,
    unfinished: PathBuf,
    table: SeekTable,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// There is more to do.
    More,
    /// It takes this many bytes now.
    Sealed(u64),
    /// It would not get smaller.
    Incompressible,
}

impl Sealing {
    /// Begins with segment `number`, which gets no more output.
    pub(crate) fn begin(dir: &Path, number: u32) -> io::Result<Self> {
        let plain_path = dir.join(segment_name(number));
        let plain = File::open(&plain_path)?;
        let unfinished = dir.join(sealed_name(number) + UNFINISHED);
        let sealed = private::create_file(&unfinished)?;
        let sealed_path = dir.join(sealed_name(number));
        let table = SeekTable::default();
        Ok(Self { plain, plain_path, sealed, sealed_path, unfinished, table })
    }

    /// Compresses one frame more, or finishes.
    pub(crate) fn step(&mut self) -> io::Result<Progress> {
        let mut frame = vec![0; limits::SEAL_FRAME];
        let length = read_at(&self.plain, &mut frame, self.table.plain())?;
        if length == 0 {
            return self.finish();
        }
        let mut compressor = Compressor::new(limits::SEAL_LEVEL)?;
        compressor.include_checksum(true)?;
        let compressed = compressor.compress(&frame[..length])?;
        self.sealed.write_all(&compressed)?;
        let number = |length: usize| u32::try_from(length).map_err(io::Error::other);
        self.table.push(number(compressed.len())?, number(length)?);
        Ok(Progress::More)
    }

    fn finish(&mut self) -> io::Result<Progress> {
        let table = self.table.encode();
        let length = self.table.end() + table.len() as u64;
        if length >= self.table.plain() {
            return Ok(Progress::Incompressible);
        }
        self.sealed.write_all(&table)?;
        fs::rename(&self.unfinished, &self.sealed_path)?;
        fs::remove_file(&self.plain_path)?; // Invariant 1.
        Ok(Progress::Sealed(length))
    }
}

impl Drop for Sealing {
    fn drop(&mut self) {
        // After the end it has another name.
        fs::remove_file(&self.unfinished).ok();
    }
}

/// Reads as much as there is and fits.
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read_at(&mut buffer[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn lines(count: usize) -> Vec<u8> {
        (0..count).flat_map(|n| format!("{n:07}: some text of a log\r\n").into_bytes()).collect()
    }

    #[test]
    fn a_sealed_segment_is_what_any_zstd_reads_and_each_frame_stands_for_itself() {
        let dir = tempfile::tempdir().unwrap();
        let plain = lines(40_000);
        fs::write(dir.path().join("transcript.000003"), &plain).unwrap();
        let mut sealing = Sealing::begin(dir.path(), 3).unwrap();
        let frames = plain.len().div_ceil(limits::SEAL_FRAME);
        for _ in 0..frames {
            assert_eq!(sealing.step().unwrap(), Progress::More);
            assert_eq!(names(dir.path()), ["transcript.000003", "transcript.000003.zst.new"]);
        }
        let Progress::Sealed(length) = sealing.step().unwrap() else { unreachable!() };
        drop(sealing);
        assert_eq!(names(dir.path()), ["transcript.000003.zst"]);
        let sealed = fs::read(dir.path().join("transcript.000003.zst")).unwrap();
        assert_eq!(length, sealed.len() as u64);
        assert!(sealed.len() < plain.len() / 4, "{} of {}", sealed.len(), plain.len());
        assert_eq!(zstd::decode_all(&sealed[..]).unwrap(), plain);
        let table = SeekTable::length(*sealed.last_chunk().unwrap()).unwrap();
        let table = SeekTable::decode(&sealed[sealed.len() - table..], length).unwrap();
        let (last, _) = table.find(table.plain() - 1).unwrap();
        let start = usize::try_from(last.at).unwrap();
        let bytes = &sealed[start..start + last.compressed as usize];
        let frame = zstd::bulk::decompress(bytes, limits::SEAL_FRAME).unwrap();
        assert!(plain.ends_with(&frame) && frame.len() == last.plain as usize);
    }

    #[test]
    fn what_does_not_get_smaller_stays_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let mut seed = 1_u64;
        let noise = std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            seed.to_be_bytes()[0]
        });
        let noise: Vec<u8> = noise.take(50_000).collect();
        fs::write(dir.path().join("transcript.000001"), &noise).unwrap();
        let mut sealing = Sealing::begin(dir.path(), 1).unwrap();
        assert_eq!(sealing.step().unwrap(), Progress::More);
        assert_eq!(sealing.step().unwrap(), Progress::Incompressible);
        drop(sealing);
        assert_eq!(names(dir.path()), ["transcript.000001"]);
    }

    #[test]
    fn a_full_disk_leaves_the_segment_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("transcript.000001"), lines(1_000)).unwrap();
        let mut sealing = Sealing::begin(dir.path(), 1).unwrap();
        sealing.sealed = File::options().write(true).open("/dev/full").unwrap();
        sealing.step().unwrap_err();
        drop(sealing);
        assert_eq!(names(dir.path()), ["transcript.000001"]);
    }
}
