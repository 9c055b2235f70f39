//! From a process to a daemon that listens: directories, lock, log, socket, registry.
//!
//! # Invariants
//!
//! 1. Single instance by a held lock, not by a file's existence: the kernel lets go of
//!    it when the daemon dies, however it dies.
//! 2. The socket is touched only under the lock, so no daemon takes another's. One that a
//!    service manager listens on for us is the manager's: it is neither made nor removed.
//! 3. Whoever started us hears `ready`, `running` (another daemon is there), or what is
//!    wrong, and then nothing more: their pipe is closed.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use app_model::causes;
use app_sys::lock::Lock;
use app_sys::places::{Places, PlacesError};
use app_sys::private::{self, PrivateDirError};
use interprocess::local_socket::tokio::Listener;
use interprocess::local_socket::{GenericFilePath, ListenerOptions, ToFsName as _};
use interprocess::os::unix::uds_local_socket;

use crate::rebuild::RebuildError;
use crate::{log, look};

/// How long a daemon that a service manager has started waits for the last one to end.
pub const PREDECESSOR_LIMIT: Duration = Duration::from_secs(20);

/// How long the state directory may take to be there. Less than a client waits for a
/// daemon, so that it hears what hangs.
const STATE_LIMIT: Duration = Duration::from_secs(10);

/// What a daemon begins with.
pub struct Begin {
    /// Where everything is.
    pub places: Places,
    /// The control socket, if a service manager listens on it for us.
    pub inherited: Option<UnixListener>,
    /// Whoever needed a daemon has started this one, no service manager.
    pub on_demand: bool,
}

/// Why the daemon cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// It does not know where its files are.
    #[error("the daemon does not know where to keep its files")]
    Places(#[from] PlacesError),
    /// A directory is not one to trust.
    #[error("a directory cannot be used")]
    Directory(#[from] PrivateDirError),
    /// The lock cannot be taken, for another reason than that it is held.
    #[error("the lock `{}` cannot be taken", .path.display())]
    Lock {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The log cannot be written.
    #[error("the log `{}` cannot be written", .path.display())]
    Log {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The place of all that is kept hangs.
    #[error("`{}` does not answer", .path.display())]
    Silent {
        /// The directory.
        path: PathBuf,
    },
    /// The socket cannot be made.
    #[error("the socket `{}` cannot be listened on", .path.display())]
    Listen {
        /// The path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no registry.
    #[error("there is no registry to work with")]
    Registry(#[from] RebuildError),
    /// A thread or a signal handler could not be had.
    #[error("the system refused {what}")]
    System {
        /// What was asked for.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// What an earlier daemon left could not be taken over.
    #[error("the sessions of the last daemon could not be taken over")]
    Recover(#[from] crate::recover::RecoverError),
}

impl BootError {
    /// The one thing most likely to help.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Places(error) => Some(error.hint().to_owned()),
            Self::Directory(error) => Some(error.hint()),
            Self::Registry(RebuildError::Open(error)) => Some(error.hint()),
            Self::Registry(RebuildError::KeepAside { path, .. }) => {
                Some(format!("Check that you may write to `{}`.", path.display()))
            }
            Self::Lock { path, .. } | Self::Log { path, .. } | Self::Listen { path, .. } => {
                let dir = path.parent().unwrap_or(path).display();
                Some(format!("Check that `{dir}` can be written to, with space left."))
            }
            Self::Silent { path } => Some(format!(
                "Look up with `mount` what `{}` is on, or set APPCTL_STATE_DIR to a directory \
                 elsewhere.",
                path.display()
            )),
            Self::System { .. } | Self::Recover(_) => None,
        }
    }
}

/// Makes the directories of sockets, or says which one is not to be trusted.
pub fn make_runtime(places: &Places) -> Result<(), BootError> {
    for dir in [&places.runtime, &places.run_dir(), &places.inner_dir()] {
        private::ensure_dir(dir)?;
    }
    Ok(())
}

/// Makes the directories of what is kept, and begins the log there if it is wanted in a
/// file. A disk that does not answer is told of, not waited for.
pub fn make_state(places: &Places, log_to_file: bool) -> Result<(), BootError> {
    let own = places.clone();
    let make = move || {
        private::ensure_dir(&own.state)?;
        private::ensure_dir(&own.sessions_dir())?;
        let path = own.daemon_log();
        let logged = if log_to_file { log::to_file(&path) } else { log::to_stderr() };
        logged.map_err(|source| BootError::Log { path, source })
    };
    let silent = || Err(BootError::Silent { path: places.state.clone() });
    look::within(STATE_LIMIT, make).unwrap_or_else(silent)
}

/// Takes the lock of this installation; nothing if another daemon holds it for longer than
/// `patience`.
pub fn take_lock(places: &Places, patience: Duration) -> Result<Option<Lock>, BootError> {
    let path = places.daemon_lock();
    let taken = match patience {
        Duration::ZERO => Lock::try_acquire(&path),
        _ => Lock::acquire_within(&path, patience),
    };
    taken.map_err(|source| BootError::Lock { path, source })
}

/// The control socket, and whose it is.
pub struct Control {
    /// Where clients connect.
    pub listener: Listener,
    /// We have made it, so we remove it (invariant 2).
    pub is_ours: bool,
}

/// Listens on the control socket, on the one that was `inherited` if there is one. Only
/// for the holder of the lock (invariant 2).
pub fn listen(
    places: &Places,
    inherited: Option<UnixListener>,
    _under: &Lock,
) -> Result<Control, BootError> {
    let path = places.control_socket();
    let is_ours = inherited.is_none();
    let listener = match inherited {
        Some(listener) => uds_local_socket::Listener::from(listener)
            .try_into()
            .map(|listener: uds_local_socket::tokio::Listener| listener.into()),
        None => make_listener(&path),
    };
    match listener {
        Ok(listener) => Ok(Control { listener, is_ours }),
        Err(source) => Err(BootError::Listen { path, source }),
    }
}

fn make_listener(path: &Path) -> io::Result<Listener> {
    // A socket without a daemon is left over from one that was killed.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    // The path is not given back when the listener is dropped: by then it may be another
    // daemon's.
    let options = || -> io::Result<ListenerOptions<'_>> {
        let name = path.to_fs_name::<GenericFilePath>()?;
        Ok(ListenerOptions::new().name(name).reclaim_name(false))
    };
    #[cfg(target_os = "linux")]
    {
        use interprocess::os::unix::local_socket::ListenerOptionsExt as _;
        options()?.mode(0o600).create_tokio()
    }
    // Elsewhere the mode cannot be set before the bind; the directory is private.
    #[cfg(not(target_os = "linux"))]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let listener = options()?.create_tokio()?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        Ok(listener)
    }
}

/// The one who started us, waiting to hear how it went.
pub struct Starter(Option<File>);

impl Starter {
    /// Standard output is a pipe to the starter. It is taken away from there, so that
    /// nothing else writes to it and it ends when we are done.
    pub fn on_stdout() -> io::Result<Self> {
        let pipe = io::stdout().as_fd().try_clone_to_owned()?;
        app_sys::process::silence_output()?;
        Ok(Self(Some(File::from(pipe))))
    }

    /// Nobody waits.
    pub fn none() -> Self {
        Self(None)
    }

    /// The daemon listens.
    pub fn ready(self) {
        self.say("ready\n");
    }

    /// Another daemon is there.
    pub fn running(self) {
        self.say("running\n");
    }

    /// The daemon cannot start.
    pub fn failed(self, error: &BootError) {
        self.say(&explained(error));
    }

    fn say(self, text: &str) {
        if let Some(mut pipe) = self.0 {
            // They may have given up; the log has it too.
            drop(pipe.write_all(text.as_bytes()));
        }
    }
}

/// An error in the form in which every program of ours tells one.
pub fn explained(error: &BootError) -> String {
    let mut text = format!("error: {error}\n");
    for cause in causes(error) {
        text.push_str(&format!("because: {cause}\n"));
    }
    if let Some(hint) = error.hint() {
        text.push_str(&format!("hint: {hint}\n"));
    }
    text
}
