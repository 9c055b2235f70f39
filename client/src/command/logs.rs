//! `appctl logs`: what a run wrote, read from its transcript.

use app_model::{RunNumber, SessionView};
use app_sys::clock;

use super::Done;
use super::context::{Context, find_named};
use super::follow::{self, Followed};
use super::watch;
use crate::cli;
use crate::exit::Status;
use crate::output::Output;
use crate::record::{Item, Moment, Position, RecordError, Recording, RunDir, Transcript};
use crate::render::lines::{Form, Printer};
use crate::render::time::local;
use crate::render::words::amount;
use crate::report::Report;

pub(super) fn run(context: &Context, args: cli::Logs) -> Done {
    let mut daemon = context.daemon()?;
    let view = find_named(&mut daemon, &args.id)?;
    let (run, dir) = run_dir(&view, args.run)?;
    if args.timestamps || args.since.is_some() {
        demand_times(&view, run, &dir)?;
    }
    let beginning = beginning(&dir, &args)?;
    if beginning == Position::default() && Transcript::lost_its_beginning(&dir) {
        context.output.note("note: the oldest output of this run is no longer kept");
    }
    let form = match (args.raw && !context.output.json, args.timestamps) {
        (true, _) => Form::Raw,
        (false, timestamps) => Form::Lines { timestamps },
    };
    let mut printer = Printer::new(context.output, form);
    let mut recording = Recording::at(&dir, beginning);
    let mut pass_on = || pass_on(&mut recording, &mut printer, context.output);
    if args.follow && view.phase.is_live() && run == view.run {
        match follow::run(context.places()?, view.id, &dir, &mut pass_on)? {
            Followed::Left => {}
            Followed::Ended(_) => watch::seen(context, &view),
        }
    } else {
        pass_on()?;
    }
    printer.finish()?;
    context.seen(&mut daemon, &view);
    Ok(Status::DONE)
}

/// The directory of a session's run: the newest, unless another one is asked for.
pub(super) fn run_dir(
    view: &SessionView,
    run: Option<u32>,
) -> Result<(RunNumber, RunDir), RecordError> {
    let run = run.map_or(view.run, RunNumber);
    let dir = RunDir::of(view, run);
    if dir.exists() { Ok((run, dir)) } else { Err(RecordError::NoRun { session: view.id, run }) }
}

/// Refuses a run without times.
pub(super) fn demand_times(
    view: &SessionView,
    run: RunNumber,
    dir: &RunDir,
) -> Result<(), RecordError> {
    match Recording::beginning(dir)? {
        Some(_) => Ok(()),
        None => Err(RecordError::NoTimes { session: view.id, run, tty: view.tty }),
    }
}

/// Where to begin: with the last lines, and with what came since then, whichever is less.
fn beginning(dir: &RunDir, args: &cli::Logs) -> Result<Position, RecordError> {
    let lines = match args.lines {
        Some(lines) => Position::of_last_lines(dir, lines)?,
        None => Position::default(),
    };
    let since = match &args.since {
        Some(since) => Recording::since(dir, since.seen_from(clock::wall_ms()))?,
        None => Position::default(),
    };
    Ok(lines.max(since))
}

/// What is said of output that could not be recorded.
pub(super) fn gap(at: Moment, lost: u64) -> String {
    let (lost, at) = (amount(lost), local(at.wall_ms));
    format!("note: {lost} of output from {at} on could not be recorded")
}

fn pass_on(recording: &mut Recording, printer: &mut Printer, output: Output) -> Result<(), Report> {
    while let Some(item) = recording.next()? {
        match item {
            Item::Output { at, bytes } => printer.print(at.map(|at| at.wall_ms), &bytes)?,
            Item::Gap { at, lost } => {
                printer.flush()?;
                output.note(&gap(at, lost));
            }
            Item::Resize { .. } => {}
        }
    }
    Ok(printer.flush()?)
}
