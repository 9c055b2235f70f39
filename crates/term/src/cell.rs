//! One cell: eight bytes that say what is shown and how.
//!
//! # Invariants
//!
//! 1. A wide character is a lead cell followed by a spacer in the same row; neither
//!    exists without the other.
//! 2. A pad stands only in the last column of a wrapped row: a wide character did not
//!    fit there and began the next row.
//! 3. Nothing is told apart from a space: an erased cell is a space with the background
//!    it was erased with.

use crate::intern::Id;

/// The lead of a character that is two columns wide.
const WIDE: u32 = 1 << 30;
/// The low bits are a cluster's id, not a character.
const CLUSTER: u32 = 1 << 31;
/// The right half of a wide character. Above every character.
const SPACER: u32 = 0x20_0000;
/// A column that a wide character could not use.
const PAD: u32 = 0x20_0001;
/// What is left of a content without its flags.
const VALUE: u32 = WIDE - 1;

/// What a cell shows, packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Content(u32);

/// What a cell shows, unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Glyph {
    /// One character.
    Char(char),
    /// A character with marks, kept in the pool of clusters.
    Cluster(Id),
    /// The right half of the wide character before it.
    Spacer,
    /// Nothing: a wide character did not fit.
    Pad,
}

impl Content {
    pub(crate) const BLANK: Self = Self(b' ' as u32);
    pub(crate) const SPACER: Self = Self(SPACER);
    pub(crate) const PAD: Self = Self(PAD);

    pub(crate) const fn narrow(c: char) -> Self {
        Self(c as u32)
    }

    pub(crate) const fn wide(c: char) -> Self {
        Self(c as u32 | WIDE)
    }

    /// The same width, but showing a cluster.
    pub(crate) const fn with_cluster(self, id: Id) -> Self {
        Self(self.0 & WIDE | CLUSTER | id.0)
    }

    pub(crate) const fn is_wide(self) -> bool {
        self.0 & WIDE != 0
    }

    /// Whether it is one narrow ASCII character.
    pub(crate) const fn is_ascii(self) -> bool {
        self.0 < 0x80
    }

    /// That character.
    pub(crate) const fn ascii(self) -> u8 {
        (self.0 & 0x7f) as u8
    }

    pub(crate) const fn is_spacer(self) -> bool {
        self.0 == SPACER
    }

    pub(crate) const fn is_pad(self) -> bool {
        self.0 == PAD
    }

    pub(crate) fn glyph(self) -> Glyph {
        match self.0 {
            SPACER => Glyph::Spacer,
            PAD => Glyph::Pad,
            packed if packed & CLUSTER != 0 => Glyph::Cluster(Id(packed & VALUE)),
            packed => Glyph::Char(char::from_u32(packed & VALUE).unwrap_or(' ')),
        }
    }
}

/// One cell of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) content: Content,
    /// The id of its style, [`Id::NONE`] for the default.
    pub(crate) style: Id,
}

impl Cell {
    pub(crate) const fn blank(style: Id) -> Self {
        Self { content: Content::BLANK, style }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_cell_takes_eight_bytes() {
        assert_eq!(size_of::<Cell>(), 8);
    }

    #[test]
    fn content_unpacks_to_what_was_packed() {
        assert_eq!(Content::narrow('\u{10FFFF}').glyph(), Glyph::Char('\u{10FFFF}'));
        assert_eq!(Content::wide('字').glyph(), Glyph::Char('字'));
        let cluster = Content::wide('字').with_cluster(Id(7));
        assert_eq!((cluster.glyph(), cluster.is_wide()), (Glyph::Cluster(Id(7)), true));
        assert_eq!(Content::SPACER.glyph(), Glyph::Spacer);
        assert_eq!(Content::PAD.glyph(), Glyph::Pad);
    }
}
