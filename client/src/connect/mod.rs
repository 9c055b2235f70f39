//! The way to the daemon: found, started when none runs, asked.

mod control;
mod daemon;
mod entrance;
mod launch;

pub(crate) use daemon::{Absent, AskError, Daemon};
pub(crate) use entrance::Entrance;
pub(crate) use launch::{START_LIMIT, find_daemon};
