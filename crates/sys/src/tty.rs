//! The user's own terminal.
//!
//! # Invariants
//!
//! 1. Dropping a [`RawMode`] puts the terminal's settings back as they were found, also
//!    on a panic.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;

use rustix::fs::{Mode, OFlags};
use rustix::termios::{InputModes, LocalModes, OptionalActions, OutputModes, Termios};

use crate::os;

pub use crate::pty::WinSize;

/// A terminal in raw mode: every key arrives as it is typed, nothing is echoed.
#[derive(Debug)]
pub struct RawMode {
    fd: OwnedFd,
    found: Termios,
    forgotten: bool,
}

impl RawMode {
    /// Switches the terminal to raw mode until the result is dropped.
    pub fn enter(fd: &impl AsFd) -> io::Result<Self> {
        let fd = fd.as_fd().try_clone_to_owned()?;
        let found = rustix::termios::tcgetattr(&fd)?;
        let mode = Self { fd, found, forgotten: false };
        mode.resume()?;
        Ok(mode)
    }

    /// Puts the settings back for a while, say before the program stops itself.
    pub fn suspend(&self) -> io::Result<()> {
        // `Now`, not `Drain`: a terminal stopped with Ctrl-S would never drain.
        Ok(rustix::termios::tcsetattr(&self.fd, OptionalActions::Now, &self.found)?)
    }

    /// Whether the terminal is still in raw mode: else somebody else uses it by now.
    pub fn is_intact(&self) -> bool {
        let mut raw = self.found.clone();
        raw.make_raw();
        rustix::termios::tcgetattr(&self.fd).is_ok_and(|now| {
            now.local_modes == raw.local_modes && now.input_modes == raw.input_modes
        })
    }

    /// Ends raw mode without putting anything back.
    pub fn forget(mut self) {
        self.forgotten = true;
    }

    /// Switches to raw mode again.
    pub fn resume(&self) -> io::Result<()> {
        let mut raw = self.found.clone();
        raw.make_raw();
        Ok(rustix::termios::tcsetattr(&self.fd, OptionalActions::Now, &raw)?)
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        if !self.forgotten {
            // Fails only when the terminal is gone, and then there is nothing to restore.
            self.suspend().ok();
        }
    }
}

/// A terminal's settings as they were found.
#[derive(Debug)]
pub struct Settings(Termios);

impl Settings {
    /// Those of this terminal.
    pub fn of(fd: &impl AsFd) -> io::Result<Self> {
        Ok(Self(rustix::termios::tcgetattr(fd)?))
    }

    /// Puts them back. A process in the background of its own terminal is stopped instead,
    /// and goes on here when it is in the foreground (SIGTTOU, tcsetattr(3)).
    pub fn put_back(&self, fd: &impl AsFd) -> io::Result<()> {
        loop {
            match rustix::termios::tcsetattr(fd, OptionalActions::Now, &self.0) {
                Err(rustix::io::Errno::INTR) => {}
                done => return Ok(done?),
            }
        }
    }
}

/// Whether two descriptors are the same terminal.
pub fn are_same(one: &impl AsFd, other: &impl AsFd) -> bool {
    device(one).is_some() && device(one) == device(other)
}

/// Whether this is a terminal.
pub fn is_terminal(fd: &impl AsFd) -> bool {
    rustix::termios::isatty(fd)
}

/// The size of the terminal.
pub fn size(fd: &impl AsFd) -> io::Result<WinSize> {
    crate::pty::get_size(fd)
}

/// The terminal's device, so that it can be opened anew.
pub fn name(fd: &impl AsFd) -> io::Result<PathBuf> {
    let name = rustix::termios::ttyname(fd, Vec::new())?;
    Ok(PathBuf::from(OsString::from_vec(name.into_bytes())))
}

/// The same terminal on a descriptor of its own: not blocking it does not change how the
/// shell's own descriptor behaves.
pub fn open_anew(fd: &impl AsFd) -> io::Result<File> {
    let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(rustix::fs::open(name(fd)?, flags, Mode::empty())?.into())
}

/// The number of the terminal's device; nothing for what is no device.
pub fn device(fd: &impl AsFd) -> Option<u64> {
    let number = os::device_number(&rustix::fs::fstat(fd).ok()?);
    (number != 0).then_some(number)
}

/// Gives the terminal settings that a person can type with: lines, echo, signals. Speed
/// and special characters stay.
pub fn make_sane(fd: &impl AsFd) -> io::Result<()> {
    let mut settings = rustix::termios::tcgetattr(fd)?;
    settings.input_modes |= InputModes::BRKINT | InputModes::ICRNL | InputModes::IXON;
    settings.input_modes &= !(InputModes::INLCR | InputModes::IGNCR | InputModes::ISTRIP);
    settings.output_modes |= OutputModes::OPOST | OutputModes::ONLCR;
    settings.local_modes |= LocalModes::ISIG
        | LocalModes::ICANON
        | LocalModes::IEXTEN
        | LocalModes::ECHO
        | LocalModes::ECHOE
        | LocalModes::ECHOK
        | LocalModes::ECHOCTL
        | LocalModes::ECHOKE;
    Ok(rustix::termios::tcsetattr(fd, OptionalActions::Now, &settings)?)
}

/// Makes a descriptor that was opened anew non-blocking, in case it is not.
pub fn set_nonblocking(fd: &impl AsFd) -> io::Result<()> {
    let flags = rustix::fs::fcntl_getfl(fd)?;
    Ok(rustix::fs::fcntl_setfl(fd, flags | OFlags::NONBLOCK)?)
}

#[cfg(test)]
mod tests {
    use rustix::termios::tcgetattr;

    use super::*;
    use crate::pty;

    #[test]
    fn raw_mode_ends_with_its_guard() {
        let pty = pty::open(WinSize { rows: 3, cols: 4, xpixel: 0, ypixel: 0 }).unwrap();
        let is_cooked = || tcgetattr(&pty.slave).unwrap().local_modes.contains(LocalModes::ICANON);
        let raw = RawMode::enter(&pty.slave).unwrap();
        assert!(!is_cooked());
        raw.suspend().unwrap();
        assert!(is_cooked());
        raw.resume().unwrap();
        assert!(!is_cooked());
        assert!(raw.is_intact());
        drop(raw);
        assert!(is_cooked());
        let raw = RawMode::enter(&pty.slave).unwrap();
        make_sane(&pty.slave).unwrap();
        assert!(!raw.is_intact());
        raw.forget();
        std::mem::forget(RawMode::enter(&pty.slave).unwrap());
        assert!(!is_cooked());
        make_sane(&pty.slave).unwrap();
        assert!(is_cooked());
    }

    #[test]
    fn a_terminal_knows_its_name_and_size_and_a_file_is_none() {
        let pty = pty::open(WinSize { rows: 3, cols: 4, xpixel: 0, ypixel: 0 }).unwrap();
        assert!(is_terminal(&pty.slave));
        assert!(name(&pty.slave).unwrap().starts_with("/dev"));
        assert_eq!(size(&pty.slave).unwrap().cols, 4);
        let file = tempfile::tempfile().unwrap();
        assert!(!is_terminal(&file));
        assert!(RawMode::enter(&file).is_err());
    }
}
