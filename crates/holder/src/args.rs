//! The command line, spoken by the daemon only. Frozen like the holder protocol: an old
//! daemon may start a new holder during an upgrade.

use std::ffi::OsString;
use std::path::PathBuf;

use app_model::{RunNumber, SessionId};

/// What the daemon says when it starts a holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Args {
    /// Whose run it is.
    pub(crate) session: SessionId,
    /// Which run of the session.
    pub(crate) run: RunNumber,
    /// The session's directory, with `spec` in it.
    pub(crate) dir: PathBuf,
    /// Where to listen.
    pub(crate) socket: PathBuf,
    /// The limit on open descriptors that the daemon was started with, for the child.
    pub(crate) fd_limit: Option<u64>,
    /// Do nothing before the daemon has said so, or for so many milliseconds.
    pub(crate) hold_ms: Option<u64>,
}

/// Why the command line makes no sense.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ArgsError {
    /// Something needed was not said.
    #[error("{0} is missing; appd-holder is started by appd, not by hand")]
    Missing(&'static str),
    /// A value cannot be read.
    #[error("`{value}` is no value for {flag}")]
    BadValue {
        /// Which flag.
        flag: &'static str,
        /// What was given.
        value: String,
    },
}

impl Args {
    /// Reads the arguments after the program's name. Unknown flags are skipped together
    /// with their value.
    pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Self, ArgsError> {
        let (mut session, mut run, mut dir, mut socket) = (None, None, None, None);
        let (mut fd_limit, mut hold_ms) = (None, None);
        let mut args = args.into_iter();
        while let Some(flag) = args.next() {
            let value = args.next();
            match flag.to_str() {
                Some("--session") => session = value,
                Some("--run") => run = value,
                Some("--dir") => dir = value,
                Some("--socket") => socket = value,
                Some("--fd-limit") => fd_limit = value,
                Some("--hold") => hold_ms = value,
                Some(_) | None => {}
            }
        }
        Ok(Self {
            session: parsed("--session", session)?,
            run: RunNumber(parsed("--run", run)?),
            dir: dir.map(PathBuf::from).ok_or(ArgsError::Missing("--dir"))?,
            socket: socket.map(PathBuf::from).ok_or(ArgsError::Missing("--socket"))?,
            fd_limit: fd_limit.map(|limit| parsed("--fd-limit", Some(limit))).transpose()?,
            hold_ms: hold_ms.map(|limit| parsed("--hold", Some(limit))).transpose()?,
        })
    }
}

fn parsed<T: std::str::FromStr>(
    flag: &'static str,
    value: Option<OsString>,
) -> Result<T, ArgsError> {
    let value = value.ok_or(ArgsError::Missing(flag))?.to_string_lossy().into_owned();
    value.parse().map_err(|_| ArgsError::BadValue { flag, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Args, ArgsError> {
        Args::parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn what_is_known_is_read_and_later_flags_are_skipped() {
        let args = parse(
            "--session 7c5dcf5d --run 2 --new thing --dir /s/x --socket /r/x \
                          --fd-limit 1024 --hold 5000",
        );
        let wanted = Args {
            session: SessionId(0x7c5d_cf5d),
            run: RunNumber(2),
            dir: "/s/x".into(),
            socket: "/r/x".into(),
            fd_limit: Some(1024),
            hold_ms: Some(5000),
        };
        assert_eq!(args, Ok(wanted));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        assert_eq!(parse("--session 7c5dcf5d"), Err(ArgsError::Missing("--run")));
        let error = parse("--session x --run 1 --dir / --socket /s").unwrap_err();
        assert_eq!(error.to_string(), "`x` is no value for --session");
    }
}
