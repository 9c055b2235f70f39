//! `appctl events`: what happened, in order.
//!
//! # Invariants
//!
//! 1. With `--follow` a daemon that is replaced is not the end: the reader goes on after
//!    the last event it saw, and misses none.

use std::time::{Duration, Instant};

use app_wire::control::{Reply, Request};

use super::Done;
use super::context::Context;
use crate::cli;
use crate::connect::{AskError, Daemon};
use crate::exit::Status;
use crate::output::{Output, OutputError};
use crate::render::event::{event_json, event_line, gap_json, gap_line};
use crate::report::Report;

/// A daemon that hung up sooner than this has a problem.
const SHORT_LIFE: Duration = Duration::from_secs(5);

/// How often in a row that may happen.
const MOST_SHORT_LIVES: u32 = 4;

pub(super) fn run(context: &Context, args: &cli::Events) -> Done {
    let mut daemon = context.daemon()?;
    let mut since = args.since;
    let mut short_lives = 0;
    loop {
        let asked = Instant::now();
        match read(&mut daemon, context.output, &mut since, args.follow) {
            Ok(()) => return Ok(Status::DONE),
            Err(Stopped::Output(error)) => return Err(error.into()),
            Err(Stopped::Daemon(error))
                if args.follow && error.is_hang_up() && short_lives < MOST_SHORT_LIVES =>
            {
                short_lives = if asked.elapsed() < SHORT_LIFE { short_lives + 1 } else { 0 };
            }
            Err(Stopped::Daemon(error)) => return Err(Report::from(error)),
        }
    }
}

/// Why reading stopped.
enum Stopped {
    Daemon(AskError),
    Output(OutputError),
}

impl From<AskError> for Stopped {
    fn from(error: AskError) -> Self {
        Self::Daemon(error)
    }
}

impl From<OutputError> for Stopped {
    fn from(error: OutputError) -> Self {
        Self::Output(error)
    }
}

/// Prints events until there are no more, and notes the last in `since`.
fn read(
    daemon: &mut Daemon,
    output: Output,
    since: &mut Option<u64>,
    follow: bool,
) -> Result<(), Stopped> {
    let mut reply = daemon.ask_within(&Request::Events { since: *since, follow }, None)?;
    loop {
        match reply {
            Reply::Event(event) => {
                *since = Some(event.seq);
                if output.json {
                    output.json(&event_json(&event))?;
                } else {
                    output.line(&event_line(&event))?;
                }
            }
            Reply::Gap(gap) => {
                *since = Some(gap.to);
                if output.json {
                    output.json(&gap_json(gap))?;
                } else {
                    output.line(&gap_line(gap))?;
                }
            }
            Reply::Done => return Ok(()),
            _ => return Err(AskError::OffTopic.into()),
        }
        reply = daemon.next(None)?;
    }
}
