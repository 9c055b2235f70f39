//! The alternate screen of the terminal, for as long as a list is on it.
//!
//! # Invariants
//!
//! 1. However the list ends, the terminal is as it was found: by return, error or panic
//!    (the value is dropped), and when this process is killed the next command puts it
//!    right ([`Marker`]).
//! 2. The terminal is never asked anything: who asks has to wait for the answer.

use std::io::{self, BufWriter, Stdout, Write as _};

use app_sys::places::Places;
use app_sys::tty::RawMode;
use crossterm::cursor::Show;
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::execute;
use crossterm::style::Print;
use crossterm::terminal::{Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen};
use ratatui::backend::CrosstermBackend;
use ratatui::{Frame, Terminal};

use crate::attach::{Marker, reset_on_panic};

/// Buttons and the wheel, told in SGR's way; not where the mouse merely goes.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";

/// Ends that.
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";

/// The list's screen. Dropping it gives the terminal back.
pub(crate) struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
    raw: Option<RawMode>,
    marker: Option<Marker>,
}

impl Screen {
    /// Takes the terminal.
    pub(crate) fn enter(places: &Places) -> io::Result<Self> {
        reset_on_panic();
        let marker = Marker::leave(places, &io::stdin());
        let raw = RawMode::enter(&io::stdin())?;
        let terminal = Terminal::new(CrosstermBackend::new(BufWriter::new(io::stdout())))?;
        let mut screen = Self { terminal, raw: Some(raw), marker };
        // Not the library's `clear`: it asks the terminal where the cursor is (invariant 2).
        execute!(screen.terminal.backend_mut(), EnterAlternateScreen, Clear(ClearType::All))?;
        Ok(screen)
    }

    /// Has the mouse and pastes told as what they are.
    pub(crate) fn listen_to_all(&mut self) -> io::Result<()> {
        execute!(self.terminal.backend_mut(), Print(MOUSE_ON), EnableBracketedPaste)
    }

    /// Shows what `draw` draws.
    pub(crate) fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.terminal.draw(draw).map(drop)
    }

    /// Gives the terminal back. Does nothing the second time.
    pub(crate) fn leave(&mut self) {
        let Some(raw) = self.raw.take() else { return };
        // On a panic all of that is done already, and its message stands where the cursor is.
        if !std::thread::panicking() {
            let backend = self.terminal.backend_mut();
            let left = execute!(
                backend,
                Print(MOUSE_OFF),
                DisableBracketedPaste,
                LeaveAlternateScreen,
                Show
            );
            // A terminal that is gone needs no restoring.
            left.and_then(|()| io::stdout().flush()).ok();
        }
        drop(raw);
        self.marker = None;
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.leave(); // Invariant 1.
    }
}
