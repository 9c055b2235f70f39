//! From what a person wrote to a session.

use app_model::selector::{nearest, parse};
use app_model::text::printable;
use app_model::{SessionId, SessionView};
use app_registry::{Found, SessionRow};
use app_wire::control::{Candidate, ErrorCode, Failure, Target};

use crate::server::failure::{failure, of_shutdown, of_store};
use crate::service::Service;

/// The session that is meant, or why none is.
pub(super) async fn resolve(service: &Service, target: &Target) -> Result<SessionId, Failure> {
    let Target::Named(text) = target else { return last_used(service).await };
    let wanted = text.clone();
    let found = service.store.with(move |registry| registry.find(&parse(&wanted))).await;
    the_one(text, found.map_err(|error| of_store(&error))?)
}

/// The session that was found, or why there is none.
pub(in crate::server) fn the_one(text: &str, found: Found) -> Result<SessionId, Failure> {
    match found {
        Found::One(id) => Ok(id),
        Found::Several(rows) => Err(ambiguous(text, rows)),
        Found::None { names } => Err(not_found(text, &names)),
    }
}

/// The session that is meant, as it is shown now, in as little time as possible: somebody
/// waits for it with a key in mind.
pub(super) async fn find(service: &Service, target: &Target) -> Result<SessionView, Failure> {
    let Target::Named(text) = target else {
        return view_of(service, last_used(service).await?).await;
    };
    let wanted = text.clone();
    let found = service.store.with(move |registry| {
        let found = registry.find(&parse(&wanted))?;
        let row = match found {
            Found::One(id) => registry.session(id)?,
            Found::Several(_) | Found::None { .. } => None,
        };
        Ok((found, row))
    });
    let (found, row) = found.await.map_err(|error| of_store(&error))?;
    let id = the_one(text, found)?;
    let live = service.supervisor.get(id).await.map_err(of_shutdown)?;
    match row {
        // Nothing has happened to it in between.
        Some(row) if row.view.phase.is_live() == live.is_some() => {
            let known = service.known(live.as_slice(), false).await;
            let views = service.views(vec![row], &known, false).await;
            views.into_iter().next().ok_or_else(|| failure(ErrorCode::Failed, "a view was lost"))
        }
        Some(_) | None => view_of(service, id).await,
    }
}

/// All the sessions that are meant, each once, in the order in which they were named.
pub(super) async fn resolve_all(
    service: &Service,
    targets: &[Target],
) -> Result<Vec<SessionId>, Failure> {
    let mut ids = Vec::with_capacity(targets.len());
    for target in targets {
        let id = resolve(service, target).await?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// The registry's row of a session that was there a moment ago.
pub(super) async fn row_of(service: &Service, id: SessionId) -> Result<SessionRow, Failure> {
    let row = service.store.with(move |registry| registry.session(id)).await;
    row.map_err(|error| of_store(&error))?.ok_or_else(|| {
        failure(ErrorCode::NotFound, format!("the session {id} was removed in the meantime"))
    })
}

/// A session as it is shown now, as far as it is known without asking anybody.
pub(super) async fn view_of(service: &Service, id: SessionId) -> Result<SessionView, Failure> {
    laid_over(service, id, false).await
}

/// The same after its holder was asked.
pub(super) async fn fresh_view_of(
    service: &Service,
    id: SessionId,
) -> Result<SessionView, Failure> {
    laid_over(service, id, true).await
}

async fn laid_over(service: &Service, id: SessionId, fresh: bool) -> Result<SessionView, Failure> {
    let live = service.supervisor.get(id).await.map_err(of_shutdown)?;
    let known = service.known(live.as_slice(), fresh).await;
    let row = row_of(service, id).await?;
    let views = service.views(vec![row], &known, false).await;
    views.into_iter().next().ok_or_else(|| failure(ErrorCode::Failed, "a view was lost"))
}

/// The session that was used last.
pub(in crate::server) async fn last_used(service: &Service) -> Result<SessionId, Failure> {
    let last = service.store.with(|registry| registry.last_used()).await;
    last.map_err(|error| of_store(&error))?.ok_or_else(|| Failure {
        hint: Some("Start one: `appctl start --bg -- CMD`.".into()),
        ..failure(ErrorCode::NotFound, "there is no session yet")
    })
}

fn ambiguous(text: &str, rows: Vec<SessionRow>) -> Failure {
    let candidate = |row: SessionRow| Candidate {
        id: row.view.id,
        name: row.view.name,
        created_at_ms: row.view.created_at_ms,
        cwd: row.view.cwd.shown(),
    };
    let candidates: Vec<_> = rows.into_iter().map(candidate).collect();
    let message = format!("`{}` matches {} sessions", printable(text), candidates.len());
    Failure {
        hint: Some("Use the id of the one you mean.".into()),
        candidates,
        ..failure(ErrorCode::Ambiguous, message)
    }
}

fn not_found(text: &str, names: &[String]) -> Failure {
    let near = nearest(text, names.iter().map(String::as_str));
    let hint = if near.is_empty() {
        "List the sessions with `appctl ls --all`.".to_owned()
    } else {
        let near: Vec<_> = near.into_iter().map(|name| format!("`{name}`")).collect();
        format!("Did you mean {}?", near.join(" or "))
    };
    let message = format!("there is no session `{}`", printable(text));
    Failure { hint: Some(hint), ..failure(ErrorCode::NotFound, message) }
}
