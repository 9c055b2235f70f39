//! One file per request. Each takes the request apart, asks the owners of the state,
//! and puts the reply together; none decides what a session does.

pub(super) mod detach;
mod disk;
pub(super) mod events;
pub(super) mod limits;
pub(super) mod list;
pub(super) mod notices;
pub(super) mod pause;
pub(super) mod pin;
pub(super) mod prune;
pub(super) mod remove;
pub(super) mod rename;
pub(super) mod report;
pub(super) mod resolve;
pub(super) mod resume;
pub(super) mod seen;
pub(super) mod show;
pub(super) mod shutdown;
pub(super) mod start;
pub(super) mod status;
pub(super) mod stop;
pub(super) mod tasks;
pub(super) mod wait;
pub(super) mod wait_for;
pub(super) mod why;
