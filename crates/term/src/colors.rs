//! Colours that a program redefined: entries of the palette, and the dynamic ones.
//!
//! # Invariants
//!
//! 1. A specification is kept as it came, if it is short and looks like one; what it
//!    means is the terminal's business.

use std::collections::BTreeMap;

/// Longer specifications are not colours.
const SPEC_LIMIT: usize = 64;
/// OSC numbers of dynamic colours: text, background, cursor, … highlight.
pub(crate) const DYNAMIC: std::ops::RangeInclusive<u16> = 10..=19;

/// Everything that OSC 4 and OSC 10 to 19 set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Colors {
    pub(crate) palette: BTreeMap<u8, Box<str>>,
    pub(crate) dynamic: BTreeMap<u16, Box<str>>,
}

impl Colors {
    /// `index ; spec` pairs of OSC 4.
    pub(crate) fn set_palette(&mut self, body: &[u8]) {
        let mut fields = body.split(|&byte| byte == b';');
        while let (Some(index), Some(spec)) = (fields.next(), fields.next()) {
            if let (Some(index), Some(spec)) = (palette_index(index), specification(spec)) {
                self.palette.insert(index, spec);
            }
        }
    }

    /// OSC 104: the named entries, or all.
    pub(crate) fn reset_palette(&mut self, body: &[u8]) {
        if body.is_empty() {
            self.palette.clear();
        }
        for index in body.split(|&byte| byte == b';').filter_map(palette_index) {
            self.palette.remove(&index);
        }
    }

    /// OSC 10 and up: each further specification is for the next number.
    pub(crate) fn set_dynamic(&mut self, first: u16, body: &[u8]) {
        for (number, spec) in (first..=*DYNAMIC.end()).zip(body.split(|&byte| byte == b';')) {
            if let Some(spec) = specification(spec) {
                self.dynamic.insert(number, spec);
            }
        }
    }

    pub(crate) fn reset_dynamic(&mut self, number: u16) {
        self.dynamic.remove(&number);
    }
}

fn palette_index(field: &[u8]) -> Option<u8> {
    std::str::from_utf8(field).ok()?.parse().ok()
}

/// A specification, unless it is a question or garbage.
fn specification(field: &[u8]) -> Option<Box<str>> {
    let ok = |byte: &u8| byte.is_ascii_alphanumeric() || b"#:/., -".contains(byte);
    if field.is_empty() || field.len() > SPEC_LIMIT || !field.iter().all(ok) {
        return None;
    }
    std::str::from_utf8(field).ok().map(Box::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_change_nothing() {
        let mut colors = Colors::default();
        colors.set_palette(b"1;?;2;#123456");
        colors.set_dynamic(10, b"?;rgb:00/00/00");
        assert_eq!(colors.palette.len(), 1);
        assert_eq!(colors.dynamic.keys().copied().collect::<Vec<_>>(), [11]);
        colors.reset_palette(b"");
        colors.reset_dynamic(11);
        assert_eq!(colors, Colors::default());
    }
}
