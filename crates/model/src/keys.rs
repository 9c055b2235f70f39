//! Finds the key that detaches in what a person types.
//!
//! A terminal sends the same key in one of several encodings, depending on what the
//! program in the session has asked it for:
//!
//! ```text
//!   legacy             1c
//!   kitty              CSI 92 ; 5 u        CSI 92 ; 5 : event u      locks in the modifiers
//!   modifyOtherKeys    CSI 27 ; 5 ; 92 ~
//! ```
//!
//! # Invariants
//!
//! 1. What is not the key passes unchanged, in order, however it is cut into reads.
//! 2. Bytes are held back only while they are two or more of a sequence that could still
//!    become the key, and for [`HOLD_LIMIT`] at most without another one of them. A lone
//!    ESC is never held back.
//! 3. Inside a bracketed paste nothing is recognised: it is text.
//! 4. The key pressed twice within [`TWICE_LIMIT`] goes through once; the key and then
//!    Ctrl-Z is the wish to suspend.

use std::str::FromStr;
use std::time::{Duration, Instant};

/// How long the beginning of a sequence may wait for its next byte.
pub const HOLD_LIMIT: Duration = Duration::from_millis(30);

/// How quickly a second press must follow for the key to be meant for the program.
pub const TWICE_LIMIT: Duration = Duration::from_millis(250);

/// A paste that was silent for this long is over: its end was lost, and the key must
/// work again.
const PASTE_LIMIT: Duration = Duration::from_secs(2);

/// Longest sequence that is looked at.
const MAX_SEQUENCE: usize = 48;

const ESC: u8 = 0x1b;
/// Ctrl-Z, as a byte and as the key's code.
const CTRL_Z: (u8, u32) = (0x1a, 'z' as u32);
const PASTE_END: &[u8] = b"\x1b[201~";

/// The key that detaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetachKey {
    /// Ctrl and this character.
    Ctrl(char),
    /// There is none.
    None,
}

/// The text names no key that can detach.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` cannot be the key that detaches; write ctrl- and a letter or one of \\ ] ^ _, or none"
)]
pub struct BadDetachKey(String);

impl DetachKey {
    /// What people know from `dtach` and `abduco`, and what no agent uses.
    pub const DEFAULT: Self = Self::Ctrl('\\');

    /// The byte that a terminal without any extension sends for it.
    pub fn byte(self) -> Option<u8> {
        match self {
            Self::Ctrl(c) => control_byte(c),
            Self::None => None,
        }
    }

    /// The key of which [`Self::byte`] is this; anything else is none.
    pub fn from_byte(byte: u8) -> Self {
        match byte {
            1..=26 => Self::Ctrl(char::from(byte - 1 + b'a')),
            27..=31 => Self::Ctrl(char::from(byte + b'@')),
            _ => Self::None,
        }
    }
}

/// The byte of Ctrl and a character, in the encoding of every terminal since 1970.
pub fn control_byte(c: char) -> Option<u8> {
    match c.to_ascii_uppercase() {
        '?' => Some(0x7f),
        upper @ '@'..='_' => u8::try_from(upper).ok().map(|byte| byte & 0x1f),
        _ => None,
    }
}

impl FromStr for DetachKey {
    type Err = BadDetachKey;

    fn from_str(text: &str) -> Result<Self, BadDetachKey> {
        let lower = text.to_ascii_lowercase();
        if lower == "none" {
            return Ok(Self::None);
        }
        let bad = || BadDetachKey(text.to_owned());
        let prefixes = ["ctrl-", "ctrl+", "c-", "^"];
        let key = prefixes.iter().find_map(|prefix| lower.strip_prefix(prefix)).ok_or_else(bad)?;
        let mut chars = key.chars();
        match (chars.next(), chars.next()) {
            // Ctrl-[ is ESC, Ctrl-M Enter, Ctrl-I Tab, Ctrl-J a line end: no one could
            // type into a session where these detach.
            (Some('[' | 'm' | 'i' | 'j'), None) => Err(bad()),
            (Some(c), None) if control_byte(c).is_some_and(|b| (1..0x20).contains(&b)) => {
                Ok(Self::Ctrl(c))
            }
            _ => Err(bad()),
        }
    }
}

/// Where the parser is.
#[derive(Debug, PartialEq, Eq)]
enum State {
    /// Between keys.
    Ground,
    /// In a sequence; its bytes so far are in `held`.
    Sequence,
    /// In a bracketed paste; so many bytes of its end were seen.
    Paste { matched: usize },
}

/// What a whole sequence means here.
enum Meaning {
    Press,
    Repeat,
    Release,
    PasteStart,
    Other,
}

/// Looks at input on its way to the program.
#[derive(Debug)]
pub struct KeyFilter {
    key: Option<(u8, u32)>,
    state: State,
    /// The sequence so far.
    held: Vec<u8>,
    /// How much of `held` was passed on already.
    passed: usize,
    /// When `held` began to wait, or when a lone ESC was passed on.
    waiting_since: Option<Instant>,
    /// When the key was pressed and not yet acted upon.
    pressed_at: Option<Instant>,
    /// Ctrl-Z came after it.
    suspends: bool,
    /// The press went through, so its release does as well.
    pass_release: bool,
    last_input: Option<Instant>,
}

impl KeyFilter {
    /// A filter for this key.
    pub fn new(key: DetachKey) -> Self {
        let key = match key {
            DetachKey::Ctrl(c) => control_byte(c).map(|byte| (byte, u32::from(c))),
            DetachKey::None => None,
        };
        Self {
            key,
            state: State::Ground,
            held: Vec::new(),
            passed: 0,
            waiting_since: None,
            pressed_at: None,
            suspends: false,
            pass_release: false,
            last_input: None,
        }
    }

    /// Whether the wish to leave is one to suspend.
    pub fn suspends(&self) -> bool {
        self.suspends
    }

    /// Takes input, appends what is for the program to `out`. `true` means: leave now.
    pub fn feed(&mut self, input: &[u8], now: Instant, out: &mut Vec<u8>) -> bool {
        if self.tick(now, out) {
            return true;
        }
        let silent = self.last_input.is_some_and(|last| now.duration_since(last) >= PASTE_LIMIT);
        if silent && matches!(self.state, State::Paste { .. }) {
            self.state = State::Ground;
        }
        self.last_input = Some(now);
        for &byte in input {
            if self.step(byte, now, out) {
                return true;
            }
        }
        self.settle(now, out);
        false
    }

    /// When [`tick`](Self::tick) has something to do without input.
    pub fn deadline(&self) -> Option<Instant> {
        let held = self.waiting_since.map(|since| since + HOLD_LIMIT);
        let pressed = self.pressed_at.map(|at| at + TWICE_LIMIT);
        [held, pressed].into_iter().flatten().min()
    }

    /// Does what is due. `true` means: leave now.
    pub fn tick(&mut self, now: Instant, out: &mut Vec<u8>) -> bool {
        if self.waiting_since.is_some_and(|since| now.duration_since(since) >= HOLD_LIMIT) {
            // It was not the key after all, or too slow for it.
            self.give_up(out);
        }
        self.pressed_at.is_some_and(|at| now.duration_since(at) >= TWICE_LIMIT)
    }

    fn step(&mut self, byte: u8, now: Instant, out: &mut Vec<u8>) -> bool {
        match self.state {
            State::Ground => self.ground(byte, now, out),
            State::Sequence => self.sequence(byte, now, out),
            State::Paste { matched } => {
                out.push(byte);
                let matched = match byte {
                    byte if byte == PASTE_END[matched] => matched + 1,
                    ESC => 1,
                    _ => 0,
                };
                let over = matched == PASTE_END.len();
                self.state = if over { State::Ground } else { State::Paste { matched } };
                false
            }
        }
    }

    fn ground(&mut self, byte: u8, now: Instant, out: &mut Vec<u8>) -> bool {
        if byte == ESC {
            self.state = State::Sequence;
            self.held = vec![ESC];
            self.passed = 0;
            return false;
        }
        if self.key.is_some_and(|(legacy, _)| legacy == byte) {
            self.press(&[byte], now, out);
            return false;
        }
        // Something else was typed after the key: it was meant to detach, and what
        // follows is not for the program.
        if self.pressed_at.is_some() {
            self.suspends = byte == CTRL_Z.0;
            return true;
        }
        out.push(byte);
        false
    }

    fn sequence(&mut self, byte: u8, now: Instant, out: &mut Vec<u8>) -> bool {
        let begins = self.held.len() == 1;
        let goes_on = match byte {
            b'[' if begins => true,
            0x30..=0x3f if !begins => self.held.len() < MAX_SEQUENCE,
            _ => false,
        };
        if goes_on {
            self.held.push(byte);
            return false;
        }
        if begins || !(0x40..=0x7e).contains(&byte) {
            // Not a sequence that matters here; the byte stands for itself.
            self.give_up(out);
            return self.ground(byte, now, out);
        }
        self.held.push(byte);
        self.complete(now, out);
        false
    }

    /// The sequence in `held` has its last byte.
    fn complete(&mut self, now: Instant, out: &mut Vec<u8>) {
        let sequence = std::mem::take(&mut self.held);
        let rest = &sequence[self.passed..];
        self.waiting_since = None;
        self.state = State::Ground;
        match self.meaning(&sequence) {
            Meaning::Press => self.press(rest, now, out),
            Meaning::Repeat if self.pressed_at.is_some() => {}
            Meaning::Repeat => self.press(rest, now, out),
            Meaning::Release if self.pass_release => {
                self.pass_release = false;
                out.extend_from_slice(rest);
            }
            Meaning::Release => {}
            Meaning::PasteStart => {
                out.extend_from_slice(rest);
                self.state = State::Paste { matched: 0 };
            }
            Meaning::Other if self.pressed_at.is_some() && is_ctrl_z(&sequence) => {
                self.suspends = true; // Once the key's time is over.
            }
            Meaning::Other => out.extend_from_slice(rest),
        }
    }

    fn press(&mut self, bytes: &[u8], now: Instant, out: &mut Vec<u8>) {
        match self.pressed_at.take() {
            Some(_) => {
                out.extend_from_slice(bytes); // Invariant 4.
                self.pass_release = true;
            }
            None => {
                self.pressed_at = Some(now);
                self.pass_release = false;
            }
        }
    }

    /// Passes on what is held back and begins anew.
    fn give_up(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.held[self.passed..]);
        self.held.clear();
        self.passed = 0;
        self.waiting_since = None;
        self.state = State::Ground;
    }

    /// The read is over: decides what may wait for the next one (invariant 2).
    fn settle(&mut self, now: Instant, out: &mut Vec<u8>) {
        if self.state != State::Sequence {
            return;
        }
        if self.held.len() > 1 && self.passed < 2 && self.could_become_key() {
            self.waiting_since = Some(now);
            return;
        }
        out.extend_from_slice(&self.held[self.passed..]);
        self.passed = self.held.len();
        // What was passed on is remembered: the rest may come with the next read.
        self.waiting_since = Some(now);
    }

    /// Whether `held` is the beginning of the key in one of its encodings.
    fn could_become_key(&self) -> bool {
        let Some((_, code)) = self.key else {
            return false;
        };
        let parameters = &self.held[2..];
        let first = parameters.split(|&b| b == b';' || b == b':').next().unwrap_or_default();
        let whole = first.len() < parameters.len();
        [code, OTHER_KEYS].iter().any(|number| {
            let digits = number.to_string();
            if whole { digits.as_bytes() == first } else { digits.as_bytes().starts_with(first) }
        })
    }

    fn meaning(&self, sequence: &[u8]) -> Meaning {
        let Some((&last, parameters)) = sequence.get(2..).and_then(<[u8]>::split_last) else {
            return Meaning::Other;
        };
        if parameters == b"200" && last == b'~' {
            return Meaning::PasteStart;
        }
        let Some((_, code)) = self.key else {
            return Meaning::Other;
        };
        match ctrl_event(last, parameters, code) {
            Some(1) => Meaning::Press,
            Some(2) => Meaning::Repeat,
            Some(3) => Meaning::Release,
            Some(_) | None => Meaning::Other,
        }
    }
}

/// What happened to Ctrl and the key with this code, if the sequence is about it: 1 is a
/// press, 2 a repetition, 3 a release.
fn ctrl_event(last: u8, parameters: &[u8], code: u32) -> Option<u32> {
    let parameters = numbers(parameters);
    let number = |parameter: usize, part: usize| {
        parameters.get(parameter).and_then(|parts| parts.get(part).copied().flatten())
    };
    let (pressed, modifiers, event) = match last {
        // The base layout's key counts as well: Ctrl-\ on a Russian layout.
        b'u' if number(0, 2) == Some(code) => (code, number(1, 0), number(1, 1)),
        b'u' => (number(0, 0).unwrap_or(0), number(1, 0), number(1, 1)),
        b'~' if number(0, 0) == Some(OTHER_KEYS) => (number(2, 0).unwrap_or(0), number(1, 0), None),
        _ => return None,
    };
    let is_it = is_same_key(pressed, code) && is_ctrl_alone(modifiers.unwrap_or(1));
    is_it.then(|| event.unwrap_or(1))
}

fn is_ctrl_z(sequence: &[u8]) -> bool {
    sequence
        .get(2..)
        .and_then(<[u8]>::split_last)
        .is_some_and(|(&last, parameters)| ctrl_event(last, parameters, CTRL_Z.1) == Some(1))
}

/// The first parameter of modifyOtherKeys.
const OTHER_KEYS: u32 = 27;

fn is_same_key(pressed: u32, code: u32) -> bool {
    char::from_u32(pressed).map(|c| c.to_ascii_lowercase()) == char::from_u32(code)
}

/// Ctrl and no other modifier; caps lock and num lock do not count.
fn is_ctrl_alone(parameter: u32) -> bool {
    const CTRL: u32 = 4;
    const LOCKS: u32 = 64 | 128;
    parameter.checked_sub(1).is_some_and(|bits| bits & !LOCKS == CTRL)
}

/// Parameters and their parts; what is empty or no number is none.
fn numbers(parameters: &[u8]) -> Vec<Vec<Option<u32>>> {
    let number = |digits: &[u8]| std::str::from_utf8(digits).ok()?.parse().ok();
    parameters
        .split(|&b| b == b';')
        .map(|parameter| parameter.split(|&b| b == b':').map(number).collect())
        .collect()
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
