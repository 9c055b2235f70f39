//! What the daemon was told when it started.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use app_sys::places::Places;

use crate::budget::Budget;

/// Fixed for the life of the daemon.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where everything is.
    pub places: Places,
    /// Where our programs are.
    pub programs: PathBuf,
    /// Which boot this is.
    pub boot_id: String,
    /// Whoever needed a daemon has started this one, no service manager.
    pub on_demand: bool,
    /// How many sessions and clients there may be.
    pub budget: Budget,
    /// The limit of open files that sessions get: the daemon's own was raised.
    pub session_fd_limit: Option<u64>,
}

impl Config {
    /// The holder's program as it is found now: an upgrade may put it in its place, or take
    /// it away, at any time. One that is nowhere is named where it should be.
    pub fn holder(&self) -> PathBuf {
        find(&self.programs, "appd-holder", std::env::var_os("PATH").as_deref())
    }
}

fn find(programs: &Path, name: &str, path: Option<&OsStr>) -> PathBuf {
    let beside = programs.join(name);
    if beside.is_file() {
        return beside;
    }
    let mut elsewhere = std::env::split_paths(path.unwrap_or_default());
    elsewhere.find_map(|dir| Some(dir.join(name)).filter(|one| one.is_file())).unwrap_or(beside)
}

/// The directory of the daemon's own program.
pub fn programs() -> PathBuf {
    let own = std::env::current_exe().unwrap_or_default();
    own.parent().unwrap_or(Path::new("/")).to_path_buf()
}

/// One of our programs: beside the daemon's own, or else wherever `PATH` finds it.
pub fn program(name: &str) -> PathBuf {
    std::env::current_exe()
        .ok()
        .map(|own| own.with_file_name(name))
        .filter(|beside| beside.is_file())
        .unwrap_or_else(|| name.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_looked_for_beside_ours_then_on_the_path_and_each_time_anew() {
        let temp = tempfile::tempdir().unwrap();
        let (ours, other) = (temp.path().join("ours"), temp.path().join("other"));
        for dir in [&ours, &other] {
            std::fs::create_dir(dir).unwrap();
        }
        let look = || find(&ours, "it", Some(other.as_os_str()));
        assert_eq!(look(), ours.join("it"), "nowhere: named where it should be");
        std::fs::write(other.join("it"), "").unwrap();
        assert_eq!(look(), other.join("it"));
        std::fs::write(ours.join("it"), "").unwrap();
        assert_eq!(look(), ours.join("it"));
    }
}
