//! What must hold for any input whatever: each [`Target`] takes bytes and panics when they
//! break something.
//!
//! ```text
//!   fuzz/fuzz_targets/*.rs ── libFuzzer, nightly ──┐
//!   tests/bounded.rs ──┐                           ├──► Target::run(bytes)
//!   main.rs ───────────┴─ driver: seeds, mutated ──┘
//! ```
//!
//! The seeds are in `fuzz/seeds/TARGET`. An input that once broke something is kept there:
//! every run of the tests begins with the seeds.
//!
//! # Invariants
//!
//! 1. What a target does depends on its input alone: no clock, no environment, no memory
//!    of the input before.
//! 2. A target knows only what the crates show to everybody.

#![expect(clippy::panic, reason = "this is how a target says that something broke")]

pub mod driver;

mod control;
mod hold;
mod hooks;
mod input;
mod keys;
mod screen;
mod transcript;

use std::path::Path;

pub use control::run as control;
pub use hold::run as hold;
pub use hooks::run as hooks;
pub use keys::run as keys;
pub use screen::run as screen;
pub use transcript::run as transcript;

/// Something that must hold for any input.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, also of its directory of seeds and of its program under libFuzzer.
    pub name: &'static str,
    /// Panics when the input breaks it.
    pub run: fn(&[u8]),
    /// What inputs are made of, for a driver that does not find out by itself.
    pub words: &'static [&'static [u8]],
    /// How many inputs the tests try: together these take a few seconds.
    pub cases: u64,
}

/// All of them.
pub const TARGETS: [Target; 6] = [
    Target { name: "screen", run: screen::run, words: screen::WORDS, cases: 3_000 },
    Target { name: "hold", run: hold::run, words: hold::WORDS, cases: 10_000 },
    Target { name: "control", run: control::run, words: control::WORDS, cases: 10_000 },
    Target { name: "keys", run: keys::run, words: keys::WORDS, cases: 10_000 },
    Target { name: "hooks", run: hooks::run, words: hooks::WORDS, cases: 10_000 },
    Target { name: "transcript", run: transcript::run, words: transcript::WORDS, cases: 1_000 },
];

impl Target {
    /// The target of this name.
    pub fn named(name: &str) -> Option<Self> {
        TARGETS.into_iter().find(|target| target.name == name)
    }

    /// The inputs that are kept for it, in the order of their names.
    pub fn seeds(&self) -> std::io::Result<Vec<Vec<u8>>> {
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(self.name);
        let mut files = std::fs::read_dir(seeds)?
            .map(|entry| Ok(entry?.path()))
            .collect::<std::io::Result<Vec<_>>>()?;
        files.sort();
        files.into_iter().map(std::fs::read).collect()
    }
}
