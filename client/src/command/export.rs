//! `appctl export`: a run's recording in a form that other programs play.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;

use app_model::spec::command_line;
use app_model::{SessionView, Spec};
use serde_json::json;

use super::Done;
use super::context::{Context, find_named};
use super::logs::{gap, run_dir};
use crate::asciicast::{About, Format, Writer};
use crate::cli;
use crate::exit::Status;
use crate::output::Output;
use crate::record::{Item, Position, RecordError, Recording, RunDir};
use crate::report::{Explain, Report};

/// Bytes per write.
const WRITE: usize = 64 << 10;

/// The file cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{}`", .path.display())]
struct FileError {
    path: PathBuf,
    source: io::Error,
}

impl Explain for FileError {}

pub(super) fn run(context: &Context, args: cli::Export) -> Done {
    let mut daemon = context.daemon()?;
    let view = find_named(&mut daemon, &args.id)?;
    let (run, dir) = run_dir(&view, args.run)?;
    let Some(beginning) = Recording::beginning(&dir)? else {
        return Err(RecordError::NoTimes { session: view.id, run, tty: view.tty }.into());
    };
    let about = About {
        beginning,
        term: term_of(&view),
        title: view.name.clone(),
        command: command_line(&view.argv),
    };
    let path = args.output.filter(|path| path.as_os_str() != "-");
    let mut sink = Sink::new(context.output, path.clone())?;
    write(context.output, &dir, &about, args.format, &mut sink)?;
    sink.flush()?;
    if let Some(path) = path
        && context.output.json
    {
        let file = path.to_string_lossy();
        context.output.json(&json!({ "id": view.id, "run": run, "file": file }))?;
    }
    Ok(Status::DONE)
}

/// Where lines go, many at once.
struct Sink {
    waiting: String,
    output: Output,
    /// Instead of standard output.
    file: Option<(File, PathBuf)>,
}

impl Sink {
    fn new(output: Output, path: Option<PathBuf>) -> Result<Self, FileError> {
        let file = match path {
            Some(path) => match File::create(&path) {
                Ok(file) => Some((file, path)),
                Err(source) => return Err(FileError { path, source }),
            },
            None => None,
        };
        Ok(Self { waiting: String::new(), output, file })
    }

    fn line(&mut self, line: &str) -> Result<(), Report> {
        self.waiting += line;
        self.waiting.push('\n');
        if self.waiting.len() < WRITE { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> Result<(), Report> {
        match &mut self.file {
            None => self.output.text(&self.waiting)?,
            Some((file, path)) => file
                .write_all(self.waiting.as_bytes())
                .map_err(|source| FileError { path: path.clone(), source })?,
        }
        self.waiting.clear();
        Ok(())
    }
}

/// Writes all that is there.
fn write(
    output: Output,
    dir: &RunDir,
    about: &About,
    format: Format,
    sink: &mut Sink,
) -> Result<(), Report> {
    let (mut writer, header) = Writer::new(format, about);
    sink.line(&header)?;
    let mut recording = Recording::at(dir, Position::default());
    while let Some(item) = recording.next()? {
        let event = match item {
            Item::Output { at, bytes } => writer.output(at.map_or(0, |at| at.elapsed_ms), &bytes),
            Item::Resize { at, rows, cols } => Some(writer.resize(at.elapsed_ms, rows, cols)),
            Item::Gap { at, lost } => {
                output.note(&gap(at, lost));
                Some(writer.gap(at.elapsed_ms, lost))
            }
        };
        event.iter().try_for_each(|event| sink.line(event))?;
    }
    let end = dir.exit().map(|record| (record.elapsed_ms, record.exit));
    writer.finish(end).iter().try_for_each(|event| sink.line(event))
}

/// The kind of terminal that the program was told of.
fn term_of(view: &SessionView) -> Option<String> {
    let spec = std::fs::read(view.dir.to_path().join("spec")).ok()?;
    let spec: Spec = serde_json::from_slice(&spec).ok()?;
    let (_, term) = spec.env.into_iter().find(|(name, _)| *name == "TERM".into())?;
    Some(term.shown())
}
