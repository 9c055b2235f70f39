//! The way to the daemon: found, started when none runs, asked.

mod control;
mod daemon;
mod launch;

pub(crate) use daemon::{Absent, AskError, Daemon};
pub(crate) use launch::{START_LIMIT, find_daemon};
