//! `appctl pause` and `appctl continue`: sessions stand still, and go on.

use app_wire::control::{Reply, Request, Target};

use super::Done;
use super::context::Context;
use crate::cli;
use crate::connect::AskError;
use crate::exit::Status;
use crate::render::session;
use crate::render::words::id_and_name;

pub(super) fn pause(context: &Context, args: cli::Many) -> Done {
    ask(context, &Request::Pause { targets: targets(args) }, "paused")
}

pub(super) fn go_on(context: &Context, args: cli::Many) -> Done {
    ask(context, &Request::Continue { targets: targets(args) }, "continued")
}

fn targets(which: cli::Many) -> Vec<Target> {
    which.ids.into_iter().map(Target::Named).collect()
}

fn ask(context: &Context, request: &Request, done: &str) -> Done {
    let Reply::Stood(views) = context.daemon()?.ask(request)? else {
        return Err(AskError::OffTopic.into());
    };
    let output = context.output;
    if output.json {
        output.json(&session::array(&views))?;
        return Ok(Status::DONE);
    }
    for view in &views {
        output.line(&format!("{done} · {}", id_and_name(view)))?;
    }
    Ok(Status::DONE)
}
