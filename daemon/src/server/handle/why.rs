//! `why`: what is believed of a session, and what that rests on.

use app_model::SessionView;
use app_model::evidence::{Evidence, Source};
use app_wire::control::{Fact, Failure, Reply, Target, Why};

use super::resolve::{resolve, view_of};
use crate::server::failure::of_shutdown;
use crate::service::Service;

pub(in crate::server) async fn handle(
    service: &Service,
    target: &Target,
) -> Result<Reply, Failure> {
    let id = resolve(service, target).await?;
    let live = service.supervisor.get(id).await.map_err(of_shutdown)?;
    let believed = match &live {
        Some(live) => live.why().await,
        None => vec![],
    };
    let session = view_of(service, id).await?;
    let mut facts = vec![process(&session)];
    facts.extend(believed.into_iter().map(|fact| Fact {
        name: fact.name.to_owned(),
        value: fact.value,
        evidence: fact.evidence,
        overruled: fact.overruled,
    }));
    Ok(Reply::Why(Box::new(Why { session, facts })))
}

/// The one fact that is seen directly.
fn process(view: &SessionView) -> Fact {
    let detail = match (view.pid, view.exit) {
        (Some(pid), None) => format!("the holder has process {pid}"),
        (_, Some(exit)) => format!("the run is over: {}", exit.reason()),
        (None, None) => "the holder was asked for a run".to_owned(),
    };
    let since_ms = view.ended_at_ms.or(view.started_at_ms).unwrap_or(view.created_at_ms);
    Fact {
        name: "process".into(),
        value: view.phase.word().into(),
        evidence: Some(Evidence { source: Source::Process, detail, since_ms }),
        overruled: vec![],
    }
}
