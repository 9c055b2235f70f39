//! What a holder leaves on disk of a run's output, as bytes. See `docs/TRANSCRIPT.md`.
//!
//! ```text
//!   run-N/transcript.000001       a segment: output, byte for byte
//!         transcript.000001.zst   the same once it is closed and was compressed
//!         timing.000001           when its bytes came, resizes, gaps
//! ```
//!
//! * [`timing`]: the index of times.
//! * [`sealed`]: where what is in a compressed segment.
//!
//! # Invariants
//!
//! 1. A holder of any age may have written what is read here, and may be writing it now:
//!    what is cut off at the end, and what is not known, is passed over.

pub mod sealed;
pub mod timing;

mod varint;

const SEGMENT: &str = "transcript.";
const SEALED: &str = ".zst";
const TIMING: &str = "timing.";

/// The file of an uncompressed segment, in its run's directory.
pub fn segment_name(number: u32) -> String {
    format!("{SEGMENT}{number:06}")
}

/// The file of a compressed segment.
pub fn sealed_name(number: u32) -> String {
    format!("{SEGMENT}{number:06}{SEALED}")
}

/// The file of a segment's times.
pub fn timing_name(number: u32) -> String {
    format!("{TIMING}{number:06}")
}

/// The segment that a file is, in either form. Nothing for what only looks like one, such
/// as a copy that somebody made.
pub fn segment_number(name: &str) -> Option<u32> {
    let digits = name.strip_prefix(SEGMENT)?;
    let number = digits.strip_suffix(SEALED).unwrap_or(digits).parse().ok()?;
    let is_it = number > 0 && (segment_name(number) == name || sealed_name(number) == name);
    is_it.then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_which_segment_and_others_are_none() {
        assert_eq!(segment_number(&segment_name(7)), Some(7));
        assert_eq!(segment_number(&sealed_name(1_234_567)), Some(1_234_567));
        for other in [
            "transcript.000001.zst.new",
            "transcript.+00001",
            "transcript.7",
            "transcript.000000",
            "transcript.0000000002",
            "transcript.4294967296",
            "transcript.",
            "timing.000001",
            "exit",
            ".zst",
        ] {
            assert_eq!(segment_number(other), None, "{other}");
        }
    }
}
