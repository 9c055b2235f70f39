//! `appctl hook`, as the parser hands it over. An agent's call does not come this way: see
//! [`crate::hook`].

use super::Done;
use crate::cli;
use crate::hook::{self, Call};

pub(super) fn run(args: cli::Hook) -> Done {
    Ok(hook::run(Call { agent: args.agent, event: args.event, json: args.json }))
}
