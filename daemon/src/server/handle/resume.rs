//! `resume`: the next run of a session that ended, or sleeps. `wake`: only of one that sleeps.

use std::time::Duration;

use app_model::session::{DEFAULT_GRACE, INSIST_EVERY, STOP_MARGIN};
use app_model::{Phase, SessionId, TerminalSize};
use app_wire::control::{ErrorCode, Failure, Reply, Resume, Resumed, Target};

use super::limits::{limits_of, unenforced};
use super::resolve::{resolve, row_of};
use crate::next_run::{Beginning, NextRunError, prepare};
use crate::server::failure::{caused, failure, of_ledger, of_shutdown, of_up, room};
use crate::service::Service;
use crate::session::{Begin, By, SessionHandle, UpError, UpOutcome};

/// How often a run may end just when it is asked for.
const TRIES: usize = 3;

/// How long a run that is put to sleep may take to be over, however it resists.
const SLEEP_LIMIT: Duration =
    DEFAULT_GRACE.saturating_add(STOP_MARGIN).saturating_add(INSIST_EVERY.saturating_mul(2));

pub(in crate::server) async fn handle(service: &Service, resume: Resume) -> Result<Reply, Failure> {
    let id = resolve(service, &resume.target).await?;
    // In a task of its own: a client that hangs up must not leave half a run.
    let service = service.clone();
    let begun = tokio::spawn(async move { begin(&service, id, resume.size, Whose::Any).await });
    begun.await.unwrap_or_else(|panic| Err(caused("the resume failed", &panic)))
}

pub(in crate::server) async fn wake(
    service: &Service,
    target: &Target,
    size: Option<TerminalSize>,
) -> Result<Reply, Failure> {
    let id = resolve(service, target).await?;
    let service = service.clone();
    let begun = tokio::spawn(async move { begin(&service, id, size, Whose::Asleep).await });
    begun.await.unwrap_or_else(|panic| Err(caused("the session was not woken", &panic)))
}

/// Which sessions get a next run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// Any that has none.
    Any,
    /// One that sleeps.
    Asleep,
}

async fn begin(
    service: &Service,
    id: SessionId,
    size: Option<TerminalSize>,
    whose: Whose,
) -> Result<Reply, Failure> {
    for _ in 0..TRIES {
        let row = row_of(service, id).await?;
        let is_asleep = row.view.phase == Phase::Asleep;
        let falls_asleep = row.sleep_asked && row.view.exit.is_none();
        if whose == Whose::Asleep && !falls_asleep && !is_asleep {
            let (name, run) = (row.view.name, row.view.run);
            let resumed = Resumed { id, name, run, was_live: true, unenforced: vec![] };
            return Ok(Reply::Resumed(resumed));
        }
        let command = app_model::spec::command_line(&row.view.argv);
        match service.supervisor.get(id).await.map_err(of_shutdown)? {
            Some(live) if falls_asleep => {
                asleep(&live, &row.view.name).await?;
                continue;
            }
            Some(_) => {}
            None => {
                room(service)?;
                let beginning = if is_asleep { Beginning::WhereItWas } else { Beginning::AsItCan };
                let prepared = prepare(service, &row, beginning, size).await;
                prepared.map_err(|refused| of_next_run(&refused, id))?;
            }
        }
        let begin = Begin::Next { run: row.view.run.next(), last: row.view.exit, by: By::Person };
        let actor = service.supervisor.enter(id, begin).await.map_err(of_shutdown)?;
        let (run, was_live) = match actor.up().await {
            Ok(UpOutcome::Started(run)) => (run, false),
            Ok(UpOutcome::WasLive(run)) => (run, true),
            Err(UpError::Gone) => continue,
            Err(refused) if is_asleep => return Err(not_woken(id, of_up(&refused, &command))),
            Err(refused) => return Err(of_up(&refused, &command)),
        };
        let limits = limits_of(service, id).await.unwrap_or_default();
        let unenforced = unenforced(service, &actor, limits).await;
        let name = row.view.name;
        return Ok(Reply::Resumed(Resumed { id, name, run, was_live, unenforced }));
    }
    Err(Failure {
        hint: Some("Look at its output with `appctl logs`.".into()),
        ..failure(ErrorCode::Conflict, format!("the session {id} ends as soon as it starts"))
    })
}

/// Waits until a run that is just put to sleep is over: then it can be woken.
async fn asleep(live: &SessionHandle, name: &str) -> Result<(), Failure> {
    if tokio::time::timeout(SLEEP_LIMIT, live.over()).await.is_ok() {
        return Ok(());
    }
    Err(Failure {
        hint: Some("Try again in a moment.".into()),
        ..failure(ErrorCode::Busy, format!("the session `{name}` is still falling asleep"))
    })
}

/// Why a session sleeps on.
fn not_woken(id: SessionId, why: Failure) -> Failure {
    let because = std::iter::once(why.message).chain(why.because).collect();
    let message = format!("the session {id} could not be woken, and stays asleep");
    Failure { message, because, ..why }
}

/// Why the next run could not be prepared.
fn of_next_run(error: &NextRunError, id: SessionId) -> Failure {
    match error {
        NextRunError::Ledger(refused) => of_ledger(refused),
        NextRunError::NoWayOn => Failure {
            hint: Some(format!(
                "It stays asleep. Read what it wrote with `appctl logs {id}`, or give it up \
                 with `appctl stop {id}`."
            )),
            ..caused(format!("the session {id} cannot be woken"), error)
        },
        NextRunError::BrokeOff(_) => caused(format!("the session {id} was not started"), error),
    }
}
