//! What the dashboard does to sessions: as the verbs do it, told in a line.

use std::ffi::OsString;

use app_model::elapsed::ago;
use app_model::text::printable;
use app_model::{SessionId, SessionView};
use app_sys::places::Places;
use app_wire::control::{Reply, Request, Stopped};
use clap::Parser as _;

use super::context::{demand, exactly};
use super::{resume, send as typing, start as starting, stop as ending, wake};
use crate::cli::{Cli, Verb};
use crate::connect::{AskError, Daemon};
use crate::render::words::{id_and_name, id_name_elapsed};
use crate::report::Report;
use crate::usage::{self, UsageError};

/// Notices of a session that are of interest.
const MOST_NOTICES: usize = 5;

/// Asks it to end, and insists.
pub(crate) fn stop(daemon: &mut Daemon, view: &SessionView) -> Result<String, Report> {
    let Stopped { ended, .. } = ending::ask(daemon, vec![exactly(view.id)], None, false)?;
    Ok(match ended.iter().find(|ended| ended.id == view.id) {
        Some(ended) => format!("stopped · {}", id_name_elapsed(ended)),
        None => format!("it was over already · {}", id_and_name(view)),
    })
}

/// Forgets it, with what it wrote.
pub(crate) fn remove(daemon: &mut Daemon, view: &SessionView) -> Result<String, Report> {
    demand(daemon, &Request::Remove { targets: vec![exactly(view.id)], force: false })?;
    Ok(format!("removed · {}", id_and_name(view)))
}

/// Keeps it, or lets go of it.
pub(crate) fn pin(daemon: &mut Daemon, view: &SessionView, pinned: bool) -> Result<String, Report> {
    demand(daemon, &Request::Pin { targets: vec![exactly(view.id)], pinned })?;
    let done = if pinned { "pinned" } else { "unpinned" };
    Ok(format!("{done} · {}", id_and_name(view)))
}

/// Lets it stand still.
pub(crate) fn pause(daemon: &mut Daemon, view: &SessionView) -> Result<String, Report> {
    stood(daemon, &Request::Pause { targets: vec![exactly(view.id)] })?;
    Ok(format!("paused · {}", id_and_name(view)))
}

/// Lets it go on.
pub(crate) fn go_on(daemon: &mut Daemon, view: &SessionView) -> Result<String, Report> {
    stood(daemon, &Request::Continue { targets: vec![exactly(view.id)] })?;
    Ok(format!("continued · {}", id_and_name(view)))
}

fn stood(daemon: &mut Daemon, request: &Request) -> Result<(), AskError> {
    match daemon.ask(request)? {
        Reply::Stood(_) => Ok(()),
        _ => Err(AskError::OffTopic),
    }
}

/// Runs it again in the background, or wakes it.
pub(crate) fn resume(daemon: &mut Daemon, view: &SessionView) -> Result<String, Report> {
    let awake = wake::awake(daemon, view.clone(), None)?;
    if awake.run != view.run {
        return Ok(format!("awake · {}", id_and_name(view)));
    }
    let resumed = resume::ask(daemon, view.id, None, true)?;
    let done = if resumed.was_live { "already running" } else { "resumed in background" };
    Ok(format!("{done} · {}", id_and_name(view)))
}

/// Gives it another name.
pub(crate) fn rename(
    daemon: &mut Daemon,
    view: &SessionView,
    name: &str,
) -> Result<String, Report> {
    demand(daemon, &Request::Rename { target: exactly(view.id), name: name.to_owned() })?;
    Ok(format!("renamed · {} · {}", view.id, printable(name)))
}

/// Types a text into it, with Enter.
pub(crate) fn send(
    places: &Places,
    daemon: &mut Daemon,
    view: &SessionView,
    text: &str,
) -> Result<String, Report> {
    typing::submit(places, daemon, view.clone(), text.as_bytes().to_vec())?;
    Ok(format!("sent · {}", id_and_name(view)))
}

/// Starts a program in the background, as `start --bg` does: with all that this means here.
pub(crate) fn start(
    daemon: &mut Daemon,
    words: &[String],
    name: Option<&str>,
    directory: &str,
) -> Result<(SessionId, String), Report> {
    let mut line: Vec<OsString> =
        ["appctl", "start", "--bg", "--cwd", directory].map(OsString::from).to_vec();
    if let Some(name) = name {
        line.push(format!("--name={name}").into());
    }
    // The place of `--agent` and `--model`, when the form asks for them.
    line.push("--".into());
    line.extend(words.iter().map(OsString::from));
    let args = match Cli::try_parse_from(&line) {
        Ok(Cli { verb: Some(Verb::Start(args)), .. }) => args,
        Ok(_) => return Err(UsageError::NothingToSend.into()),
        Err(error) => return Err(usage::refused(&error).into()),
    };
    let started = starting::begin(daemon, args)?;
    let name = printable(&started.name);
    Ok((started.id, format!("started in background · {} · {name}", started.id)))
}

/// A person saw how it ended.
pub(crate) fn seen(daemon: &mut Daemon, id: SessionId) -> Result<(), Report> {
    Ok(demand(daemon, &Request::Seen { session: id })?)
}

/// What was told of it, a line each, newest first.
pub(crate) fn notices(daemon: &mut Daemon, id: SessionId) -> Result<Vec<String>, Report> {
    let Reply::Notices(notices) = daemon.ask(&Request::Notices { unseen: false })? else {
        return Err(AskError::OffTopic.into());
    };
    let now = app_sys::clock::wall_ms();
    let own = notices.iter().filter(|notice| notice.session == id).take(MOST_NOTICES);
    Ok(own
        .map(|notice| {
            let age = ago(u64::try_from(now - notice.at_ms).unwrap_or(0));
            format!("told {age}: {}", printable(&notice.title))
        })
        .collect())
}
