//! `appctl resume`: a session goes on. A live one is attached to; one that ended shows
//! what was there and runs again.

use std::io::IsTerminal as _;

use app_model::reset::{RESET, below, make_room};
use app_model::{SessionId, SessionView, TerminalSize};
use app_wire::control::{Reply, Request, Resume, Resumed, Target};
use serde_json::json;

use super::attach::{choose, refuse_own};
use super::context::{Context, exactly, find};
use super::start::{five_lines, say_unenforced};
use super::watch::{self, Way};
use super::{Done, away, wake};
use crate::attach::{Options, size_of_any};
use crate::cli;
use crate::connect::{AskError, Daemon};
use crate::exit::Status;
use crate::output::{Output, OutputError};
use crate::picker::Offer;
use crate::record::RunDir;
use crate::render::style::Paint;
use crate::report::Report;

/// What a program writes to enter the alternate screen. It has no history, and its
/// screen as bytes would be gone with the reset.
const ENTERS_ALTERNATE: &[u8] = b"\x1b[?1049h";

pub(super) fn run(context: &Context, args: cli::Resume) -> Done {
    let done = pick_up(context, args);
    away::tell_at_last(context);
    done
}

fn pick_up(context: &Context, args: cli::Resume) -> Done {
    let mut daemon = context.daemon()?;
    let target = match (args.id, args.last) {
        (Some(id), _) => Target::Named(id),
        (None, true) => Target::Last,
        (None, false) => match choose(context, "resume", Offer::All)? {
            Some(view) => exactly(view.id),
            None => return Ok(Status::NOTHING_CHOSEN),
        },
    };
    let view = find(&mut daemon, target)?;
    if args.bg {
        return in_background(context.output, &mut daemon, &view, args.quiet);
    }
    if args.quiet {
        context.output.note(&view.id.to_string());
    }
    let options = Options::with_key(args.keys.detach_key);
    go_on(context, daemon, view, options)
}

fn go_on(context: &Context, mut daemon: Daemon, view: SessionView, options: Options) -> Done {
    refuse_own(&view)?;
    let way = Way::of_this_terminal(view.tty, options);
    // One that slept shows by itself what was there.
    let size = size_of_any().filter(|_| std::io::stdout().is_terminal());
    let view = wake::awake(&mut daemon, view, size)?;
    if view.phase.is_live() {
        return watch::run(context, daemon, &view, way);
    }
    let resumed = resume(&mut daemon, &view, false)?;
    say_unenforced(context.output, &resumed.unenforced);
    if matches!(way, Way::Attach(_)) && !resumed.was_live {
        show_earlier(context.output, &view)?;
    }
    watch::run(context, daemon, &watch::with_run(view, resumed.run), way)
}

fn resume(daemon: &mut Daemon, view: &SessionView, background: bool) -> Result<Resumed, AskError> {
    let size = size_of_any().filter(|_| std::io::stdout().is_terminal() && !background);
    ask(daemon, view.id, size, background)
}

/// Has the session run again unless it does.
pub(super) fn ask(
    daemon: &mut Daemon,
    id: SessionId,
    size: Option<TerminalSize>,
    background: bool,
) -> Result<Resumed, AskError> {
    let request = Request::Resume(Resume { target: exactly(id), size, background });
    match daemon.ask(&request)? {
        Reply::Resumed(resumed) => Ok(resumed),
        _ => Err(AskError::OffTopic),
    }
}

fn in_background(output: Output, daemon: &mut Daemon, view: &SessionView, quiet: bool) -> Done {
    let Resumed { id, name, run, was_live, unenforced } = resume(daemon, view, true)?;
    say_unenforced(output, &unenforced);
    if output.json {
        output.json(&json!({
            "id": id, "name": name, "run": run, "was_live": was_live, "unenforced": unenforced
        }))?;
    } else if quiet {
        output.line(&id.to_string())?;
    } else {
        let done = if was_live { "already running" } else { "resumed in background" };
        output.text(&five_lines(done, id, &name))?;
    }
    Ok(Status::DONE)
}

/// The screen and history of the run that ended, and a line below it. Whatever cannot
/// be read is left out: it is a look back, not what was asked for.
fn show_earlier(output: Output, view: &SessionView) -> Result<(), Report> {
    let dir = RunDir::of(view, view.run);
    let screen = dir.screen().ok().flatten().unwrap_or_default();
    let alternate = screen.windows(ENTERS_ALTERNATE.len()).any(|bytes| bytes == ENTERS_ALTERNATE);
    if alternate || screen.is_empty() {
        let text = dir.screen_text().ok().flatten().unwrap_or_default();
        output.bytes(&text)?;
    } else {
        let rows = size_of_any().unwrap_or_default().rows;
        output.text(&make_room(rows))?;
        output.bytes(&screen)?;
        output.text(&(RESET.to_owned() + &below(&screen, rows)))?;
    }
    Ok(separator(output, view)?)
}

fn separator(output: Output, view: &SessionView) -> Result<(), OutputError> {
    let columns = usize::from(size_of_any().unwrap_or_default().cols);
    let how = match view.exit {
        Some(_) if view.was_interrupted() => " · interrupted by reboot".to_owned(),
        Some(exit) => format!(" · {}", exit.reason()),
        None => String::new(),
    };
    let text = format!("── run {}{how} ", view.run);
    let line = "─".repeat(columns.saturating_sub(app_model::text::columns(&text)));
    output.line(&Paint::new(output.colour).dim(&(text + &line)))
}
