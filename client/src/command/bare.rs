//! Bare `appctl`: the list of sessions on a terminal, else how it is used.

use std::io::IsTerminal as _;

use app_model::keys::DetachKey;

use super::Done;
use super::context::Context;
use super::{attach, away, resume};
use crate::attach::Options;
use crate::exit::Status;
use crate::picker::Offer;

pub(super) fn run(context: &Context) -> Done {
    let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    if !terminal || context.output.json {
        let help = crate::cli::command().render_help().to_string();
        context.output.note(help.trim_end());
        return Ok(Status(2));
    }
    away::tell(context, &mut context.daemon()?);
    let Some(view) = attach::choose(context, "attach", Offer::All)? else {
        return Ok(Status::DONE);
    };
    resume::bring_up(context, view, Options::with_key(key_from_env()))
}

/// The person's own choice, where no option could have said it.
fn key_from_env() -> DetachKey {
    let chosen = std::env::var("APPCTL_DETACH_KEY").ok();
    chosen.and_then(|key| key.parse().ok()).unwrap_or(DetachKey::DEFAULT)
}
