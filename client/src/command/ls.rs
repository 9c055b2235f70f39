//! `appctl ls`: the sessions, newest first.

use super::context::{Context, home, list};
use super::{Done, away, task};
use crate::cli::Ls;
use crate::exit::Status;
use crate::output::{Output, width};
use crate::render::style::Paint;
use crate::render::{self, session, table};

pub(super) fn run(context: &Context, args: &Ls) -> Done {
    let mut daemon = context.daemon()?;
    let output = context.output;
    away::tell(context, &mut daemon);
    // A table has no column for what holders and the kernel would have to be asked for.
    let views = list(&mut daemon, args.all, output.json)?;
    if output.json {
        output.json(&session::array(&views))?;
    } else if args.tree && !views.is_empty() {
        let tasks = task::tasks(&mut daemon, None, args.all)?;
        output.text(&render::task::tree(&views, &tasks, place(output, home().as_deref())))?;
    } else if views.is_empty() && output.terminal {
        let more = if args.all { "" } else { "; `appctl ls --all` shows those that ended" };
        output.note(&format!("no sessions{more}"));
    } else {
        output.text(&table::sessions(&views, place(output, home().as_deref())))?;
    }
    Ok(Status::DONE)
}

fn place(output: Output, home: Option<&str>) -> table::Place<'_> {
    table::Place {
        width: output.terminal.then(width),
        paint: Paint::new(output.colour),
        home,
        now_ms: app_sys::clock::wall_ms(),
    }
}
