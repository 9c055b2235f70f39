//! `appctl stop` and `appctl kill`: sessions end.

use std::time::Duration;

use app_model::SessionView;
use app_wire::control::{Reply, Request, Stopped, Target};
use serde_json::json;

use super::Done;
use super::context::Context;
use crate::cli;
use crate::connect::{AskError, Daemon};
use crate::exit::Status;
use crate::render::session;
use crate::render::words::{id_and_name, id_name_elapsed};

/// What the daemon may need beyond the grace: insisting, gathering, telling.
const MARGIN: Duration = Duration::from_secs(60);

pub(super) fn stop(context: &Context, args: cli::Stop) -> Done {
    let grace_ms = args.grace.map(|ms| u32::try_from(ms).unwrap_or(u32::MAX));
    end(context, args.which, grace_ms, args.keep, "stopped")
}

pub(super) fn kill(context: &Context, args: cli::Kill) -> Done {
    end(context, args.which, Some(0), args.keep, "killed")
}

fn end(
    context: &Context,
    which: cli::Many,
    grace_ms: Option<u32>,
    keep_tasks: bool,
    done: &str,
) -> Done {
    let targets = which.ids.into_iter().map(Target::Named).collect();
    let stopped = ask(&mut context.daemon()?, targets, grace_ms, keep_tasks)?;
    let Stopped { ended, were_down, leftovers } = stopped;
    let output = context.output;
    if output.json {
        let (ended, were_down) = (session::array(&ended), session::array(&were_down));
        output.json(&json!({
            "ended": ended, "were_down": were_down, "leftovers": leftovers
        }))?;
        return Ok(Status::DONE);
    }
    for view in &ended {
        output.line(&format!("{done} · {}", id_name_elapsed(view)))?;
    }
    for view in &were_down {
        output.line(&was_down(view))?;
    }
    if leftovers > 0 {
        output.line(&left_behind(done, leftovers))?;
    }
    Ok(Status::DONE)
}

/// Has sessions end, and waits until they are over.
pub(super) fn ask(
    daemon: &mut Daemon,
    targets: Vec<Target>,
    grace_ms: Option<u32>,
    keep_tasks: bool,
) -> Result<Stopped, AskError> {
    let limit = MARGIN + Duration::from_millis(grace_ms.unwrap_or(0).into());
    let request = Request::Stop { targets, grace_ms, keep_tasks };
    match daemon.ask_within(&request, Some(limit))? {
        Reply::Stopped(stopped) => Ok(stopped),
        _ => Err(AskError::OffTopic),
    }
}

fn left_behind(done: &str, leftovers: u32) -> String {
    let what = if leftovers == 1 { "process that was" } else { "processes that were" };
    format!("{done} · {leftovers} {what} left behind")
}

fn was_down(view: &SessionView) -> String {
    let how = view.exit.map(|exit| format!(" · {}", exit.reason())).unwrap_or_default();
    format!("not running · {}{how}", id_and_name(view))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::session::samples::{failed, running};

    #[test]
    fn what_was_left_behind_is_counted() {
        assert_eq!(left_behind("stopped", 1), "stopped · 1 process that was left behind");
        assert_eq!(left_behind("killed", 3), "killed · 3 processes that were left behind");
    }

    #[test]
    fn one_line_says_what_became_of_a_session() {
        assert_eq!(id_name_elapsed(&running()), "7c5dcf5d · flaky-test · 3m 20s");
        assert_eq!(was_down(&failed()), "not running · 01234567 · build\u{fffd}[31m · exit 2");
    }
}
