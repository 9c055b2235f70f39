//! `notices`: what was told, what could not be, and a test of the channels.

use std::collections::HashSet;

use app_model::SessionId;
use app_model::settings::Channel;
use app_registry::{NoticeRow, Registry, RegistryError};
use app_wire::control::{ErrorCode, Failure, NoticeView, Reply};

use crate::notify;
use crate::server::failure::{failure, of_store};
use crate::service::Service;

pub(in crate::server) async fn list(
    service: &Service,
    unseen: bool,
    within: Option<SessionId>,
) -> Result<Reply, Failure> {
    let rows = service.store.with(move |registry| about(registry, unseen, within)).await;
    let rows = rows.map_err(|error| of_store(&error))?;
    Ok(Reply::Notices(rows.into_iter().map(view).collect()))
}

pub(in crate::server) async fn seen(
    service: &Service,
    through: u64,
    within: Option<SessionId>,
) -> Result<Reply, Failure> {
    let seen = service.store.with(move |registry| {
        if within.is_none() {
            return registry.notices_seen(through);
        }
        let unseen = about(registry, true, within)?;
        let numbers = unseen.iter().map(|row| row.about.number);
        let numbers: Vec<_> = numbers.filter(|&number| number <= through).collect();
        registry.notices_put_away(&numbers)
    });
    seen.await.map_err(|error| of_store(&error))?;
    Ok(Reply::Done)
}

pub(in crate::server) async fn test(
    service: &Service,
    channel: Option<&str>,
) -> Result<Reply, Failure> {
    let channel = match channel {
        None => None,
        Some(word) => Some(Channel::of_word(word).ok_or_else(|| no_channel(word))?),
    };
    Ok(Reply::Told(notify::test(service, channel).await))
}

/// Notices about a session and those that were started from it, or about all.
fn about(
    registry: &mut Registry,
    unseen: bool,
    within: Option<SessionId>,
) -> Result<Vec<NoticeRow>, RegistryError> {
    let mut rows = registry.notices(unseen)?;
    if let Some(top) = within {
        let family = registry.family(top, true)?;
        let family: HashSet<_> = family.into_iter().map(|row| row.view.id).collect();
        rows.retain(|row| family.contains(&row.about.session));
    }
    Ok(rows)
}

fn no_channel(word: &str) -> Failure {
    let words = Channel::ALL.map(Channel::word).join(", ");
    Failure {
        hint: Some(format!("The channels are {words}.")),
        ..failure(ErrorCode::Usage, format!("there is no channel `{word}`"))
    }
}

fn view(row: NoticeRow) -> NoticeView {
    let NoticeRow { about, created_at_ms, channel, why, seen } = row;
    NoticeView {
        number: about.number,
        session: about.session,
        name: about.name,
        kind: about.notice.kind.word().to_owned(),
        title: about.notice.title,
        body: about.notice.body,
        at_ms: created_at_ms,
        channel,
        why,
        seen,
    }
}
