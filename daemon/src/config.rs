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
    /// The limit of open files that sessions get: the daemon's own was raised.
    pub session_fd_limit: Option<u64>,
}

/// The holder's program: beside the daemon's own, or else wherever `PATH` finds it.
pub fn holder_program() -> PathBuf {
    const NAME: &str = "appd-holder";
    std::env::current_exe()
        .ok()
        .map(|own| own.with_file_name(NAME))
        .filter(|beside| beside.is_file())
        .unwrap_or_else(|| NAME.into())
}
