//! What is reported from inside a session, by an agent's hooks or by a script.

use app_model::notice::What;
use app_model::notice::policy::Looking;
use app_model::report::{MAX_TEXT, Report, Stamp};
use app_model::selector::parse;
use app_model::{RunNumber, SessionId};
use app_registry::{Found, TaskOutcome};
use app_wire::control::{ErrorCode, Failure, Reply, Reported, Target};

use super::resolve::the_one;
use super::tasks::too_many;
use crate::clocks::clocks;
use crate::notify::{self, Happened};
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
    let now = clocks();
    let Target::Named(text) = target else {
        return Err(failure(ErrorCode::Usage, "a report is about a session that is named"));
    };
    let wanted = text.clone();
    let passed = reports.iter().any(is_about_the_agent).then(|| (stamp.clone(), reports.clone()));
    let teller = service.notices.clone();
    // One visit: there may be a thousand of these a second.
    let taken = service.store.with(move |registry| {
        let found = registry.find(&parse(&wanted))?;
        let Found::One(id) = found else { return Ok(Err(found)) };
        let most = teller.settings().tasks.max_live;
        let mut news = News { id, full: None, ended: Vec::new(), rolls_up: false };
        for report in &reports {
            let outcome = registry.report_task(id, &stamp, report, &now, most)?;
            news.add(report, outcome, most);
        }
        if !news.ended.is_empty() {
            let agent = registry.session(id)?.and_then(|row| row.view.agent);
            news.rolls_up = teller.rolls_up(agent.as_deref());
        }
        Ok(Ok(news))
    });
    let news = match taken.await.map_err(|error| of_store(&error))? {
        Ok(news) => news,
        Err(found) => return the_one(&text, found).map(|_| Reply::Done),
    };
    if let Some(most) = news.full {
        return Err(too_many(news.id, most));
    }
    if passed.is_none() && news.ended.is_empty() {
        return Ok(Reply::Done); // Nobody else is concerned.
    }
    let live = service.supervisor.get(news.id).await.map_err(of_shutdown)?;
    if let (Some(live), Some((stamp, reports))) = (&live, passed) {
        // One that ends meanwhile does not care.
        live.report(stamp, reports).map_err(|error| of_up(&error, &news.id.to_string()))?;
    }
    let looking = live.map_or(Looking::attached(0), |live| live.live().looking());
    if news.rolls_up {
        service.notices.task_ended(news.id);
    }
    for (run, what) in news.ended {
        let happened = Happened { session: news.id, run, what, looking };
        notify::happened(&service.store, &service.notices, happened).await;
    }
    Ok(Reply::Done)
}

/// What the registry made of some reports.
struct News {
    id: SessionId,
    /// There was no room for a task: so many are live.
    full: Option<u32>,
    /// What a person may want to know, with its run.
    ended: Vec<(RunNumber, What)>,
    /// The ends of tasks are told all together.
    rolls_up: bool,
}

impl News {
    fn add(&mut self, report: &Report, outcome: TaskOutcome, most: u32) {
        match (outcome, report) {
            (TaskOutcome::TooMany, _) => self.full = Some(most),
            (
                TaskOutcome::Ended { label, elapsed_ms, run },
                Report::TaskEnded { outcome, summary, .. },
            ) => {
                let (outcome, summary) = (*outcome, summary.clone());
                self.ended.push((run, What::TaskEnded { label, outcome, elapsed_ms, summary }));
            }
            _ => {}
        }
    }
}

/// Whether the session's agent is concerned, and not only work inside it.
fn is_about_the_agent(report: &Report) -> bool {
    !matches!(report, Report::TaskBegan { .. } | Report::TaskEnded { .. })
}

/// Refuses what is larger than anybody needs.
fn check(stamp: &Stamp, reports: &[Report]) -> Result<(), Failure> {
    if reports.len() > MAX_REPORTS {
        let message = format!("{} reports at once are more than {MAX_REPORTS}", reports.len());
        return Err(failure(ErrorCode::Usage, message));
    }
    let texts = reports.iter().flat_map(Report::texts).chain([stamp.source.as_str()]);
    match texts.into_iter().find(|text| text.chars().count() > MAX_TEXT) {
        Some(_) => {
            let message = format!("a text of a report may have {MAX_TEXT} characters at most");
            Err(failure(ErrorCode::Usage, message))
        }
        None => Ok(()),
    }
}
