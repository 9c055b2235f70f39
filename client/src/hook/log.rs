//! What went wrong in hooks, for who wonders why nothing is reported. An agent shows
//! nothing of it.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use app_model::text::printable;
use app_sys::places::Places;
use app_sys::{clock, private};

use crate::render::time::rfc3339;

/// Most bytes of the log. One older piece of that size is kept.
const MAX_LOG: u64 = 64 << 10;

/// Most characters of a line.
const MAX_LINE: usize = 500;

/// Adds a line. What cannot be written is lost: there is nobody to tell.
pub(super) fn write(places: &Places, agent: &str, error: &dyn std::error::Error) {
    let words: String = format!("{agent}: {error}").chars().take(MAX_LINE).collect();
    add(&places.hook_log(), &format!("{} {}", rfc3339(clock::wall_ms()), printable(&words)));
}

fn add(path: &Path, line: &str) {
    if fs::metadata(path).is_ok_and(|log| log.len() >= MAX_LOG) {
        fs::rename(path, path.with_extension("log.1")).ok();
    }
    if let Ok(mut log) = private::open_append(path) {
        log.write_all(format!("{line}\n").as_bytes()).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_kept_small() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hooks.log");
        let line = "x".repeat(MAX_LINE);
        for _ in 0..1000 {
            add(&path, &line);
        }
        let size = |path: &Path| fs::metadata(path).unwrap().len();
        assert!(size(&path) <= MAX_LOG + 1000);
        assert!(size(&path.with_extension("log.1")) <= MAX_LOG + 1000);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    }
}
