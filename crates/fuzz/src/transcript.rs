//! The transcript of a run as the client reads it: all of its bytes in order, or exactly its
//! last lines, whatever else lies in the directory, and while it grows.
//!
//! ```text
//!   lines │ part there at first │ (name │ length │ content…)…
//! ```

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use appctl::fuzzing::Reading;

use crate::input::Input;

/// More is only slower.
const LONGEST: usize = 4096;

/// Names that are no segments. Numbers begin with 1 and have six digits or more.
const STRAY: [&str; 12] = [
    "transcript.1",
    "transcript.000000",
    "transcript.+00001",
    "transcript.+2",
    "transcript.4294967296",
    "transcript.0000000001",
    "transcript.",
    "transcript",
    "transcript.tmp",
    "transcript.-1",
    "Transcript.000001",
    "screen",
];

/// Numbers of segments, going up.
const NUMBERS: [u32; 8] = [1, 2, 3, 9, 10, 999_999, 1_000_000, u32::MAX];

struct Run {
    strays: Vec<(&'static str, Vec<u8>)>,
    /// In their order.
    segments: Vec<(u32, Vec<u8>)>,
}

/// Panics when the input breaks it.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(&bytes[..bytes.len().min(LONGEST)]);
    let lines = input.byte();
    let lines = (lines < 200).then_some(usize::from(lines % 20));
    let first = usize::from(input.byte());
    let run = layout(input);

    let temp = tempfile::tempdir_in(places()).expect("a directory");
    for (name, content) in &run.strays {
        fs::write(temp.path().join(name), content).expect("a file");
    }
    let all: Vec<u8> = run.segments.iter().flat_map(|(_, content)| content.clone()).collect();
    let first = all.len() * first / 255;
    let mut left = first;
    let mut later = Vec::new();
    for (number, content) in &run.segments {
        let (now, then) = content.split_at(left.min(content.len()));
        // A segment comes to be when there is something for it, or there is nothing at all.
        if !now.is_empty() || (content.is_empty() && left > 0) {
            append(temp.path(), *number, now);
        }
        left -= now.len();
        later.push((*number, then));
    }
    let mut reading = Reading::begin(temp.path(), lines).unwrap_or_else(|error| panic!("{error}"));
    let read = reading.all().unwrap_or_else(|error| panic!("{error}"));
    let wanted = match lines {
        Some(lines) => last_lines(&all[..first], lines),
        None => &all[..first],
    };
    same("what is there", &read, wanted);
    for (number, content) in later {
        if !content.is_empty() {
            append(temp.path(), number, content);
        }
    }
    let read = reading.all().unwrap_or_else(|error| panic!("{error}"));
    same("what came later", &read, &all[first..]);
}

/// In memory where the system has such a place.
fn places() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() }
}

fn layout(mut input: Input<'_>) -> Run {
    let mut run = Run { strays: Vec::new(), segments: Vec::new() };
    let mut numbers = NUMBERS.into_iter();
    while !input.is_empty() {
        let name = input.byte();
        let length = usize::from(input.byte());
        // At times much longer than a read.
        let times = if name & 0x80 == 0 { 1 } else { 700 };
        let content = input.take(length).repeat(times);
        if name & 3 == 0 {
            run.strays.push((STRAY[usize::from(name >> 2) % STRAY.len()], content));
        } else if let Some(number) = numbers.nth(usize::from(name >> 2 & 1)) {
            run.segments.push((number, content));
        }
    }
    run
}

fn append(dir: &Path, number: u32, content: &[u8]) {
    let path = dir.join(format!("transcript.{number:06}"));
    let mut file = OpenOptions::new().create(true).append(true).open(path).expect("a segment");
    file.write_all(content).expect("room");
}

/// The last `count` lines; what follows the last line end is a line if it is anything.
fn last_lines(bytes: &[u8], count: usize) -> &[u8] {
    if count == 0 {
        return &[];
    }
    let body = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let start = body.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n').nth(count - 1);
    &bytes[start.map_or(0, |(at, _)| at + 1)..]
}

fn same(what: &str, read: &[u8], wanted: &[u8]) {
    if read == wanted {
        return;
    }
    let at = read.iter().zip(wanted).take_while(|(a, b)| a == b).count();
    panic!("{what}: {} bytes instead of {}, the same up to {at}", read.len(), wanted.len());
}

pub(crate) const WORDS: &[&[u8]] = &[
    b"\n",
    b"\r\n",
    b"\n\n",
    b"\x01\x05abcd\n",
    b"\x02\x03a\nb",
    b"\x81\x04abc\n",
    b"\0\x01x",
    b"\x04\x01x",
    b"\x08\x01x",
    b"\x0c\x01x",
    b"\x05\0",
    b"\x01\0",
    b"\xff",
];
