//! `run-N/holder.log`: what went wrong in here, for whoever wonders later. A holder that
//! has no trouble writes none.

use std::io::{self, Write as _};
use std::path::PathBuf;

use app_sys::{clock, private};

use crate::limits;

/// Where troubles are noted.
#[derive(Clone, Debug)]
pub(crate) struct Notes {
    path: PathBuf,
}

impl Notes {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Adds a line, unless the file is full or cannot be written: there is nobody left
    /// to tell.
    pub(crate) fn add(&self, text: &str) {
        self.try_add(text).ok();
    }

    /// The same, for who can try again later.
    pub(crate) fn try_add(&self, text: &str) -> io::Result<()> {
        let mut file = private::open_append(&self.path)?;
        if file.metadata()?.len() < limits::NOTES {
            file.write_all(format!("{} {text}\n", clock::wall_ms()).as_bytes())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_lines_and_the_file_has_an_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("holder.log");
        let notes = Notes::new(path.clone());
        assert!(!path.exists());
        let long = "x".repeat(1000);
        for _ in 0..200 {
            notes.add(&long);
        }
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.lines().next().unwrap().ends_with(&long));
        assert!(text.len() as u64 <= limits::NOTES + 1100);
    }
}
