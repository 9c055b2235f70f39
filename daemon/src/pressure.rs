//! Puts agents to sleep when memory is short, before the kernel kills somebody.
//!
//! The kernel is asked once to tell ([`app_sys::pressure`]); each time it does, the session
//! that has been at rest for longest is put to sleep, and when its program is gone it is waited
//! for the next time. Where the kernel cannot be asked nothing happens.
//!
//! ```text
//!   quiet ──► told ──► the longest at rest sleeps ──► it is gone, or takes long ──► quiet
//! ```
//!
//! # Invariants
//!
//! 1. At most `AT_ONCE` for each time: sleep frees memory only when the program is gone, and
//!    if that was not enough the kernel says so again.
//! 2. What keeps a session awake otherwise keeps it awake here, but for the time that the
//!    settings ask for.
//! 3. What was told while a program was leaving is about the memory that it had, and forgotten.
//! 4. Nothing polls: a thread waits for the kernel, and the daemon's tasks for that.

use std::thread;
use std::time::Duration;

use app_model::idle::{Cause, UNDER_PRESSURE, Verdict, longest_first};
use app_sys::pressure::{Trigger, Unheard};
use futures_util::future::join_all;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::timeout;
use tracing::{debug, info, warn};

use crate::idle::{put_to_sleep, resting};
use crate::service::Service;
use crate::session::SessionHandle;

/// How many are put to sleep for each time that the kernel tells (invariant 1).
const AT_ONCE: usize = 1;

/// How many are asked for before it is given up to find one that may sleep: each costs a look
/// into the registry, and memory is short.
const MOST_TRIED: usize = 64;

/// How long the programs that are to leave are waited for. Who takes longer does not keep the
/// others from being put to sleep.
const LEAVING: Duration = Duration::from_secs(5);

/// What was told and not looked at yet: that memory is short need not be known twice.
const TOLD: usize = 1;

/// Enough for a thread that only waits.
const STACK: usize = 64 << 10;

/// Runs until the daemon ends, or until the kernel has nothing more to tell.
pub async fn run(service: Service) {
    let Some(mut told) = listen() else { return };
    loop {
        let is_short = tokio::select! {
            is_short = told.recv() => is_short,
            () = service.end.cancelled() => return,
        };
        if is_short.is_none() {
            return warn!("the kernel does not tell any more when memory is short");
        }
        let asked = relieve(&service).await;
        let gone = asked.iter().map(SessionHandle::over);
        if timeout(LEAVING, join_all(gone)).await.is_err() {
            debug!("somebody takes their time to leave");
        }
        while told.try_recv().is_ok() {} // Invariant 3.
    }
}

/// Starts the thread that waits for the kernel; it ends with the daemon.
fn listen() -> Option<mpsc::Receiver<()>> {
    let trigger = match Trigger::set() {
        Ok(trigger) => trigger,
        Err(Unheard::Absent) => {
            info!("nobody tells here when memory is short");
            return None;
        }
        Err(refused @ Unheard::Refused { .. }) => {
            let error = &refused as &dyn std::error::Error;
            warn!(error, "nobody tells when memory is short");
            return None;
        }
    };
    info!(file = %trigger.path().display(), "the kernel tells when memory is short");
    let (tell, told) = mpsc::channel(TOLD);
    let thread = thread::Builder::new().name("pressure".into()).stack_size(STACK);
    thread
        .spawn(move || wait(&trigger, &tell))
        .inspect_err(|error| warn!(%error, "nobody waits for the kernel"))
        .ok()?;
    Some(told)
}

/// Passes on what the kernel tells, until it has nothing more to tell.
fn wait(trigger: &Trigger, tell: &mpsc::Sender<()>) {
    loop {
        match trigger.wait() {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => return warn!(%error, "the kernel cannot be waited for"),
        }
        if let Err(TrySendError::Closed(())) = tell.try_send(()) {
            return;
        }
    }
}

/// Puts to sleep what may be. Returns whom, if that was done.
async fn relieve(service: &Service) -> Vec<SessionHandle> {
    let mut asked = Vec::new();
    if !service.settings().await.idle.under_pressure {
        debug!("memory is short, and nothing is to sleep for that");
        return asked;
    }
    for (handle, since) in longest_first(resting(service).await).into_iter().take(MOST_TRIED) {
        match put_to_sleep(service, &handle, since, UNDER_PRESSURE, Cause::Pressure).await {
            Ok(Verdict::Sleep) => asked.push(handle),
            Ok(Verdict::At(_) | Verdict::Stay) => {}
            Err(refused) => {
                let error = &refused as &dyn std::error::Error;
                warn!(session = %handle.id, error, "it could not be put to sleep");
                break;
            }
        }
        if asked.len() == AT_ONCE {
            break;
        }
    }
    if asked.is_empty() {
        debug!("memory is short, and no session is at rest that could sleep");
    }
    asked
}
