//! Whose size the terminal has: the driver that acted last. Decides only.

use app_model::TerminalSize;

use crate::client::ClientId;

/// The terminal's size and who decided it.
#[derive(Debug)]
pub(crate) struct Sizing {
    current: TerminalSize,
    by: Option<ClientId>,
}

impl Sizing {
    pub(crate) fn new(size: TerminalSize) -> Self {
        Self { current: size.at_least_one(), by: None }
    }

    pub(crate) fn current(&self) -> TerminalSize {
        self.current
    }

    /// Whether this client acted last, or nobody has: it speaks for the terminal.
    pub(crate) fn speaks(&self, client: ClientId) -> bool {
        self.by.is_none_or(|by| by == client)
    }

    /// Whether this client, and no other, has acted last.
    pub(crate) fn was_decided_by(&self, client: ClientId) -> bool {
        self.by == Some(client)
    }

    /// A driver with this size attached, resized or typed. Returns the size to set, if
    /// that is a change. A driver that goes away changes nothing: what it saw last is
    /// the best guess for the next one.
    pub(crate) fn acted(&mut self, by: ClientId, size: TerminalSize) -> Option<TerminalSize> {
        self.by = Some(by);
        let size = size.at_least_one();
        if size == self.current {
            return None;
        }
        self.current = size;
        Some(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(rows: u16, cols: u16) -> TerminalSize {
        TerminalSize { rows, cols, xpixel: 0, ypixel: 0 }
    }

    #[test]
    fn the_last_driver_that_acts_decides() {
        let mut sizing = Sizing::new(size(24, 80));
        assert_eq!(sizing.acted(ClientId(1), size(50, 200)), Some(size(50, 200)));
        assert_eq!(sizing.acted(ClientId(2), size(30, 90)), Some(size(30, 90)));
        assert_eq!(sizing.acted(ClientId(1), size(50, 200)), Some(size(50, 200)));
        assert_eq!(sizing.acted(ClientId(1), size(50, 200)), None);
        assert_eq!(sizing.current(), size(50, 200));
    }

    #[test]
    fn the_driver_that_acted_last_speaks_for_the_terminal() {
        let mut sizing = Sizing::new(size(24, 80));
        assert!(sizing.speaks(ClientId(1)) && sizing.speaks(ClientId(2)));
        sizing.acted(ClientId(1), size(24, 80));
        assert!(sizing.speaks(ClientId(1)) && !sizing.speaks(ClientId(2)));
    }

    #[test]
    fn no_terminal_gets_smaller_than_one_cell() {
        let mut sizing = Sizing::new(size(0, 0));
        assert_eq!(sizing.current(), size(1, 1));
        assert_eq!(sizing.acted(ClientId(1), size(0, 5)), Some(size(1, 5)));
    }
}
