//! Processes: which one is meant, whether it lives, who is below it, and this one.

mod claim;
mod reap;
mod this;
mod tree;

pub use crate::signals::{Signal, ignore, restore_default};
pub use claim::claimed;
pub(crate) use claim::write as write_claim;
pub use reap::{Reaped, has_children, reap};
pub(crate) use this::restore_fd_limit;
pub use this::{
    Limits, become_subreaper, detach, fd_limit, lower_fd_limit, new_session, raise_fd_limit,
    set_name, set_umask, silence_output, take_stdin, umask, user_id,
};
pub use tree::{
    Identity, Pid, Process, below_this, descendants, identity_of, is_alive, pids_below, process_of,
    signal, signal_group, watch_exit,
};
pub(crate) use tree::{found, named};
