//! Reads base64 (RFC 4648), as far as it can be read.

/// Bits of a character.
const BITS: u32 = 6;

/// The bytes that `text` stands for, up to the first character that is none of base64 or is
/// its padding.
pub(crate) fn decode(text: &[u8]) -> impl Iterator<Item = u8> {
    let (mut gathered, mut count) = (0_u32, 0);
    text.iter().map_while(|&byte| value(byte)).filter_map(move |value| {
        gathered = gathered << BITS | u32::from(value);
        count += BITS;
        count.checked_sub(u8::BITS).map(|left| {
            count = left;
            (gathered >> left).to_le_bytes()[0]
        })
    })
}

fn value(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_and_every_value_is_read() {
        for (text, bytes) in [
            ("", &b""[..]),
            ("YQ==", b"a"),
            ("YWI=", b"ab"),
            ("YWI", b"ab"),
            ("YWJj", b"abc"),
            ("+/8A", b"\xfb\xff\x00"),
            ("YW Jj", b"a"),
        ] {
            assert_eq!(decode(text.as_bytes()).collect::<Vec<_>>(), bytes, "{text}");
        }
        assert_eq!(decode(&[b'/'; 4000]).filter(|&byte| byte == 0xff).count(), 3000);
    }
}
