//! `ls`: sessions, newest first, in pieces.

use app_model::SessionId;
use app_wire::control::{Failure, Reply};

use crate::server::connection::{HungUp, Outbox};
use crate::server::failure::{of_shutdown, of_store};
use crate::service::{Known, Service};

/// Sessions in one piece.
const PIECE: usize = 500;

pub(in crate::server) async fn handle(
    service: &Service,
    all: bool,
    detail: bool,
    outbox: &mut Outbox<'_>,
) -> Result<Reply, HungUp> {
    let live = match service.supervisor.all().await {
        Ok(live) => live,
        Err(error) => return Ok(Reply::Failed(of_shutdown(error))),
    };
    let known = service.known(&live, detail).await;
    let mut before = None;
    loop {
        match piece(service, &known, all, detail, before).await {
            Ok(sessions) if sessions.len() < PIECE => {
                return Ok(Reply::Sessions { sessions, last: true });
            }
            Ok(sessions) => {
                before = sessions.last().map(|last| (last.created_at_ms, last.id));
                outbox.send(&Reply::Sessions { sessions, last: false }).await?;
            }
            Err(failed) => return Ok(Reply::Failed(failed)),
        }
    }
}

/// A session and those that were started from it: few enough for one piece.
pub(in crate::server) async fn family(
    service: &Service,
    top: SessionId,
    all: bool,
    detail: bool,
) -> Result<Reply, Failure> {
    let live = service.supervisor.all().await.map_err(of_shutdown)?;
    let rows = service.store.with(move |registry| registry.family(top, all)).await;
    let rows = rows.map_err(|error| of_store(&error))?;
    let live: Vec<_> =
        live.into_iter().filter(|live| rows.iter().any(|row| row.view.id == live.id)).collect();
    let known = service.known(&live, detail).await;
    Ok(Reply::Sessions { sessions: service.views(rows, &known, detail).await, last: true })
}

async fn piece(
    service: &Service,
    known: &Known,
    all: bool,
    detail: bool,
    before: Option<(i64, SessionId)>,
) -> Result<Vec<app_model::SessionView>, Failure> {
    let rows = service.store.with(move |registry| registry.list(all, before, PIECE)).await;
    let rows = rows.map_err(|error| of_store(&error))?;
    Ok(service.views(rows, known, detail).await)
}
