//! Where the parts of the dashboard are, on a terminal of any size.
//!
//! ```text
//!   header                      what is how many, what is filtered for
//!   list
//!   peek, form                  when they are open
//!   status                      what was done, what went wrong, what is asked
//!   hints                       from 10 rows on
//! ```

use ratatui::layout::{Constraint, Layout, Rect};

use super::form::LABELS;
use super::mode::Mode;

/// Rows from which hints have a line of their own.
const HINTS_FROM: u16 = 10;

/// Rows from which the list stays to be seen above a peek.
const SPLIT_FROM: u16 = 16;

/// Where each part is. A part that is not there has no rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Areas {
    pub(super) header: Rect,
    pub(super) list: Rect,
    pub(super) below: Rect,
    pub(super) status: Rect,
    pub(super) hints: Rect,
}

impl Areas {
    /// Of a terminal of this size in this mode.
    pub(super) fn of(area: Rect, mode: &Mode) -> Self {
        let hints = u16::from(area.height >= HINTS_FROM);
        let body = area.height.saturating_sub(2 + hints);
        let below = match mode {
            Mode::Peek if area.height >= SPLIT_FROM => body - body / 3,
            Mode::Peek => body,
            Mode::New(_) => u16::try_from(LABELS.len() + 1).unwrap_or(body).min(body),
            Mode::List
            | Mode::Filter
            | Mode::Confirm(_)
            | Mode::Rename(..)
            | Mode::Help
            | Mode::Messages => 0,
        };
        let rows = [1, body - below, below, 1, hints].map(Constraint::Length);
        let [header, list, below, status, hints] = Layout::vertical(rows).areas(area);
        Self { header, list, below, status, hints }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_belongs_to_one_part() {
        for height in 2..60 {
            for mode in [Mode::List, Mode::Peek, Mode::Help] {
                let areas = Areas::of(Rect::new(0, 0, 80, height), &mode);
                let Areas { header, list, below, status, hints } = areas;
                let rows = [header, list, below, status, hints].map(|part| part.height);
                assert_eq!(rows.iter().sum::<u16>(), height, "{mode:?}: {rows:?}");
            }
        }
    }

    #[test]
    fn eight_rows_have_room_for_a_list() {
        let areas = Areas::of(Rect::new(0, 0, 40, 8), &Mode::List);
        assert_eq!((areas.list.height, areas.hints.height), (6, 0));
        let areas = Areas::of(Rect::new(0, 0, 40, 8), &Mode::Peek);
        assert_eq!((areas.list.height, areas.below.height), (0, 6));
    }
}
