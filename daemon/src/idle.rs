//! Puts sessions to sleep whose agents wait and that nobody uses, when the time has come.
//!
//! One task with one timer, and none while nothing rests or the settings let nothing sleep.
//! Actors say since when their sessions are at rest; [`app_model::idle`] decides.
//!
//! # Invariants
//!
//! 1. How a session goes on is in its directory before its program is asked to end.
//! 2. What is at rest and stays awake, say because it is pinned, is looked at again when
//!    something has happened, and not before.

use std::collections::HashMap;
use std::time::Duration;

use app_model::idle::{Awake as Reason, Bonds, Cause, Life, Verdict, decide};
use app_model::session::Moment;
use app_model::{RunNumber, SessionId};
use app_registry::SessionRow;
use app_sys::{clock, fault};
use tokio::time::Instant;
use tracing::{debug, info, warn};

use crate::clocks::wake;
use crate::next_run::{Beginning, prepare};
use crate::service::Service;
use crate::session::SessionHandle;
use crate::store::StoreError;

/// How soon after something happened it is looked whether that lets a session sleep: many
/// things may happen at once.
const AFTER_EVENT: Duration = Duration::from_secs(1);

/// How long to wait when what is at rest could not be looked at.
const AFTER_TROUBLE: Duration = Duration::from_secs(30);

/// How many are put to sleep before the others are looked at anew.
const AT_ONCE: usize = 4;

/// Sessions that stay awake for now, with the rest that they stay awake from.
type Awake = HashMap<SessionId, Moment>;

/// What a look at all sessions gave.
#[derive(Debug, Default)]
struct Round {
    /// How long until something is due.
    next: Option<Duration>,
    /// Something that happens may let one sleep.
    hopes: bool,
}

/// Runs until the daemon ends.
pub async fn run(service: Service) {
    let mut events = service.store.newest_event();
    let mut awake = Awake::new();
    loop {
        events.mark_unchanged();
        let round = match round(&service, &mut awake).await {
            Ok(round) => round,
            Err(refused) => {
                let error = &refused as &dyn std::error::Error;
                warn!(error, "what is at rest could not be looked up");
                Round { next: Some(AFTER_TROUBLE), hopes: false }
            }
        };
        let wake_at = round.next.map(|left| Instant::now() + left);
        tokio::select! {
            () = service.resting.notified() => {}
            () = wake(wake_at) => {}
            happened = events.changed(), if round.hopes => {
                if happened.is_err() {
                    return; // The registry is closed.
                }
                tokio::time::sleep(AFTER_EVENT).await;
                awake.clear(); // Invariant 2.
            }
            () = service.end.cancelled() => return,
        }
    }
}

/// Puts to sleep what is due.
async fn round(service: &Service, awake: &mut Awake) -> Result<Round, StoreError> {
    let resting = resting(service).await;
    awake.retain(|id, since| resting.iter().any(|(handle, at)| handle.id == *id && at == since));
    let hopes = !resting.is_empty();
    let Some(after) = after(service).await.filter(|_| hopes) else {
        return Ok(Round { next: None, hopes }); // The settings may change.
    };
    let (mut next, mut asked) = (None::<Duration>, 0);
    for (handle, since) in resting {
        if awake.contains_key(&handle.id) {
            continue;
        }
        let at = match (since + after).checked_sub(now()) {
            Some(left) if !left.is_zero() => now() + left,
            Some(_) | None if asked == AT_ONCE => now(),
            Some(_) | None => {
                asked += 1;
                match put_to_sleep(service, &handle, since, after, Cause::Idle).await? {
                    Verdict::At(at) => at,
                    Verdict::Sleep => continue,
                    Verdict::Stay => {
                        awake.insert(handle.id, since);
                        continue;
                    }
                }
            }
        };
        let left = at.saturating_sub(now());
        next = Some(next.map_or(left, |next| next.min(left)));
    }
    Ok(Round { next, hopes: !awake.is_empty() })
}

/// The sessions that are at rest, and since when.
pub(crate) async fn resting(service: &Service) -> Vec<(SessionHandle, Moment)> {
    // Who cannot be asked any more is on the way out.
    let all = service.supervisor.all().await.unwrap_or_default();
    all.into_iter()
        .filter_map(|handle| Some((handle.live().rests_since?, handle)))
        .map(|(since, handle)| (handle, since))
        .collect()
}

/// Why a session whose agent waits is awake; nothing of others.
pub(crate) async fn awake(
    service: &Service,
    id: SessionId,
    life: &Life,
) -> Result<Option<Reason>, StoreError> {
    let Some((row, task_ended)) = known(service, id).await? else { return Ok(None) };
    let after = after(service).await;
    Ok(app_model::idle::awake(life, &bonds(&row, task_ended), after))
}

/// What the registry has of a session, and when the last of its tasks ended, since boot.
async fn known(
    service: &Service,
    id: SessionId,
) -> Result<Option<(SessionRow, Option<u64>)>, StoreError> {
    let boot_id = service.config.boot_id.clone();
    let known = service.store.with(move |registry| {
        let Some(row) = registry.session(id)? else { return Ok(None) };
        Ok(Some((row, registry.task_ended_boot(id, &boot_id)?)))
    });
    known.await
}

/// Puts one to sleep, unless it has not rested for so long or the registry knows of something
/// that keeps it awake.
pub(crate) async fn put_to_sleep(
    service: &Service,
    handle: &SessionHandle,
    since: Moment,
    after: Duration,
    cause: Cause,
) -> Result<Verdict, StoreError> {
    let id = handle.id;
    let Some((row, task_ended)) = known(service, id).await? else { return Ok(Verdict::Stay) };
    let bonds = bonds(&row, task_ended);
    let verdict = decide(since, &bonds, after, now());
    if verdict != Verdict::Sleep {
        debug!(session = %id, ?verdict, "it stays awake");
        return Ok(verdict);
    }
    if let Err(refused) = prepare(service, &row, Beginning::WhereItWas, None).await {
        let error = &refused as &dyn std::error::Error;
        warn!(session = %id, error, "it stays awake: nothing could wake it");
        return Ok(Verdict::Stay);
    }
    fault::point("sleep.prepared"); // Invariant 1.
    if handle.sleep(since, cause).await {
        info!(session = %id, cause = cause.word(), "nobody uses it: it sleeps");
        Ok(Verdict::Sleep)
    } else {
        Ok(Verdict::Stay)
    }
}

/// What the registry knows of one that is at rest, with when the last of its tasks ended.
fn bonds(row: &SessionRow, task_ended_ms: Option<u64>) -> Bonds {
    let view = &row.view;
    Bonds {
        kind: view.kind,
        pinned: view.pinned,
        live_tasks: view.live_tasks,
        task_ended: task_ended_ms.map(Duration::from_millis),
        went_on: view.run > RunNumber::FIRST,
    }
}

/// How long a session rests before it sleeps, if any does.
async fn after(service: &Service) -> Option<Duration> {
    service.settings().await.idle.after_ms.map(Duration::from_millis)
}

/// The clock that goes on while the machine sleeps.
fn now() -> Moment {
    Moment::from_millis(clock::boot_ms())
}
