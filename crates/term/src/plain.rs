//! How much of a stretch of output is mere text and colours, told at the speed of memory: a
//! flood is looked at for this before it may be passed over.
//!
//! Sixty-four bytes are looked at together, as bits: a number for each class of bytes that
//! matters, in which bit N stands for byte N. What has to follow what is then a matter of
//! shifts and one addition, whose carry runs through the parameters of every sequence.
//!
//! # Invariants
//!
//! 1. The answer is the one that looking at one byte after the other gives.

use wide::u8x16;

/// What begins a sequence.
pub(crate) const ESC: u8 = 0x1b;

/// Bytes that are looked at together.
const STEP: usize = 64;

/// Length of the stretch of text, moves within a line, line ends and whole colour
/// sequences that `bytes` begin with. They must begin between two sequences.
pub fn text_and_colours(bytes: &[u8]) -> usize {
    let (steps, _) = bytes.as_chunks::<STEP>();
    let mut open = Open::default();
    let mut between = 0;
    for (number, step) in steps.iter().enumerate() {
        let classes = Classes::of(step);
        if !open.go_on(&classes) {
            break;
        }
        if !open.is_open() {
            between = (number + 1) * STEP;
        } else if let Some(last) = classes.escape.checked_ilog2() {
            between = number * STEP + last as usize;
        }
    }
    between + byte_by_byte(&bytes[between..])
}

/// The same, slowly.
fn byte_by_byte(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            ESC => match colour(&bytes[at..]) {
                Some(length) => at += length,
                None => break,
            },
            b'\x08'..=b'\n' | b'\r' | b' '..=b'~' | 0x80.. => at += 1,
            _ => break,
        }
    }
    at
}

/// Length of the SGR sequence that the bytes begin with.
pub(crate) fn colour(bytes: &[u8]) -> Option<usize> {
    let body = bytes.strip_prefix(b"\x1b[")?;
    let parameters = body.iter().position(|byte| !matches!(byte, b'0'..=b';'))?;
    (body[parameters] == b'm').then_some(2 + parameters + 1)
}

/// Which of some bytes are what.
#[derive(Debug)]
struct Classes {
    /// Text (of which every byte above ASCII is a part), backspace, tab, line feed,
    /// carriage return.
    text: u64,
    escape: u64,
    bracket: u64,
    /// Digits, colons, semicolons.
    parameter: u64,
    m: u64,
}

impl Classes {
    fn of(bytes: &[u8; STEP]) -> Self {
        let (lanes, _) = bytes.as_chunks::<16>();
        let bits = |is: &dyn Fn(u8x16) -> u8x16| {
            let bits_of = |lane: &[u8; 16]| u64::from(is(u8x16::new(*lane)).to_bitmask() as u16);
            lanes.iter().rev().fold(0, |all, lane| (all << 16) | bits_of(lane))
        };
        Self {
            text: bits(&|it| {
                let moves = within(it, 0x08, b'\n') | within(it, b'\r', b'\r');
                within(it, b' ', b'~') | within(it, 0x80, 0xff) | moves
            }),
            escape: bits(&|it| within(it, ESC, ESC)),
            bracket: bits(&|it| within(it, b'[', b'[')),
            parameter: bits(&|it| within(it, b'0', b';')),
            m: bits(&|it| within(it, b'm', b'm')),
        }
    }
}

/// Which bytes lie in this range, its ends included.
fn within(bytes: u8x16, least: u8, most: u8) -> u8x16 {
    let above = bytes - u8x16::splat(least);
    above.min(u8x16::splat(most - least)).simd_eq(above)
}

/// The sequence that the bytes before ended in.
#[derive(Debug, Default)]
struct Open {
    /// Its ESC was the last of them.
    wants_bracket: bool,
    /// What comes next is a parameter, or ends it.
    wants_parameter: bool,
}

impl Open {
    fn is_open(&self) -> bool {
        self.wants_bracket || self.wants_parameter
    }

    /// Says whether the next bytes are text and colours only, up to a sequence that goes on
    /// after them.
    fn go_on(&mut self, classes: &Classes) -> bool {
        let Classes { text, escape, bracket, parameter, m } = *classes;
        let brackets = (escape << 1) | u64::from(self.wants_bracket);
        let bodies = (brackets << 1) | u64::from(self.wants_parameter);
        // A one that is added to the first parameter comes out behind the last.
        let (behind, runs_on) = parameter.overflowing_add(bodies & parameter);
        let ends = (behind | bodies) & !parameter;
        // Other parameters are digits of the text; the sum leaves them in place.
        self.wants_bracket = escape >> (STEP - 1) != 0;
        self.wants_parameter = runs_on || brackets >> (STEP - 1) != 0;
        (text | escape) == u64::MAX && brackets & !bracket == 0 && ends & !m == 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_stretch_ends_at_whatever_is_more_than_text() {
        let text = "plain ÄÖ\t\r\n\x1b[1;38:2::1:2:3mred\x1b[m".repeat(9);
        for end in ["\x1b[H", "\x1b]2;t\x07", "\x07", "\x0e", "\x1b[1 ", "\x1b", "\x1b[>4m"] {
            let bytes = format!("{text}{end}more");
            assert_eq!(text_and_colours(bytes.as_bytes()), text.len(), "{end:?}");
        }
        assert_eq!(text_and_colours(text.as_bytes()), text.len());
    }

    proptest! {
        #[test]
        fn looking_at_many_bytes_together_changes_nothing(
            parts in prop::collection::vec(
                prop_oneof![
                    8 => "[ -~é]{1,40}",
                    8 => "\x1b\\[[0-9;:]{0,70}m",
                    2 => "[0-9]{1,90}",
                    2 => Just("\r\n".to_owned()),
                    1 => "[\x00-\x1f\x7f\\[m;]",
                    1 => "\x1b\\[[0-9;?]{0,9}[A-Za-z]",
                ],
                0..40,
            ),
            cut in 0..64_usize,
        ) {
            let bytes = parts.concat().into_bytes();
            let bytes = &bytes[..bytes.len().saturating_sub(cut)];
            prop_assert_eq!(text_and_colours(bytes), byte_by_byte(bytes));
        }
    }
}
