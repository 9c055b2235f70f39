//! The four character sets and which of them is in use.
//!
//! # Invariants
//!
//! 1. Only ASCII is translated, and it is translated when it is written: cells and
//!    snapshots hold what is seen.

/// A set that a program can designate. Unknown sets count as ASCII.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Charset {
    #[default]
    Ascii,
    /// DEC special graphics: lines and corners.
    Graphics,
    /// ASCII with a pound sign.
    Uk,
}

/// What `_` to `~` are in [`Charset::Graphics`].
const GRAPHICS: [char; 32] = [
    ' ', '◆', '▒', '␉', '␌', '␍', '␊', '°', '±', '␤', '␋', '┘', '┐', '┌', '└', '┼', '⎺', '⎻', '─',
    '⎼', '⎽', '├', '┤', '┴', '┬', '│', '≤', '≥', 'π', '≠', '£', '·',
];

impl Charset {
    pub(crate) fn from_final(byte: u8) -> Self {
        match byte {
            b'0' | b'2' => Self::Graphics,
            b'A' => Self::Uk,
            _ => Self::Ascii,
        }
    }

    pub(crate) fn final_byte(self) -> u8 {
        match self {
            Self::Ascii => b'B',
            Self::Graphics => b'0',
            Self::Uk => b'A',
        }
    }

    pub(crate) fn translate(self, c: char) -> char {
        match (self, c) {
            (Self::Graphics, '_'..='~') => GRAPHICS[c as usize - '_' as usize],
            (Self::Uk, '#') => '£',
            (Self::Ascii | Self::Graphics | Self::Uk, _) => c,
        }
    }
}

/// G0 to G3, and which of them printable ASCII means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Charsets {
    pub(crate) sets: [Charset; 4],
    /// The index of the set in use.
    pub(crate) shift: u8,
}

impl Charsets {
    pub(crate) fn current(&self) -> Charset {
        self.sets[usize::from(self.shift & 3)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn graphics_draw_a_box() {
        let drawn: String = "lqkxmj~".chars().map(|c| Charset::Graphics.translate(c)).collect();
        assert_eq!(drawn, "┌─┐│└┘·");
    }
}
