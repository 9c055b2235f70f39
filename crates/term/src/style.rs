//! How a cell looks.

use std::hash::{Hash, Hasher};

use crate::intern::Id;

/// A colour as a program names it: the default, one of 256, or 24 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Color(u32);

/// A [`Color`], unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hue {
    Default,
    Indexed(u8),
    Rgb(u8, u8, u8),
}

impl Color {
    pub(crate) const DEFAULT: Self = Self(0);

    pub(crate) const fn indexed(index: u8) -> Self {
        Self(1 << 24 | index as u32)
    }

    pub(crate) const fn rgb(r: u8, g: u8, b: u8) -> Self {
        Self(2 << 24 | (r as u32) << 16 | (g as u32) << 8 | b as u32)
    }

    pub(crate) const fn hue(self) -> Hue {
        let [kind, r, g, b] = self.0.to_be_bytes();
        match kind {
            0 => Hue::Default,
            1 => Hue::Indexed(b),
            _ => Hue::Rgb(r, g, b),
        }
    }
}

/// Switches of a style, and which underline it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Attrs(u16);

impl Attrs {
    pub(crate) const BOLD: Self = Self(1);
    pub(crate) const DIM: Self = Self(1 << 1);
    pub(crate) const ITALIC: Self = Self(1 << 2);
    pub(crate) const BLINK: Self = Self(1 << 3);
    pub(crate) const RAPID_BLINK: Self = Self(1 << 4);
    pub(crate) const INVERSE: Self = Self(1 << 5);
    pub(crate) const CONCEAL: Self = Self(1 << 6);
    pub(crate) const STRIKE: Self = Self(1 << 7);
    pub(crate) const OVERLINE: Self = Self(1 << 8);

    /// Where the kind of underline begins.
    const UNDERLINE: u32 = 9;
    /// The kinds are 0 (none) to 5 (dashed), as `SGR 4:n` numbers them.
    const UNDERLINES: u16 = 7;

    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) const fn set(&mut self, other: Self) {
        self.0 |= other.0;
    }

    pub(crate) const fn clear(&mut self, other: Self) {
        self.0 &= !other.0;
    }

    pub(crate) const fn underline(self) -> u16 {
        self.0 >> Self::UNDERLINE & Self::UNDERLINES
    }

    /// An unknown kind is a plain underline.
    pub(crate) const fn set_underline(&mut self, kind: u16) {
        let kind = if kind > 5 { 1 } else { kind };
        self.0 = self.0 & !(Self::UNDERLINES << Self::UNDERLINE) | kind << Self::UNDERLINE;
    }
}

/// Everything that SGR and OSC 8 say about the next character.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) fg: Color,
    pub(crate) bg: Color,
    pub(crate) underline: Color,
    /// The id of a link, [`Id::NONE`] for none.
    pub(crate) link: Id,
    pub(crate) attrs: Attrs,
}

impl Hash for Style {
    /// Packed, because each change of style is looked up.
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u64(u64::from(self.fg.0) | u64::from(self.bg.0) << 32);
        hasher.write_u64(u64::from(self.underline.0) | u64::from(self.link.0) << 32);
        hasher.write_u16(self.attrs.0);
    }
}

impl Style {
    /// What an erased cell gets: the background and nothing else.
    pub(crate) fn erased(self) -> Self {
        Self { bg: self.bg, ..Self::default() }
    }
}

/// A hyperlink. Cells with the same uri and id belong together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Link {
    /// The parameters before the uri, as they came.
    pub(crate) params: Box<str>,
    pub(crate) uri: Box<str>,
}

impl Link {
    /// Bytes that this link takes in a snapshot, roughly.
    pub(crate) fn weight(&self) -> usize {
        self.params.len() + self.uri.len() + 8
    }
}
