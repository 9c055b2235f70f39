//! `appctl rm`: sessions are forgotten and their records deleted.

use app_wire::control::Request;

use super::Done;
use super::context::{Context, demand, exactly, find_all};
use crate::cli;
use crate::exit::Status;
use crate::render::session;
use crate::render::words::id_and_name;

pub(super) fn run(context: &Context, args: cli::Rm) -> Done {
    let mut daemon = context.daemon()?;
    let views = find_all(&mut daemon, &args.which.ids)?;
    let targets = views.iter().map(|view| exactly(view.id)).collect();
    demand(&mut daemon, &Request::Remove { targets, force: args.force })?;
    if context.output.json {
        context.output.json(&session::array(&views))?;
        return Ok(Status::DONE);
    }
    for view in &views {
        context.output.line(&format!("removed · {}", id_and_name(view)))?;
    }
    Ok(Status::DONE)
}
