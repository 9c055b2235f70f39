//! `appctl logs`: what a run wrote, read from its transcript.

use app_model::RunNumber;
use app_model::plain::PlainText;
use serde_json::json;

use super::Done;
use super::context::{Context, find_named};
use super::follow::{self, Followed};
use super::watch;
use crate::cli;
use crate::exit::Status;
use crate::output::{Output, OutputError};
use crate::record::{RecordError, RunDir, Transcript};

pub(super) fn run(context: &Context, args: cli::Logs) -> Done {
    let mut daemon = context.daemon()?;
    let view = find_named(&mut daemon, &args.id)?;
    let run = args.run.map_or(view.run, RunNumber);
    let dir = RunDir::of(&view, run);
    if !dir.exists() {
        return Err(RecordError::NoRun { session: view.id, run }.into());
    }
    let mut transcript = match args.lines {
        Some(lines) => Transcript::last_lines(&dir, lines)?,
        None => Transcript::beginning(&dir),
    };
    if args.lines.is_none() && Transcript::lost_its_beginning(&dir) {
        context.output.note("note: the oldest output of this run is no longer kept");
    }
    let mut printer = Printer::new(context.output, args.raw);
    let live = view.phase.is_live() && run == view.run;
    if args.follow && live {
        let mut sink = |piece: &[u8]| Ok(printer.print(piece)?);
        let places = context.places()?;
        match follow::run(places, view.id, &dir, &mut transcript, &mut sink)? {
            Followed::Left => {}
            Followed::Ended(_) => watch::seen(context, &view),
        }
    } else {
        while let Some(piece) = transcript.read()? {
            printer.print(&piece)?;
        }
    }
    printer.finish()?;
    context.seen(&mut daemon, &view);
    Ok(Status::DONE)
}

/// Writes output in the form that was asked for.
struct Printer {
    output: Output,
    raw: bool,
    plain: PlainText,
}

impl Printer {
    fn new(output: Output, raw: bool) -> Self {
        Self { output, raw, plain: PlainText::new() }
    }

    fn print(&mut self, piece: &[u8]) -> Result<(), OutputError> {
        if self.raw && !self.output.json {
            return self.output.bytes(piece);
        }
        let mut text = String::new();
        self.plain.feed(piece, &mut text);
        self.text(&text)
    }

    /// The line that has no end yet.
    fn finish(&mut self) -> Result<(), OutputError> {
        let mut text = String::new();
        self.plain.finish(&mut text);
        self.text(&text)
    }

    fn text(&self, text: &str) -> Result<(), OutputError> {
        if text.is_empty() {
            return Ok(());
        }
        if !self.output.json {
            return self.output.text(text);
        }
        text.lines().try_for_each(|line| self.output.json(&json!({ "line": line })))
    }
}
