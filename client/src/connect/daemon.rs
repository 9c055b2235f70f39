//! The daemon as the commands see it: something that is asked and answers.
//!
//! Nothing happens before the first question: no runtime, no socket. The first question
//! travels with the hello; later ones use the same connection.
//!
//! # Invariants
//!
//! 1. A request is sent again only where that does no harm: the daemon hung up before
//!    it can have read it, or the request changes nothing.
//! 2. Under [`Absent::Say`], and from inside a session, no daemon is ever started.

use std::path::PathBuf;
use std::time::Duration;

use app_sys::places::Places;
use app_sys::private::{self, PrivateDirError};
use app_wire::control::{Candidate, Failure, Reply, Request};
use bytes::Bytes;
use tokio::runtime::{Builder, Runtime};

use super::control::{ConnectError, Control, Greeting, TalkError, body};
use super::entrance::Entrance;
use super::launch::{self, LaunchError};
use crate::exit::Code;
use crate::report::Explain;

/// How long an answer may take. The daemon's own limits are shorter, so that its error
/// names the step that was slow.
const REPLY_LIMIT: Duration = Duration::from_secs(60);

/// How often a request is sent again.
const MOST_RETRIES: u32 = 3;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    /// The runtime directory is not safe to use.
    #[error(transparent)]
    Dir(#[from] PrivateDirError),
    /// There is no connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// There is no daemon, and from inside a session none is started.
    #[error("no daemon listens on `{}`, for the session in which this runs", .socket.display())]
    NobodyOutside {
        /// The session's socket.
        socket: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is no daemon, and none could be started.
    #[error(transparent)]
    Launch(#[from] LaunchError),
    /// The connection failed.
    #[error(transparent)]
    Talk(#[from] TalkError),
    /// The daemon said no.
    #[error("{}", .0.message)]
    Refused(Box<Failure>),
    /// The daemon answered something else; its bug.
    #[error("the daemon gave an answer that does not belong to the question")]
    OffTopic,
    /// This process cannot do I/O.
    #[error("cannot prepare to talk to the daemon")]
    Runtime(#[source] std::io::Error),
}

impl Explain for PrivateDirError {
    fn code(&self) -> Code {
        match self {
            Self::Create { .. } | Self::Open { .. } | Self::NotADirectory { .. } => Code::NoDaemon,
            Self::Symlink { .. } | Self::NotYours { .. } | Self::TooOpen { .. } => {
                Code::NotPermitted
            }
        }
    }

    fn hint(&self) -> Option<String> {
        Some(Self::hint(self))
    }
}

impl Explain for AskError {
    fn code(&self) -> Code {
        match self {
            Self::Dir(error) => error.code(),
            Self::Connect(error) => error.code(),
            Self::Launch(error) => error.code(),
            Self::Talk(error) => error.code(),
            Self::NobodyOutside { .. } => Code::NoDaemon,
            Self::Refused(failure) => failure.code.into(),
            Self::OffTopic | Self::Runtime(_) => Code::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Dir(error) => Some(error.hint()),
            Self::Connect(error) => error.hint(),
            Self::Launch(error) => error.hint(),
            Self::Talk(error) => error.hint(),
            Self::NobodyOutside { .. } => Some(
                "Any `appctl` outside of the session starts one: `appctl daemon start`.".into(),
            ),
            Self::Refused(failure) => failure.hint.clone(),
            Self::OffTopic => {
                Some("Restart the daemon: `appctl daemon restart`. Sessions keep running.".into())
            }
            Self::Runtime(_) => None,
        }
    }

    fn because(&self) -> Vec<String> {
        match self {
            Self::Dir(error) => error.because(),
            Self::Connect(error) => error.because(),
            Self::Launch(error) => error.because(),
            Self::Talk(error) => error.because(),
            Self::NobodyOutside { source, .. } => vec![source.to_string()],
            Self::Refused(failure) => failure.because.clone(),
            Self::OffTopic => vec![],
            Self::Runtime(source) => vec![source.to_string()],
        }
    }

    fn candidates(&self) -> &[Candidate] {
        match self {
            Self::Refused(failure) => &failure.candidates,
            Self::Dir(_)
            | Self::Connect(_)
            | Self::Launch(_)
            | Self::Talk(_)
            | Self::NobodyOutside { .. }
            | Self::OffTopic
            | Self::Runtime(_) => &[],
        }
    }
}

impl AskError {
    /// No daemon listens.
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, Self::Connect(ConnectError::NotRunning { .. }) | Self::NobodyOutside { .. })
    }

    /// The daemon went away during the conversation: it ended or was replaced.
    pub(crate) fn is_hang_up(&self) -> bool {
        matches!(
            self,
            Self::Talk(TalkError::HungUp(_)) | Self::Connect(ConnectError::HungUp { .. })
        )
    }

    /// The process of a daemon that listens and speaks other versions than we do.
    pub(crate) fn foreign_daemon(&self) -> Option<u32> {
        match self {
            Self::Connect(ConnectError::Version { pid, .. }) => *pid,
            Self::Connect(_)
            | Self::Dir(_)
            | Self::Launch(_)
            | Self::Talk(_)
            | Self::NobodyOutside { .. }
            | Self::Refused(_)
            | Self::OffTopic
            | Self::Runtime(_) => None,
        }
    }

    /// The time for the answer is up.
    pub(crate) fn is_silence(&self) -> bool {
        matches!(self, Self::Talk(TalkError::Silent { .. }))
    }

    /// Whether asking again can do no harm (invariant 1).
    fn allows_retry(&self, request: &Request) -> bool {
        match self {
            Self::Connect(ConnectError::HungUp { .. }) => true,
            Self::Talk(TalkError::HungUp(_)) => changes_nothing(request),
            Self::Connect(_)
            | Self::Talk(_)
            | Self::Dir(_)
            | Self::Launch(_)
            | Self::NobodyOutside { .. }
            | Self::Refused(_)
            | Self::OffTopic
            | Self::Runtime(_) => false,
        }
    }
}

fn changes_nothing(request: &Request) -> bool {
    match request {
        Request::List { .. }
        | Request::Show { .. }
        | Request::Find { .. }
        | Request::Status
        | Request::Tasks { .. }
        | Request::Why { .. }
        | Request::Unenforced { .. }
        | Request::Notices { .. }
        | Request::NoticesSeen { .. }
        // Stamped: what comes twice changes nothing.
        | Request::Report(_)
        // What is awake is not woken again.
        | Request::Wake { .. }
        // What stands still already changes nothing either.
        | Request::Pause { .. }
        | Request::Continue { .. }
        | Request::Pin { .. }
        | Request::Prune { .. }
        | Request::Seen { .. } => true,
        // Those who wait or read events know better where to go on.
        Request::Wait { .. }
        | Request::Events { .. }
        | Request::Start(_)
        | Request::Resume(_)
        | Request::Stop { .. }
        | Request::Rename { .. }
        | Request::Remove { .. }
        | Request::Detach { .. }
        | Request::WaitFor { .. }
        | Request::NotifyTest { .. }
        | Request::Shutdown { .. } => false,
    }
}

/// What to do when no daemon listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absent {
    /// Start one.
    Start,
    /// Say so.
    Say,
}

/// The daemon.
pub(crate) struct Daemon {
    places: Places,
    absent: Absent,
    // Dropped before the runtime that it lives on.
    control: Option<Control>,
    runtime: Option<Runtime>,
}

impl Daemon {
    /// The daemon of this installation. Does nothing yet.
    pub(crate) fn new(places: &Places, absent: Absent) -> Self {
        Self { places: places.clone(), absent, control: None, runtime: None }
    }

    /// Asks, and returns the first reply; what else belongs to the answer comes from
    /// [`next`](Self::next).
    pub(crate) fn ask(&mut self, request: &Request) -> Result<Reply, AskError> {
        self.ask_within(request, Some(REPLY_LIMIT))
    }

    /// Asks something whose answer may take longer, or for ever.
    pub(crate) fn ask_within(
        &mut self,
        request: &Request,
        limit: Option<Duration>,
    ) -> Result<Reply, AskError> {
        let body = body(request)?;
        let mut retries = 0;
        loop {
            match self.send(&body).and_then(|()| self.next(limit)) {
                Err(error) if error.allows_retry(request) && retries < MOST_RETRIES => retries += 1,
                done => return done,
            }
        }
    }

    /// The next reply to the question that was asked last.
    pub(crate) fn next(&mut self, limit: Option<Duration>) -> Result<Reply, AskError> {
        let (Some(runtime), Some(control)) = (&self.runtime, &mut self.control) else {
            return Err(AskError::OffTopic);
        };
        match runtime.block_on(control.next(limit)) {
            Ok(Reply::Failed(failure)) => Err(AskError::Refused(Box::new(failure))),
            Ok(reply) => Ok(reply),
            Err(error) => {
                self.control = None;
                Err(error.into())
            }
        }
    }

    /// Waits until the daemon closes the connection, at most for `limit`.
    pub(crate) fn wait_for_end(&mut self, limit: Duration) -> Result<(), AskError> {
        match self.next(Some(limit)) {
            Err(error) if error.is_hang_up() => Ok(()),
            Err(error) => Err(error),
            Ok(_) => Err(AskError::OffTopic),
        }
    }

    fn send(&mut self, body: &Bytes) -> Result<(), AskError> {
        if let (Some(runtime), Some(control)) = (&self.runtime, &mut self.control) {
            let sent = runtime.block_on(control.send(body.clone()));
            if sent.is_err() {
                self.control = None;
            }
            return Ok(sent?);
        }
        let control = self.connect(body)?;
        self.control = Some(control);
        Ok(())
    }

    fn connect(&mut self, first: &Bytes) -> Result<Control, AskError> {
        let entrance = Entrance::of(&self.places);
        if !entrance.is_inner {
            private::ensure_dir(&self.places.runtime)?;
        }
        let runtime = match self.runtime.take() {
            Some(runtime) => runtime,
            None => Builder::new_current_thread()
                .enable_io()
                .enable_time()
                .build()
                .map_err(AskError::Runtime)?,
        };
        let connected = self.connect_on(&entrance, &runtime, first);
        self.runtime = Some(runtime);
        connected
    }

    fn connect_on(
        &self,
        entrance: &Entrance,
        runtime: &Runtime,
        first: &Bytes,
    ) -> Result<Control, AskError> {
        let Entrance { socket, is_inner } = entrance;
        let greeting = match runtime.block_on(Greeting::connect(socket)) {
            Err(ConnectError::NotRunning { socket, source }) if *is_inner => {
                return Err(AskError::NobodyOutside { socket, source });
            }
            Err(ConnectError::NotRunning { .. }) if self.absent == Absent::Start => {
                let stream = launch::start(&self.places)?;
                let _entered = runtime.enter();
                Greeting::adopt(stream, socket)?
            }
            other => other?,
        };
        Ok(runtime.block_on(greeting.open(first.clone()))?)
    }
}
