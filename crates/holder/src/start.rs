//! From a fresh process to a running child, or to an explanation.
//!
//! # Invariants
//!
//! 1. The socket is bound before the child exists: whoever finds the child can find us.
//! 2. When the launch fails, socket and run directory are gone before it is told.
//! 3. A holder that was told to wait leaves nothing behind and starts nothing before it
//!    heard that it may go on, or the wait was over.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use app_model::{Spec, TerminalSize, causes};
use app_sys::private::{self, PrivateDirError};
use app_sys::process::{self, Identity, Signal};
use app_sys::signals::Signals;
use app_sys::spawn::{self, Launch, LaunchError, Stdio};
use app_sys::{clock, fault, memory, poll, pty, socket};
use app_wire::hold::{FromHolder, GO, LaunchFailed};
use app_wire::record::segment_name;

use crate::args::Args;
use crate::client::{Client, ClientId};
use crate::clients::Clients;
use crate::ending::flush;
use crate::holder::{Body, Holder, Run};
use crate::notes::Notes;
use crate::oom::OomKills;
use crate::recorder::Recorder;
use crate::terminal::{Terminal, win_size};
use crate::transcript::Transcript;
use crate::{exit, limits};

/// A shell's code for "could not even try".
const EXIT_CODE_OTHER: u8 = 125;

/// Why there is no run.
#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error("{what} failed")]
    System { what: &'static str, source: io::Error },
    #[error("cannot read the spec `{}`", .path.display())]
    Spec { path: PathBuf, source: io::Error },
    #[error("the spec `{}` makes no sense", .path.display())]
    BadSpec { path: PathBuf, source: serde_json::Error },
    #[error("run {run} was already made: `{}` exists", .path.display())]
    Repeated { run: app_model::RunNumber, path: PathBuf },
    #[error(transparent)]
    RunDir(PrivateDirError),
    #[error("cannot listen at `{}`", .path.display())]
    Socket { path: PathBuf, source: io::Error },
    #[error("cannot record to `{}`", .path.display())]
    Record { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Launch(LaunchError),
}

impl StartError {
    fn to_wire(&self) -> LaunchFailed {
        let mut message = self.to_string();
        for cause in causes(self) {
            message.push_str(&format!(": {cause}"));
        }
        let (exit_code, errno) = match self {
            Self::Launch(error) => (error.exit_code(), error.errno()),
            Self::System { source, .. }
            | Self::Spec { source, .. }
            | Self::Socket { source, .. }
            | Self::Record { source, .. } => (EXIT_CODE_OTHER, source.raw_os_error().unwrap_or(0)),
            Self::BadSpec { .. } | Self::Repeated { .. } | Self::RunDir(_) => (EXIT_CODE_OTHER, 0),
        };
        LaunchFailed { exit_code, errno, message }
    }
}

/// Names the step of a failed system call.
fn step<T>(what: &'static str, done: io::Result<T>) -> Result<T, StartError> {
    done.map_err(|source| StartError::System { what, source })
}

/// Becomes a holder and starts the child. An error was already told to the daemon; what
/// is returned is the code to exit with.
pub(crate) fn start(args: &Args) -> Result<Holder, u8> {
    let now = Instant::now();
    let mut first = match settle(args, now) {
        Ok(first) => first,
        Err(error) => return Err(error.to_wire().exit_code),
    };
    let mut left_behind = LeftBehind::default();
    match prepare(args, &mut left_behind) {
        Ok(Prepared { run, body, signals, listener, child }) => {
            let clients = Clients::new(listener, first);
            Ok(Holder::new(run, body, clients, signals, child))
        }
        Err(error) => {
            left_behind.remove();
            fault::point("holder.refusal-not-told");
            let failed = error.to_wire();
            let code = failed.exit_code;
            first.say(&FromHolder::LaunchFailed(failed));
            flush(vec![first]);
            Err(code)
        }
    }
}

/// What has to go when the launch fails.
#[derive(Default)]
struct LeftBehind {
    dir: Option<PathBuf>,
    socket: Option<PathBuf>,
}

impl LeftBehind {
    fn remove(self) {
        // A second error would hide the first, which is the one that matters.
        if let Some(socket) = self.socket {
            fs::remove_file(socket).ok();
        }
        if let Some(dir) = self.dir {
            fs::remove_dir_all(dir).ok();
        }
    }
}

/// Cuts every tie to whoever started us, but the one connection.
fn settle(args: &Args, now: Instant) -> Result<Client, StartError> {
    memory::be_frugal();
    process::set_name("appd-holder");
    step("leaving the session", process::new_session())?;
    let ignored = [
        Signal::HUP,
        Signal::INT,
        Signal::QUIT,
        Signal::PIPE,
        Signal::TSTP,
        Signal::TTIN,
        Signal::TTOU,
    ];
    step("ignoring signals", process::ignore(&ignored))?;
    // Where it cannot be had, a double fork escapes; the run is worth more than that.
    process::become_subreaper().ok();
    // No file system is kept busy by us; the child gets its own directory.
    step("entering /", std::env::set_current_dir("/"))?;
    let first = step("taking the first connection", process::take_stdin())?;
    step("letting go of the output", process::silence_output())?;
    let first = UnixStream::from(first);
    wait_for_go(&first, args.hold_ms); // Invariant 3.
    // It was made by the daemon for us: trusted, a watcher, and in no hurry to greet.
    let mut first =
        step("taking the first connection", Client::new(ClientId(0), first, None, now))?;
    first.watches = true;
    Ok(first)
}

/// Takes the byte that says that we are where we belong. Whatever else happens, a daemon
/// that dies included, the run is worth more than its place.
fn wait_for_go(daemon: &UnixStream, hold_ms: Option<u64>) {
    let Some(limit) = hold_ms.map(Duration::from_millis) else { return };
    if poll::readable(daemon, Some(limit.min(limits::HOLD))).is_ok_and(|said| said) {
        (&*daemon).read_exact(&mut [GO]).ok();
    }
}

struct Prepared {
    run: Run,
    body: Body,
    signals: Signals,
    listener: UnixListener,
    child: Identity,
}

fn prepare(args: &Args, left_behind: &mut LeftBehind) -> Result<Prepared, StartError> {
    let spec = read_spec(&args.dir.join("spec"))?;
    let dir = args.dir.join(format!("run-{}", args.run));
    if dir.join("exit").exists() {
        return Err(StartError::Repeated { run: args.run, path: dir.join("exit") });
    }
    fault::point("holder.not-bound");
    let socket = args.socket.clone();
    let listener = socket::listen(&socket)
        .map_err(|source| StartError::Socket { path: socket.clone(), source })?;
    left_behind.socket = Some(socket.clone());
    fault::point("holder.bound");
    step("watching the socket", listener.set_nonblocking(true))?;
    // What an earlier holder left there is not ours to remove.
    let is_new = !dir.exists();
    private::ensure_dir(&dir).map_err(StartError::RunDir)?;
    left_behind.dir = is_new.then(|| dir.clone());

    // Before the child: its end must not be missed.
    let caught = Signals::new(&[Signal::CHLD, Signal::TERM]);
    let signals = step("catching signals", caught)?;
    let notes = Notes::new(dir.join("holder.log"));
    if let Err(error) = exit::reserve(&dir) {
        notes.add(&format!("no room was kept for the exit record: {error}"));
    }
    if let Some(limit) = args.fd_limit
        && let Err(error) = process::lower_fd_limit(limit)
    {
        notes.add(&format!("the limit on descriptors stayed as it was: {error}"));
    }
    let (body, stdio) = prepare_body(&spec, &dir, &notes)?;
    if let Some(mask) = spec.umask {
        process::set_umask(mask);
    }
    let launch = Launch {
        argv: spec.argv.into_iter().map(Into::into).collect(),
        cwd: spec.cwd.to_path(),
        env: spec.env.into_iter().map(|(key, value)| (key.into(), value.into())).collect(),
        stdio,
        claim: private::create_file(&dir.join("child"))
            .inspect_err(|error| notes.add(&format!("the child is not written down: {error}")))
            .ok(),
    };
    let oom_kills = OomKills::so_far();
    let (started_at_ms, started_boot_ms) = (clock::wall_ms(), clock::boot_ms());
    fault::point("holder.no-child");
    let child = spawn::launch(launch).map_err(StartError::Launch)?;
    fault::point("holder.has-child");
    let pid = child.pid();
    // It was not collected yet, so it has an identity even if it has ended.
    let child = process::identity_of(pid).unwrap_or(Identity { pid, start_time: 0 });
    let run = Run {
        session: args.session,
        number: args.run,
        dir,
        socket,
        notes,
        boot_id: clock::boot_id(),
        started_at_ms,
        started_boot_ms,
        oom_kills,
    };
    Ok(Prepared { run, body, signals, listener, child })
}

/// The child's descriptors, and what we keep of them.
fn prepare_body(spec: &Spec, dir: &Path, notes: &Notes) -> Result<(Body, Stdio), StartError> {
    let Some(size) = spec.terminal.map(TerminalSize::at_least_one) else {
        let path = dir.join(segment_name(1));
        let record = |source| StartError::Record { path: path.clone(), source };
        let stdout = OwnedFd::from(private::open_append(&path).map_err(record)?);
        let stderr = stdout.try_clone().map_err(record)?;
        return Ok((Body::Plain { path }, Stdio::Files { stdout, stderr }));
    };
    let pty = step("opening a terminal", pty::open(win_size(size)))?;
    let slave = step("opening a terminal", pty.slave.try_clone())?;
    let transcript = Transcript::new(dir, spec.transcript_bytes, size, notes);
    let recorder = Recorder::new(size, spec.history_lines, transcript, notes.clone());
    let terminal = Terminal::new(pty, size, recorder, notes.clone());
    Ok((Body::Terminal(Box::new(terminal)), Stdio::Terminal(slave)))
}

fn read_spec(path: &Path) -> Result<Spec, StartError> {
    let fail = |source| StartError::Spec { path: path.into(), source };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(fail)?;
    file.take(limits::SPEC).read_to_end(&mut bytes).map_err(fail)?;
    serde_json::from_slice(&bytes)
        .map_err(|source| StartError::BadSpec { path: path.into(), source })
}
