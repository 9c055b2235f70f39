//! `appctl attach`: a live session in this terminal.

use std::io::IsTerminal as _;

use app_model::elapsed::ago;
use app_model::{Exit, SessionId, SessionView};

use super::context::{Context, exactly, find, find_named, own_session};
use super::watch::{self, Way};
use super::{Done, away, previous, wake};
use crate::attach::{Options, Outcome, size_of_any};
use crate::cli;
use crate::connect::Daemon;
use crate::exit::{Code, Status};
use crate::picker::{self, Choice};
use crate::report::{Explain, Report};
use crate::tui::palette::Palette;
use crate::usage::UsageError;

/// The session has no terminal to show.
#[derive(Debug, thiserror::Error)]
enum AttachError {
    #[error("session {id} is not running: it ended {when}{how}")]
    Ended { id: SessionId, when: String, how: String },
    #[error("session {id} is not running: it was interrupted by a reboot {when}")]
    Interrupted { id: SessionId, when: String },
    #[error("session {id} has no terminal")]
    NoTerminal { id: SessionId },
    #[error("no other session was opened before")]
    NoPrevious,
}

/// Means the session that was opened before the last one.
const PREVIOUS: &str = "-";

impl Explain for AttachError {
    fn code(&self) -> Code {
        match self {
            Self::NoPrevious => Code::NotFound,
            Self::Ended { .. } | Self::Interrupted { .. } | Self::NoTerminal { .. } => {
                Code::Conflict
            }
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Ended { id, .. } | Self::Interrupted { id, .. } => {
                format!("Run it again with `appctl resume {id}`, or read `appctl logs {id}`.")
            }
            Self::NoTerminal { id } => format!("Follow it with `appctl logs -f {id}`."),
            Self::NoPrevious => "Name one: `appctl ls` lists them.".into(),
        })
    }
}

pub(super) fn run(context: &Context, args: cli::Attach) -> Done {
    let done = attach(context, args);
    away::tell_at_last(context);
    done
}

fn attach(context: &Context, args: cli::Attach) -> Done {
    let mut daemon = context.daemon()?;
    let view = match args.id {
        Some(id) if id == PREVIOUS => {
            let previous = previous::previous(context.places()?).ok_or(AttachError::NoPrevious)?;
            find(&mut daemon, exactly(previous))?
        }
        Some(id) => find_named(&mut daemon, &id)?,
        None => match choose(context, "attach", picker::Offer::Live)? {
            Some(view) => view,
            None => return Ok(Status::NOTHING_CHOSEN),
        },
    };
    let view = ready(&mut daemon, view)?;
    let options = Options {
        key: args.keys.detach_key,
        read_only: args.read_only,
        steal: args.steal,
        history_lines: args.history.0,
        relay: args.relay,
    };
    watch::run(context, daemon, &view, Way::Attach(options))
}

/// The session, awake, if it can be shown on this terminal.
fn ready(daemon: &mut Daemon, view: SessionView) -> Result<SessionView, Report> {
    check_terminal()?;
    refuse_own(&view)?;
    let view = wake::awake(daemon, view, size_of_any())?;
    refuse_ended(&view)?;
    if !view.tty {
        return Err(AttachError::NoTerminal { id: view.id }.into());
    }
    Ok(view)
}

/// Shows a session on this terminal as `attach` does, for who goes on afterwards.
pub(crate) fn here(
    context: &Context,
    id: SessionId,
    options: Options,
) -> Result<(SessionView, Outcome), Report> {
    let mut daemon = context.daemon()?;
    let view = find(&mut daemon, exactly(id))?;
    let mut view = ready(&mut daemon, view)?;
    // The daemon is not needed while the session is shown, and may end meanwhile.
    drop(daemon);
    let outcome = watch::show(context, &mut view, options)?;
    if outcome.is_end() {
        watch::seen(context, &view);
    }
    Ok((view, outcome))
}

/// Lets the person choose, on a terminal.
pub(super) fn choose(
    context: &Context,
    verb: &'static str,
    offer: picker::Offer,
) -> Result<Option<SessionView>, Report> {
    let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    if !terminal || context.output.json {
        return Err(UsageError::WhichSession { verb }.into());
    }
    let palette = Palette::new(context.output.colour);
    Ok(match picker::choose(context.daemon()?, context.places()?, offer, palette)? {
        Choice::Session(view) => Some(*view),
        Choice::Nothing => None,
    })
}

fn check_terminal() -> Result<(), UsageError> {
    if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        return Ok(());
    }
    let instead = "Without one, follow it with `appctl logs -f ID`, or type with `appctl send`.";
    Err(UsageError::NoTerminal { verb: "attach", instead })
}

/// A session shown inside itself would show itself showing itself.
pub(super) fn refuse_own(view: &SessionView) -> Result<(), UsageError> {
    if own_session().is_some_and(|own| own == view.id.to_string()) {
        return Err(UsageError::InsideItself { id: view.id });
    }
    Ok(())
}

fn refuse_ended(view: &SessionView) -> Result<(), AttachError> {
    if view.phase.is_live() {
        return Ok(());
    }
    let age = app_sys::clock::wall_ms() - view.ended_at_ms.unwrap_or(view.created_at_ms);
    let when = ago(u64::try_from(age).unwrap_or(0));
    if view.was_interrupted() {
        return Err(AttachError::Interrupted { id: view.id, when });
    }
    Err(AttachError::Ended {
        id: view.id,
        when,
        how: view.exit.map(|exit: Exit| format!(" ({})", exit.reason())).unwrap_or_default(),
    })
}
