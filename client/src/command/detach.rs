//! `appctl detach`: every terminal lets go of a session.

use app_wire::control::Request;

use super::Done;
use super::context::{Context, demand, exactly, find_named};
use crate::cli;
use crate::exit::Status;
use crate::render::session;
use crate::render::words::id_and_name;

pub(super) fn run(context: &Context, args: cli::One) -> Done {
    let mut daemon = context.daemon()?;
    let view = find_named(&mut daemon, &args.id)?;
    demand(&mut daemon, &Request::Detach { target: exactly(view.id) })?;
    if context.output.json {
        context.output.json(&session::json(&view))?;
    } else {
        context.output.line(&format!("detached · {}", id_and_name(&view)))?;
    }
    Ok(Status::DONE)
}
