//! Where things are: sockets, state and configuration of this user's installation.
//!
//! # Invariants
//!
//! 1. All programs compute the same places from the same environment; nothing is cached
//!    on disk and nothing depends on the working directory.
//! 2. Every socket path fits into `sun_path`; a runtime directory that is too long is
//!    refused here, once, and not at some later `bind`.

use std::ffi::OsString;
use std::fmt::Display;
use std::path::PathBuf;

/// Most bytes that a socket's path may have (`sun_path` less the final NUL).
pub const MAX_SOCKET_PATH: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// Stands for the eight digits of a session id when lengths are checked.
const LONGEST_ID: &str = "00000000";

/// The three directories of one installation. All are absolute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// Sockets and locks; gone after a reboot.
    pub runtime: PathBuf,
    /// Registry, session directories, logs.
    pub state: PathBuf,
    /// What the user wrote.
    pub config: PathBuf,
}

/// Why the places cannot be found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlacesError {
    /// An override must not depend on where a program was started.
    #[error("{variable} is `{}`, which is not an absolute path", .value.display())]
    Relative {
        /// The environment variable.
        variable: &'static str,
        /// What it says.
        value: PathBuf,
    },
    /// The kernel has room for a limited number of bytes only.
    #[error(
        "the socket path `{}` has {} bytes, and {MAX_SOCKET_PATH} is the most a system allows",
        .path.display(), .path.as_os_str().len()
    )]
    SocketPathTooLong {
        /// The longest path that would be needed.
        path: PathBuf,
    },
    /// Neither the environment nor the user database knows.
    #[error("your home directory is not known: HOME is not set and user {uid} has no passwd entry")]
    NoHome {
        /// Who we are.
        uid: u32,
    },
}

impl PlacesError {
    /// The one thing most likely to help.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Relative { .. } => "Set it to an absolute path, or unset it.",
            Self::SocketPathTooLong { .. } => "Set APPCTL_RUNTIME_DIR to a shorter directory.",
            Self::NoHome { .. } => "Set HOME, or APPCTL_STATE_DIR and APPCTL_CONFIG_DIR.",
        }
    }
}

type Env<'a> = &'a dyn Fn(&str) -> Option<OsString>;

impl Places {
    /// Finds the places as an environment describes them. An empty variable counts as
    /// unset, and so does a relative `XDG_*` one (XDG base directory specification).
    pub fn from_env(env: Env<'_>) -> Result<Self, PlacesError> {
        let places = Self {
            runtime: match override_of("APPCTL_RUNTIME_DIR", env)? {
                Some(path) => path,
                None => default_runtime(env),
            },
            state: match override_of("APPCTL_STATE_DIR", env)? {
                Some(path) => path,
                None => below_home("XDG_STATE_HOME", ".local/state", env)?,
            },
            config: match override_of("APPCTL_CONFIG_DIR", env)? {
                Some(path) => path,
                None => below_home("XDG_CONFIG_HOME", ".config", env)?,
            },
        };
        let longest = places.inner_socket(LONGEST_ID).max_by_length(places.control_socket());
        if longest.as_os_str().len() > MAX_SOCKET_PATH {
            return Err(PlacesError::SocketPathTooLong { path: longest });
        }
        Ok(places)
    }

    /// Where the daemon listens.
    pub fn control_socket(&self) -> PathBuf {
        self.runtime.join("appd.sock")
    }

    /// The directory of all holders' sockets.
    pub fn run_dir(&self) -> PathBuf {
        self.runtime.join("run")
    }

    /// Where the holder of session `id` listens.
    pub fn run_socket(&self, id: impl Display) -> PathBuf {
        self.run_dir().join(id.to_string())
    }

    /// The directory of all that programs inside of sessions reach the daemon by.
    pub fn inner_dir(&self) -> PathBuf {
        self.runtime.join("in")
    }

    /// The directory of the socket for programs inside session `id`, with nothing else in it.
    /// Sockets are made anew and directories stay, so this is what a sandbox is shown.
    pub fn inner_socket_dir(&self, id: impl Display) -> PathBuf {
        self.inner_dir().join(id.to_string())
    }

    /// Where the daemon listens for programs inside session `id`.
    pub fn inner_socket(&self, id: impl Display) -> PathBuf {
        self.inner_socket_dir(id).join("sock")
    }

    /// The file that names who shows a session on the terminal with this device number.
    pub fn terminal_file(&self, device: u64) -> PathBuf {
        self.runtime.join("tty").join(format!("{device:x}"))
    }

    /// Held by the daemon for as long as it lives.
    pub fn daemon_lock(&self) -> PathBuf {
        self.runtime.join("appd.lock")
    }

    /// Held by the client that starts a daemon, so that only one does.
    pub fn start_lock(&self) -> PathBuf {
        self.runtime.join("start.lock")
    }

    /// Which sessions were opened on a terminal last.
    pub fn opened_file(&self) -> PathBuf {
        self.runtime.join("opened")
    }

    /// The database of durable facts.
    pub fn registry(&self) -> PathBuf {
        self.state.join("registry.db")
    }

    /// The directory of all session directories.
    pub fn sessions_dir(&self) -> PathBuf {
        self.state.join("sessions")
    }

    /// What went wrong in agents' hooks.
    pub fn hook_log(&self) -> PathBuf {
        self.state.join("hooks.log")
    }

    /// What is kept of session `id`.
    pub fn session_dir(&self, id: impl Display) -> PathBuf {
        self.sessions_dir().join(id.to_string())
    }

    /// The daemon's own log, when nobody else collects it.
    pub fn daemon_log(&self) -> PathBuf {
        self.state.join("appd.log")
    }

    /// The user's configuration.
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }
}

trait MaxByLength {
    fn max_by_length(self, other: Self) -> Self;
}

impl MaxByLength for PathBuf {
    fn max_by_length(self, other: Self) -> Self {
        if other.as_os_str().len() > self.as_os_str().len() { other } else { self }
    }
}

fn set(variable: &str, env: Env<'_>) -> Option<PathBuf> {
    env(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn override_of(variable: &'static str, env: Env<'_>) -> Result<Option<PathBuf>, PlacesError> {
    match set(variable, env) {
        Some(value) if !value.is_absolute() => Err(PlacesError::Relative { variable, value }),
        other => Ok(other),
    }
}

fn default_runtime(env: Env<'_>) -> PathBuf {
    if let Some(dir) = set("XDG_RUNTIME_DIR", env).filter(|dir| dir.is_absolute()) {
        return dir.join("appctl");
    }
    let shared = if cfg!(target_os = "macos") { set("TMPDIR", env) } else { None };
    let shared = shared.filter(|dir| dir.is_absolute()).unwrap_or_else(|| "/tmp".into());
    shared.join(format!("appctl-{}", rustix::process::getuid().as_raw()))
}

fn below_home(variable: &str, default: &str, env: Env<'_>) -> Result<PathBuf, PlacesError> {
    if let Some(dir) = set(variable, env).filter(|dir| dir.is_absolute()) {
        return Ok(dir.join("appctl"));
    }
    Ok(home(env)?.join(default).join("appctl"))
}

/// The user's home directory: `HOME`, else what the user database says.
pub fn home(env: Env<'_>) -> Result<PathBuf, PlacesError> {
    if let Some(home) = set("HOME", env).filter(|home| home.is_absolute()) {
        return Ok(home);
    }
    let uid = rustix::process::getuid().as_raw();
    passwd_home(uid).filter(|home| home.is_absolute()).ok_or(PlacesError::NoHome { uid })
}

/// The home directory that the user database has for `uid`.
///
/// Not by getpwuid_r(3): a static program must not load the modules behind it. Users of
/// this machine stand in a file; getent(1) asks for the others.
#[cfg(target_os = "linux")]
fn passwd_home(uid: u32) -> Option<PathBuf> {
    let listed = std::fs::read("/etc/passwd").ok().and_then(|table| home_in(&table, uid));
    listed.or_else(|| {
        let asked = std::process::Command::new("getent")
            .arg("passwd")
            .arg(uid.to_string())
            .stdin(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .output()
            .ok()?;
        home_in(&asked.stdout, uid)
    })
}

#[cfg(not(target_os = "linux"))]
fn passwd_home(_uid: u32) -> Option<PathBuf> {
    std::env::home_dir()
}

/// Finds the home directory of `uid` in lines of passwd(5).
#[cfg(target_os = "linux")]
fn home_in(table: &[u8], uid: u32) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt as _;

    let uid = uid.to_string();
    let home = table.split(|&byte| byte == b'\n').find_map(|line| {
        let mut fields = line.split(|&byte| byte == b':');
        let is_the_user = fields.nth(2)? == uid.as_bytes();
        is_the_user.then(|| fields.nth(2)).flatten()
    })?;
    let home = PathBuf::from(OsString::from_vec(home.to_vec()));
    Some(home).filter(|home| !home.as_os_str().is_empty())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn places(vars: &[(&str, &str)]) -> Result<Places, PlacesError> {
        let vars: Vec<(String, OsString)> =
            vars.iter().map(|(k, v)| ((*k).to_owned(), v.into())).collect();
        Places::from_env(&move |name| vars.iter().find(|(k, _)| k == name).map(|(_, v)| v.clone()))
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_home_is_found_by_the_number_of_its_user() {
        let table = b"root:x:0:0:root:/root:/bin/sh\nbroken\nme:x:10:10::/home/me:/bin/sh\n";
        assert_eq!(home_in(table, 10), Some("/home/me".into()));
        assert_eq!(home_in(table, 0), Some("/root".into()));
        assert_eq!(home_in(table, 1), None);
        assert_eq!(passwd_home(u32::MAX - 7), None);
    }

    #[test]
    fn overrides_come_first_then_xdg_then_home() {
        let overridden = places(&[
            ("APPCTL_RUNTIME_DIR", "/r"),
            ("APPCTL_STATE_DIR", "/s"),
            ("APPCTL_CONFIG_DIR", "/c"),
            ("XDG_RUNTIME_DIR", "/x"),
        ])
        .unwrap();
        assert_eq!(overridden.run_socket("7c5dcf5d"), Path::new("/r/run/7c5dcf5d"));
        assert_eq!(overridden.session_dir("7c5dcf5d"), Path::new("/s/sessions/7c5dcf5d"));
        assert_eq!(overridden.config_file(), Path::new("/c/config.toml"));

        let xdg = places(&[
            ("XDG_RUNTIME_DIR", "/run/user/7"),
            ("XDG_STATE_HOME", "/st"),
            ("XDG_CONFIG_HOME", "relative/is/ignored"),
            ("HOME", "/home/me"),
        ])
        .unwrap();
        assert_eq!(xdg.control_socket(), Path::new("/run/user/7/appctl/appd.sock"));
        assert_eq!(xdg.registry(), Path::new("/st/appctl/registry.db"));
        assert_eq!(xdg.config, Path::new("/home/me/.config/appctl"));
    }

    #[test]
    fn without_any_variable_the_user_database_answers() {
        let bare = places(&[("HOME", "")]).unwrap();
        assert!(bare.state.is_absolute() && bare.state.ends_with(".local/state/appctl"));
        let uid = rustix::process::getuid().as_raw();
        assert!(bare.runtime.ends_with(format!("appctl-{uid}")));
    }

    #[test]
    fn a_relative_override_is_an_error_that_names_the_variable() {
        let error = places(&[("HOME", "/h"), ("APPCTL_STATE_DIR", "state")]).unwrap_err();
        assert_eq!(error.to_string(), "APPCTL_STATE_DIR is `state`, which is not an absolute path");
    }

    #[test]
    fn a_socket_path_that_does_not_fit_is_refused() {
        let fits = format!("/{}", "d".repeat(MAX_SOCKET_PATH - "/in/00000000/sock".len() - 1));
        assert!(places(&[("HOME", "/h"), ("APPCTL_RUNTIME_DIR", &fits)]).is_ok());
        let error = places(&[("HOME", "/h"), ("APPCTL_RUNTIME_DIR", &format!("{fits}d"))]);
        assert!(matches!(error, Err(PlacesError::SocketPathTooLong { .. })), "{error:?}");
    }
}
