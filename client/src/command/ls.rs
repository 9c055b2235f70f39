//! `appctl ls`: the sessions, newest first.

use super::Done;
use super::context::{Context, home, list};
use crate::attach::size_of_any;
use crate::cli::Ls;
use crate::exit::Status;
use crate::render::style::Paint;
use crate::render::{session, table};

pub(super) fn run(context: &Context, args: &Ls) -> Done {
    let mut daemon = context.daemon()?;
    let output = context.output;
    // A table has no column for what holders and the kernel would have to be asked for.
    let views = list(&mut daemon, args.all, output.json)?;
    if output.json {
        output.json(&session::array(&views))?;
    } else if views.is_empty() && output.terminal {
        let more = if args.all { "" } else { "; `appctl ls --all` shows those that ended" };
        output.note(&format!("no sessions{more}"));
    } else {
        let home = home();
        let place = table::Place {
            width: output.terminal.then(width),
            paint: Paint::new(output.colour),
            home: home.as_deref(),
            now_ms: app_sys::clock::wall_ms(),
        };
        output.text(&table::sessions(&views, place))?;
    }
    Ok(Status::DONE)
}

/// The terminal's width: `COLUMNS` where it is set, else what the terminal says.
fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    columns
        .filter(|&columns| columns > 0)
        .unwrap_or_else(|| usize::from(size_of_any().unwrap_or_default().cols))
}
