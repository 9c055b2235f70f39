//! Terminals that an attachment was killed on, so that the next command can help.
//!
//! While a session is shown on a terminal, a small file names the process that shows it.
//! If that process is gone and the file still there, nobody has put the terminal right.
//!
//! # Invariants
//!
//! 1. A terminal that a living process shows a session on is left alone.
//! 2. Nothing here is worth an error: whoever cannot write the file goes without.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::AsFd;
use std::path::PathBuf;

use app_model::reset::reset_in_place;
use app_sys::places::Places;
use app_sys::process::{self, Identity, Pid};
use app_sys::{private, tty};

/// The file, for as long as the session is shown.
pub(crate) struct Marker {
    path: PathBuf,
}

impl Marker {
    /// Notes that this process shows a session on that terminal.
    pub(crate) fn leave(places: &Places, terminal: &impl AsFd) -> Option<Self> {
        let path = places.terminal_file(tty::device(terminal)?);
        private::ensure_dir(path.parent()?).ok()?;
        let Identity { pid, start_time } = process::identity_of(Pid::of_this_process()?)?;
        std::fs::remove_file(&path).ok();
        let mut file = private::create_file(&path).ok()?;
        file.write_all(format!("{} {start_time}\n", pid.as_u32()).as_bytes()).ok()?;
        Some(Self { path })
    }

    /// The terminal is not right: the file stays for the next command.
    pub(crate) fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for Marker {
    fn drop(&mut self) {
        // If it stays, the next command resets a terminal that needs no reset.
        std::fs::remove_file(&self.path).ok();
    }
}

/// Puts the terminal of the standard streams right if an attachment was killed on it.
pub(crate) fn repair(places: &Places) {
    let (stdin, stdout, stderr) = (io::stdin(), io::stdout(), io::stderr());
    let streams = [stdin.as_fd(), stdout.as_fd(), stderr.as_fd()];
    let Some(stream) = streams.into_iter().find(tty::is_terminal) else { return };
    let Some(path) = tty::device(&stream).map(|device| places.terminal_file(device)) else {
        return;
    };
    let Ok(text) = std::fs::read_to_string(&path) else { return };
    if shown_by(&text).is_some_and(|identity| process::is_alive(&identity)) {
        return; // Invariant 1.
    }
    if let Ok(terminal) = tty::open_anew(&stream) {
        put_right(&terminal).ok();
    }
    std::fs::remove_file(path).ok();
}

fn shown_by(text: &str) -> Option<Identity> {
    let (pid, start_time) = text.trim_end().split_once(' ')?;
    let pid = Pid::new(pid.parse().ok()?)?;
    Some(Identity { pid, start_time: start_time.parse().ok()? })
}

/// Undoes what programs do to a terminal, its settings included.
pub(crate) fn put_right(mut terminal: &File) -> io::Result<()> {
    tty::make_sane(&terminal)?;
    let cols = tty::size(&terminal).map_or(80, |size| size.cols);
    terminal.write_all(reset_in_place(cols).as_bytes())
}
