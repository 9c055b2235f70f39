//! The registry on a thread of its own.
//!
//! Work is sent as closures through a bounded queue and done in the order in which it
//! was sent. Who waits for an answer gets it; who hangs up does not undo the work.
//!
//! # Invariants
//!
//! 1. Only this thread touches the registry.
//! 2. `newest_event` never shows an event before it is committed.
//! 3. A registry that turns out to be damaged is not worked with: that is noted beside it and
//!    the daemon ends. Sessions run on, and the next client starts a daemon that keeps it
//!    aside and makes a new one from the session directories.

use app_registry::{Registry, RegistryError};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tracing::error;

/// Calls that may wait for the registry.
const QUEUE: usize = 1_024;

type Job = Box<dyn FnOnce(&mut Registry) + Send>;

/// Why the registry did not answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It answered with an error.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// Its thread is gone; the daemon is on its way out.
    #[error("the registry is closed")]
    Closed,
}

/// A way to the registry.
#[derive(Clone, Debug)]
pub struct Store {
    jobs: mpsc::Sender<Job>,
    newest_event: watch::Receiver<u64>,
    end: CancellationToken,
}

impl Store {
    /// Gives the registry a thread. The thread ends with the last [`Store`]; `end` ends the
    /// daemon.
    pub fn spawn(mut registry: Registry, end: CancellationToken) -> std::io::Result<Self> {
        let (jobs, mut inbox) = mpsc::channel::<Job>(QUEUE);
        let (newest, newest_event) = watch::channel(registry.newest_event());
        std::thread::Builder::new().name("registry".into()).spawn(move || {
            while let Some(job) = inbox.blocking_recv() {
                job(&mut registry);
                let after = registry.newest_event();
                newest.send_if_modified(|seen| std::mem::replace(seen, after) != after);
            }
        })?;
        Ok(Self { jobs, newest_event, end })
    }

    /// Does `work` on the registry and returns its result, committed.
    pub async fn with<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Registry) -> Result<T, RegistryError> + Send + 'static,
    {
        let (done, answer) = oneshot::channel();
        let end = self.end.clone();
        let job: Job = Box::new(move |registry| {
            let result = work(registry);
            if let Err(refused) = &result {
                end_if_damaged(registry, refused, &end);
            }
            // Whoever asked may be gone; the work stands.
            drop(done.send(result));
        });
        self.jobs.send(job).await.map_err(|_| StoreError::Closed)?;
        Ok(answer.await.map_err(|_| StoreError::Closed)??)
    }

    /// Does `work` on the registry without waiting for it: everything that is asked of
    /// the registry from now on finds it done. `failed` hears if it could not be.
    pub async fn post<F, E>(&self, work: F, failed: E) -> Result<(), StoreError>
    where
        F: FnOnce(&mut Registry) -> Result<(), RegistryError> + Send + 'static,
        E: FnOnce(RegistryError) + Send + 'static,
    {
        let end = self.end.clone();
        let job: Job = Box::new(move |registry| {
            if let Err(refused) = work(registry) {
                end_if_damaged(registry, &refused, &end);
                failed(refused);
            }
        });
        self.jobs.send(job).await.map_err(|_| StoreError::Closed)
    }

    /// Follows the number of the newest committed event.
    pub fn newest_event(&self) -> watch::Receiver<u64> {
        self.newest_event.clone()
    }
}

/// Has the next daemon make the registry anew, and makes room for it (invariant 3).
fn end_if_damaged(registry: &Registry, refused: &RegistryError, end: &CancellationToken) {
    if !refused.is_damage() {
        return;
    }
    let error = refused as &dyn std::error::Error;
    error!(error, "the registry is damaged; the daemon ends, and the next one makes it anew");
    match registry.mark_damaged() {
        Ok(()) => end.cancel(),
        Err(error) => error!(%error, "the damage could not be noted"),
    }
}
