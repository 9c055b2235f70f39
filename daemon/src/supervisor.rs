//! The table of live sessions, and nothing else.
//!
//! # Invariants
//!
//! 1. A session has at most one actor: only this task makes them, and it makes one only
//!    when there is none that takes requests.
//! 2. Sessions that ended are not in the table.
//! 3. Every session in the table has its socket for the programs inside it, made before
//!    anything runs in it and removed by nobody else.

use std::collections::HashMap;
use std::sync::Arc;

use app_model::SessionId;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tracing::{error, warn};

use crate::config::Config;
use crate::door::{self, Door};
use crate::session::SessionHandle;
use crate::session::actor::{Actor, Around, Begin, SIGHTS};
use crate::session::link::HolderLink;

/// Requests that may wait for the table.
const INBOX: usize = 256;

enum Request {
    Get(SessionId, oneshot::Sender<Option<SessionHandle>>),
    All(oneshot::Sender<Vec<SessionHandle>>),
    Enter(SessionId, Box<Begin>, oneshot::Sender<SessionHandle>),
}

/// The supervisor is gone: the daemon is on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the daemon is shutting down")]
pub struct ShuttingDown;

/// A way to the table.
#[derive(Clone, Debug)]
pub struct Supervisor {
    requests: mpsc::Sender<Request>,
    count: watch::Receiver<usize>,
}

impl Supervisor {
    /// Starts the task that owns the table. It ends with the last [`Supervisor`].
    /// The sockets of sessions go through `doors`, for somebody to serve them.
    pub fn spawn(config: Arc<Config>, around: Around, doors: mpsc::Sender<Door>) -> Self {
        let (requests, inbox) = mpsc::channel(INBOX);
        let (counted, count) = watch::channel(0);
        let (live, actors) = (HashMap::new(), JoinSet::new());
        tokio::spawn(Table { config, around, doors, inbox, live, actors, counted }.run());
        Self { requests, count }
    }

    /// How many sessions are live, and every change of it.
    pub fn count(&self) -> watch::Receiver<usize> {
        self.count.clone()
    }

    /// The session, if it is live.
    pub async fn get(&self, id: SessionId) -> Result<Option<SessionHandle>, ShuttingDown> {
        self.ask(|answer| Request::Get(id, answer)).await
    }

    /// Every live session.
    pub async fn all(&self) -> Result<Vec<SessionHandle>, ShuttingDown> {
        self.ask(Request::All).await
    }

    /// The session's actor: the one it has, or a new one that begins like this.
    pub async fn enter(&self, id: SessionId, begin: Begin) -> Result<SessionHandle, ShuttingDown> {
        self.ask(|answer| Request::Enter(id, Box::new(begin), answer)).await
    }

    async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<T>) -> Request,
    ) -> Result<T, ShuttingDown> {
        let (done, answer) = oneshot::channel();
        self.requests.send(request(done)).await.map_err(|_| ShuttingDown)?;
        answer.await.map_err(|_| ShuttingDown)
    }
}

struct Table {
    config: Arc<Config>,
    around: Around,
    doors: mpsc::Sender<Door>,
    inbox: mpsc::Receiver<Request>,
    live: HashMap<SessionId, SessionHandle>,
    actors: JoinSet<SessionId>,
    counted: watch::Sender<usize>,
}

impl Table {
    async fn run(mut self) {
        loop {
            tokio::select! {
                biased;
                Some(ended) = self.actors.join_next() => match ended {
                    Ok(id) => self.forget(id),
                    // A panic in an actor is our bug; its holder goes on, and the next
                    // daemon adopts it.
                    Err(panic) => {
                        error!(error = &panic as &dyn std::error::Error, "a session's actor died");
                        self.live.retain(|_, handle| !handle.is_closed());
                    }
                },
                request = self.inbox.recv() => match request {
                    Some(request) => self.answer(request).await,
                    None => return,
                },
            }
            let count = self.live.len();
            self.counted.send_if_modified(|told| std::mem::replace(told, count) != count);
        }
    }

    async fn answer(&mut self, request: Request) {
        // Whoever asked may be gone; then nobody needs the answer.
        match request {
            Request::Get(id, done) => drop(done.send(self.present(id))),
            Request::All(done) => {
                let open = self.live.values().filter(|handle| !handle.is_closed());
                drop(done.send(open.cloned().collect()));
            }
            Request::Enter(id, begin, done) => {
                let handle = match self.present(id) {
                    Some(handle) => handle,
                    None => self.make(id, &begin).await,
                };
                drop(done.send(handle));
            }
        }
    }

    fn present(&self, id: SessionId) -> Option<SessionHandle> {
        self.live.get(&id).filter(|handle| !handle.is_closed()).cloned()
    }

    async fn make(&mut self, id: SessionId, begin: &Begin) -> SessionHandle {
        let (sights, seen) = mpsc::channel(SIGHTS);
        let scopes = self.around.scopes.clone();
        let mut link = HolderLink::new(id, self.config.clone(), sights, scopes);
        if let Begin::Adopt(live) = begin {
            link.adopt(live.clone());
        }
        let (actor, handle) = Actor::new(id, begin, link, seen, self.around.clone());
        self.open_door(&handle).await;
        self.actors.spawn(Box::new(actor).run());
        self.live.insert(id, handle.clone());
        handle
    }

    /// A session without it runs all the same; only its programs cannot reach the daemon.
    async fn open_door(&self, session: &SessionHandle) {
        match door::open(&self.config.places, session.id) {
            Ok(listener) => {
                let door = Door { session: session.clone(), listener };
                // Nobody serves it when the daemon is on its way out.
                drop(self.doors.send(door).await);
            }
            Err(error) => warn!(session = %session.id, %error, "no socket inside the session"),
        }
    }

    fn forget(&mut self, id: SessionId) {
        // There may be a new actor of the same session already.
        if self.live.get(&id).is_some_and(SessionHandle::is_closed) {
            self.live.remove(&id);
            door::close(&self.config.places, id); // Invariant 3.
        }
    }
}
