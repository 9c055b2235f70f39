//! The user's terminal while a session is shown on it.
//!
//! # Invariants
//!
//! 1. What [`enter`](Terminal::enter) did is undone by [`leave`](Terminal::leave), which
//!    also runs when the value is dropped, on a panic too.
//! 2. Reads and writes never block, so that signals are always heard; the flag is on
//!    descriptors of our own, never on those that we share with the shell.
//! 3. Leaving waits for a terminal that is stopped, but not for ever.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use app_model::TerminalSize;
use app_model::reset::{RESET, TO_BOTTOM, make_room, reset_in_place};
use app_sys::poll::{self, Interest};
use app_sys::tty::{self, RawMode, Settings};

/// How long a terminal that takes no output is given to take the reset.
const LEAVE_LIMIT: Duration = Duration::from_secs(1);

/// Bytes per write where the descriptor may block: as many as a terminal that is ready
/// takes at once.
const SMALL_WRITE: usize = 256;

/// Where the shell goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Below everything: there may be something below the cursor.
    Bottom,
    /// Where the program that ended has left the cursor.
    Cursor,
}

/// A terminal that can be switched over to a session and back.
pub(crate) struct Terminal {
    input: File,
    output: File,
    most_per_write: usize,
    raw: Option<RawMode>,
    /// Input and output are the same terminal, each opened anew.
    whole: bool,
    /// Its settings while somebody else has it.
    lent: Option<Settings>,
    /// It did not take its reset.
    is_wrong: bool,
}

impl Terminal {
    /// The terminal of standard input and output. `None` when they are not both one.
    pub(crate) fn open() -> io::Result<Option<Self>> {
        let (stdin, stdout) = (io::stdin(), io::stdout());
        if !stdin.is_terminal() || !stdout.is_terminal() {
            return Ok(None);
        }
        let own = tty::open_anew(&stdin).and_then(|input| Ok((input, tty::open_anew(&stdout)?)));
        let (input, output, most_per_write) = match own {
            Ok((input, output)) => (input, output, usize::MAX),
            // The device cannot be reached by name, as in some containers.
            Err(_) => (duplicate(&stdin)?, duplicate(&stdout)?, SMALL_WRITE),
        };
        let whole = most_per_write == usize::MAX && tty::are_same(&input, &output);
        Ok(Some(Self {
            input,
            output,
            most_per_write,
            raw: None,
            whole,
            lent: None,
            is_wrong: false,
        }))
    }

    /// Rows and columns, or the usual ones if the terminal does not know.
    pub(crate) fn size(&self) -> TerminalSize {
        size_of(&self.output).unwrap_or_default()
    }

    /// The terminal for somebody else to read and write, if it is one that can be handed
    /// over. Waits, stopped by the shell, while we are in the background.
    pub(crate) fn lend(&mut self) -> io::Result<Option<&File>> {
        if !self.whole {
            return Ok(None);
        }
        let settings = Settings::of(&self.input)?;
        // Only a process in the foreground may set them; else it is stopped (SIGTTOU).
        settings.put_back(&self.input)?;
        self.lent = Some(settings);
        Ok(Some(&self.input))
    }

    /// Whoever had the terminal is gone: makes it usable again.
    pub(crate) fn put_right(&mut self) {
        if let Some(settings) = self.lent.take() {
            let reset = self.write_all((RESET.to_owned() + TO_BOTTOM).as_bytes());
            self.is_wrong = reset.is_err() || settings.put_back(&self.input).is_err();
        }
    }

    /// The terminal is back, as it was.
    pub(crate) fn returned(&mut self) {
        (self.lent, self.is_wrong) = (None, false);
    }

    /// Whether it did not take its reset, stopped as it was.
    pub(crate) fn is_wrong(&self) -> bool {
        self.is_wrong
    }

    /// Gives the terminal to the session: raw, with an empty screen below what was there.
    pub(crate) fn enter(&mut self) -> io::Result<()> {
        let raw = RawMode::enter(&self.input)?;
        self.raw = Some(raw);
        self.write_all(make_room(self.size().rows).as_bytes())
    }

    /// Gives the terminal back to the shell, which goes on there. Does nothing when it has
    /// it.
    pub(crate) fn leave(&mut self, place: Place) {
        let Some(raw) = self.raw.take() else {
            return;
        };
        let last = match place {
            Place::Bottom => RESET.to_owned() + TO_BOTTOM,
            Place::Cursor => reset_in_place(self.size().cols),
        };
        self.is_wrong = self.write_all(last.as_bytes()).is_err();
        drop(raw);
    }

    /// Reads what was typed. `Ok(0)` means that the terminal is gone, `WouldBlock` that
    /// nothing was typed.
    pub(crate) fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.input.read(room)
    }

    /// Writes as much as the terminal takes now.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.write(&bytes[..bytes.len().min(self.most_per_write)])
    }

    /// What is read from.
    pub(crate) fn input(&self) -> &impl AsFd {
        &self.input
    }

    /// What is written to.
    pub(crate) fn output(&self) -> &impl AsFd {
        &self.output
    }

    /// Writes everything, for at most [`LEAVE_LIMIT`] (invariant 3).
    fn write_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        let until = Instant::now() + LEAVE_LIMIT;
        while !bytes.is_empty() {
            match self.write(bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let left = until.saturating_duration_since(Instant::now());
                    if poll::wait(&mut [Interest::write(&self.output)], Some(left))? == 0 {
                        return Err(io::ErrorKind::TimedOut.into());
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.leave(Place::Bottom); // Invariant 1.
        self.put_right();
    }
}

/// The size of the terminal that any of the standard streams is.
pub(crate) fn size_of_any() -> Option<TerminalSize> {
    size_of(&io::stdout()).or_else(|| size_of(&io::stdin())).or_else(|| size_of(&io::stderr()))
}

fn size_of(fd: &impl AsFd) -> Option<TerminalSize> {
    let size = tty::size(fd).ok().filter(|size| size.rows > 0 && size.cols > 0)?;
    let tty::WinSize { rows, cols, xpixel, ypixel } = size;
    Some(TerminalSize { rows, cols, xpixel, ypixel })
}

fn duplicate(fd: &impl AsFd) -> io::Result<File> {
    let fd: BorrowedFd<'_> = fd.as_fd();
    Ok(fd.try_clone_to_owned()?.into())
}
