//! `appctl replay`: a run once more, in this terminal, at its own pace or another.

use super::Done;
use super::context::{Context, find_named};
use super::logs::run_dir;
use crate::cli;
use crate::exit::Status;
use crate::record::{Position, RecordError, Recording};
use crate::render::words::amount;
use crate::replay::{self, Pace, Played};
use crate::usage::UsageError;

pub(super) fn run(context: &Context, args: cli::Replay) -> Done {
    let mut daemon = context.daemon()?;
    let view = find_named(&mut daemon, &args.id)?;
    let (run, dir) = run_dir(&view, args.run)?;
    let Some(beginning) = Recording::beginning(&dir)? else {
        return Err(RecordError::NoTimes { session: view.id, run, tty: view.tty }.into());
    };
    drop(daemon);
    let pace = Pace { speed: args.speed, most_idle_ms: args.max_idle };
    let mut recording = Recording::at(&dir, Position::default());
    let Some(played) = replay::play(&mut recording, beginning.at, pace)? else {
        return Err(UsageError::NoTerminal {
            verb: "replay",
            instead: "Read it with `appctl logs`, or make a file for a player: `appctl export`.",
        }
        .into());
    };
    let Played { to_the_end, lost, terminal } = played;
    if lost > 0 {
        context.output.note(&format!("note: {} could not be recorded", amount(lost)));
    }
    if terminal.rows < beginning.rows || terminal.cols < beginning.cols {
        let (rows, cols) = (beginning.rows, beginning.cols);
        context.output.note(&format!("note: it was recorded on a terminal of {cols}x{rows}"));
    }
    if !to_the_end {
        context.output.note("[replay left]");
    }
    Ok(Status::DONE)
}
