//! Pseudo-terminals: the pair of descriptors between a holder and its child.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::OFlags;
use rustix::termios::{InputModes, OptionalActions, Winsize};

/// The size of a terminal, as `TIOCGWINSZ` tells it (ioctl_tty(2)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WinSize {
    /// Rows.
    pub rows: u16,
    /// Columns.
    pub cols: u16,
    /// Width in pixels, 0 when unknown.
    pub xpixel: u16,
    /// Height in pixels, 0 when unknown.
    pub ypixel: u16,
}

impl From<WinSize> for Winsize {
    fn from(size: WinSize) -> Self {
        Self {
            ws_row: size.rows,
            ws_col: size.cols,
            ws_xpixel: size.xpixel,
            ws_ypixel: size.ypixel,
        }
    }
}

impl From<Winsize> for WinSize {
    fn from(size: Winsize) -> Self {
        Self {
            rows: size.ws_row,
            cols: size.ws_col,
            xpixel: size.ws_xpixel,
            ypixel: size.ws_ypixel,
        }
    }
}

/// Both ends of a pseudo-terminal.
#[derive(Debug)]
pub struct Pty {
    /// The holder's end, non-blocking.
    pub master: OwnedFd,
    /// The child's end. Keep one open until the child is reaped: some systems throw
    /// away unread output when the last one closes.
    pub slave: OwnedFd,
}

/// Makes a pseudo-terminal of this size, for UTF-8 (`IUTF8`), else with the system's
/// own settings.
pub fn open(size: WinSize) -> io::Result<Pty> {
    let rustix_openpty::Pty { controller: master, user: slave } =
        rustix_openpty::openpty(None, Some(&size.into()))?;
    let mut termios = rustix::termios::tcgetattr(&slave)?;
    termios.input_modes |= InputModes::IUTF8;
    rustix::termios::tcsetattr(&slave, OptionalActions::Now, &termios)?;
    let flags = rustix::fs::fcntl_getfl(&master)?;
    rustix::fs::fcntl_setfl(&master, flags | OFlags::NONBLOCK)?;
    Ok(Pty { master, slave })
}

/// Gives a terminal this size; its foreground group gets SIGWINCH if that is a change.
pub fn set_size(fd: &impl AsFd, size: WinSize) -> io::Result<()> {
    Ok(rustix::termios::tcsetwinsize(fd, size.into())?)
}

/// The size of a terminal.
pub fn get_size(fd: &impl AsFd) -> io::Result<WinSize> {
    Ok(rustix::termios::tcgetwinsize(fd)?.into())
}

/// Whether what is typed is shown: off while a program asks for a password.
pub fn echoes(fd: &impl AsFd) -> io::Result<bool> {
    let termios = rustix::termios::tcgetattr(fd)?;
    Ok(termios.local_modes.contains(rustix::termios::LocalModes::ECHO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poll;

    #[test]
    fn a_pty_has_the_size_it_was_given_and_takes_another() {
        let size = WinSize { rows: 5, cols: 9, xpixel: 90, ypixel: 80 };
        let pty = open(size).unwrap();
        assert_eq!(get_size(&pty.slave).unwrap(), size);
        let other = WinSize { rows: 6, ..size };
        set_size(&pty.master, other).unwrap();
        assert_eq!(get_size(&pty.slave).unwrap(), other);
        assert!(echoes(&pty.slave).unwrap());
    }

    #[test]
    fn bytes_pass_and_an_empty_master_does_not_block() {
        let pty = open(WinSize { rows: 2, cols: 2, xpixel: 0, ypixel: 0 }).unwrap();
        let mut buffer = [0; 16];
        let empty = rustix::io::read(&pty.master, &mut buffer);
        assert_eq!(empty, Err(rustix::io::Errno::AGAIN));
        rustix::io::write(&pty.slave, b"hi\n").unwrap();
        assert!(poll::readable(&pty.master, None).unwrap());
        let count = rustix::io::read(&pty.master, &mut buffer).unwrap();
        assert_eq!(&buffer[..count], b"hi\r\n");
    }
}
