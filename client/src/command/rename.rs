//! `appctl rename`: a session gets another name.

use app_model::SessionView;
use app_wire::control::Request;

use super::Done;
use super::context::{Context, demand, exactly, find_named, own_session};
use crate::cli;
use crate::exit::Status;
use crate::render::session;
use crate::render::words::id_and_name;
use crate::usage::UsageError;

pub(super) fn run(context: &Context, args: cli::Rename) -> Done {
    let (id, name) = match args.name {
        Some(name) => (args.id, name),
        // Inside a session a single word is the new name.
        None => (own_session().ok_or(UsageError::WhichSession { verb: "rename" })?, args.id),
    };
    let mut daemon = context.daemon()?;
    let view = find_named(&mut daemon, &id)?;
    demand(&mut daemon, &Request::Rename { target: exactly(view.id), name: name.clone() })?;
    let renamed = SessionView { name: name.trim().to_owned(), ..view };
    if context.output.json {
        context.output.json(&session::json(&renamed))?;
    } else {
        context.output.line(&format!("renamed · {}", id_and_name(&renamed)))?;
    }
    Ok(Status::DONE)
}
