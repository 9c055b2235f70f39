//! `resume`: the next run of a session that ended.

use app_model::{SessionId, TerminalSize};
use app_wire::control::{ErrorCode, Failure, Reply, Resume, Resumed};

use super::disk::on_disk;
use super::limits::{limits_of, unenforced};
use super::resolve::{resolve, row_of};
use crate::ledger;
use crate::server::failure::{caused, failure, of_shutdown, of_up, room};
use crate::service::Service;
use crate::session::{Begin, By, UpError, UpOutcome};

/// How often a run may end just when it is asked for.
const TRIES: usize = 3;

pub(in crate::server) async fn handle(service: &Service, resume: Resume) -> Result<Reply, Failure> {
    let id = resolve(service, &resume.target).await?;
    // In a task of its own: a client that hangs up must not leave half a run.
    let service = service.clone();
    let begun = tokio::spawn(async move { begin(&service, id, resume.size).await });
    begun.await.unwrap_or_else(|panic| Err(caused("the resume failed", &panic)))
}

async fn begin(
    service: &Service,
    id: SessionId,
    size: Option<TerminalSize>,
) -> Result<Reply, Failure> {
    for _ in 0..TRIES {
        let row = row_of(service, id).await?;
        let command = app_model::spec::command_line(&row.view.argv);
        let live = service.supervisor.get(id).await.map_err(of_shutdown)?;
        if live.is_none() {
            room(service)?;
            fit(service, id, size).await?;
        }
        let begin = Begin::Next { run: row.view.run.next(), last: row.view.exit, by: By::Person };
        let actor = service.supervisor.enter(id, begin).await.map_err(of_shutdown)?;
        let (run, was_live) = match actor.up().await {
            Ok(UpOutcome::Started(run)) => (run, false),
            Ok(UpOutcome::WasLive(run)) => (run, true),
            Err(UpError::Gone) => continue,
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

/// Gives the next run the size of the terminal that will look at it.
async fn fit(service: &Service, id: SessionId, size: Option<TerminalSize>) -> Result<(), Failure> {
    let Some(size) = size else { return Ok(()) };
    let places = service.config.places.clone();
    on_disk(move || {
        let mut spec = ledger::read_spec(&places.session_dir(id))?;
        if spec.terminal.is_none_or(|had| had == size) {
            return Ok(());
        }
        spec.terminal = Some(size.at_least_one());
        ledger::write_spec(&places, id, &spec)
    })
    .await
}
