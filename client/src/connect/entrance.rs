//! Which of the daemon's sockets is for us: the one that every program of the person may use,
//! or the one of the session that we run in.
//!
//! # Invariants
//!
//! 1. `$APPCTL_SOCKET` counts only in the installation that it belongs to: an
//!    `$APPCTL_RUNTIME_DIR` that is set to another one wins.
//! 2. From inside a session no directory is made and no daemon started: a sandbox is no place
//!    for a second installation, and a daemon that belongs to a session ends with it.

use std::ffi::OsString;
use std::path::PathBuf;

use app_model::environment::SOCKET_VARIABLE;
use app_sys::places::Places;

/// A way in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entrance {
    /// Where to connect.
    pub(crate) socket: PathBuf,
    /// It is the one of a session.
    pub(crate) is_inner: bool,
}

impl Entrance {
    /// The one that our environment names.
    pub(crate) fn of(places: &Places) -> Self {
        Self::named(places, &|name| std::env::var_os(name))
    }

    fn named(places: &Places, env: &dyn Fn(&str) -> Option<OsString>) -> Self {
        let set = |name: &str| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let control = places.control_socket();
        let moved = set("APPCTL_RUNTIME_DIR").is_some();
        let named = set(SOCKET_VARIABLE)
            .filter(|socket| socket.is_absolute() && *socket != control)
            .filter(|socket| !moved || socket.starts_with(&places.runtime)); // Invariant 1.
        match named {
            Some(socket) => Self { socket, is_inner: true },
            None => Self { socket: control, is_inner: false },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(vars: &[(&str, &str)]) -> Entrance {
        let env = |name: &str| {
            vars.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
        };
        let places = Places::from_env(&env).unwrap();
        Entrance::named(&places, &env)
    }

    #[test]
    fn a_session_names_its_own_socket_and_another_installation_is_not_entered_by_it() {
        let home = ("HOME", "/h");
        let own = ("APPCTL_SOCKET", "/r/in/7c5dcf5d/sock");
        let inner = |socket: &str| Entrance { socket: socket.into(), is_inner: true };
        let control = |socket: &str| Entrance { socket: socket.into(), is_inner: false };
        let (here, there) = (("APPCTL_RUNTIME_DIR", "/r"), ("APPCTL_RUNTIME_DIR", "/elsewhere"));
        assert_eq!(named(&[home, here, own]), inner("/r/in/7c5dcf5d/sock"));
        assert_eq!(named(&[home, there, own]), control("/elsewhere/appd.sock"));
        assert_eq!(named(&[home, here]), control("/r/appd.sock"));
        assert_eq!(named(&[home, here, ("APPCTL_SOCKET", "")]), control("/r/appd.sock"));
        assert_eq!(named(&[home, here, ("APPCTL_SOCKET", "sock")]), control("/r/appd.sock"));
        let full = ("APPCTL_SOCKET", "/r/appd.sock");
        assert_eq!(named(&[home, here, full]), control("/r/appd.sock"));
        // A sandbox that shows it in another place leaves the runtime directory unset.
        assert_eq!(named(&[home, ("APPCTL_SOCKET", "/x/sock")]), inner("/x/sock"));
    }
}
