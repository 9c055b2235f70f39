//! Bare `appctl`: the list of sessions on a terminal, else how it is used.

use std::io::IsTerminal as _;

use super::Done;
use super::context::Context;
use super::{attach, resume};
use crate::attach::{DetachKey, Options};
use crate::exit::Status;
use crate::picker::Offer;

pub(super) fn run(context: &Context) -> Done {
    let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    if !terminal || context.output.json {
        let help = crate::cli::command().render_help().to_string();
        context.output.note(help.trim_end());
        return Ok(Status(2));
    }
    let Some(view) = attach::choose(context, "attach", Offer::All)? else {
        return Ok(Status::DONE);
    };
    let options = Options { key: DetachKey::from_env(), read_only: false };
    resume::bring_up(context, view, options)
}
