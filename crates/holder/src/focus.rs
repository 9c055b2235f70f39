//! What a client's terminal has last said about its focus, found in what it types.
//!
//! The reports are the program's (mode 1004) and go on to it; they are only listened to.

const ESC: u8 = 0x1b;

/// How much of `ESC [` came last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Begun {
    #[default]
    Nothing,
    Escape,
    Bracket,
}

/// The focus of one terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Focus {
    known: Option<bool>,
    begun: Begun,
}

impl Focus {
    /// Whether it has the focus, if it has said so.
    pub(crate) fn known(self) -> Option<bool> {
        self.known
    }

    /// Listens to input, which may be cut anywhere.
    pub(crate) fn listen(&mut self, input: &[u8]) {
        for &byte in input {
            self.begun = match (self.begun, byte) {
                (_, ESC) => Begun::Escape,
                (Begun::Escape, b'[') => Begun::Bracket,
                (Begun::Bracket, b'I') => self.says(true),
                (Begun::Bracket, b'O') => self.says(false),
                (Begun::Nothing | Begun::Escape | Begun::Bracket, _) => Begun::Nothing,
            }
        }
    }

    fn says(&mut self, focused: bool) -> Begun {
        self.known = Some(focused);
        Begun::Nothing
    }
}

/// Whether somebody looks, given what is known of every terminal: one that has the focus is
/// enough, and that nobody does must be known of all.
pub(crate) fn of_all(terminals: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut all = None;
    let mut unknown = false;
    for one in terminals {
        match one {
            Some(true) => return Some(true),
            Some(false) => all = Some(false),
            None => unknown = true,
        }
    }
    all.filter(|_| !unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(pieces: &[&[u8]]) -> Option<bool> {
        let mut focus = Focus::default();
        pieces.iter().for_each(|piece| focus.listen(piece));
        focus.known()
    }

    #[test]
    fn the_last_report_counts_however_it_was_cut() {
        assert_eq!(after(&[b"ls\r"]), None);
        assert_eq!(after(&[b"\x1b[I"]), Some(true));
        assert_eq!(after(&[b"a\x1b[Ib\x1b[O"]), Some(false));
        assert_eq!(after(&[b"\x1b[O", b"\x1b", b"[", b"I"]), Some(true));
        assert_eq!(after(&[b"\x1b\x1b[I"]), Some(true));
    }

    #[test]
    fn other_keys_are_no_reports() {
        for keys in [&b"\x1bOI"[..], b"\x1b[1;5I", b"\x1b[1I", b"[I", b"\x1b[[I", b"\x1b[AI"] {
            assert_eq!(after(&[keys]), None, "{}", keys.escape_ascii());
        }
    }

    #[test]
    fn one_with_the_focus_is_enough_and_none_must_be_known_of_all() {
        let all = |terminals: &[Option<bool>]| of_all(terminals.iter().copied());
        assert_eq!(all(&[]), None);
        assert_eq!(all(&[None, Some(true)]), Some(true));
        assert_eq!(all(&[Some(false), Some(false)]), Some(false));
        assert_eq!(all(&[Some(false), None]), None);
    }
}
