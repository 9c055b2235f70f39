//! What is reported from inside a session, by an agent's hooks or by a script.

use app_model::SessionId;
use app_model::report::{MAX_TEXT, Report, Stamp};
use app_model::selector::parse;
use app_model::task::MAX_LIVE;
use app_registry::{Found, Now, TaskOutcome};
use app_sys::clock;
use app_wire::control::{ErrorCode, Failure, Reply, Reported, Target};

use super::resolve::the_one;
use super::tasks::too_many;
use crate::server::failure::{caused, failure, of_shutdown, of_store, of_up};
use crate::service::Service;

/// Most reports of one request.
const MAX_REPORTS: usize = 64;

pub(in crate::server) async fn handle(
    service: &Service,
    reported: Reported,
) -> Result<Reply, Failure> {
    // In a task of its own: a hook does not wait for the answer.
    let service = service.clone();
    let taken = tokio::spawn(async move { take(&service, reported).await });
    taken.await.unwrap_or_else(|panic| Err(caused("the report failed", &panic)))
}

async fn take(service: &Service, reported: Reported) -> Result<Reply, Failure> {
    let Reported { target, stamp, reports } = reported;
    check(&stamp, &reports)?;
    let now = Now {
        wall_ms: clock::wall_ms(),
        boot_ms: clock::boot_ms(),
        boot_id: service.config.boot_id.clone(),
    };
    let Target::Named(text) = target else {
        return Err(failure(ErrorCode::Usage, "a report is about a session that is named"));
    };
    let wanted = text.clone();
    let passed = reports.iter().any(is_about_the_agent).then(|| (stamp.clone(), reports.clone()));
    // One visit: there may be a thousand of these a second.
    let taken = service.store.with(move |registry| {
        let found = registry.find(&parse(&wanted))?;
        let Found::One(id) = found else { return Ok(Err(found)) };
        let mut full = false;
        for report in &reports {
            let outcome = registry.report_task(id, &stamp, report, &now, MAX_LIVE)?;
            full |= outcome == TaskOutcome::TooMany;
        }
        Ok(Ok((id, full)))
    });
    match taken.await.map_err(|error| of_store(&error))? {
        Ok((id, true)) => Err(too_many(id)),
        Ok((id, false)) => {
            pass_on(service, id, passed).await?;
            Ok(Reply::Done)
        }
        Err(found) => the_one(&text, found).map(|_| Reply::Done),
    }
}

/// Whether the session's agent is concerned, and not only work inside it.
fn is_about_the_agent(report: &Report) -> bool {
    !matches!(report, Report::TaskBegan { .. } | Report::TaskEnded { .. })
}

/// Tells the session's actor. One that is over does not care.
async fn pass_on(
    service: &Service,
    id: SessionId,
    passed: Option<(Stamp, Vec<Report>)>,
) -> Result<(), Failure> {
    let Some((stamp, reports)) = passed else { return Ok(()) };
    match service.supervisor.get(id).await.map_err(of_shutdown)? {
        Some(live) => live.report(stamp, reports).map_err(|error| of_up(&error, &id.to_string())),
        None => Ok(()),
    }
}

/// Refuses what is larger than anybody needs.
fn check(stamp: &Stamp, reports: &[Report]) -> Result<(), Failure> {
    if reports.len() > MAX_REPORTS {
        let message = format!("{} reports at once are more than {MAX_REPORTS}", reports.len());
        return Err(failure(ErrorCode::Usage, message));
    }
    let texts = reports.iter().flat_map(texts).chain([stamp.source.as_str()]);
    match texts.into_iter().find(|text| text.chars().count() > MAX_TEXT) {
        Some(_) => {
            let message = format!("a text of a report may have {MAX_TEXT} characters at most");
            Err(failure(ErrorCode::Usage, message))
        }
        None => Ok(()),
    }
}

fn texts(report: &Report) -> Vec<&str> {
    match report {
        Report::Conversation { id } => vec![id],
        Report::TurnEnded { failed, .. } => failed.iter().map(String::as_str).collect(),
        Report::NeedsInput { text } => vec![text],
        Report::TaskBegan { ext, label, model } => {
            [ext, label].into_iter().chain(model).map(String::as_str).collect()
        }
        Report::TaskEnded { ext, summary, .. } => {
            std::iter::once(ext).chain(summary).map(String::as_str).collect()
        }
        Report::TurnBegan | Report::Answered | Report::Ended => vec![],
    }
}
