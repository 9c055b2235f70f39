//! The link to one holder: starts or finds it, talks to it, learns its end.
//!
//! One task per live run owns the connection. It turns frames into [`Seen`] and the
//! actor's acts into frames, and when the connection ends it finds out why.
//!
//! # Invariants
//!
//! 1. A silent or closed connection is not an end. A run is over when its holder said
//!    so, when its record is on disk, or when its holder's process is gone.
//! 2. When a holder is gone without a record, what is left of its program is ended:
//!    two runs of a session must never be alive.
//! 3. A run that was asked to end is over when nothing of it is left in its scope either.

use std::path::{Path, PathBuf};
use std::time::Duration;

use app_model::{Exit, Lost, RunNumber, SessionId};
use app_registry::LiveRun;
use app_sys::process::{self, Identity, Pid};
use app_sys::{fault, socket};
use app_wire::hello::HELLO_LEN;
use app_wire::hold::{Decoder, FromHolder, HELLO, LaunchFailed, Status, ToHolder};
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixStream;
use tokio::process::Command;
use tokio::sync::mpsc;
use tracing::{debug, error, warn};

use crate::config::Config;
use crate::ledger;
use crate::scope::Scopes;
use crate::session::outside::{Outside, Seen};

mod kill;
mod place;

/// Acts that may wait for the holder.
const ACTS: usize = 32;

/// Bytes that are read from a holder at a time. It says little to the daemon.
const READ: usize = 4 << 10;

/// How long a holder's socket may take to accept a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(1);

/// First pause before a holder that lives but does not answer is tried again; doubled
/// up to [`RETRY_MOST`].
const RETRY_FIRST: Duration = Duration::from_millis(20);

/// Longest pause between two tries.
const RETRY_MOST: Duration = Duration::from_secs(5);

/// How long a run that was asked for, but never reported, is looked for: its holder may
/// just be starting.
const NEWBORN_LIMIT: Duration = Duration::from_secs(3);

/// Which run, and where it is.
#[derive(Clone, Debug)]
struct Site {
    session: SessionId,
    dir: PathBuf,
    socket: PathBuf,
    boot_id: String,
}

/// The real outside of a session's actor.
pub struct HolderLink {
    site: Site,
    config: std::sync::Arc<Config>,
    seen: mpsc::Sender<Seen>,
    scopes: Scopes,
    acts: Option<mpsc::Sender<Act>>,
    /// Looks are wanted of every run.
    looks: bool,
}

enum Act {
    Say(Box<ToHolder>),
    Kill,
}

impl HolderLink {
    /// A link to the holder of `session`, if it has one.
    pub fn new(
        session: SessionId,
        config: std::sync::Arc<Config>,
        seen: mpsc::Sender<Seen>,
        scopes: Scopes,
    ) -> Self {
        let site = Site {
            session,
            dir: config.places.session_dir(session),
            socket: config.places.run_socket(session),
            boot_id: config.boot_id.clone(),
        };
        Self { site, config, seen, scopes, acts: None, looks: false }
    }

    /// Takes over a run that an earlier daemon started.
    pub fn adopt(&mut self, live: LiveRun) {
        let link = self.task(live.run);
        tokio::spawn(link.adopt(live));
    }

    fn task(&mut self, run: RunNumber) -> Link {
        let (acts, inbox) = mpsc::channel(ACTS);
        self.acts = Some(acts);
        Link {
            site: self.site.clone(),
            run,
            seen: self.seen.clone(),
            scopes: self.scopes.clone(),
            acts: inbox,
            acts_open: true,
            holder: None,
            child: None,
            decoder: Decoder::new(),
            greeted: false,
            asked: false,
            killed: false,
            looks: self.looks,
            is_held: self.scopes.may_be_there(),
            across_restart: false,
        }
    }

    fn say(&self, message: ToHolder) {
        self.act(Act::Say(Box::new(message)));
    }

    fn act(&self, act: Act) {
        // Full: the holder has not read for a while, and repeating helps nobody. The
        // actor comes back to a stop that has no effect.
        let refused = self.acts.as_ref().map(|acts| acts.try_send(act));
        if let Some(Err(mpsc::error::TrySendError::Full(_))) = refused {
            warn!(session = %self.site.session, "the holder does not read what it is told");
        }
    }
}

impl Outside for HolderLink {
    fn launch(&mut self, run: RunNumber) {
        let link = self.task(run);
        tokio::spawn(link.launch(self.config.clone()));
    }

    fn stop(&mut self, grace: Duration) {
        let grace_ms = u32::try_from(grace.as_millis()).unwrap_or(u32::MAX);
        self.say(ToHolder::Stop { grace_ms });
    }

    fn kill(&mut self) {
        self.act(Act::Kill);
    }

    fn refresh(&mut self) {
        self.say(ToHolder::Status);
    }

    fn detach_all(&mut self) {
        self.say(ToHolder::DetachAll);
    }

    fn pause(&mut self) {
        self.say(ToHolder::Pause);
    }

    fn go_on(&mut self) {
        self.say(ToHolder::Continue);
    }

    fn watch_looks(&mut self) {
        if !self.looks {
            self.looks = true;
            self.say(ToHolder::WatchLooks);
        }
    }
}

/// The task's state.
struct Link {
    site: Site,
    run: RunNumber,
    seen: mpsc::Sender<Seen>,
    scopes: Scopes,
    acts: mpsc::Receiver<Act>,
    acts_open: bool,
    holder: Option<Identity>,
    child: Option<Identity>,
    decoder: Decoder,
    greeted: bool,
    /// The run was asked to end.
    asked: bool,
    /// A kill was said already; the next one does not rely on the holder.
    killed: bool,
    /// Looks are asked for on every connection.
    looks: bool,
    /// Its holder waits until it is told that it is where it belongs.
    is_held: bool,
    /// It is of an earlier boot, and nobody had asked it to end.
    across_restart: bool,
}

/// Why talking to a holder came to an end.
enum Parted {
    /// It said how the run ended.
    Exited(Exit),
    /// It said that there is no run.
    LaunchFailed(LaunchFailed),
    /// The connection ended.
    Closed,
}

impl Link {
    async fn launch(mut self, config: std::sync::Arc<Config>) {
        let program = config.holder();
        match self.spawn(&program, config.session_fd_limit) {
            Ok(stream) => {
                let stream = Box::pin(self.place(stream)).await;
                self.attend(stream).await;
            }
            Err(source) => {
                error!(session = %self.site.session, error = &source as &dyn std::error::Error,
                       holder = %program.display(), "the holder could not be started");
                let message =
                    format!("the holder `{}` could not be started: {source}", program.display());
                let errno = source.raw_os_error().unwrap_or(0);
                let failed = LaunchFailed { exit_code: 125, errno, message };
                self.show(Seen::LaunchFailed(failed)).await;
            }
        }
    }

    fn spawn(&mut self, program: &Path, fd_limit: Option<u64>) -> std::io::Result<UnixStream> {
        let (ours, theirs) = socket::pair()?;
        ours.set_nonblocking(true)?;
        let mut command = Command::new(program);
        command
            .arg("--session")
            .arg(self.site.session.to_string())
            .arg("--run")
            .arg(self.run.to_string())
            .arg("--dir")
            .arg(&self.site.dir)
            .arg("--socket")
            .arg(&self.site.socket)
            .stdin(std::os::fd::OwnedFd::from(theirs))
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .current_dir("/");
        if self.is_held {
            command.arg("--hold").arg(place::HOLD_MS.to_string());
        }
        if let Some(limit) = fd_limit {
            command.arg("--fd-limit").arg(limit.to_string());
        }
        fault::point("run.not-spawned");
        let holder = command.spawn()?;
        fault::point("run.spawned");
        self.holder = holder.id().and_then(Pid::new).and_then(process::identity_of);
        // Dropped, not awaited: the runtime reaps it, whenever it ends.
        drop(holder);
        UnixStream::from_std(ours)
    }

    async fn adopt(mut self, live: LiveRun) {
        let same_boot = live.boot_id == self.site.boot_id;
        let identity = |process: Option<(u32, u64)>| {
            let (pid, start_time) = process.filter(|_| same_boot)?;
            Some(Identity { pid: Pid::new(pid)?, start_time })
        };
        self.holder = identity(live.holder);
        self.child = identity(live.child);
        self.across_restart = !same_boot && !live.stop_asked;
        match self.find(live.holder.is_none() && same_boot).await {
            Some(stream) => self.attend(stream).await,
            None => {
                let lost = if same_boot { Lost::Holder } else { Lost::Reboot };
                let started = live.started_at_ms.is_some() || !same_boot;
                Box::pin(self.conclude(lost, started)).await;
            }
        }
    }

    /// Talks to the holder until the run is over.
    async fn attend(mut self, stream: UnixStream) {
        let mut stream = stream;
        let mut pause = Duration::ZERO;
        loop {
            let begun = tokio::time::Instant::now();
            match self.talk(&mut stream).await {
                Parted::LaunchFailed(failed) => {
                    return self.show(Seen::LaunchFailed(failed)).await;
                }
                Parted::Exited(exit) => {
                    if self.asked {
                        self.scopes.end(self.site.session).await; // Invariant 3.
                    }
                    let record = self.record().await.map(Box::new);
                    return self.show(Seen::Over { exit, record }).await;
                }
                Parted::Closed => {
                    debug!(session = %self.site.session, "the holder hung up");
                    // At once the first time; one that hangs up again and again, say because
                    // it cannot be understood, is not asked without end.
                    if begun.elapsed() >= RETRY_MOST {
                        pause = Duration::ZERO;
                    }
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).clamp(RETRY_FIRST, RETRY_MOST);
                    match self.find(false).await {
                        Some(again) => stream = again,
                        None => {
                            let started = self.child.is_some();
                            return Box::pin(self.conclude(Lost::Holder, started)).await;
                        }
                    }
                }
            }
        }
    }

    async fn talk(&mut self, stream: &mut UnixStream) -> Parted {
        self.decoder = Decoder::new();
        self.greeted = false;
        let mut first = HELLO.encode().to_vec();
        ToHolder::Watch.encode(&mut first);
        if self.looks {
            ToHolder::WatchLooks.encode(&mut first);
        }
        // A holder whose program ends at once may have said all there is to say, and hung
        // up, before it hears of us. What it said is still to be read; the end of the
        // stream comes after it.
        let mut heard = stream.write_all(&first).await.is_ok();
        loop {
            tokio::select! {
                ready = stream.readable() => {
                    if ready.is_err() || !self.listen(stream) {
                        return Parted::Closed;
                    }
                    if let Some(parted) = self.frames().await {
                        return parted;
                    }
                }
                act = self.acts.recv(), if self.acts_open && heard => match act {
                    Some(act) => {
                        heard = stream.write_all(&self.said(act).to_bytes()).await.is_ok();
                        fault::point("run.told");
                    }
                    None => self.acts_open = false,
                },
            }
        }
    }

    /// Takes what has arrived; whether more may come. A buffer is there only while it does:
    /// one for each session would be most of what a session costs.
    fn listen(&mut self, stream: &UnixStream) -> bool {
        let mut buffer = [0; READ];
        match stream.try_read(&mut buffer) {
            Ok(0) => false,
            Ok(read) => {
                self.decoder.push(&buffer[..read]);
                true
            }
            Err(error) => error.kind() == std::io::ErrorKind::WouldBlock,
        }
    }

    fn said(&mut self, act: Act) -> ToHolder {
        match act {
            Act::Say(message) => {
                self.looks |= *message == ToHolder::WatchLooks;
                self.asked |= matches!(*message, ToHolder::Stop { .. });
                *message
            }
            Act::Kill => {
                if self.killed {
                    self.kill_without_holder();
                }
                (self.asked, self.killed) = (true, true);
                ToHolder::Kill
            }
        }
    }

    /// Handles the whole frames that have arrived.
    async fn frames(&mut self) -> Option<Parted> {
        if !self.greeted {
            let hello = self.decoder.take::<HELLO_LEN>()?;
            if let Err(refused) = HELLO.agree(hello) {
                error!(session = %self.site.session, error = &refused as &dyn std::error::Error,
                       "this holder cannot be understood");
                return Some(Parted::Closed);
            }
            self.greeted = true;
        }
        loop {
            let message = match self.decoder.next_frame() {
                Ok(Some(frame)) => FromHolder::decode(frame),
                Ok(None) => return None,
                Err(broken) => {
                    warn!(session = %self.site.session, error = &broken as &dyn std::error::Error,
                          "the holder's stream is broken");
                    return Some(Parted::Closed);
                }
            };
            match message {
                Ok(FromHolder::Status(status)) => self.see_status(status).await,
                Ok(FromHolder::Look(sight)) => self.show(Seen::Look(sight.into())).await,
                Ok(FromHolder::Exited { exit, .. }) => return Some(Parted::Exited(exit)),
                Ok(FromHolder::LaunchFailed(failed)) => {
                    return Some(Parted::LaunchFailed(failed));
                }
                Ok(other) => debug!(session = %self.site.session, ?other, "from the holder"),
                Err(unread) => {
                    warn!(session = %self.site.session, error = &unread as &dyn std::error::Error,
                          "a message of the holder was skipped");
                }
            }
        }
    }

    async fn see_status(&mut self, status: Status) {
        if self.child.is_none() {
            self.child = Pid::new(status.child_pid)
                .map(|pid| Identity { pid, start_time: status.child_start });
        }
        if self.holder.is_none() {
            self.holder = Pid::new(status.holder_pid).and_then(process::identity_of);
        }
        self.show(Seen::Status(Box::new(status))).await;
    }

    /// Connects to the holder's socket, for as long as its process lives and there is
    /// no record of the end. A run that is a `newborn` is looked for a little longer.
    async fn find(&mut self, newborn: bool) -> Option<UnixStream> {
        let born = tokio::time::Instant::now();
        let mut pause = RETRY_FIRST;
        loop {
            if let Some(stream) = self.connect().await {
                return Some(stream);
            }
            let alive = self.holder.is_some_and(|holder| process::is_alive(&holder));
            let patient = alive || (newborn && born.elapsed() < NEWBORN_LIMIT);
            if !patient || self.record().await.is_some() {
                return None;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(RETRY_MOST);
        }
    }

    async fn connect(&self) -> Option<UnixStream> {
        let connecting = UnixStream::connect(&self.site.socket);
        let stream = tokio::time::timeout(CONNECT_LIMIT, connecting).await.ok()?.ok()?;
        match socket::check_peer(&stream) {
            Ok(()) => Some(stream),
            Err(refused) => {
                error!(session = %self.site.session, error = &refused as &dyn std::error::Error,
                       "this holder's socket is not ours");
                None
            }
        }
    }

    /// There is no holder any more: the record says how the run ended, or it never
    /// `started`, or nobody knows.
    async fn conclude(mut self, lost: Lost, started: bool) {
        if !self.holder.is_some_and(|holder| process::is_alive(&holder)) {
            // One that was killed has left it; nobody listens there any more.
            drop(std::fs::remove_file(&self.site.socket));
        }
        if let Some(record) = self.record().await {
            let exit = if self.across_restart { record.across_restart() } else { record.exit };
            return self.show(Seen::Over { exit, record: Some(Box::new(record)) }).await;
        }
        if lost == Lost::Holder && self.child.is_none() {
            self.child = self.written_child().await;
        }
        if !started {
            self.kill_without_holder(); // Invariant 2.
            return self.show(Seen::NeverStarted).await;
        }
        warn!(session = %self.site.session, run = %self.run, ?lost, "the holder left no record");
        self.kill_without_holder(); // Invariant 2.
        self.scopes.end(self.site.session).await;
        self.show(Seen::Over { exit: Exit::Lost(lost), record: None }).await;
    }

    /// The program's process, from a holder that died before it could speak of it.
    async fn written_child(&self) -> Option<Identity> {
        let (dir, run) = (self.site.dir.clone(), self.run);
        tokio::task::spawn_blocking(move || ledger::read_child(&dir, run)).await.ok().flatten()
    }

    /// What the holder has written about the end, if it has.
    async fn record(&self) -> Option<app_model::ExitRecord> {
        let (dir, run) = (self.site.dir.clone(), self.run);
        let read = tokio::task::spawn_blocking(move || ledger::read_exit(&dir, run)).await;
        match read {
            Ok(Ok(record)) => record,
            Ok(Err(unread)) => {
                warn!(session = %self.site.session, error = &unread as &dyn std::error::Error,
                      "the record of the end cannot be used");
                None
            }
            Err(_) => None,
        }
    }

    async fn show(&self, seen: Seen) {
        // The actor may be gone when the daemon ends.
        drop(self.seen.send(seen).await);
    }
}

#[cfg(test)]
mod tests;
