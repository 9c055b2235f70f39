//! The way to a live session: what can be asked of its actor, and what can be seen of it.

use std::time::Duration;

use app_model::facts::Fact;
use app_model::idle::{Cause, Life};
use app_model::report::{Report, Stamp};
use app_model::session::Moment;
use app_model::{RunNumber, SessionId};
use app_wire::hold::LaunchFailed;
use tokio::sync::{mpsc, oneshot, watch};

use crate::session::live::Live;
use crate::store::StoreError;

/// What came of asking for a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpOutcome {
    /// It was started.
    Started(RunNumber),
    /// It was there already.
    WasLive(RunNumber),
}

/// Why there is no run.
#[derive(Debug, thiserror::Error)]
pub enum UpError {
    /// The program could not be started.
    #[error("{}", .0.message)]
    Launch(LaunchFailed),
    /// It was over before it had begun.
    #[error("the holder ended before the program ran")]
    NeverStarted,
    /// The registry could not be written, so nothing was started.
    #[error("the run could not be written down")]
    NotRecorded(#[source] StoreError),
    /// Too many requests wait for this session.
    #[error("the session is busy")]
    Busy,
    /// The run ended in the meantime; ask again.
    #[error("the session ended")]
    Gone,
}

pub(super) type UpAnswer = oneshot::Sender<Result<UpOutcome, UpError>>;

/// What is asked of an actor.
pub(super) enum Request {
    Up(UpAnswer),
    Down { grace: Duration, done: oneshot::Sender<()> },
    Sleep { since: Moment, cause: Cause, done: oneshot::Sender<bool> },
    Refresh(oneshot::Sender<()>),
    DetachAll,
    Pause(bool),
    Report(Box<(Stamp, Vec<Report>)>),
    Why(oneshot::Sender<(Vec<Fact>, Life)>),
    WatchLooks,
}

/// A cheap, cloneable way to speak to one live session.
#[derive(Clone, Debug)]
pub struct SessionHandle {
    /// Whose.
    pub id: SessionId,
    inbox: mpsc::Sender<Request>,
    live: watch::Receiver<Live>,
}

impl SessionHandle {
    /// A way to the actor that has the other ends.
    pub(super) fn new(
        id: SessionId,
        inbox: mpsc::Sender<Request>,
        live: watch::Receiver<Live>,
    ) -> Self {
        Self { id, inbox, live }
    }

    /// Asks for a run and waits until its program really runs.
    pub async fn up(&self) -> Result<UpOutcome, UpError> {
        let (done, answer) = oneshot::channel();
        self.send(Request::Up(done))?;
        answer.await.map_err(|_| UpError::Gone)?
    }

    /// Asks the run to end. Returns once that is written down and under way; the end
    /// itself shows in [`SessionHandle::over`].
    pub async fn down(&self, grace: Duration) -> Result<(), UpError> {
        let (done, answer) = oneshot::channel();
        self.send(Request::Down { grace, done })?;
        // Hung up: the run ended by itself, which is what was asked for.
        answer.await.or(Ok(()))
    }

    /// Puts the session to sleep if it has been at rest since then and nothing else keeps it
    /// awake. Says whether that is written down and under way.
    pub async fn sleep(&self, since: Moment, cause: Cause) -> bool {
        let (done, answer) = oneshot::channel();
        let asked = self.send(Request::Sleep { since, cause, done });
        asked.is_ok() && answer.await.unwrap_or(false)
    }

    /// Asks the holder what is true now, for at most `limit`.
    pub async fn refresh(&self, limit: Duration) {
        let (done, answer) = oneshot::channel();
        if self.send(Request::Refresh(done)).is_ok() {
            // Too slow, or over: what is known stands.
            drop(tokio::time::timeout(limit, answer).await);
        }
    }

    /// Lets go of all terminals.
    pub fn detach_all(&self) -> Result<(), UpError> {
        self.send(Request::DetachAll)
    }

    /// Asks its processes to stand still, or to go on. That they do shows in
    /// [`Live::is_paused`].
    pub fn pause(&self, paused: bool) -> Result<(), UpError> {
        self.send(Request::Pause(paused))
    }

    /// Something happened inside the session. A session that ends meanwhile does not care.
    pub fn report(&self, stamp: Stamp, reports: Vec<Report>) -> Result<(), UpError> {
        match self.send(Request::Report(Box::new((stamp, reports)))) {
            Err(UpError::Gone) => Ok(()),
            sent => sent,
        }
    }

    /// What is believed of its agent, and why; and what decides whether it is at rest. Nothing
    /// of one that ends meanwhile.
    pub async fn why(&self) -> Option<(Vec<Fact>, Life)> {
        let (done, answer) = oneshot::channel();
        self.send(Request::Why(done)).ok()?;
        answer.await.ok()
    }

    /// Has its terminal looked at from now on: [`Live::look`] is kept up to date.
    pub fn watch_looks(&self) -> Result<(), UpError> {
        self.send(Request::WatchLooks)
    }

    /// What is known now.
    pub fn live(&self) -> Live {
        self.live.borrow().clone()
    }

    /// Follows what is known.
    pub fn changes(&self) -> watch::Receiver<Live> {
        self.live.clone()
    }

    /// Waits until the run is over and committed.
    pub async fn over(&self) {
        // An error means that the actor is gone, and it goes last.
        drop(self.live.clone().wait_for(|live| live.over).await);
    }

    /// Waits until somebody has seen whether the run is alive.
    pub async fn settled(&self) {
        drop(self.live.clone().wait_for(|live| live.settled || live.over).await);
    }

    /// The actor takes no more requests.
    pub fn is_closed(&self) -> bool {
        self.inbox.is_closed()
    }

    fn send(&self, request: Request) -> Result<(), UpError> {
        self.inbox.try_send(request).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => UpError::Busy,
            mpsc::error::TrySendError::Closed(_) => UpError::Gone,
        })
    }
}
