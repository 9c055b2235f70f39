//! The kitty keyboard flags of one screen, with the ones that were pushed below them.

/// How many flags a program may push; then the oldest is forgotten.
const DEPTH: usize = 16;
/// The flags that mean something.
const FLAGS: u8 = 0b1_1111;

/// Flags in force and a bounded stack under them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Keyboard {
    pub(crate) flags: u8,
    pub(crate) pushed: Vec<u8>,
}

impl Keyboard {
    pub(crate) fn push(&mut self, flags: u16) {
        if self.pushed.len() == DEPTH {
            self.pushed.remove(0);
        }
        self.pushed.push(self.flags);
        self.flags = known(flags);
    }

    /// Popping more than was pushed leaves no flags.
    pub(crate) fn pop(&mut self, count: usize) {
        for _ in 0..count.min(DEPTH + 1) {
            self.flags = self.pushed.pop().unwrap_or(0);
        }
    }

    /// Way 1 sets exactly these flags, 2 adds them, 3 takes them away.
    pub(crate) fn set(&mut self, flags: u16, way: u16) {
        match way {
            0 | 1 => self.flags = known(flags),
            2 => self.flags |= known(flags),
            3 => self.flags &= !known(flags),
            _ => {}
        }
    }
}

fn known(flags: u16) -> u8 {
    flags.to_le_bytes()[0] & FLAGS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_pushes_keeps_the_newest() {
        let mut keyboard = Keyboard::default();
        (0..5000).for_each(|_| keyboard.push(1));
        keyboard.push(5);
        assert_eq!((keyboard.flags, keyboard.pushed.len()), (5, DEPTH));
        keyboard.pop(usize::MAX);
        assert_eq!(keyboard, Keyboard::default());
    }
}
