//! Tab stops. Until a program sets its own they cost nothing.

/// Where tab stops are without being set.
const EVERY: usize = 8;

/// The tab stops of a screen. Column 0 needs none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tabs {
    /// One flag per column, once the stops are no longer the default ones.
    custom: Option<Vec<bool>>,
}

impl Tabs {
    pub(crate) fn is_stop(&self, col: usize) -> bool {
        match &self.custom {
            Some(stops) => stops.get(col).copied().unwrap_or_else(|| Self::is_default(col)),
            None => Self::is_default(col),
        }
    }

    fn is_default(col: usize) -> bool {
        col > 0 && col.is_multiple_of(EVERY)
    }

    /// Whether a screen of this width has exactly the default stops.
    pub(crate) fn are_default(&self, cols: usize) -> bool {
        self.custom.is_none() || (1..cols).all(|col| self.is_stop(col) == Self::is_default(col))
    }

    pub(crate) fn set(&mut self, col: usize, stop: bool, cols: usize) {
        let stops = self.custom.get_or_insert_with(|| (0..cols).map(Self::is_default).collect());
        while stops.len() < cols {
            stops.push(Self::is_default(stops.len()));
        }
        // Column 0 is where every search ends anyway.
        if let Some(slot) = stops.get_mut(col).filter(|_| col > 0) {
            *slot = stop;
        }
    }

    pub(crate) fn clear_all(&mut self, cols: usize) {
        self.custom = Some(vec![false; cols]);
    }

    /// Forgets stops beyond the width, so that wider columns get the default ones.
    pub(crate) fn resize(&mut self, cols: usize) {
        if let Some(stops) = &mut self.custom {
            stops.truncate(cols);
        }
    }

    /// The next stop right of `col`, or `last`.
    pub(crate) fn next(&self, col: usize, last: usize) -> usize {
        (col + 1..last).find(|&col| self.is_stop(col)).unwrap_or(last)
    }

    /// The next stop left of `col`, or `first`.
    pub(crate) fn previous(&self, col: usize, first: usize) -> usize {
        (first + 1..col).rev().find(|&col| self.is_stop(col)).unwrap_or(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stops_are_every_eight_columns_until_set() {
        let mut tabs = Tabs::default();
        assert_eq!((tabs.next(0, 79), tabs.next(8, 79), tabs.next(78, 79)), (8, 16, 79));
        tabs.set(5, true, 80);
        assert_eq!((tabs.next(0, 79), tabs.previous(8, 0)), (5, 5));
        tabs.clear_all(80);
        assert_eq!((tabs.next(0, 79), tabs.previous(50, 0)), (79, 0));
    }

    #[test]
    fn a_wider_screen_gets_default_stops_in_its_new_columns() {
        let mut tabs = Tabs::default();
        tabs.clear_all(10);
        tabs.resize(20);
        assert_eq!(tabs.next(0, 19), 16);
    }
}
