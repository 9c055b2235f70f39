//! What is left on disk when a run has ended.
//!
//! # Invariants
//!
//! 1. The record is written last and durably: where it is, everything else is as well.
//! 2. A full disk costs the pictures first, then time, but never hangs the holder. Room
//!    for the record is taken when the run begins.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use app_model::{Exit, ExitRecord, Signal, Survivor};
use app_sys::process;
use app_sys::{durable, poll, private};

use crate::limits;
use crate::notes::Notes;

/// How the child ended.
pub(crate) fn exit_of(status: ExitStatus) -> Exit {
    match (status.code(), status.signal()) {
        (Some(code), _) => Exit::Code(code),
        (None, Some(signal)) => Exit::Signal(Signal(signal)),
        // Neither cannot be: only ended children are collected.
        (None, None) => Exit::Code(1),
    }
}

/// The processes that are still below this one, by name.
pub(crate) fn survivors() -> Vec<Survivor> {
    process::below_this()
        .into_iter()
        .take(limits::SURVIVORS_NAMED)
        .map(|process| Survivor { pid: process.identity.pid.as_u32(), name: process.name })
        .collect()
}

/// Takes room on the disk for the record, to be given back just before it is written.
pub(crate) fn reserve(dir: &Path) -> io::Result<()> {
    private::create_file(&reserve_path(dir))?.write_all(&[0; limits::RESERVE])
}

fn reserve_path(dir: &Path) -> PathBuf {
    dir.join(".reserve")
}

/// Keeps the last screen: `screen` for terminals, `screen.txt` for people and search.
pub(crate) fn save_screen(dir: &Path, snapshot: &[u8], text: &str, notes: &Notes) {
    for (name, bytes) in [("screen", snapshot), ("screen.txt", text.as_bytes())] {
        if let Err(error) = durable::write_quick(&dir.join(name), bytes) {
            notes.add(&format!("the last screen was not kept as {name}: {error}"));
        }
    }
}

/// Writes the record, trying again for a while when the disk is full.
pub(crate) fn save_record(dir: &Path, record: &ExitRecord, notes: &Notes) {
    let bytes = match serde_json::to_vec(record) {
        Ok(bytes) => bytes,
        Err(error) => return notes.add(&format!("the exit record has no form: {error}")),
    };
    // Missing if the disk was full at the start already.
    fs::remove_file(reserve_path(dir)).ok();
    let mut wait = limits::RECORD_FIRST_WAIT;
    for attempt in 1..=limits::RECORD_TRIES {
        let Err(error) = durable::write(&dir.join("exit"), &bytes) else { return };
        notes.add(&format!("attempt {attempt} to write the exit record failed: {error}"));
        if attempt < limits::RECORD_TRIES {
            // Nothing is awaited but time: somebody may free space.
            poll::wait(&mut [], Some(wait)).ok();
            wait *= 2;
        }
    }
    // A record that a power cut may take is better than none: the disk may write and only
    // refuse to promise anything.
    if let Err(error) = durable::write_quick(&dir.join("exit"), &bytes) {
        notes.add(&format!("the exit record was given up: {error}"));
    }
}

/// The last line of a plain run's output that is not blank.
pub(crate) fn last_line_of(path: &Path) -> Option<String> {
    let tail = tail_of(path).ok()?;
    let text = String::from_utf8_lossy(&tail);
    let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty())?;
    Some(line.to_owned())
}

fn tail_of(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(limits::LAST_LINE)))?;
    let mut tail = Vec::new();
    file.take(limits::LAST_LINE).read_to_end(&mut tail)?;
    Ok(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_signals_are_told_apart() {
        assert_eq!(exit_of(ExitStatus::from_raw(3 << 8)), Exit::Code(3));
        assert_eq!(exit_of(ExitStatus::from_raw(9)), Exit::Signal(Signal::KILL));
    }

    #[test]
    fn the_last_line_is_found_at_the_end_of_a_long_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t");
        fs::write(&path, format!("{}\n  done  \n\n \n", "x".repeat(10_000))).unwrap();
        assert_eq!(last_line_of(&path).as_deref(), Some("done"));
        fs::write(&path, "\n\n").unwrap();
        assert_eq!(last_line_of(&path), None);
        assert_eq!(last_line_of(&dir.path().join("none")), None);
    }
}
