//! Asks for a file in few large pieces, ahead of a reader that wants many small ones.
//!
//! A disk that does five things in a second reads a megabyte as fast as a page.

use std::path::Path;

/// Most bytes that are asked for.
#[cfg(target_os = "linux")]
const MOST: u64 = 8 << 20;

/// Has the beginning of a file read into memory, without waiting for it. A file that is not
/// there, or in memory already, costs nothing.
#[cfg(target_os = "linux")]
pub fn ask_for(path: &Path) {
    if let Ok(file) = std::fs::File::open(path) {
        // Advice: where it is not taken, reading takes as long as it did.
        let _ = rustix::fs::fadvise(
            &file,
            0,
            std::num::NonZeroU64::new(MOST),
            rustix::fs::Advice::WillNeed,
        );
    }
}

/// Elsewhere the system is left to guess.
#[cfg(not(target_os = "linux"))]
pub fn ask_for(_path: &Path) {}
