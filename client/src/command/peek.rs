//! `appctl peek`: the screen of a session, now or when it ended.

use app_model::SessionView;
use app_model::reset::{RESET, below, make_room};
use app_model::text::printable;
use app_sys::places::Places;
use serde_json::json;

use super::Done;
use super::context::{Context, find_named};
use crate::attach::size_of_any;
use crate::cli;
use crate::exit::{Code, Status};
use crate::hold;
use crate::record::RunDir;
use crate::report::{Explain, Report};

/// There is nothing to see.
#[derive(Debug, thiserror::Error)]
#[error("session {id} has left no screen")]
struct NoScreen {
    id: app_model::SessionId,
    tty: bool,
}

impl Explain for NoScreen {
    fn code(&self) -> Code {
        Code::Conflict
    }

    fn hint(&self) -> Option<String> {
        let why = if self.tty { "" } else { "It has no terminal. " };
        Some(format!("{why}Read what it wrote: `appctl logs {}`.", self.id))
    }
}

pub(super) fn run(context: &Context, args: cli::Peek) -> Done {
    let mut daemon = context.daemon()?;
    let view = find_named(&mut daemon, &args.id)?;
    let mut screen = screen(context.places()?, &view, args.ansi)?;
    if !args.ansi {
        screen = harmless(&screen).into_bytes();
    }
    let output = context.output;
    if output.json {
        let (id, text) = (view.id, String::from_utf8_lossy(&screen));
        output.json(&json!({ "id": id, "live": view.phase.is_live(), "screen": text }))?;
        return Ok(Status::DONE);
    }
    if args.ansi && output.terminal {
        // The screen is written from the top, and its modes are for looking at only.
        let rows = size_of_any().unwrap_or_default().rows;
        output.text(&make_room(rows))?;
        output.bytes(&screen)?;
        output.text(&(RESET.to_owned() + &below(&screen, rows)))?;
    } else {
        output.bytes(&screen)?;
    }
    if !args.ansi && screen.last().is_some_and(|&byte| byte != b'\n') {
        output.text("\n")?;
    }
    context.seen(&mut daemon, &view);
    Ok(Status::DONE)
}

/// The text of a screen with what acts on a terminal left out: cells may hold any character.
fn harmless(screen: &[u8]) -> String {
    let text = String::from_utf8_lossy(screen);
    text.split('\n').map(printable).collect::<Vec<_>>().join("\n")
}

/// The screen from whoever has it: the holder, or the record.
fn screen(places: &Places, view: &SessionView, ansi: bool) -> Result<Vec<u8>, Report> {
    if !view.tty {
        return Err(NoScreen { id: view.id, tty: false }.into());
    }
    if view.phase.is_live() {
        match hold::screen(places, view.id, ansi, 0) {
            Err(error) if error.is_end() => {} // It ended just now.
            other => return Ok(other?),
        }
    }
    let dir = RunDir::of(view, view.run);
    let screen = if ansi { dir.screen()? } else { dir.screen_text()? };
    Ok(screen.ok_or(NoScreen { id: view.id, tty: true })?)
}
