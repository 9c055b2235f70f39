//! What `start`, `attach` and `resume` come to: a run is watched until it ends or the
//! person leaves.
//!
//! # Invariants
//!
//! 1. The exit code is the program's own when it ended while we watched, 0 after a
//!    detach.
//! 2. How a run ended is told by its holder, else by its record, else by the daemon, in
//!    this order: each knows what the next one knows, earlier.

use std::io::IsTerminal as _;
use std::time::Duration;

use app_model::reset::{RESET, TO_BOTTOM};
use app_model::{Exit, RunNumber, SessionView};
use app_wire::control::{Reply, Request};

use super::context::{Context, exactly, find};
use super::follow::{self, Followed};
use super::{Done, previous, wake};
use crate::attach::{self, Options, Outcome, size_of_any};
use crate::connect::{AskError, Daemon};
use crate::exit::Status;
use crate::record::{RunDir, Transcript};
use crate::render::words::{ended, ended_now, id_and_name};
use crate::report::Report;

/// How long the daemon may take to notice an end that we saw.
const NOTICE_LIMIT: Duration = Duration::from_secs(5);

/// Most bytes of a run that ended before we could attach which are shown instead.
const MAX_REPLAY: usize = 1 << 20;

const ESC: u8 = 0x1b;

/// How a run is watched.
#[derive(Clone, Copy, Debug)]
pub(super) enum Way {
    /// On this terminal, keys included.
    Attach(Options),
    /// Its output is copied to standard output.
    Follow,
}

impl Way {
    /// The way that suits standard input and output. `tty` is whether the run has a
    /// terminal.
    pub(super) fn of_this_terminal(tty: bool, options: Options) -> Self {
        if tty && std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
            Self::Attach(options)
        } else {
            Self::Follow
        }
    }
}

/// Watches the newest run of a live session.
pub(super) fn run(context: &Context, daemon: Daemon, view: &SessionView, way: Way) -> Done {
    // The daemon is not needed while we watch, and may end meanwhile.
    drop(daemon);
    match way {
        Way::Attach(options) => attach_to(context, view, options),
        Way::Follow => follow_it(context, view),
    }
}

fn attach_to(context: &Context, view: &SessionView, options: Options) -> Done {
    let mut view = view.clone();
    let outcome = show(context, &mut view, options)?;
    tell(context, &view, outcome)
}

/// Shows a session on this terminal; `view` is of the run that was shown last.
pub(super) fn show(
    context: &Context,
    view: &mut SessionView,
    options: Options,
) -> Result<Outcome, Report> {
    previous::note(context.places()?, view.id);
    loop {
        let outcome = attach::attach(context.places()?, view.id, options)?;
        let awake = if outcome.is_end() { woken(context, view) } else { None };
        match awake {
            // It was put to sleep just when the person came.
            Some(awake) => *view = awake,
            None => return Ok(outcome),
        }
    }
}

/// The session with its next run, if the one that was watched was put to sleep. What cannot be
/// found out is told as the end that it looks like.
fn woken(context: &Context, view: &SessionView) -> Option<SessionView> {
    let mut daemon = context.daemon_if_any().ok()?;
    let now = find(&mut daemon, exactly(view.id)).ok().filter(|now| now.run == view.run)?;
    let awake = wake::awake(&mut daemon, now, size_of_any()).ok()?;
    (awake.run != view.run).then_some(awake)
}

fn tell(context: &Context, view: &SessionView, outcome: Outcome) -> Done {
    match outcome {
        Outcome::Detached | Outcome::Left => {
            detached(context, view);
            Ok(Status::DONE)
        }
        Outcome::Stolen => {
            let who = id_and_name(view);
            context.output.note(&format!("[taken over by another terminal · {who}]"));
            Ok(Status::DONE)
        }
        Outcome::Ended { exit, elapsed_ms } => {
            told(context, view, exit, Some(elapsed_ms));
            Ok(Status::of(exit))
        }
        Outcome::Gone => {
            let dir = RunDir::of(view, view.run);
            replay(context, &dir)?;
            ended_unseen(context, view, &dir)
        }
    }
}

fn follow_it(context: &Context, view: &SessionView) -> Done {
    let dir = RunDir::of(view, view.run);
    let mut transcript = Transcript::beginning(&dir);
    let output = context.output;
    let mut pass_on = || {
        while let Some(piece) = transcript.read()? {
            output.bytes(&piece.bytes)?;
        }
        Ok(())
    };
    let followed = follow::run(context.places()?, view.id, &dir, &mut pass_on)?;
    match followed {
        Followed::Left => {
            detached(context, view);
            Ok(Status::DONE)
        }
        Followed::Ended(Some(record)) => {
            told(context, view, record.exit, Some(record.elapsed_ms));
            Ok(Status::of(record.exit))
        }
        Followed::Ended(None) => ended_unseen(context, view, &dir),
    }
}

/// A run that was over before we could attach wrote something all the same.
fn replay(context: &Context, dir: &RunDir) -> Result<(), Report> {
    let mut transcript = Transcript::beginning(dir);
    let mut left = MAX_REPLAY;
    let (mut needs_reset, mut last) = (false, b'\n');
    while let Some(piece) = transcript.read()?.filter(|_| left > 0) {
        let piece = &piece.bytes[..piece.bytes.len().min(left)];
        context.output.bytes(piece)?;
        left -= piece.len();
        needs_reset |= piece.contains(&ESC);
        last = piece.last().copied().unwrap_or(last);
    }
    if context.output.terminal && needs_reset {
        context.output.text(&(RESET.to_owned() + TO_BOTTOM))?;
    } else if context.output.terminal && last != b'\n' {
        context.output.text("\n")?;
    }
    Ok(())
}

/// The run is over and its holder did not say how.
fn ended_unseen(context: &Context, view: &SessionView, dir: &RunDir) -> Done {
    if let Some(record) = dir.exit() {
        told(context, view, record.exit, Some(record.elapsed_ms));
        return Ok(Status::of(record.exit));
    }
    let mut daemon = context.daemon()?;
    let now = wait_for_end(&mut daemon, view)?;
    let exit = now.exit.unwrap_or(Exit::Lost(app_model::Lost::Holder));
    if context.output.terminal {
        context.output.note(&ended_now(&now, exit, app_sys::clock::wall_ms()));
    }
    seen(context, &now);
    Ok(Status::of(exit))
}

fn wait_for_end(daemon: &mut Daemon, view: &SessionView) -> Result<SessionView, AskError> {
    let request = Request::Wait { targets: vec![exactly(view.id)], any: false };
    match daemon.ask_within(&request, Some(NOTICE_LIMIT))? {
        Reply::Ended(mut ended) => ended.pop().ok_or(AskError::OffTopic),
        _ => Err(AskError::OffTopic),
    }
}

fn detached(context: &Context, view: &SessionView) {
    context.output.note(&format!("[detached · {}]", id_and_name(view)));
}

/// Says how the run ended, and tells the daemon that a person knows.
fn told(context: &Context, view: &SessionView, exit: Exit, elapsed_ms: Option<u64>) {
    if context.output.terminal {
        context.output.note(&ended(exit, elapsed_ms));
    }
    seen(context, view);
}

/// A person saw this run end. Best effort, and never a reason to start a daemon.
pub(super) fn seen(context: &Context, view: &SessionView) {
    if !context.output.for_person() {
        return;
    }
    let Ok(mut daemon) = context.daemon_if_any() else {
        return;
    };
    if let Ok(now) = wait_for_end(&mut daemon, view)
        && now.run == view.run
    {
        context.seen(&mut daemon, &now);
    }
}

/// The view with its newest run replaced: what `Resumed` says about one that was shown.
pub(super) fn with_run(view: SessionView, run: RunNumber) -> SessionView {
    SessionView { run, ..view }
}
