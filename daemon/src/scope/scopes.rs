//! The way to scopes, whether there are any or not.

use std::sync::Arc;
use std::time::Duration;

use app_model::text::printable;
use app_model::{Limits, RunNumber, SessionId};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tracing::{debug, info, warn};

use super::entry::Entry;
use super::systemd::{Manager, ManagerError};
use super::{left, names};

/// How long the start of a run may wait for its scope.
pub const ENTER_LIMIT: Duration = Duration::from_secs(1);

/// How long ending what is left of a session may take.
const END_LIMIT: Duration = Duration::from_secs(5);

/// Least time between two looks for one that was not to be found.
const AGAIN: Duration = Duration::from_secs(1);

/// What is known of the user's systemd.
#[derive(Clone, Debug)]
enum Known {
    /// It is being looked for.
    NotYet,
    /// There is none, or it does not answer; if that changes, it is heard of.
    Absent,
    /// There was no way to it then.
    Unreachable(Instant),
    /// It answers.
    Present(Manager),
}

/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Scopes {
    known: Arc<watch::Sender<Known>>,
}

impl Scopes {
    /// No scopes.
    pub fn none() -> Self {
        Self { known: Arc::new(watch::Sender::new(Known::Absent)) }
    }

    /// Looks for systemd in the background (invariant 1).
    pub fn look() -> Self {
        let scopes = Self { known: Arc::new(watch::Sender::new(Known::NotYet)) };
        scopes.look_again();
        scopes
    }

    /// Whether a holder that starts now is to wait for its scope.
    pub fn may_be_there(&self) -> bool {
        self.knock();
        match *self.known.borrow() {
            Known::NotYet | Known::Present(_) => true,
            Known::Absent | Known::Unreachable(_) => false,
        }
    }

    /// Puts a run's holder into a scope of its own. Nothing is returned where that cannot
    /// be done (invariant 3).
    pub async fn enter(
        &self,
        session: SessionId,
        run: RunNumber,
        name: &str,
        limits: Limits,
        holder: u32,
    ) -> Option<String> {
        let entry = Entry {
            names: names::of_run(session, run).into(),
            slice: names::SLICE,
            description: printable(name),
            pid: holder,
            limits,
        };
        self.make(entry).await
    }

    /// Makes a scope and says what it is called.
    pub(super) async fn make(&self, entry: Entry) -> Option<String> {
        match timeout(ENTER_LIMIT, self.try_make(&entry)).await {
            Ok(None) => None,
            Ok(Some(Ok(unit))) => {
                debug!(unit, pid = entry.pid, "in a scope");
                Some(unit)
            }
            Ok(Some(Err(refused))) => {
                self.blame(&refused, "a scope could not be made");
                None
            }
            Err(_) => {
                warn!(unit = entry.names.first(), "systemd does not answer; on without a scope");
                self.doubt();
                None
            }
        }
    }

    /// A connection that has ended meanwhile is made anew, once.
    async fn try_make(&self, entry: &Entry) -> Option<Result<String, ManagerError>> {
        match self.manager().await?.start(entry).await {
            Err(refused) if refused.is_of_the_connection() => {
                debug!(error = &refused as &dyn std::error::Error, "systemd is looked for again");
                self.lose();
                Some(self.manager().await?.start(entry).await)
            }
            made => Some(made),
        }
    }

    /// Ends whatever is left of a session in its scopes, and says how many processes that
    /// were. Whoever holds a run is spared (invariant 4), so this is for a session whose
    /// runs are over.
    pub async fn end(&self, session: SessionId) -> usize {
        self.knock();
        if !matches!(*self.known.borrow(), Known::Present(_)) {
            return 0;
        }
        match timeout(END_LIMIT, self.try_end(session)).await {
            Ok(Ok(0)) => 0,
            Ok(Ok(ended)) => {
                info!(%session, ended, "ended what was left");
                ended
            }
            Ok(Err(refused)) => {
                self.blame(&refused, "what is left of a session could not be ended");
                0
            }
            Err(_) => {
                warn!(%session, "what is left of a session does not end");
                0
            }
        }
    }

    /// A connection that has ended meanwhile is made anew, once.
    async fn try_end(&self, session: SessionId) -> Result<usize, ManagerError> {
        let Some(manager) = self.manager().await else { return Ok(0) };
        match left::end(&manager, session).await {
            Err(refused) if refused.is_of_the_connection() => {
                self.lose();
                match self.manager().await {
                    Some(manager) => left::end(&manager, session).await,
                    None => Err(refused),
                }
            }
            ended => ended,
        }
    }

    /// systemd, once it is known whether it is there.
    pub(super) async fn manager(&self) -> Option<Manager> {
        let mut known = self.known.subscribe();
        let settled = known.wait_for(|known| !matches!(known, Known::NotYet)).await;
        match &*settled.ok()? {
            Known::Present(manager) => Some(manager.clone()),
            Known::NotYet | Known::Absent | Known::Unreachable(_) => None,
        }
    }

    fn blame(&self, refused: &ManagerError, what: &str) {
        warn!(error = refused as &dyn std::error::Error, "{what}");
        if refused.is_of_the_connection() {
            self.lose();
        }
    }

    /// The connection is gone: it is looked for again.
    fn lose(&self) {
        self.look_if(|known| matches!(known, Known::Present(_)));
    }

    /// It is looked for again if that has not been tried just now.
    fn knock(&self) {
        self.look_if(|known| match known {
            Known::Unreachable(then) => then.elapsed() >= AGAIN,
            Known::NotYet | Known::Absent | Known::Present(_) => false,
        });
    }

    fn look_if(&self, is_due: impl Fn(&Known) -> bool) {
        let is_due = self.known.send_if_modified(|known| {
            let is_due = is_due(known);
            if is_due {
                *known = Known::NotYet;
            }
            is_due
        });
        if is_due {
            self.look_again();
        }
    }

    /// It is not asked again until it has answered (invariant 2).
    fn doubt(&self) {
        // Looked for already, if it was not known: then that goes on.
        let was = self.known.send_replace(Known::Absent);
        if let Known::Present(_) = was {
            self.look_again();
        }
    }

    fn look_again(&self) {
        let known = self.known.clone();
        tokio::spawn(async move {
            let absent = || drop(known.send_replace(Known::Absent));
            let found = match Manager::seek(absent).await {
                Ok(manager) => {
                    info!(release = manager.release(), "runs get scopes of systemd");
                    Known::Present(manager)
                }
                Err(absent) => {
                    debug!(error = &absent as &dyn std::error::Error, "no systemd to ask");
                    Known::Unreachable(Instant::now())
                }
            };
            known.send_replace(found);
        });
    }
}
