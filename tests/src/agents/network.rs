//! A network in which there is nothing but the machine itself.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::os::fd::AsFd as _;
use std::process::{Command, Stdio};

use rustix::process::geteuid;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::binaries;

/// Says so when the loopback device is up, and lives until nobody can write to it.
const BRINGS_UP: &str = "ip link set lo up && echo up && exec cat";

/// What this thread, and every process and thread that it starts from now on, can reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// The loopback device of a namespace of its own.
    OnlyThisThread,
    /// All that the machine reaches: nobody but root may make a namespace. The agents are
    /// told of no address but ours.
    AsTheMachine,
}

impl Network {
    /// Moves this thread into a new network with nothing but a loopback device, where that
    /// is allowed. It stays there; each test has a thread of its own.
    ///
    /// # Panics
    /// When root cannot do it: that is a machine without `unshare` or `ip`.
    pub fn enter() -> Self {
        if !geteuid().is_root() {
            return Self::AsTheMachine;
        }
        let mut command = Command::new(binaries::installed("unshare"));
        command.args(["--net", "sh", "-c", BRINGS_UP]);
        let mut maker = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(maker.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "up\n", "a network of its own needs `unshare` and `ip`");
        let namespace = File::open(format!("/proc/{}/ns/net", maker.id())).unwrap();
        move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
        drop(maker.stdin.take());
        maker.wait().unwrap();
        Self::OnlyThisThread
    }
}
