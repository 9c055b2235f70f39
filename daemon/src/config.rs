//! What the daemon was told when it started.

use std::path::PathBuf;

use app_sys::places::Places;

/// Fixed for the life of the daemon.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where everything is.
    pub places: Places,
    /// The holder's program.
    pub holder: PathBuf,
    /// Which boot this is.
    pub boot_id: String,
    /// Whoever needed a daemon has started this one, no service manager.
    pub on_demand: bool,
    /// The limit of open files that sessions get: the daemon's own was raised.
    pub session_fd_limit: Option<u64>,
}

/// One of our programs: beside the daemon's own, or else wherever `PATH` finds it.
pub fn program(name: &str) -> PathBuf {
    std::env::current_exe()
        .ok()
        .map(|own| own.with_file_name(name))
        .filter(|beside| beside.is_file())
        .unwrap_or_else(|| name.into())
}
