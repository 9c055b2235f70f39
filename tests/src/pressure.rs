//! Memory that is short when a test says so: a socket in place of the kernel's file. What is
//! urgent on a socket is of priority to who waits, as what the kernel has to tell is.

use std::fs;
use std::io::Read as _;
use std::os::fd::AsFd as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;

use rustix::net::SendFlags;

use crate::home::Home;
use crate::wait::{self, Deadline};

/// Longest condition that is read.
const MAX_CONDITION: usize = 64;

/// Where a home's daemon asks in place of the kernel's file. Nothing is there unless a
/// [`Pressure`] is: the machine's own shortages are nobody's business in a test.
pub(crate) fn place(home: &std::path::Path) -> PathBuf {
    home.join("pressure")
}

/// Plays the kernel for the daemons of a home that are started after it.
pub struct Pressure {
    listener: UnixListener,
    daemon: Option<UnixStream>,
}

impl Pressure {
    /// Waits to be asked.
    ///
    /// # Panics
    /// When there is one already.
    pub fn new(home: &Home) -> Self {
        let listener = UnixListener::bind(place(home.path())).unwrap();
        Self { listener, daemon: None }
    }

    /// Takes the daemon that asks, and returns the condition that it wants to be told of.
    ///
    /// # Panics
    /// When none asks.
    #[track_caller]
    pub fn asked(&mut self) -> String {
        let comes = wait::readable(self.listener.as_fd(), Deadline::usual());
        assert!(comes, "no daemon wants to be told when memory is short");
        let (mut daemon, _) = self.listener.accept().unwrap();
        assert!(wait::readable(daemon.as_fd(), Deadline::usual()), "it asks for nothing");
        let mut condition = [0; MAX_CONDITION];
        let length = daemon.read(&mut condition).unwrap();
        self.daemon = Some(daemon);
        String::from_utf8(condition[..length].to_vec()).unwrap()
    }

    /// Tells the daemon that memory is short, once.
    ///
    /// # Panics
    /// When it has not asked, or does not listen any more.
    #[track_caller]
    pub fn tell(&self) {
        let daemon = self.daemon.as_ref().unwrap();
        assert_eq!(rustix::net::send(daemon, b"!", SendFlags::OOB).unwrap(), 1);
    }

    /// Has nothing more to tell, as when a control group is removed.
    pub fn end(mut self, home: &Home) {
        self.daemon = None;
        fs::remove_file(place(home.path())).unwrap();
    }
}
