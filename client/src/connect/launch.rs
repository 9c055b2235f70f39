//! Starting the daemon when none runs.
//!
//! `appd --detach` forks itself away and says one of these on its standard output:
//!
//! ```text
//!   ready                         it listens
//!   running                       another daemon holds the lock
//!   error: … / because: … / hint: …   it cannot
//! ```
//!
//! # Invariants
//!
//! 1. Only the client that holds the start lock starts a daemon; the others wait for it
//!    and then find the one that was started.
//! 2. All waiting together is bounded by [`START_LIMIT`], and nothing polls: it waits
//!    for the lock, the pipe or a change in the runtime directory.
//! 3. What was spawned is reaped.

use std::io::{self, Read as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use app_model::environment::{SESSION_VARIABLE, SOCKET_VARIABLE};
use app_sys::lock::Lock;
use app_sys::places::Places;
use app_sys::watch::DirWatch;
use app_sys::{poll, socket};

use crate::exit::Code;
use crate::report::Explain;

/// How long a daemon may take to be there. Generous: security software and a loaded
/// machine have been seen to need more than 5 s for an exec.
pub(crate) const START_LIMIT: Duration = Duration::from_secs(20);

/// How long a connection to a listening daemon may wait for its queue.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// How often a daemon that holds its lock and does not listen is looked after: its end
/// changes nothing in the runtime directory.
const LIFE_CHECK: Duration = Duration::from_millis(500);

/// Most bytes that a daemon may say about why it cannot start.
const MAX_WORDS: usize = 64 << 10;

/// Why no daemon could be started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LaunchError {
    /// There is no `appd`.
    #[error("the daemon `appd` was not found beside `appctl` or on the PATH")]
    NotFound { beside: PathBuf },
    /// The system refused to run it.
    #[error("cannot run `{}`", .program.display())]
    Spawn { program: PathBuf, source: io::Error },
    /// It said why it cannot.
    #[error("{message}")]
    Refused { message: String, because: Vec<String>, hint: Option<String> },
    /// It ended without a word.
    #[error("`{}` ended before it was ready", .program.display())]
    Died { program: PathBuf },
    /// It is not there in time.
    #[error("no daemon was there after {} s: {what}", START_LIMIT.as_secs())]
    TooSlow { what: &'static str },
    /// The lock or the directory cannot be used.
    #[error("cannot {what} `{}`", .path.display())]
    Files { what: &'static str, path: PathBuf, source: io::Error },
}

impl Explain for LaunchError {
    fn code(&self) -> Code {
        Code::NoDaemon
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotFound { beside } => {
                format!("Install `appd` into `{}`, next to this `appctl`.", beside.display())
            }
            Self::Spawn { program, .. } => {
                format!("Check that `{}` is executable.", program.display())
            }
            Self::Refused { hint, .. } => return hint.clone(),
            Self::Died { .. } | Self::TooSlow { .. } => {
                "See what it says: `appctl daemon logs`, or run `appd` by hand.".into()
            }
            Self::Files { path, .. } => format!("Check the permissions of `{}`.", path.display()),
        })
    }

    fn because(&self) -> Vec<String> {
        match self {
            Self::Refused { because, .. } => because.clone(),
            Self::Spawn { source, .. } | Self::Files { source, .. } => vec![source.to_string()],
            Self::NotFound { .. } | Self::Died { .. } | Self::TooSlow { .. } => vec![],
        }
    }
}

/// What the daemon said about itself.
#[derive(Debug, PartialEq, Eq)]
enum Word {
    Ready,
    Running,
    Refused { message: String, because: Vec<String>, hint: Option<String> },
    Nothing,
}

/// Starts the daemon, or finds the one that somebody else started, and connects to it.
pub(crate) fn start(places: &Places) -> Result<UnixStream, LaunchError> {
    let until = Instant::now() + START_LIMIT;
    let path = places.start_lock();
    let lock = Lock::acquire_within(&path, START_LIMIT)
        .map_err(|source| LaunchError::Files { what: "lock", path, source })?
        .ok_or(LaunchError::TooSlow { what: "another `appctl` is still starting it" })?;
    let connected = start_under_lock(places, until);
    drop(lock);
    connected
}

fn start_under_lock(places: &Places, until: Instant) -> Result<UnixStream, LaunchError> {
    let control = places.control_socket();
    if let Ok(stream) = socket::connect(&control, CONNECT_LIMIT) {
        return Ok(stream); // Invariant 1: somebody else was faster.
    }
    let program = find_program()?;
    loop {
        match ask_to_detach(&program, until)? {
            Word::Ready | Word::Running => {}
            Word::Refused { message, because, hint } => {
                return Err(LaunchError::Refused { message, because, hint });
            }
            Word::Nothing => return Err(LaunchError::Died { program }),
        }
        // None: the daemon that was running has ended meanwhile, so one is started.
        if let Some(stream) = wait_for_listener(places, until)? {
            return Ok(stream);
        }
    }
}

/// `appd` beside this program, else the first one on the PATH.
pub(crate) fn find_daemon() -> Option<PathBuf> {
    find_program().ok()
}

fn find_program() -> Result<PathBuf, LaunchError> {
    let own = std::env::current_exe().unwrap_or_default();
    let beside = own.parent().unwrap_or(Path::new("")).to_path_buf();
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::iter::once(beside.clone())
        .chain(std::env::split_paths(&path).filter(|dir| dir.is_absolute()))
        .map(|dir| dir.join("appd"))
        .find(|program| program.is_file())
        .ok_or(LaunchError::NotFound { beside })
}

fn ask_to_detach(program: &Path, until: Instant) -> Result<Word, LaunchError> {
    let failed = |source| LaunchError::Spawn { program: program.to_path_buf(), source };
    let mut child = Command::new(program)
        .arg("--detach")
        // It belongs to no session, and neither do the programs that it runs.
        .env_remove(SESSION_VARIABLE)
        .env_remove(SOCKET_VARIABLE)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    let heard = match child.stdout.take() {
        Some(pipe) => hear(pipe, until),
        None => Ok(Some(String::new())),
    };
    reap(child);
    match heard.map_err(failed)? {
        Some(heard) => Ok(read_word(&heard)),
        None => Err(LaunchError::TooSlow { what: "`appd` was started and is not ready yet" }),
    }
}

/// Reads until the daemon said that it is there, or until it has nothing more to say.
/// `None` means that the time is up.
fn hear(mut pipe: ChildStdout, until: Instant) -> io::Result<Option<String>> {
    let mut heard = Vec::new();
    let mut piece = [0; 4096];
    while !is_final(&heard) && heard.len() < MAX_WORDS {
        let left = until.saturating_duration_since(Instant::now());
        if !poll::readable(&pipe, Some(left))? {
            return Ok(None);
        }
        match pipe.read(&mut piece)? {
            0 => break,
            count => heard.extend_from_slice(&piece[..count]),
        }
    }
    Ok(Some(String::from_utf8_lossy(&heard).into_owned()))
}

fn is_final(heard: &[u8]) -> bool {
    heard.starts_with(b"ready\n") || heard.starts_with(b"running\n")
}

fn read_word(heard: &str) -> Word {
    let mut message = None;
    let mut because = Vec::new();
    let mut hint = None;
    for line in heard.lines() {
        match line.split_once(": ") {
            _ if line == "ready" => return Word::Ready,
            _ if line == "running" => return Word::Running,
            Some(("error", text)) => message = Some(text.to_owned()),
            Some(("because", text)) => because.push(text.to_owned()),
            Some(("hint", text)) => hint = Some(text.to_owned()),
            Some(_) | None => {}
        }
    }
    match message {
        Some(message) => Word::Refused { message, because, hint },
        None => Word::Nothing,
    }
}

/// Waits for the process that we spawned; the daemon itself is no child of ours by then.
fn reap(mut child: Child) {
    if matches!(child.try_wait(), Ok(Some(_))) {
        return;
    }
    // It forks and ends at once. Should it not, a thread is all that waits for it.
    let waiter = std::thread::Builder::new().name("reap".into());
    drop(waiter.spawn(move || child.wait()));
}

/// Connects to the daemon as soon as it listens. `None` means that it ended instead.
fn wait_for_listener(places: &Places, until: Instant) -> Result<Option<UnixStream>, LaunchError> {
    let control = places.control_socket();
    let runtime = &places.runtime;
    let failed = |source| LaunchError::Files { what: "watch", path: runtime.clone(), source };
    let mut watch = None;
    loop {
        if let Ok(stream) = socket::connect(&control, CONNECT_LIMIT) {
            return Ok(Some(stream));
        }
        // The first failure only begins to watch: a change before that is not missed.
        let Some(watch) = &mut watch else {
            watch = Some(DirWatch::new(runtime).map_err(failed)?);
            continue;
        };
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(LaunchError::TooSlow { what: "a daemon runs but does not listen" });
        }
        let changed = poll::readable(watch, Some(left.min(LIFE_CHECK))).map_err(failed)?;
        watch.drain().map_err(failed)?;
        let gone = || matches!(Lock::try_acquire(&places.daemon_lock()), Ok(Some(_)));
        if !changed && gone() {
            return Ok(None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_starting_daemon_are_understood() {
        assert_eq!(read_word("ready\n"), Word::Ready);
        assert_eq!(read_word("running\n"), Word::Running);
        assert_eq!(read_word(""), Word::Nothing);
        let text = "error: the state directory is read-only\nbecause: EROFS: a\nhint: Mount it.\n";
        assert_eq!(
            read_word(text),
            Word::Refused {
                message: "the state directory is read-only".into(),
                because: vec!["EROFS: a".into()],
                hint: Some("Mount it.".into()),
            }
        );
    }
}
