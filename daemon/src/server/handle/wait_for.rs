//! `wait --for`: answers when something is so of a session, or its run is over.

use app_model::{Phase, SessionId, SessionView, Turn};
use app_wire::control::{Awaited, ErrorCode, Failure, Reply, Target};
use regex::{Regex, RegexBuilder};

use super::resolve::{resolve, row_of, view_of};
use crate::server::failure::{failure, of_shutdown};
use crate::service::Service;
use crate::session::SessionHandle;

/// Memory that a pattern may take once it is compiled, bytes.
const PATTERN: usize = 1 << 20;

pub(in crate::server) async fn handle(
    service: &Service,
    target: &Target,
    what: Awaited,
) -> Result<Reply, Failure> {
    let text = match &what {
        Awaited::Text(pattern) => Some(compiled(pattern)?),
        Awaited::Idle | Awaited::NeedsInput | Awaited::Tasks => None,
    };
    let id = resolve(service, target).await?;
    // Before the first look: what happens after it is not missed.
    let mut events = service.store.newest_event();
    let live = service.supervisor.get(id).await.map_err(of_shutdown)?;
    if let (Some(text), Some(live)) = (text, &live) {
        if !row_of(service, id).await?.view.tty {
            return Err(no_terminal(id));
        }
        shows(live, &text).await;
        return Ok(Reply::Session(Box::new(view_of(service, id).await?)));
    }
    loop {
        events.mark_unchanged();
        let view = view_of(service, id).await?;
        if is_so(&what, &view) {
            return Ok(Reply::Session(Box::new(view)));
        }
        if events.changed().await.is_err() {
            return Err(gone(id));
        }
    }
}

fn is_so(what: &Awaited, view: &SessionView) -> bool {
    match what {
        Awaited::Tasks => view.live_tasks == 0,
        // One that sleeps waits for its next turn like any other.
        Awaited::Idle if view.phase == Phase::Asleep => true,
        Awaited::NeedsInput if view.phase == Phase::Asleep => false,
        _ if !view.phase.is_live() => true,
        Awaited::Idle => view.turn == Turn::Idle,
        Awaited::NeedsInput => view.attention.is_some(),
        Awaited::Text(_) => false,
    }
}

/// Returns when its screen shows such text, or it is over.
async fn shows(live: &SessionHandle, text: &Regex) {
    // One that is gone shows nothing any more.
    live.watch_looks().ok();
    let mut changes = live.changes();
    let is_so = |live: &crate::session::Live| {
        let lines = live.look.as_ref().map(|sight| sight.look.lines.join("\n"));
        live.over || lines.is_some_and(|lines| text.is_match(&lines))
    };
    // An error means that the actor is gone, and it goes last.
    drop(changes.wait_for(is_so).await);
}

fn compiled(pattern: &str) -> Result<Regex, Failure> {
    RegexBuilder::new(pattern).size_limit(PATTERN).multi_line(true).build().map_err(|error| {
        Failure {
            because: vec![error.to_string()],
            ..failure(ErrorCode::Usage, format!("`{pattern}` is no regular expression"))
        }
    })
}

fn no_terminal(id: SessionId) -> Failure {
    Failure {
        hint: Some(format!("Follow what it writes: `appctl logs -f {id}`.")),
        ..failure(ErrorCode::Conflict, format!("the session {id} has no terminal to show text"))
    }
}

fn gone(id: SessionId) -> Failure {
    failure(ErrorCode::Busy, format!("the daemon ends while {id} is waited for"))
}
