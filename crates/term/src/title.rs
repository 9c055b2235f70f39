//! The window title, the icon name and their stack.
//!
//! # Invariants
//!
//! 1. No text here holds a control character or is longer than [`TITLE_LIMIT`] bytes.
//! 2. The stack holds at most [`DEPTH`] entries; the oldest goes first.

use std::collections::VecDeque;

/// Longer titles are cut.
const TITLE_LIMIT: usize = 1024;
/// How many titles a program may push.
const DEPTH: usize = 10;

/// A title and an icon name that belong together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    pub(crate) title: String,
    pub(crate) icon: String,
}

/// The names in force and the ones pushed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Titles {
    pub(crate) current: Names,
    pub(crate) pushed: VecDeque<Names>,
}

/// Which names a sequence speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    Both,
    Icon,
    Title,
}

impl Which {
    /// The numbering shared by OSC 0 to 2 and the title stack.
    pub(crate) fn from_number(number: u16) -> Option<Self> {
        match number {
            0 => Some(Self::Both),
            1 => Some(Self::Icon),
            2 => Some(Self::Title),
            _ => None,
        }
    }
}

impl Titles {
    pub(crate) fn set(&mut self, which: Which, text: &[u8]) {
        let text = clean(text, TITLE_LIMIT);
        match which {
            Which::Both => {
                self.current.icon.clone_from(&text);
                self.current.title = text;
            }
            Which::Icon => self.current.icon = text,
            Which::Title => self.current.title = text,
        }
    }

    pub(crate) fn push(&mut self) {
        if self.pushed.len() == DEPTH {
            self.pushed.pop_front();
        }
        self.pushed.push_back(self.current.clone());
    }

    pub(crate) fn pop(&mut self, which: Which) {
        let Some(names) = self.pushed.pop_back() else { return };
        match which {
            Which::Both => self.current = names,
            Which::Icon => self.current.icon = names.icon,
            Which::Title => self.current.title = names.title,
        }
    }
}

/// Text without control characters, cut at a character so that it fits.
pub(crate) fn clean(bytes: &[u8], limit: usize) -> String {
    let mut text = String::new();
    // Three bytes of replacement can come from one byte, never more.
    for chunk in bytes[..bytes.len().min(limit)].utf8_chunks() {
        text.extend(chunk.valid().chars().filter(|c| !c.is_control()));
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    let mut end = text.len().min(limit);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_clean_and_bounded() {
        assert_eq!(clean(b"a\x1b\x07\xc2\x9bb\xff", 100), "ab\u{FFFD}");
        assert!(clean(&[0xff; 9000], 1024).len() <= 1024);
        assert_eq!(clean("aé".as_bytes(), 2), "a");
    }

    #[test]
    fn cleaning_twice_changes_nothing() {
        for bytes in [&b"x\xff\xff\xff"[..], "ééé".as_bytes()] {
            for limit in 1..8 {
                let once = clean(bytes, limit);
                assert_eq!(clean(once.as_bytes(), limit), once);
            }
        }
    }

    #[test]
    fn a_flood_of_pushes_keeps_the_newest() {
        let mut titles = Titles::default();
        (0..1000).for_each(|_| titles.push());
        assert_eq!(titles.pushed.len(), DEPTH);
    }
}
