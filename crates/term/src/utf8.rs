//! Takes characters from the front of bytes that may end, or break, anywhere.
//!
//! # Invariants
//!
//! 1. The outcome for a byte stream does not depend on how it was cut.
//! 2. Broken input gives one replacement character per longest broken prefix.

/// The longest character.
pub(crate) const LONGEST: usize = 4;

/// What the front of some bytes is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Front {
    /// A character of so many bytes.
    Char(char, usize),
    /// So many bytes that are not a character.
    Broken(usize),
    /// The beginning of a character, with nothing after it.
    Partial,
}

/// Looks at the front of `bytes`, which must not be empty.
pub(crate) fn front(bytes: &[u8]) -> Front {
    let lead = bytes[0];
    let (len, second, bits) = match lead {
        0x00..=0x7f => return Front::Char(char::from(lead), 1),
        0xc2..=0xdf => (2, 0x80..=0xbf, lead & 0x1f),
        0xe0 => (3, 0xa0..=0xbf, lead & 0x0f),
        0xed => (3, 0x80..=0x9f, lead & 0x0f),
        0xe1..=0xef => (3, 0x80..=0xbf, lead & 0x0f),
        0xf0 => (4, 0x90..=0xbf, lead & 0x07),
        0xf1..=0xf3 => (4, 0x80..=0xbf, lead & 0x07),
        0xf4 => (4, 0x80..=0x8f, lead & 0x07),
        0x80..=0xc1 | 0xf5..=0xff => return Front::Broken(1),
    };
    let mut code = u32::from(bits);
    for at in 1..len {
        let Some(&byte) = bytes.get(at) else { return Front::Partial };
        let fits = if at == 1 { second.contains(&byte) } else { byte & 0xc0 == 0x80 };
        if !fits {
            return Front::Broken(at);
        }
        code = code << 6 | u32::from(byte & 0x3f);
    }
    match char::from_u32(code) {
        Some(c) => Front::Char(c, len),
        None => Front::Broken(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lossy(mut bytes: &[u8]) -> String {
        let mut text = String::new();
        while !bytes.is_empty() {
            let (c, len) = match front(bytes) {
                Front::Char(c, len) => (c, len),
                Front::Broken(len) => ('\u{fffd}', len),
                Front::Partial => ('\u{fffd}', bytes.len()),
            };
            text.push(c);
            bytes = &bytes[len..];
        }
        text
    }

    proptest::proptest! {
        #[test]
        fn agrees_with_the_standard_library(
            bytes in proptest::collection::vec(
                proptest::prop_oneof![0x70u8..=0x90, 0xa0u8..=0xc3, 0xe0u8..=0xff], 0..12)
        ) {
            proptest::prop_assert_eq!(lossy(&bytes), String::from_utf8_lossy(&bytes));
        }
    }
}
