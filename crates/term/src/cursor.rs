//! The cursor, and what it carries along.

use crate::charset::Charsets;
use crate::intern::Id;
use crate::style::Style;

/// Where the next character goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) row: usize,
    pub(crate) col: usize,
    /// The last column was written; the next character first goes to a new row. Never
    /// set on a row that is already wrapped.
    pub(crate) pending: bool,
}

/// The style of the next character, with the ids it has in the pool once they are needed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pen {
    pub(crate) style: Style,
    pub(crate) id: Option<Id>,
    pub(crate) erase_id: Option<Id>,
}

impl Pen {
    pub(crate) fn new(style: Style) -> Self {
        Self { style, id: None, erase_id: None }
    }
}

/// What DECSC keeps and DECRC brings back. The default is what DECRC brings when nothing
/// was kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Saved {
    pub(crate) cursor: Cursor,
    pub(crate) style: Style,
    pub(crate) charsets: Charsets,
    pub(crate) origin: bool,
}
