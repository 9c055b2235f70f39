//! `appctl wait`: returns when sessions have ended.
//!
//! # Invariants
//!
//! 1. A daemon that ends or is replaced meanwhile is no reason to stop waiting: the same
//!    question goes to the next one.
//! 2. A daemon that does not live long enough to be asked ends the wait with an error.

use std::time::{Duration, Instant};

use app_model::report::Outcome;
use app_model::{Phase, SessionId, SessionView};
use app_wire::control::{Awaited, Reply, Request, Target};

use super::Done;
use super::context::{Context, exactly, find_all};
use super::task::tasks;
use crate::cli::{self, WaitFor};
use crate::connect::{AskError, Daemon};
use crate::exit::Status;
use crate::render::session;

/// A daemon that hung up sooner than this has a problem (invariant 2).
const SHORT_LIFE: Duration = Duration::from_secs(5);

/// How often in a row that may happen.
const MOST_SHORT_LIVES: u32 = 4;

pub(super) fn run(context: &Context, args: cli::Wait) -> Done {
    let until = args.timeout.map(|ms| Instant::now() + Duration::from_millis(ms));
    let mut daemon = context.daemon()?;
    let views = find_all(&mut daemon, &args.which.ids)?;
    if let Some(WaitFor::This(what)) = &args.what {
        return wait_for(context, &mut daemon, &views, what, until);
    }
    let targets: Vec<Target> = views.iter().map(|view| exactly(view.id)).collect();
    let request = Request::Wait { targets, any: args.any };
    let Some(mut ended) = wait(&mut daemon, &request, until)? else {
        return timed_out(context);
    };
    let mut failed = false;
    if args.tasks {
        for view in &views {
            if ask_for(&mut daemon, view.id, &Awaited::Tasks, until)?.is_none() {
                return timed_out(context);
            }
            let tasks = tasks(&mut daemon, Some(exactly(view.id)), true)?;
            failed |= tasks.iter().any(|task| task.outcome == Some(Outcome::Failed));
        }
    }
    // In the order in which they were asked for.
    ended.sort_by_key(|view| views.iter().position(|asked| asked.id == view.id));
    if context.output.json {
        context.output.json(&session::array(&ended))?;
    }
    let own = status(&ended);
    Ok(if own == Status::DONE && failed { Status(1) } else { own })
}

/// Waits until something is so of each of them.
fn wait_for(
    context: &Context,
    daemon: &mut Daemon,
    views: &[SessionView],
    what: &Awaited,
    until: Option<Instant>,
) -> Done {
    let mut found = Vec::new();
    for view in views {
        match ask_for(daemon, view.id, what, until)? {
            Some(view) => found.push(view),
            None => return timed_out(context),
        }
    }
    if context.output.json {
        context.output.json(&session::array(&found))?;
    }
    // One that ended first will never come to it. One that sleeps does wait.
    let is_over = |view: &SessionView| !view.phase.is_live() && view.phase != Phase::Asleep;
    let over: Vec<_> = found.into_iter().filter(is_over).collect();
    let status = status(&over);
    Ok(if !over.is_empty() && status == Status::DONE { Status(1) } else { status })
}

fn timed_out(context: &Context) -> Done {
    if context.output.json {
        context.output.json(&session::array(&[]))?;
    }
    Ok(Status::TIMED_OUT)
}

fn ask_for(
    daemon: &mut Daemon,
    id: SessionId,
    what: &Awaited,
    until: Option<Instant>,
) -> Result<Option<SessionView>, AskError> {
    let request = Request::WaitFor { target: exactly(id), what: what.clone() };
    Ok(match patiently(daemon, &request, until)? {
        None => None,
        Some(Reply::Session(view)) => Some(*view),
        Some(_) => return Err(AskError::OffTopic),
    })
}

/// The first code that is not zero.
fn status(ended: &[SessionView]) -> Status {
    let codes = ended.iter().filter_map(|view| view.exit).map(Status::of);
    codes.into_iter().find(|status| *status != Status::DONE).unwrap_or(Status::DONE)
}

fn wait(
    daemon: &mut Daemon,
    request: &Request,
    until: Option<Instant>,
) -> Result<Option<Vec<SessionView>>, AskError> {
    match patiently(daemon, request, until)? {
        None => Ok(None),
        Some(Reply::Ended(views)) => Ok(Some(views)),
        Some(_) => Err(AskError::OffTopic),
    }
}

/// Asks until there is an answer. `None` means that the time is up.
fn patiently(
    daemon: &mut Daemon,
    request: &Request,
    until: Option<Instant>,
) -> Result<Option<Reply>, AskError> {
    let mut short_lives = 0;
    loop {
        let asked = Instant::now();
        let left = until.map(|until| until.saturating_duration_since(asked));
        match daemon.ask_within(request, left) {
            Ok(reply) => return Ok(Some(reply)),
            Err(error) if error.is_silence() && is_over(until) => return Ok(None),
            Err(error) if error.is_hang_up() && short_lives < MOST_SHORT_LIVES => {
                short_lives = if asked.elapsed() < SHORT_LIFE { short_lives + 1 } else { 0 };
            }
            Err(error) => return Err(error),
        }
    }
}

fn is_over(until: Option<Instant>) -> bool {
    until.is_some_and(|until| Instant::now() >= until)
}

#[cfg(test)]
mod tests {
    use app_model::Exit;

    use super::*;
    use crate::render::session::samples::failed;

    #[test]
    fn the_first_code_that_is_not_zero_wins() {
        let with = |code| SessionView { exit: Some(Exit::Code(code)), ..failed() };
        assert_eq!(status(&[with(0), with(3), with(4)]), Status(3));
        assert_eq!(status(&[with(0)]), Status::DONE);
        assert_eq!(status(&[]), Status::DONE);
    }
}
