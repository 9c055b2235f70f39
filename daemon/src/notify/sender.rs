//! Takes due notices from the registry, and brings each to the first channel that takes
//! it. How many bubbles that gives is [`Burst`]'s to say.
//!
//! # Invariants
//!
//! 1. A notice is claimed only when there is room to send it at once: one that waits is
//!    unclaimed in the registry, and is sent by the next daemon if this one dies.
//! 2. Of two notices about one session the second is shown after the first is: it takes
//!    its place. A summary is about all sessions.

use std::collections::HashMap;
use std::sync::Arc;

use app_model::SessionId;
use app_model::notice::burst::{Burst, Turn};
use app_model::notice::summary;
use app_registry::{NoticeOutcome, PendingNotice};
use app_sys::{clock, fault};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};
use tracing::{error, info, warn};

use super::channels::{self, Parcel};
use crate::service::Service;
use crate::store::StoreError;

/// Notices that may be under way at once.
const AT_ONCE: usize = 8;

/// Most notices that one summary tells.
const IN_ONE: usize = 500;

/// Sends notices until the daemon ends. Looks once at the start, for those that became
/// due while no daemon was there.
pub async fn run(service: Service) {
    let begun = Instant::now();
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut burst = Burst::default();
    let mut queues = Queues::default();
    loop {
        while is_due(&service).await {
            let Ok(place) = room.clone().acquire_owned().await else { return };
            let most = match burst.turn(begun.elapsed()) {
                Turn::One => 1,
                Turn::All => IN_ONE,
                Turn::NotBefore(then) => {
                    drop(place);
                    sleep_until(begun + then).await;
                    continue;
                }
            };
            send(&service, &mut queues, most, place).await;
        }
        service.notices.woken().await;
    }
}

async fn is_due(service: &Service) -> bool {
    let due = service.store.with(|registry| registry.notice_due()).await;
    due.unwrap_or_else(|refused| {
        unreadable(&refused);
        false
    })
}

/// Claims up to `most` notices and sends them as one, in a task of its own.
async fn send(service: &Service, queues: &mut Queues, most: usize, place: OwnedSemaphorePermit) {
    let at = clock::wall_ms();
    match service.store.with(move |registry| registry.claim_notices(most, at)).await {
        Ok(claimed) => {
            fault::point("notice.claimed");
            let Some(parcel) = parcel(claimed) else { return };
            let (service, session) = (service.clone(), parcel.session);
            queues.append(session, async move {
                deliver(&service, parcel).await;
                drop(place);
            });
        }
        Err(refused) => unreadable(&refused),
    }
}

/// Who is on the way, so that who comes after waits (invariant 2).
#[derive(Debug, Default)]
struct Queues {
    /// The last one about each session; those about none are together. Who is done is
    /// forgotten when the next comes, so there are no more than [`AT_ONCE`] and one.
    last: HashMap<Option<SessionId>, JoinHandle<()>>,
}

impl Queues {
    /// Has `work` done after what was appended before about this session.
    fn append(
        &mut self,
        session: Option<SessionId>,
        work: impl Future<Output = ()> + Send + 'static,
    ) {
        self.last.retain(|_, before| !before.is_finished());
        let before = self.last.remove(&session);
        let task = tokio::spawn(async move {
            if let Some(before) = before {
                // One that panicked is done as well.
                drop(before.await);
            }
            work.await;
        });
        self.last.insert(session, task);
    }
}

fn unreadable(refused: &StoreError) {
    error!(error = refused as &dyn std::error::Error, "notices cannot be read");
}

/// One notice as it is, several as a summary.
fn parcel(claimed: Vec<PendingNotice>) -> Option<Parcel> {
    if claimed.len() > 1 {
        let named: Vec<_> = claimed.iter().map(|one| (one.name.as_str(), &one.notice)).collect();
        return Some(Parcel {
            notice: summary(&named),
            numbers: claimed.iter().map(|one| one.number).collect(),
            session: None,
            name: String::new(),
            agent: None,
        });
    }
    claimed.into_iter().next().map(|one| Parcel {
        numbers: vec![one.number],
        session: Some(one.session),
        name: one.name,
        agent: one.agent,
        notice: one.notice,
    })
}

async fn deliver(service: &Service, parcel: Parcel) {
    // That it was claimed must outlive the power, or it would be shown once more.
    service.disk.settle().await;
    let title = &parcel.notice.title;
    let outcome = match channels::first_that_takes(service, &parcel).await {
        Ok(channel) => {
            fault::point("notice.sent");
            info!(title, channel = channel.word(), "a notice was sent");
            NoticeOutcome::Sent { channel: channel.word().to_owned() }
        }
        Err(why) => {
            warn!(title, why, "a notice reached nobody");
            NoticeOutcome::Failed(why)
        }
    };
    let (numbers, at) = (parcel.numbers, clock::wall_ms());
    let settled =
        service.store.with(move |registry| registry.settle_notices(&numbers, &outcome, at)).await;
    fault::point("notice.settled");
    if let Err(refused) = settled {
        error!(error = &refused as &dyn std::error::Error, "a notice stays unsettled");
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::{mpsc, oneshot};

    use super::*;

    #[tokio::test]
    async fn what_is_about_one_session_waits_for_what_came_before_and_nothing_else_does() {
        let mut queues = Queues::default();
        let (told, mut heard) = mpsc::channel(8);
        let (open, gate) = oneshot::channel::<()>();
        let say = |word: &'static str| {
            let told = told.clone();
            async move { told.send(word).await.unwrap() }
        };
        let first = say("first");
        queues.append(Some(SessionId(1)), async move {
            gate.await.unwrap();
            first.await;
        });
        queues.append(Some(SessionId(1)), say("second"));
        queues.append(Some(SessionId(2)), say("other"));
        queues.append(None, say("summary"));
        let free = [heard.recv().await, heard.recv().await];
        assert_eq!(free, [Some("other"), Some("summary")]);
        open.send(()).unwrap();
        assert_eq!([heard.recv().await, heard.recv().await], [Some("first"), Some("second")]);
    }
}
