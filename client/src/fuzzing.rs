//! Two parts of the client that take whatever comes, for tests that throw everything at
//! them from outside. Nobody else uses this, and it promises nothing.

use std::path::Path;
use std::time::{Duration, Instant};

use app_model::keys::{DetachKey, KeyFilter};

use crate::record::{Position, RunDir, Transcript};

/// The search for the detach key in what is typed, on a clock of its own.
#[derive(Debug)]
pub struct Keys {
    filter: KeyFilter,
    now: Instant,
    /// What was let through.
    pub out: Vec<u8>,
}

impl Keys {
    /// A new search for the key of this name, as `--detach-key` takes it.
    pub fn new(key: &str) -> Option<Self> {
        let key = key.parse::<DetachKey>().ok()?;
        Some(Self { filter: KeyFilter::new(key), now: Instant::now(), out: Vec::new() })
    }

    /// Something is typed. `true` means: detach now.
    pub fn feed(&mut self, input: &[u8]) -> bool {
        self.filter.feed(input, self.now, &mut self.out)
    }

    /// Time goes by. `true` means: detach now.
    pub fn pass(&mut self, time: Duration) -> bool {
        self.now += time;
        self.filter.tick(self.now, &mut self.out)
    }
}

/// A transcript that is read and may still grow.
pub struct Reading(Transcript);

impl Reading {
    /// From the beginning of what a run's directory keeps, or of its last lines.
    pub fn begin(run: &Path, last: Option<usize>) -> Result<Self, String> {
        let run = RunDir::at(run);
        match last {
            Some(lines) => {
                let position = Position::of_last_lines(&run, lines).map_err(text)?;
                Ok(Self(Transcript::at(&run, position)))
            }
            None => Ok(Self(Transcript::beginning(&run))),
        }
    }

    /// All that is there by now and was not read before.
    pub fn all(&mut self) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.0.read().map_err(text)? {
            bytes.extend(piece.bytes);
        }
        Ok(bytes)
    }
}

impl std::fmt::Debug for Reading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reading").finish_non_exhaustive()
    }
}

fn text(error: crate::record::RecordError) -> String {
    let source = std::error::Error::source(&error).map(ToString::to_string);
    format!("{error}: {}", source.unwrap_or_default())
}
