//! A person's terminal: a PTY with a program on it, and the screen it shows.

use std::ffi::OsStr;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags};
use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open};
use rustix::termios::{Termios, Winsize, tcgetattr, tcsetwinsize};

use crate::binaries;
use crate::home::Home;
use crate::process::{self, Process};
use crate::screen::Screen;
use crate::wait::{self, Deadline};

/// `Ctrl-\`, the key that detaches.
pub const DETACH_KEY: &[u8] = b"\x1c";

/// How long a program may take to be gone after it was killed.
const KILLED_LIMIT: Duration = Duration::from_secs(10);

/// Bytes of one read.
const CHUNK: usize = 64 << 10;

/// A terminal's size without pixels.
pub fn size(rows: u16, cols: u16) -> Winsize {
    Winsize { ws_row: rows, ws_col: cols, ws_xpixel: 0, ws_ypixel: 0 }
}

/// What to open a terminal with.
pub struct Launch<'a> {
    /// Whose environment the program gets.
    pub home: &'a Home,
    /// The program.
    pub program: &'a Path,
    /// Its arguments.
    pub args: &'a [&'a str],
    /// Size of the window.
    pub size: Winsize,
    /// More variables.
    pub variables: &'a [(&'a str, &'a OsStr)],
}

/// A terminal window.
pub struct Terminal {
    /// Nothing once the window was closed.
    master: Option<OwnedFd>,
    /// As a shell would, we keep the terminal open beside the program.
    slave: Option<OwnedFd>,
    child: Child,
    exit: OwnedFd,
    screen: Screen,
    raw: Vec<u8>,
    found: Termios,
}

impl Terminal {
    /// Opens a window with a program in it: its own session, this its terminal.
    #[track_caller]
    pub fn launch(launch: &Launch<'_>) -> Self {
        let rustix_openpty::Pty { controller: master, user: slave } =
            rustix_openpty::openpty(None, Some(&launch.size)).unwrap();
        let found = tcgetattr(&slave).unwrap();
        let flags = rustix::fs::fcntl_getfl(&master).unwrap();
        rustix::fs::fcntl_setfl(&master, flags | OFlags::NONBLOCK).unwrap();
        // setsid(1) executes the program in its own place, so the process stays the same.
        let mut command: Command = launch.home.command(binaries::installed("setsid"));
        command.arg("--ctty").arg(launch.program).args(launch.args);
        command.env("TERM", "xterm-256color").envs(launch.variables.iter().copied());
        let end = || slave.try_clone().unwrap();
        let child = command.stdin(end()).stdout(end()).stderr(end()).spawn().unwrap();
        let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        let exit = pidfd_open(pid, PidfdFlags::empty()).unwrap();
        let screen = Screen::new(launch.size.ws_row, launch.size.ws_col);
        let (master, slave, raw) = (Some(master), Some(slave), Vec::new());
        Self { master, slave, child, exit, screen, raw, found }
    }

    /// The program in the window.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What the window shows.
    pub fn screen(&self) -> &Screen {
        &self.screen
    }

    /// Every byte that was written to the terminal so far.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// The terminal's settings.
    pub fn settings(&self) -> Termios {
        tcgetattr(self.slave.as_ref().unwrap()).unwrap()
    }

    /// The settings that the program in the window found.
    pub fn settings_found(&self) -> &Termios {
        &self.found
    }

    /// Presses keys.
    #[track_caller]
    pub fn keys(&mut self, keys: impl AsRef<[u8]>) {
        let mut rest = keys.as_ref();
        let deadline = Deadline::usual();
        while !rest.is_empty() {
            let master = self.master.as_ref().unwrap();
            match rustix::io::write(master, rest) {
                Ok(count) => rest = &rest[count..],
                Err(Errno::AGAIN) => {
                    assert!(deadline.left().is_some(), "the terminal takes no keys: {self}");
                    self.turn(Duration::from_millis(50));
                }
                Err(error) => panic!("typing: {error}"),
            }
        }
    }

    /// Types a text and presses Enter.
    #[track_caller]
    pub fn type_line(&mut self, text: &str) {
        self.keys(format!("{text}\r"));
    }

    /// Gives the window another size.
    pub fn resize(&mut self, rows: u16, cols: u16) {
        tcsetwinsize(self.master.as_ref().unwrap(), size(rows, cols)).unwrap();
        self.screen.resize(rows, cols);
    }

    /// Closes the window, as a person or a lost connection would.
    pub fn close_window(&mut self) {
        self.slave = None;
        self.master = None;
    }

    /// Sends the program in the window a signal.
    pub fn signal(&self, signal: Signal) {
        Process::of(self.pid()).signal(signal);
    }

    /// Waits until the screen shows this.
    #[track_caller]
    pub fn wait_until_contains(&mut self, text: &str) {
        self.wait_until(&format!("{text:?}"), |screen| screen.contains(text));
    }

    /// Waits until the screen satisfies `check`.
    #[track_caller]
    pub fn wait_until(&mut self, what: &str, check: impl Fn(&Screen) -> bool) {
        self.wait_raw(what, |this| check(&this.screen));
    }

    /// Waits until what came from the terminal satisfies `check`.
    #[track_caller]
    pub fn wait_raw(&mut self, what: &str, check: impl Fn(&Self) -> bool) {
        let deadline = Deadline::usual();
        loop {
            // In this order: what was written before the end is there once the end is seen.
            let over = self.is_over();
            self.drain();
            if check(self) {
                return;
            }
            assert!(!over, "the program ended before {what} was to be seen: {self}");
            let left = deadline.left();
            assert!(left.is_some(), "waited {:?} for {what}: {self}", wait::LIMIT);
            self.turn(left.unwrap());
        }
    }

    /// Waits until what came from the terminal satisfies `check`, also from somebody else
    /// once the program in the window is over.
    #[track_caller]
    pub fn wait_raw_from_anybody(&mut self, what: &str, check: impl Fn(&Self) -> bool) {
        let deadline = Deadline::usual();
        loop {
            self.drain();
            if check(self) {
                return;
            }
            let left = deadline.left();
            assert!(left.is_some(), "waited {:?} for {what}: {self}", wait::LIMIT);
            wait::readable(self.master.as_ref().unwrap().as_fd(), deadline);
        }
    }

    /// Waits until the program in the window is over; its exit code, 128+n for signal n.
    #[track_caller]
    pub fn wait_exit(&mut self) -> i32 {
        let deadline = Deadline::usual();
        while !self.is_over() {
            let left = deadline.left();
            assert!(left.is_some(), "still there: {}: {self}", process::describe(self.pid()));
            self.turn(left.unwrap());
        }
        self.drain();
        let status = self.child.wait().unwrap();
        status.code().or_else(|| status.signal().map(|n| 128 + n)).unwrap()
    }

    /// Whether the program in the window is over.
    pub fn is_over(&self) -> bool {
        wait::readable(self.exit.as_fd(), Deadline::after(Duration::ZERO))
    }

    /// Lets the program go on for a moment: shows what it writes, until nothing comes.
    pub fn settle(&mut self) {
        while self.turn(Duration::from_millis(100)) {}
    }

    /// Waits for output or the program's end, and shows what came; whether something did.
    fn turn(&mut self, limit: Duration) -> bool {
        let mut fds = vec![PollFd::new(&self.exit, PollFlags::IN)];
        if let Some(master) = &self.master {
            fds.push(PollFd::new(master, PollFlags::IN));
        }
        wait::ready(&mut fds, Some(limit));
        self.drain()
    }

    /// Shows what has been written; whether that was anything.
    fn drain(&mut self) -> bool {
        let mut any = false;
        let mut buffer = vec![0; CHUNK];
        while let Some(master) = &self.master {
            match rustix::io::read(master, &mut buffer[..]) {
                Ok(0) | Err(Errno::AGAIN | Errno::IO) => break,
                Ok(count) => {
                    any = true;
                    self.raw.extend_from_slice(&buffer[..count]);
                    self.screen.feed(&buffer[..count]);
                    let replies = self.screen.take_replies();
                    if !replies.is_empty() {
                        // A terminal's answers are short; one that does not fit is lost.
                        rustix::io::write(master, &replies).ok();
                    }
                }
                Err(Errno::INTR) => {}
                Err(error) => panic!("reading the terminal: {error}"),
            }
        }
        any
    }
}

impl std::fmt::Display for Terminal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (row, col) = self.screen.cursor();
        let frame = "-".repeat(self.screen.cols());
        write!(
            f,
            "the screen (cursor {row},{col}; {:?}) was\n{frame}\n{}\n{frame}\nthe last bytes {:?}",
            self.screen.modes_left_behind(),
            self.screen.text(),
            String::from_utf8_lossy(&self.raw[self.raw.len().saturating_sub(400)..])
        )
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.close_window();
        if let Some(process) = Process::find(self.child.id()) {
            process.signal(Signal::KILL);
            process.is_over_within(KILLED_LIMIT);
        }
        self.child.wait().ok();
    }
}
