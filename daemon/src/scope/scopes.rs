//! The way to scopes, whether there are any or not.

use std::sync::Arc;
use std::time::Duration;

use app_model::text::printable;
use app_model::{Limits, RunNumber, SessionId};
use tokio::sync::watch;
use tokio::time::timeout;
use tracing::{debug, info, warn};

use super::entry::Entry;
use super::systemd::{Manager, ManagerError};
use super::{left, names};

/// How long the start of a run may wait for its scope.
pub const ENTER_LIMIT: Duration = Duration::from_secs(1);

/// How long ending what is left of a session may take.
const END_LIMIT: Duration = Duration::from_secs(5);

/// What is known of the user's systemd.
#[derive(Clone, Debug)]
enum Known {
    /// It is being looked for.
    NotYet,
    /// There is none, or it does not answer.
    Absent,
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
        !matches!(*self.known.borrow(), Known::Absent)
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
        let making = async { Some(self.manager().await?.start(&entry).await) };
        match timeout(ENTER_LIMIT, making).await {
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

    /// Ends whatever is left of a session in its scopes, and says how many processes that
    /// were. Whoever holds a run is spared (invariant 4), so this is for a session whose
    /// runs are over.
    pub async fn end(&self, session: SessionId) -> usize {
        let Known::Present(manager) = self.known.borrow().clone() else { return 0 };
        match timeout(END_LIMIT, left::end(&manager, session)).await {
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

    /// systemd, once it is known whether it is there.
    pub(super) async fn manager(&self) -> Option<Manager> {
        let mut known = self.known.subscribe();
        let settled = known.wait_for(|known| !matches!(known, Known::NotYet)).await;
        match &*settled.ok()? {
            Known::Present(manager) => Some(manager.clone()),
            Known::NotYet | Known::Absent => None,
        }
    }

    fn blame(&self, refused: &ManagerError, what: &str) {
        warn!(error = refused as &dyn std::error::Error, "{what}");
        if refused.is_of_the_connection() {
            self.doubt();
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
                    Known::Absent
                }
            };
            known.send_replace(found);
        });
    }
}
