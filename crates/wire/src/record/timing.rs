//! When the bytes of a segment came: the file `timing.NNNNNN`.
//!
//! ```text
//!   header   magic "aptm" │ version u16 │ its own length u16 │ elapsed ms u64
//!            │ wall ms i64 │ rows u16 │ cols u16                 (little-endian)
//!   marks    ms since the mark before, times 4, plus kind │ bytes since the mark before
//!            │ of all kinds but 0: length of what follows │ what follows     (varints)
//! ```
//!
//! A mark says that from its offset on bytes came at its time, until the next mark says
//! otherwise. It is written before the bytes, so whoever reads bytes finds their time.
//! Times are milliseconds since the run began, on a clock that never steps; the header
//! holds one moment on that clock and on the wall's.
//!
//! # Invariants
//!
//! 1. Times and offsets never run backwards.
//! 2. A kind that is not known is passed over, a mark that is cut off is none.

use super::varint;

const MAGIC: [u8; 4] = *b"aptm";

/// The one version there is.
const VERSION: u16 = 1;

/// Bytes of the header that this release writes; a later one may append to it.
pub const HEADER_LEN: usize = 28;

/// Bytes of the longest mark that is written: its numbers, and the length of a payload
/// of at most two.
pub const MARK_MOST: usize = 5 * 10 + 1;

const OUTPUT: u64 = 0;
const RESIZE: u64 = 1;
const GAP: u64 = 2;

/// How an index begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Milliseconds of the run at which the segment was begun.
    pub elapsed_ms: u64,
    /// The wall clock then, milliseconds since the Unix epoch.
    pub wall_ms: i64,
    /// Rows of the terminal then.
    pub rows: u16,
    /// Columns of the terminal then.
    pub cols: u16,
}

/// Why an index cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Not all of it is there (yet).
    #[error("the index of times is cut off")]
    Short,
    /// Something else.
    #[error("this is no index of times")]
    Magic,
    /// From a later release.
    #[error("the index of times has version {0}, and this program knows up to {VERSION}")]
    Version(u16),
}

impl Header {
    /// As bytes.
    pub fn encode(&self) -> [u8; HEADER_LEN] {
        let mut out = [0; HEADER_LEN];
        let length = u16::try_from(HEADER_LEN).unwrap_or(u16::MAX);
        out[..4].copy_from_slice(&MAGIC);
        out[4..6].copy_from_slice(&VERSION.to_le_bytes());
        out[6..8].copy_from_slice(&length.to_le_bytes());
        out[8..16].copy_from_slice(&self.elapsed_ms.to_le_bytes());
        out[16..24].copy_from_slice(&self.wall_ms.to_le_bytes());
        out[24..26].copy_from_slice(&self.rows.to_le_bytes());
        out[26..28].copy_from_slice(&self.cols.to_le_bytes());
        out
    }

    /// Reads it, and where the marks begin.
    pub fn decode(bytes: &[u8]) -> Result<(Self, usize), HeaderError> {
        let field = Fields(bytes);
        if field.array::<4>(0).ok_or(HeaderError::Short)? != MAGIC {
            return Err(HeaderError::Magic);
        }
        let version = field.u16(4).ok_or(HeaderError::Short)?;
        if version != VERSION {
            return Err(HeaderError::Version(version));
        }
        let header = || {
            Some(Self {
                elapsed_ms: field.array(8).map(u64::from_le_bytes)?,
                wall_ms: field.array(16).map(i64::from_le_bytes)?,
                rows: field.u16(24)?,
                cols: field.u16(26)?,
            })
        };
        let header = header().ok_or(HeaderError::Short)?;
        let length = field.u16(6).map_or(0, usize::from).max(HEADER_LEN);
        if bytes.len() < length {
            return Err(HeaderError::Short);
        }
        Ok((header, length))
    }

    /// A moment of the run on the wall clock.
    pub fn wall_at(&self, elapsed_ms: u64) -> i64 {
        let since = i128::from(elapsed_ms) - i128::from(self.elapsed_ms);
        i64::try_from(i128::from(self.wall_ms) + since).unwrap_or(i64::MAX)
    }
}

/// Numbers at fixed places.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn array<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.0.get(at..at + N)?.try_into().ok()
    }

    fn u16(&self, at: usize) -> Option<u16> {
        self.array(at).map(u16::from_le_bytes)
    }
}

/// What happened at an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The bytes from here on came now.
    Output,
    /// The terminal has another size from here on.
    Resize {
        /// Rows.
        rows: u16,
        /// Columns.
        cols: u16,
    },
    /// Here, output could not be recorded from now on.
    Gap {
        /// How much is missing.
        lost: u64,
    },
}

/// One mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When, in milliseconds of the run.
    pub at_ms: u64,
    /// Where, in bytes of the segment.
    pub offset: u64,
    /// What.
    pub kind: Kind,
}

/// Where the marks are; both sides count on from the mark before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    at_ms: u64,
    offset: u64,
}

impl Place {
    /// Behind the header, before the first mark.
    pub fn after(header: &Header) -> Self {
        Self { at_ms: header.elapsed_ms, offset: 0 }
    }

    /// Appends a mark, and goes on to behind it. One from before the last one is said to
    /// have been with it (invariant 1).
    pub fn encode(&mut self, mark: Mark, out: &mut Vec<u8>) {
        let since = mark.at_ms.saturating_sub(self.at_ms).min(u64::MAX >> 2);
        let bytes = mark.offset.saturating_sub(self.offset);
        let mut payload = Vec::new();
        let kind = match mark.kind {
            Kind::Output => OUTPUT,
            Kind::Resize { rows, cols } => {
                varint::put(rows.into(), &mut payload);
                varint::put(cols.into(), &mut payload);
                RESIZE
            }
            Kind::Gap { lost } => {
                varint::put(lost, &mut payload);
                GAP
            }
        };
        varint::put(since << 2 | kind, out);
        varint::put(bytes, out);
        if kind != OUTPUT {
            varint::put(payload.len() as u64, out);
            out.extend_from_slice(&payload);
        }
        *self = Self { at_ms: self.at_ms + since, offset: self.offset + bytes };
    }

    /// Takes the next mark that is whole and known off the front.
    pub fn decode(&mut self, bytes: &mut &[u8]) -> Option<Mark> {
        loop {
            let mut rest = *bytes;
            let first = varint::take(&mut rest)?;
            let at_ms = self.at_ms.checked_add(first >> 2)?;
            let offset = self.offset.checked_add(varint::take(&mut rest)?)?;
            let mut payload: &[u8] = &[];
            if first & 3 != OUTPUT {
                let length = usize::try_from(varint::take(&mut rest)?).ok()?;
                (payload, rest) = rest.split_at_checked(length)?;
            }
            *bytes = rest;
            *self = Self { at_ms, offset };
            if let Some(kind) = kind_of(first & 3, payload) {
                return Some(Mark { at_ms, offset, kind });
            }
        }
    }
}

fn kind_of(kind: u64, mut payload: &[u8]) -> Option<Kind> {
    let mut size = || u16::try_from(varint::take(&mut payload)?).ok();
    match kind {
        OUTPUT => Some(Kind::Output),
        RESIZE => Some(Kind::Resize { rows: size()?, cols: size()? }),
        GAP => Some(Kind::Gap { lost: varint::take(&mut payload)? }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADER: Header =
        Header { elapsed_ms: 1_500, wall_ms: 1_763_716_496_789, rows: 24, cols: 80 };

    fn all(mut bytes: &[u8]) -> Vec<Mark> {
        let mut place = Place::after(&HEADER);
        std::iter::from_fn(|| place.decode(&mut bytes)).collect()
    }

    /// What was released once is read for ever: these bytes do not change.
    #[test]
    fn the_bytes_are_those_of_the_first_release() {
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        assert_eq!(
            hex(&HEADER.encode()),
            "6170746d01001c00dc0500000000000095fdb1a59a01000018005000"
        );
        let mut bytes = Vec::new();
        let mut place = Place::after(&HEADER);
        for (at_ms, offset, kind) in [
            (1_507, 0, Kind::Output),
            (1_600, 300, Kind::Resize { rows: 50, cols: 200 }),
            (9_000, 300, Kind::Gap { lost: 1 << 20 }),
        ] {
            place.encode(Mark { at_ms, offset, kind }, &mut bytes);
        }
        assert_eq!(hex(&bytes), "1c00f502ac020332c801a2e7010003808040");
    }

    #[test]
    fn a_header_says_what_is_wrong_with_it() {
        let bytes = HEADER.encode();
        assert_eq!(Header::decode(&bytes), Ok((HEADER, HEADER_LEN)));
        assert_eq!(Header::decode(&bytes[..27]), Err(HeaderError::Short));
        assert_eq!(Header::decode(b"#!/bin/sh, and so on, for a while"), Err(HeaderError::Magic));
        let mut later = bytes;
        later[4] = 2;
        assert_eq!(Header::decode(&later), Err(HeaderError::Version(2)));
    }

    #[test]
    fn a_longer_header_and_a_kind_of_a_later_release_are_passed_over() {
        let mut bytes = HEADER.encode().to_vec();
        bytes[6] = 30;
        assert_eq!(Header::decode(&bytes), Err(HeaderError::Short));
        bytes.extend([9, 9]);
        assert_eq!(Header::decode(&bytes), Ok((HEADER, 30)));
        // Kind 3, ten bytes on, with five bytes that mean something one day.
        let marks = [3, 10, 5, 1, 2, 3, 4, 5, 0, 1];
        assert_eq!(all(&marks), [Mark { at_ms: 1_500, offset: 11, kind: Kind::Output }]);
    }

    #[test]
    fn a_moment_is_found_on_the_wall_clock() {
        assert_eq!(HEADER.wall_at(1_501), HEADER.wall_ms + 1);
        assert_eq!(HEADER.wall_at(0), HEADER.wall_ms - 1_500);
        assert_eq!(HEADER.wall_at(u64::MAX), i64::MAX);
    }

    fn kinds() -> impl Strategy<Value = Kind> {
        prop_oneof![
            Just(Kind::Output),
            (any::<u16>(), any::<u16>()).prop_map(|(rows, cols)| Kind::Resize { rows, cols }),
            any::<u64>().prop_map(|lost| Kind::Gap { lost }),
        ]
    }

    proptest! {
        #[test]
        fn marks_come_back_and_one_that_is_cut_off_is_none(
            steps in prop::collection::vec((0_u64..1 << 40, 0_u64..1 << 30, kinds()), 0..20),
        ) {
            let (mut place, mut at_ms, mut offset) = (Place::after(&HEADER), 1_500, 0);
            let (mut bytes, mut ends, mut marks) = (Vec::new(), vec![0], Vec::new());
            for (ms, count, kind) in steps {
                (at_ms, offset) = (at_ms + ms, offset + count);
                let before = bytes.len();
                place.encode(Mark { at_ms, offset, kind }, &mut bytes);
                prop_assert!(bytes.len() - before <= MARK_MOST);
                marks.push(Mark { at_ms, offset, kind });
                ends.push(bytes.len());
            }
            for cut in 0..=bytes.len() {
                let whole = ends.iter().filter(|&&end| end <= cut).count() - 1;
                prop_assert_eq!(&all(&bytes[..cut])[..], &marks[..whole]);
            }
        }

        #[test]
        fn no_bytes_do_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            Header::decode(&bytes).ok();
            let marks = all(&bytes);
            for two in marks.windows(2) {
                prop_assert!(two[0].at_ms <= two[1].at_ms);
                prop_assert!(two[0].offset <= two[1].offset);
            }
        }
    }
}
