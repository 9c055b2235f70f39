//! `appctl daemon …`: looking after the daemon.
//!
//! # Invariants
//!
//! 1. `stop` and `status` never start one, but for `stop --sessions` where a daemon that was
//!    killed has left sessions: somebody must end them.
//! 2. `stop` returns when the daemon is gone: its connection ended and its lock is free.
//!    Until then the start lock is held, so nobody takes our look at the daemon's lock
//!    for a daemon.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use app_sys::lock::Lock;
use app_sys::places::Places;
use app_sys::poll;
use app_sys::process::{self, Pid, Signal};
use app_sys::watch::DirWatch;
use app_wire::control::{DaemonStatus, Reply, Request};
use serde_json::json;

use super::Done;
use super::context::Context;
use crate::cli::DaemonVerb;
use crate::connect::{AskError, Daemon, START_LIMIT};
use crate::exit::Status;
use crate::report::{Explain, Report};

/// How long a daemon may take to end.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// How long it may take when it ends all sessions first.
const STOP_ALL_LIMIT: Duration = Duration::from_secs(120);

/// Bytes per read of the log.
const PIECE: usize = 64 << 10;

/// Why the daemon cannot be looked after.
#[derive(Debug, thiserror::Error)]
enum DaemonError {
    #[error("the daemon (process {pid}) did not end within {} s", .waited.as_secs())]
    StillThere { pid: u32, waited: Duration },
    #[error("cannot use the lock `{}`", .path.display())]
    Lock { path: PathBuf, source: io::Error },
    #[error("cannot end the daemon (process {pid})")]
    Signal { pid: u32, source: io::Error },
    #[error("another `appctl` is starting the daemon")]
    BeingStarted,
    #[error("cannot read the daemon's log `{}`", .path.display())]
    Log { path: PathBuf, source: io::Error },
}

impl Explain for DaemonError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Signal { pid, .. } => format!("End it by hand: `kill {pid}`."),
            Self::StillThere { .. } => "See what it is doing: `appctl daemon logs`.".into(),
            Self::Lock { path, .. } => format!("Check the permissions of `{}`.", path.display()),
            Self::BeingStarted => "Try again in a moment.".into(),
            Self::Log { .. } => "A daemon that was never started has no log.".into(),
        })
    }
}

pub(super) fn run(context: &Context, verb: &DaemonVerb) -> Done {
    match verb {
        DaemonVerb::Start => start(context),
        DaemonVerb::Stop { sessions } => stop(context, *sessions),
        DaemonVerb::Restart => restart(context),
        DaemonVerb::Status => status(context),
        DaemonVerb::Logs { follow, lines } => logs(context, *follow, *lines),
    }
}

fn ask_status(daemon: &mut Daemon) -> Result<DaemonStatus, AskError> {
    match daemon.ask(&Request::Status)? {
        Reply::Status(status) => Ok(status),
        _ => Err(AskError::OffTopic),
    }
}

/// The status of the daemon if one runs (invariant 1).
pub(super) fn status_if_any(daemon: &mut Daemon) -> Result<Option<DaemonStatus>, AskError> {
    match ask_status(daemon) {
        Ok(status) => Ok(Some(status)),
        Err(error) if error.is_absent() => Ok(None),
        Err(error) => Err(error),
    }
}

fn start(context: &Context) -> Done {
    let before = status_if_any(&mut context.daemon_if_any()?)?;
    let status = match &before {
        Some(status) => status.clone(),
        None => ask_status(&mut context.daemon()?)?,
    };
    let done = if before.is_some() { "already running" } else { "started" };
    tell_running(context, done, &status)
}

fn tell_running(context: &Context, done: &str, status: &DaemonStatus) -> Done {
    let output = context.output;
    if output.json {
        output.json(&status_json(status))?;
    } else {
        output.line(&format!("{done} · appd {} · process {}", status.version, status.pid))?;
    }
    Ok(Status::DONE)
}

fn status_json(status: &DaemonStatus) -> serde_json::Value {
    json!({
        "running": true,
        "pid": status.pid,
        "version": status.version,
        "protocol": status.protocol,
        "sessions": status.sessions,
        "socket": status.socket,
        "state_dir": status.state_dir,
        "up_ms": status.up_ms,
    })
}

fn status(context: &Context) -> Done {
    let output = context.output;
    let Some(status) = status_if_any(&mut context.daemon_if_any()?)? else {
        let socket = context.places()?.control_socket();
        if output.json {
            output.json(&json!({
                "running": false, "pid": null, "version": null, "protocol": null,
                "sessions": null, "socket": socket.to_string_lossy(),
            }))?;
        } else {
            output.line("not running")?;
        }
        return Ok(Status::NO_DAEMON);
    };
    if output.json {
        output.json(&status_json(&status))?;
        return Ok(Status::DONE);
    }
    output.text(&format!(
        "running · appd {} · process {} · up {}\n  \
           sessions  {}\n  socket    {}\n  records   {}\n  protocol  {}\n",
        status.version,
        status.pid,
        app_model::elapsed::elapsed(status.up_ms),
        status.sessions,
        status.socket,
        status.state_dir,
        status.protocol,
    ))?;
    Ok(Status::DONE)
}

fn stop(context: &Context, sessions: bool) -> Done {
    if sessions && has_holders(context.places()?) {
        // A daemon that was killed has left them: the next one takes them over first.
        ask_status(&mut context.daemon()?)?;
    }
    let guard = start_guard(context.places()?)?;
    let stopped = end(context, sessions)?;
    drop(guard);
    let output = context.output;
    if output.json {
        let left = stopped.as_ref().and_then(|stopped| stopped.left);
        output.json(&json!({ "stopped": stopped.is_some(), "sessions_running": left }))?;
        return Ok(Status::DONE);
    }
    let line = match stopped.map(|stopped| stopped.left) {
        None => "not running".to_owned(),
        Some(_) if sessions => "stopped · all sessions ended".to_owned(),
        Some(None) => "stopped · sessions keep running".to_owned(),
        Some(Some(0)) => "stopped · no sessions were running".to_owned(),
        Some(Some(1)) => "stopped · 1 session keeps running".to_owned(),
        Some(Some(left)) => format!("stopped · {left} sessions keep running"),
    };
    output.line(&line)?;
    Ok(Status::DONE)
}

/// Whether runs may be alive: each has a socket.
fn has_holders(places: &Places) -> bool {
    std::fs::read_dir(places.run_dir()).is_ok_and(|mut sockets| sockets.next().is_some())
}

fn restart(context: &Context) -> Done {
    let guard = start_guard(context.places()?)?;
    end(context, false)?;
    drop(guard);
    let status = ask_status(&mut context.daemon()?)?;
    tell_running(context, "restarted", &status)
}

/// Keeps others from starting a daemon while one ends.
pub(super) fn start_guard(places: &Places) -> Result<Lock, Report> {
    app_sys::private::ensure_dir(&places.runtime)?;
    let path = places.start_lock();
    let lock = Lock::acquire_within(&path, START_LIMIT)
        .map_err(|source| DaemonError::Lock { path, source })?;
    Ok(lock.ok_or(DaemonError::BeingStarted)?)
}

/// A daemon that has ended.
pub(super) struct Stopped {
    /// Sessions that keep running, where it could be asked.
    left: Option<u32>,
}

/// Ends the daemon if one runs.
pub(super) fn end(context: &Context, sessions: bool) -> Result<Option<Stopped>, Report> {
    let limit = if sessions { STOP_ALL_LIMIT } else { STOP_LIMIT };
    let until = Instant::now() + limit;
    let mut daemon = context.daemon_if_any()?;
    let (pid, left) = match status_if_any(&mut daemon) {
        Ok(None) => return Ok(None),
        Ok(Some(status)) => {
            shut_down(&mut daemon, sessions, until)?;
            (status.pid, Some(if sessions { 0 } else { status.sessions }))
        }
        // One of another version cannot be asked. It ends by signal as well, and leaves
        // its sessions running.
        Err(error) => match error.foreign_daemon().filter(|_| !sessions) {
            Some(pid) => {
                terminate(pid)?;
                (pid, None)
            }
            None => return Err(error.into()),
        },
    };
    let path = context.places()?.daemon_lock();
    let time = until.saturating_duration_since(Instant::now());
    match Lock::acquire_within(&path, time) {
        Ok(Some(free)) => drop(free), // Invariant 2.
        Ok(None) => return Err(DaemonError::StillThere { pid, waited: limit }.into()),
        Err(source) => return Err(DaemonError::Lock { path, source }.into()),
    }
    Ok(Some(Stopped { left }))
}

fn shut_down(daemon: &mut Daemon, sessions: bool, until: Instant) -> Result<(), AskError> {
    let left = || Some(until.saturating_duration_since(Instant::now()));
    match daemon.ask_within(&Request::Shutdown { sessions }, left()) {
        Ok(Reply::Done) => daemon.wait_for_end(left().unwrap_or_default()),
        Ok(_) => Err(AskError::OffTopic),
        // It was quicker than its answer.
        Err(error) if error.is_hang_up() => Ok(()),
        Err(error) => Err(error),
    }
}

fn terminate(pid: u32) -> Result<(), DaemonError> {
    let failed = |source| DaemonError::Signal { pid, source };
    match Pid::new(pid).and_then(process::identity_of) {
        Some(identity) => process::signal(&identity, Signal::TERM).map(drop).map_err(failed),
        None => Ok(()), // It has ended by itself.
    }
}

fn logs(context: &Context, follow: bool, lines: Option<usize>) -> Done {
    let path = context.places()?.daemon_log();
    let failed = |source| DaemonError::Log { path: path.clone(), source };
    let mut watch = match path.parent().filter(|_| follow) {
        Some(dir) => Some(DirWatch::new(dir).map_err(failed)?),
        None => None,
    };
    let mut file = File::open(&path).map_err(failed)?;
    if let Some(lines) = lines {
        let start = last_lines(&mut file, lines).map_err(failed)?;
        file.seek(SeekFrom::Start(start)).map_err(failed)?;
    }
    let mut piece = vec![0; PIECE];
    loop {
        loop {
            match file.read(&mut piece).map_err(failed)? {
                0 => break,
                count => context.output.bytes(&piece[..count])?,
            }
        }
        let Some(watch) = &mut watch else {
            return Ok(Status::DONE);
        };
        poll::readable(watch, None).map_err(failed)?;
        watch.drain().map_err(failed)?;
    }
}

/// Where the last lines of a log begin.
fn last_lines(file: &mut File, lines: usize) -> io::Result<u64> {
    crate::record::LineSearch::new(lines).look_back(file).map(|found| found.unwrap_or(0))
}
