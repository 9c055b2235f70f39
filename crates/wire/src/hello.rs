//! The first bytes on every connection, in each direction. Frozen for ever.
//!
//! ```text
//!   8 bytes   magic (4) │ oldest u16 LE │ newest u16 LE
//! ```
//!
//! A program from any year must be able to learn that it is too old, so the test
//! `the_hello_is_frozen` is not one to "fix".

/// Bytes of a hello.
pub const HELLO_LEN: usize = 8;

/// A protocol version. Both sides of a connection speak the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u16);

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&self.0, f)
    }
}

/// What one side can speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Which protocol this is.
    pub magic: [u8; 4],
    /// The oldest version understood.
    pub oldest: Version,
    /// The newest version understood.
    pub newest: Version,
}

/// Why two sides cannot talk.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HelloError {
    /// The other side's newest version is older than our oldest.
    #[error("the other side is too old: it speaks up to version {theirs}, we need {ours}")]
    TooOld {
        /// The newest version of the other side.
        theirs: Version,
        /// Our oldest.
        ours: Version,
    },
    /// The other side's oldest version is newer than our newest.
    #[error("the other side is too new: it needs version {theirs}, we speak up to {ours}")]
    TooNew {
        /// The oldest version of the other side.
        theirs: Version,
        /// Our newest.
        ours: Version,
    },
    /// The first bytes are not a hello of this protocol.
    #[error("the other side does not speak this protocol (it began with {0:02x?})")]
    NotOurs([u8; 4]),
}

impl Hello {
    /// The bytes to send first.
    pub fn encode(self) -> [u8; HELLO_LEN] {
        let [a, b] = self.oldest.0.to_le_bytes();
        let [c, d] = self.newest.0.to_le_bytes();
        let [m0, m1, m2, m3] = self.magic;
        [m0, m1, m2, m3, a, b, c, d]
    }

    /// Reads the other side's first bytes, and picks the newest version both speak.
    /// Both sides reach the same answer.
    pub fn agree(self, theirs: [u8; HELLO_LEN]) -> Result<Version, HelloError> {
        let [m0, m1, m2, m3, a, b, c, d] = theirs;
        if [m0, m1, m2, m3] != self.magic {
            return Err(HelloError::NotOurs([m0, m1, m2, m3]));
        }
        let oldest = Version(u16::from_le_bytes([a, b]));
        let newest = Version(u16::from_le_bytes([c, d]));
        if newest < self.oldest {
            return Err(HelloError::TooOld { theirs: newest, ours: self.oldest });
        }
        if oldest > self.newest {
            return Err(HelloError::TooNew { theirs: oldest, ours: self.newest });
        }
        Ok(self.newest.min(newest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn hello(oldest: u16, newest: u16) -> Hello {
        Hello { magic: *b"appc", oldest: Version(oldest), newest: Version(newest) }
    }

    #[test]
    fn the_hello_is_frozen() {
        assert_eq!(hello(1, 0x0203).encode(), [b'a', b'p', b'p', b'c', 1, 0, 3, 2]);
    }

    #[test]
    fn both_sides_pick_the_newest_common_version() {
        let (old, new) = (hello(1, 2), hello(2, 4));
        assert_eq!(old.agree(new.encode()), Ok(Version(2)));
        assert_eq!(new.agree(old.encode()), Ok(Version(2)));
    }

    #[test]
    fn a_gap_names_the_side_that_is_behind() {
        let (old, new) = (hello(1, 1), hello(2, 3));
        let too_new = HelloError::TooNew { theirs: Version(2), ours: Version(1) };
        assert_eq!(old.agree(new.encode()), Err(too_new));
        let too_old = HelloError::TooOld { theirs: Version(1), ours: Version(2) };
        assert_eq!(new.agree(old.encode()), Err(too_old));
    }

    #[test]
    fn something_else_is_not_a_hello() {
        assert_eq!(hello(1, 1).agree(*b"GET / HT"), Err(HelloError::NotOurs(*b"GET ")));
    }
}
