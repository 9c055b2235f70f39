//! What is reported from inside a session, by an agent's hooks or by a script.

use app_model::report::{MAX_TEXT, Report};
use app_model::task::MAX_LIVE;
use app_registry::{Now, TaskOutcome};
use app_sys::clock;
use app_wire::control::{ErrorCode, Failure, Reply, Reported};

use super::resolve::resolve;
use super::tasks::too_many;
use crate::server::failure::{failure, of_store};
use crate::service::Service;

/// Most reports of one request.
const MAX_REPORTS: usize = 64;

pub(in crate::server) async fn handle(
    service: &Service,
    reported: Reported,
) -> Result<Reply, Failure> {
    let Reported { target, stamp, reports } = reported;
    check(&reports)?;
    let id = resolve(service, &target).await?;
    let now = Now {
        wall_ms: clock::wall_ms(),
        boot_ms: clock::boot_ms(),
        boot_id: service.config.boot_id.clone(),
    };
    let full = service.store.with(move |registry| {
        let mut full = false;
        for report in &reports {
            let outcome = registry.report_task(id, &stamp, report, &now, MAX_LIVE)?;
            full |= outcome == TaskOutcome::TooMany;
        }
        Ok(full)
    });
    if full.await.map_err(|error| of_store(&error))? {
        return Err(too_many(id));
    }
    Ok(Reply::Done)
}

/// Refuses what is larger than anybody needs.
fn check(reports: &[Report]) -> Result<(), Failure> {
    if reports.len() > MAX_REPORTS {
        let message = format!("{} reports at once are more than {MAX_REPORTS}", reports.len());
        return Err(failure(ErrorCode::Usage, message));
    }
    match reports.iter().flat_map(texts).find(|text| text.chars().count() > MAX_TEXT) {
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
