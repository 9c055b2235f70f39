//! Cuts the output of a program into text and whole escape sequences.
//!
//! A sequence is handed on only when it is complete, however it was cut in transit. Until
//! then its bytes wait here, and a snapshot ends with them, so that what follows finds a
//! terminal in the same state.
//!
//! ```text
//!            ESC                    final byte, or CAN, or SUB
//!  ┌──────┐ ───► ┌────────┐ [ ┌─────┐ ────────────────────────► handed on
//!  │ text │      │ escape │──►│ csi │
//!  └──────┘      └───┬────┘   └─────┘
//!                    │ ]        ┌─────┐  BEL or ESC
//!                    ├────────► │ osc │ ────────────► handed on
//!                    │ P X ^ _  ├─────┤  ESC
//!                    └────────► │other│ ────────────► forgotten
//!                               └─────┘
//! ```
//!
//! # Invariants
//!
//! 1. Each byte is looked at once here, and copied at most once.
//! 2. At most [`STRING_LIMIT`] bytes wait. A longer sequence has no effect, and a stub of
//!    it stays, which makes a terminal swallow the rest as well.
//! 3. What is handed on does not depend on how the stream was cut.
//! 4. An ESC begins a new sequence wherever it stands.

/// The longest OSC, DCS, APC, PM or SOS that has an effect.
const STRING_LIMIT: usize = 64 * 1024;
/// The longest other sequence that has an effect.
const SEQUENCE_LIMIT: usize = 1024;
/// A buffer above this is given back after use.
const KEEP_CAPACITY: usize = 1024;

/// What the bytes that wait are the beginning of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum State {
    /// Text, or a part of one character.
    #[default]
    Text,
    Escape,
    Intermediate,
    Csi,
    Osc,
    /// DCS, SOS, PM or APC.
    Other,
}

impl State {
    fn limit(self) -> usize {
        match self {
            Self::Osc | Self::Other => STRING_LIMIT,
            Self::Text | Self::Escape | Self::Intermediate | Self::Csi => SEQUENCE_LIMIT,
        }
    }

    /// The shortest bytes after which the rest of a sequence of this kind is swallowed.
    pub(crate) fn stub(self) -> &'static [u8] {
        match self {
            Self::Text => b"",
            Self::Escape | Self::Intermediate => b"\x1b!!!",
            Self::Csi => b"\x1b[0?",
            // BEL ends an OSC and no other string, so it has to stay one.
            Self::Osc => b"\x1b]x",
            Self::Other => b"\x1bX",
        }
    }
}

/// How a sequence ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With its own last byte, which is included.
    Complete,
    /// Because another ESC came, which is not included.
    Escaped,
    /// With CAN or SUB, which is included.
    Cancelled,
}

/// The state between two reads.
#[derive(Debug, Default)]
pub(crate) struct Framer {
    pub(crate) state: State,
    /// The beginning of a sequence or of a character.
    pub(crate) waiting: Vec<u8>,
}

impl Framer {
    /// Begins a sequence. The next byte to be scanned is the one after its ESC.
    pub(crate) fn begin(&mut self) {
        self.state = State::Escape;
    }

    /// Looks for the end of the sequence in `bytes`. Gives how many bytes belong to it.
    pub(crate) fn scan(&mut self, bytes: &[u8]) -> (usize, Option<End>) {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            match byte {
                0x1b => return (at, Some(End::Escaped)),
                0x18 | 0x1a => return (at + 1, Some(End::Cancelled)),
                _ => {}
            }
            at += 1;
            match (self.state, byte) {
                (State::Escape, b'[') => {
                    self.state = State::Csi;
                    at += bytes[at..].iter().take_while(|&&byte| is_parameter(byte)).count();
                }
                (State::Escape, b']') => self.state = State::Osc,
                (State::Escape, b'P' | b'X' | b'^' | b'_') => self.state = State::Other,
                (State::Escape, 0x20..=0x2f) => self.state = State::Intermediate,
                (State::Escape | State::Intermediate, 0x30..=0x7e)
                | (State::Csi, 0x40..=0x7e)
                | (State::Osc, 0x07)
                | (State::Text, _) => return (at, Some(End::Complete)),
                (State::Osc | State::Other, _) => {
                    at += bytes[at..].iter().take_while(|&&byte| is_body(byte)).count();
                }
                (State::Csi, _) => {
                    at += bytes[at..].iter().take_while(|&&byte| is_parameter(byte)).count();
                }
                (State::Escape | State::Intermediate, _) => {}
            }
        }
        (at, None)
    }

    /// Whether a sequence that now has `more` bytes in addition is too long to matter.
    pub(crate) fn is_too_long(&self, more: usize) -> bool {
        self.waiting.len() + more > self.state.limit()
    }

    /// Keeps bytes of a sequence that is not complete.
    pub(crate) fn keep(&mut self, bytes: &[u8]) {
        let stub = self.state.stub();
        if self.is_too_long(bytes.len()) {
            self.waiting.clear();
            self.waiting.shrink_to(KEEP_CAPACITY);
            self.waiting.extend_from_slice(stub);
        } else if stub.is_empty() || self.waiting != stub {
            self.waiting.extend_from_slice(bytes);
            // What a program itself began with the bytes of a stub has no effect either,
            // and must not look different for having come in one piece.
            if !stub.is_empty() && self.waiting.starts_with(stub) {
                self.waiting.truncate(stub.len());
            }
        }
    }

    /// Goes back to text, with nothing waiting.
    pub(crate) fn finish(&mut self) {
        self.state = State::Text;
        self.waiting.clear();
        if self.waiting.capacity() > KEEP_CAPACITY {
            self.waiting = Vec::new();
        }
    }
}

fn is_parameter(byte: u8) -> bool {
    matches!(byte, 0x30..=0x3f)
}

fn is_body(byte: u8) -> bool {
    !matches!(byte, 0x07 | 0x18 | 0x1a | 0x1b)
}
