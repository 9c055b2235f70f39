//! `appctl pin` and `appctl unpin`: a session is kept, whatever its age.

use app_model::SessionView;
use app_wire::control::Request;

use super::Done;
use super::context::{Context, demand, exactly, find_all};
use crate::cli;
use crate::exit::Status;
use crate::render::session;
use crate::render::words::id_and_name;

pub(super) fn run(context: &Context, which: &cli::Many, pinned: bool) -> Done {
    let mut daemon = context.daemon()?;
    let views = find_all(&mut daemon, &which.ids)?;
    let targets = views.iter().map(|view| exactly(view.id)).collect();
    demand(&mut daemon, &Request::Pin { targets, pinned })?;
    let views: Vec<_> = views.into_iter().map(|view| SessionView { pinned, ..view }).collect();
    if context.output.json {
        context.output.json(&session::array(&views))?;
        return Ok(Status::DONE);
    }
    let done = if pinned { "pinned" } else { "unpinned" };
    for view in &views {
        context.output.line(&format!("{done} · {}", id_and_name(view)))?;
    }
    Ok(Status::DONE)
}
