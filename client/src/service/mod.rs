//! The daemon as a service of the user: what is installed, by which manager, and what would
//! end sessions all the same.
//!
//! ```text
//!  files     the units of this installation, as text          (pure)
//!  manager   systemd or launchd: what they are told, and said (other programs)
//!  logout    what ends with the last log-out                  (pure, from what manager says)
//! ```
//!
//! # Invariants
//!
//! 1. What is installed are the very files of `systemd/` and `launchd/`, with paths filled in.
//! 2. A file of that name which we did not write is never replaced or removed.
//! 3. A daemon that runs already hands its sessions over: it is ended, they are not.

mod files;
mod logout;
#[cfg(target_os = "macos")]
#[path = "launchd.rs"]
mod manager;
#[cfg(not(target_os = "macos"))]
#[path = "systemd.rs"]
mod manager;
mod tool;

pub(crate) use files::{Installation, UnitFile};
pub(crate) use logout::{Facts, warnings};
pub(crate) use manager::Manager;

use std::io;
use std::path::PathBuf;

use crate::report::Explain;

/// What a manager knows of the service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    /// Its files are in place.
    pub(crate) installed: bool,
    /// It starts by itself.
    pub(crate) enabled: bool,
    /// The manager's own word: `active`, `failed`.
    pub(crate) active: String,
    /// The daemon, if the manager runs it.
    pub(crate) pid: Option<u32>,
    /// How often the manager had to start it anew.
    pub(crate) restarts: Option<u32>,
}

/// Why the service cannot be looked after.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServiceError {
    /// There is no manager.
    #[error("there is no service manager of the user here ({what})")]
    NoManager { what: String },
    /// It is there and refuses.
    #[error("`{command}` failed")]
    Refused { command: String, said: String },
    /// It cannot be asked.
    #[error("cannot run `{program}`")]
    NotRun { program: &'static str, source: io::Error },
    /// There is no daemon to install.
    #[error("the daemon `appd` was not found beside `appctl` or on the PATH")]
    NoDaemon,
    /// Invariant 2.
    #[error("`{}` is there already, and not from here", .0.display())]
    NotOurs(PathBuf),
    /// A file cannot be read, written or removed.
    #[error("cannot {what} `{}`", .path.display())]
    File { what: &'static str, path: PathBuf, source: io::Error },
    /// A path cannot stand in such a file.
    #[error("the path `{}` cannot be written into a unit", .0.display())]
    BadPath(PathBuf),
    /// Nothing is installed.
    #[error("the service is not installed")]
    NotInstalled,
}

impl Explain for ServiceError {
    fn because(&self) -> Vec<String> {
        match self {
            Self::Refused { said, .. } => said.lines().map(str::to_owned).collect(),
            Self::NotRun { source, .. } | Self::File { source, .. } => vec![source.to_string()],
            _ => vec![],
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoManager { .. } | Self::NotRun { .. } => {
                "No service is needed: every `appctl` starts the daemon if none runs.".into()
            }
            Self::Refused { .. } => "See what it says: `appctl service logs`.".into(),
            Self::NoDaemon => "Install `appd` next to this `appctl`.".into(),
            Self::NotOurs(path) => format!("Move `{}` elsewhere first.", path.display()),
            Self::File { path, .. } => format!("Check the permissions of `{}`.", path.display()),
            Self::BadPath(_) => "Install the programs under a path of plain characters.".into(),
            Self::NotInstalled => "Install it: `appctl service install`.".into(),
        })
    }
}
