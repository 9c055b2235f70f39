//! Tries inputs without watching what they reach: the seeds, then changes of them.
//!
//! # Invariants
//!
//! 1. The same seeds and the same number give the same inputs, in the same order.

use std::panic::{self, AssertUnwindSafe};

use crate::Target;

/// The longest input that is made.
const LONGEST: usize = 2048;

/// Attempts to make an input that broke something shorter.
const SHRINKS: usize = 4_000;

/// An input that broke something.
#[derive(Debug)]
pub struct Broken {
    /// The input, made as short as was found.
    pub input: Vec<u8>,
    /// What the target said of it.
    pub said: String,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\nthe input was b\"{}\"", self.said, self.input.escape_ascii())
    }
}

/// Makes inputs.
struct Maker<'a> {
    target: &'a Target,
    seeds: &'a [Vec<u8>],
    state: u64,
}

/// Tries the seeds, then made inputs for as long as `more` says so of the number tried.
/// Returns how many that were.
pub fn run(target: &Target, number: u64, mut more: impl FnMut(u64) -> bool) -> Result<u64, Broken> {
    let seeds = target.seeds().map_err(|error| Broken {
        input: Vec::new(),
        said: format!("the seeds of {} cannot be read: {error}", target.name),
    })?;
    let mut tried = 0;
    for seed in &seeds {
        attempt(target, seed)?;
        tried += 1;
    }
    let mut maker = Maker { target, seeds: &seeds, state: number };
    while more(tried) {
        attempt(target, &maker.input())?;
        tried += 1;
    }
    Ok(tried)
}

/// Tries one input.
pub fn attempt(target: &Target, input: &[u8]) -> Result<(), Broken> {
    let Some(first) = fault(target, input) else { return Ok(()) };
    // Each shorter one that still breaks would tell its story.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let (input, said) = shrunk(target, input.to_vec(), first);
    panic::set_hook(hook);
    Err(Broken { input, said })
}

/// What the target says, if the input breaks it.
fn fault(target: &Target, input: &[u8]) -> Option<String> {
    let error = panic::catch_unwind(AssertUnwindSafe(|| (target.run)(input))).err()?;
    let text = error.downcast_ref::<String>().cloned();
    let text = text.or_else(|| error.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    Some(text.unwrap_or_else(|| "it panicked".to_owned()))
}

fn shrunk(target: &Target, mut input: Vec<u8>, mut said: String) -> (Vec<u8>, String) {
    let mut left = SHRINKS;
    let mut length = input.len().next_power_of_two() / 2;
    while length > 0 {
        let mut at = 0;
        while at < input.len() && left > 0 {
            left -= 1;
            let end = (at + length).min(input.len());
            let shorter = [&input[..at], &input[end..]].concat();
            match fault(target, &shorter) {
                Some(text) => (input, said) = (shorter, text),
                None => at += length,
            }
        }
        length /= 2;
    }
    (input, said)
}

impl Maker<'_> {
    /// The next number (splitmix64).
    fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.number() % limit.max(1) as u64).unwrap_or(0)
    }

    fn byte(&mut self) -> u8 {
        self.number().to_le_bytes()[0]
    }

    fn input(&mut self) -> Vec<u8> {
        let mut input = match self.below(4) {
            // From nothing: a head that decides, and words.
            0 => (0..8).map(|_| self.byte()).collect(),
            _ => self.seed(),
        };
        for _ in 0..=self.below(24) {
            self.change(&mut input);
        }
        input.truncate(LONGEST);
        input
    }

    fn seed(&mut self) -> Vec<u8> {
        let at = self.below(self.seeds.len());
        self.seeds.get(at).cloned().unwrap_or_default()
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.below(input.len() + 1);
        let end = (at + 1 + self.below(16)).min(input.len());
        match self.below(12) {
            0..=5 => {
                let word = self.target.words[self.below(self.target.words.len())];
                input.splice(at..at, word.iter().copied());
            }
            6 => {
                let byte = self.byte();
                input.insert(at, byte);
            }
            7 | 8 if at < input.len() => input[at] = self.byte(),
            9 if at < end => drop(input.drain(at..end)),
            10 if at < end => {
                let part = input[at..end].repeat(1 + self.below(4));
                input.splice(at..at, part);
            }
            _ => {
                let other = self.seed();
                let from = self.below(other.len());
                let to = (from + self.below(64)).min(other.len());
                input.splice(at..at, other.get(from..to).unwrap_or_default().to_vec());
            }
        }
    }
}
