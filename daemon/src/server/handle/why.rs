//! `why`: what is believed of a session, and what that rests on.

use std::time::Duration;

use app_model::SessionView;
use app_model::evidence::{Evidence, Source};
use app_model::idle::{Awake, Life};
use app_sys::clock;
use app_wire::control::{Fact, Failure, Reply, Target, Why};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::resolve::{resolve, view_of};
use crate::idle;
use crate::server::failure::{of_shutdown, of_store};
use crate::service::Service;

pub(in crate::server) async fn handle(
    service: &Service,
    target: &Target,
) -> Result<Reply, Failure> {
    let id = resolve(service, target).await?;
    let live = service.supervisor.get(id).await.map_err(of_shutdown)?;
    let known = match &live {
        Some(live) => live.why().await,
        None => None,
    };
    let sleep = match &known {
        Some((_, life)) => {
            let why = idle::awake(service, id, life).await.map_err(|error| of_store(&error))?;
            let short = service.settings().await.idle.under_pressure;
            why.map(|why| sleep(why, life, short))
        }
        None => None,
    };
    let session = view_of(service, id).await?;
    let mut facts = vec![process(&session)];
    let believed = known.map(|(believed, _)| believed).unwrap_or_default();
    facts.extend(believed.into_iter().map(|fact| Fact {
        name: fact.name.to_owned(),
        value: fact.value,
        evidence: fact.evidence,
        overruled: fact.overruled,
    }));
    facts.extend(sleep);
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

/// When a session whose agent waits is put to sleep, or what keeps it awake. With `short` it is
/// when memory is short.
fn sleep(why: Awake, life: &Life, short: bool) -> Fact {
    let (now, now_ms) = (Duration::from_millis(clock::boot_ms()), clock::wall_ms());
    let ms = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    let value = match why {
        Awake::Until(at) if at <= now => "now".into(),
        Awake::Until(at) => {
            format!("at {}", clock_time(now_ms.saturating_add(ms(at - now)), now_ms))
        }
        Awake::Off if short => "only when memory is short".into(),
        Awake::Paused
        | Awake::Shown
        | Awake::Asks
        | Awake::NoWayOn
        | Awake::Pinned
        | Awake::HasTask
        | Awake::IsTask
        | Awake::Off => "never, as it is".into(),
    };
    let since_ms = now_ms.saturating_sub(ms(now.saturating_sub(life.turn_since)));
    let evidence = Evidence { source: Source::Policy, detail: reason(why).into(), since_ms };
    Fact { name: "sleep".into(), value, evidence: Some(evidence), overruled: vec![] }
}

fn reason(why: Awake) -> &'static str {
    match why {
        Awake::Paused => "it is paused",
        Awake::Shown => "a terminal is attached",
        Awake::Asks => "it asks for a person",
        Awake::NoWayOn => "it is not known how its conversation could be gone on with",
        Awake::Pinned => "it is pinned",
        Awake::HasTask => "a task of it runs",
        Awake::IsTask => "it is a task, and whoever began it waits for its end",
        Awake::Off => "`[idle] after` is not set",
        Awake::Until(_) => "it waits for its next turn, and nobody uses it",
    }
}

/// The time of day in this place, with the date unless it is today's.
fn clock_time(at_ms: i64, now_ms: i64) -> String {
    let zone = TimeZone::system();
    let here = |ms| {
        let at = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
        at.to_zoned(zone.clone())
    };
    let (at, now) = (here(at_ms), here(now_ms));
    let form = if at.date() == now.date() { "%H:%M" } else { "%b %-d %H:%M" };
    at.strftime(form).to_string()
}
