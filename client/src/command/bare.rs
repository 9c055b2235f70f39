//! Bare `appctl`: the dashboard on a terminal, else how it is used.

use std::io::IsTerminal as _;

use app_model::keys::DetachKey;

use super::context::Context;
use super::{Done, away};
use crate::attach::Options;
use crate::dashboard;
use crate::exit::Status;

pub(super) fn run(context: &Context) -> Done {
    let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    if !terminal || context.output.json {
        let help = crate::cli::command().render_help().to_string();
        context.output.note(help.trim_end());
        return Ok(Status(2));
    }
    away::tell(context, &mut context.daemon()?);
    dashboard::run(context, Options::with_key(key_from_env()))?;
    Ok(Status::DONE)
}

/// The person's own choice, where no option could have said it.
fn key_from_env() -> DetachKey {
    let chosen = std::env::var("APPCTL_DETACH_KEY").ok();
    chosen.and_then(|key| key.parse().ok()).unwrap_or(DetachKey::DEFAULT)
}
