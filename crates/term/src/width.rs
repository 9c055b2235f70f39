//! How many columns a character takes.

use unicode_width::UnicodeWidthChar as _;

/// 0 for marks, 2 for wide characters, otherwise 1. Characters are looked at one by one,
/// as most terminals do when nobody asked for clusters.
pub(crate) fn width(c: char) -> usize {
    match c {
        // The ranges that output is made of, ahead of the table.
        '\u{20}'..='\u{ac}' | '\u{ae}'..='\u{2ff}' => 1,
        '\u{2500}'..='\u{25fc}' | '\u{2800}'..='\u{28ff}' => 1,
        '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{3041}'..='\u{3096}' => 2,
        c => c.width().unwrap_or(0).min(2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_cuts_agree_with_the_table() {
        for c in ('\u{a0}'..='\u{ffff}').filter(|c| *c != '\u{ad}') {
            assert_eq!(width(c), c.width().unwrap_or(0).min(2), "U+{:04X}", c as u32);
        }
    }
}
