//! `appctl completions`: the script that a shell loads.

use clap_complete::Shell;

use super::Done;
use super::context::Context;
use crate::exit::Status;

pub(super) fn run(context: &Context, shell: Shell) -> Done {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut crate::cli::command(), "appctl", &mut script);
    context.output.bytes(&script)?;
    Ok(Status::DONE)
}
