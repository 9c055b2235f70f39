//! `appctl notify test`: a notice on each channel, and what became of it.

use std::time::Duration;

use app_model::text::printable;
use app_wire::control::{Reply, Request, Told};
use serde_json::json;

use super::Done;
use super::context::Context;
use crate::cli::NotifyVerb;
use crate::connect::AskError;
use crate::exit::Status;

/// How long all channels together may take: more than the settings can give them.
const LIMIT: Duration = Duration::from_secs(60 * 60);

pub(super) fn run(context: &Context, verb: NotifyVerb) -> Done {
    let NotifyVerb::Test { channel } = verb;
    let output = context.output;
    let mut daemon = context.daemon()?;
    let asked = daemon.ask_within(&Request::NotifyTest { channel }, Some(LIMIT))?;
    let Reply::Told(told) = asked else { return Err(AskError::OffTopic.into()) };
    if output.json {
        let all: Vec<_> = told
            .iter()
            .map(|one| {
                json!({ "channel": one.channel, "failed": one.failed, "took_ms": one.took_ms })
            })
            .collect();
        output.json(&all)?;
    } else {
        output.text(&told.iter().map(line).collect::<String>())?;
    }
    // One that works is enough to be told.
    let reached = told.iter().any(|one| one.failed.is_none());
    Ok(if reached { Status::DONE } else { Status(1) })
}

fn line(told: &Told) -> String {
    let channel = printable(&told.channel);
    match &told.failed {
        None => format!("{channel}: shown within {} ms\n", told.took_ms),
        Some(why) => format!("{channel}: not shown: {}\n", printable(why)),
    }
}
