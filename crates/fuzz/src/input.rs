//! Decisions taken from the front of an input, and the cutting of the rest.

/// Reads an input from its front; what is missing is zero.
pub(crate) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: u8) -> u8 {
        self.byte() % limit
    }

    /// One of these.
    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::from(self.byte()) % of.len()]
    }

    /// At most `length` bytes.
    pub(crate) fn take(&mut self, length: usize) -> &'a [u8] {
        let (front, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        front
    }

    pub(crate) fn rest(self) -> &'a [u8] {
        self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Cuts `bytes` into pieces; how, depends on `pattern`. 0 does not cut, 1 cuts everywhere.
pub(crate) fn pieces(bytes: &[u8], pattern: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    let mut state = u32::from(pattern) | 0x9e37_0000;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let length = match pattern {
            0 => rest.len(),
            1 => 1,
            _ => {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                // Short ones most of the time.
                let long = state >> 31 == 1;
                1 + (state >> 8) as usize % if long { 60 } else { 5 }
            }
        };
        let (front, back) = rest.split_at(length.min(rest.len()));
        rest = back;
        Some(front)
    })
}
