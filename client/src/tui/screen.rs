//! The alternate screen, for as long as the list is on it.

use std::io::{self, BufWriter, Stdout, Write as _};

use app_sys::tty::RawMode;
use crossterm::cursor::Show;
use crossterm::execute;
use crossterm::terminal::{Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

use super::draw::draw;
use super::model::List;

/// The list's screen. Dropping it gives the terminal back.
pub(super) struct Screen {
    // Restored in this order: the screen by `drop`, then the settings by the field's.
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
    _raw: RawMode,
}

impl Screen {
    /// Takes the terminal.
    pub(super) fn enter() -> io::Result<Self> {
        let raw = RawMode::enter(&io::stdin())?;
        let terminal = Terminal::new(CrosstermBackend::new(BufWriter::new(io::stdout())))?;
        let mut screen = Self { terminal, _raw: raw };
        // Not the library's `clear`: it asks the terminal where the cursor is, and waits.
        execute!(screen.terminal.backend_mut(), EnterAlternateScreen, Clear(ClearType::All))?;
        Ok(screen)
    }

    /// Shows the list as it is now.
    pub(super) fn draw(&mut self, list: &mut List) -> io::Result<()> {
        self.terminal.draw(|frame| draw(frame, list)).map(drop)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A terminal that is gone needs no restoring.
        let backend = self.terminal.backend_mut();
        execute!(backend, LeaveAlternateScreen, Show).and_then(|()| io::stdout().flush()).ok();
    }
}
