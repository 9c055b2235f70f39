//! `appctl wait`: returns when sessions have ended.
//!
//! # Invariants
//!
//! 1. A daemon that ends or is replaced meanwhile is no reason to stop waiting: the same
//!    question goes to the next one.
//! 2. A daemon that does not live long enough to be asked ends the wait with an error.

use std::time::{Duration, Instant};

use app_model::SessionView;
use app_wire::control::{Reply, Request, Target};

use super::Done;
use super::context::{Context, exactly, find_all};
use crate::cli;
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
    let targets: Vec<Target> = views.iter().map(|view| exactly(view.id)).collect();
    let request = Request::Wait { targets, any: args.any };
    let Some(mut ended) = wait(&mut daemon, &request, until)? else {
        if context.output.json {
            context.output.json(&session::array(&[]))?;
        }
        return Ok(Status::TIMED_OUT);
    };
    // In the order in which they were asked for.
    ended.sort_by_key(|view| views.iter().position(|asked| asked.id == view.id));
    if context.output.json {
        context.output.json(&session::array(&ended))?;
    }
    Ok(status(&ended))
}

/// The first code that is not zero.
fn status(ended: &[SessionView]) -> Status {
    let codes = ended.iter().filter_map(|view| view.exit).map(Status::of);
    codes.into_iter().find(|status| *status != Status::DONE).unwrap_or(Status::DONE)
}

/// Asks until there is an answer. `None` means that the time is up.
fn wait(
    daemon: &mut Daemon,
    request: &Request,
    until: Option<Instant>,
) -> Result<Option<Vec<SessionView>>, AskError> {
    let mut short_lives = 0;
    loop {
        let asked = Instant::now();
        let left = until.map(|until| until.saturating_duration_since(asked));
        match daemon.ask_within(request, left) {
            Ok(Reply::Ended(views)) => return Ok(Some(views)),
            Ok(_) => return Err(AskError::OffTopic),
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
