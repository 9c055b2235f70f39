//! `notices`: what was told, what could not be, and a test of the channels.

use app_model::settings::Channel;
use app_registry::NoticeRow;
use app_wire::control::{ErrorCode, Failure, NoticeView, Reply};

use crate::notify;
use crate::server::failure::{failure, of_store};
use crate::service::Service;

pub(in crate::server) async fn list(service: &Service, unseen: bool) -> Result<Reply, Failure> {
    let rows = service.store.with(move |registry| registry.notices(unseen)).await;
    let rows = rows.map_err(|error| of_store(&error))?;
    Ok(Reply::Notices(rows.into_iter().map(view).collect()))
}

pub(in crate::server) async fn seen(service: &Service, through: u64) -> Result<Reply, Failure> {
    let seen = service.store.with(move |registry| registry.notices_seen(through)).await;
    seen.map_err(|error| of_store(&error))?;
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
