//! `appctl hook AGENT`: an agent runs it at every step, and waits for it.
//!
//! ```text
//!   event (stdin or argument) ──► app_hooks ──► reports ──► the daemon's socket
//!                                                              │ not there, too slow
//!                                                              ▼
//!                                                           hooks.log
//! ```
//!
//! # Invariants
//!
//! 1. The agent is never failed: the exit code is 0, and standard output has nothing on it
//!    but what says *no opinion* to this agent.
//! 2. The agent is never held up: outside of a session nothing is read; inside of one,
//!    [`DELIVERY_LIMIT`] is all that the daemon gets. There is no runtime, no daemon is
//!    started, and the command line is looked at by hand.
//! 3. What cannot be delivered is dropped. It would be told too late: the screen of the
//!    agent shows the same, and the next event says more.

mod deliver;
mod input;
mod life;
mod log;

use std::ffi::OsString;
use std::io::Write as _;
use std::time::{Duration, Instant};

use app_hooks::{Agent, EventError, UnknownAgent};
use app_model::report::Stamp;
use app_sys::clock;
use app_sys::places::Places;
use app_wire::control::{Reported, Target};
use serde_json::Value;

use crate::connect::Entrance;
use crate::exit::Status;

/// How long the daemon may take to accept what is reported. It takes a fraction of this.
const DELIVERY_LIMIT: Duration = Duration::from_millis(20);

/// What the command line says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Call {
    /// The agent's word.
    pub(crate) agent: String,
    /// The event's name, from agents whose events do not name themselves.
    pub(crate) event: Option<String>,
    /// The event, from agents that pass it as an argument.
    pub(crate) json: Option<OsString>,
}

/// What went wrong, for the log.
#[derive(Debug, thiserror::Error)]
enum HookError {
    #[error(transparent)]
    Agent(#[from] UnknownAgent),
    #[error("cannot read the event: {0}")]
    Input(#[from] input::InputError),
    #[error("{0}")]
    Event(#[from] EventError),
    #[error("not delivered: {0}")]
    Deliver(#[from] deliver::DeliverError),
}

impl Call {
    /// The call that a command line is, the program's name first; `None` if it is another
    /// verb, or somebody asks how this one is used.
    pub(crate) fn find(args: &[OsString]) -> Option<Self> {
        let mut words = args.iter().skip(1);
        if words.next()? != "hook" {
            return None;
        }
        let agent = words.next()?.to_str().filter(|agent| !agent.starts_with('-'))?;
        let mut call = Self { agent: agent.to_owned(), ..Self::default() };
        while let Some(word) = words.next() {
            match word.to_str() {
                Some("--help" | "-h") => return None,
                Some("--event") => call.event = words.next()?.to_str().map(Into::into),
                // An agent's argument comes last, whatever it begins with.
                Some(_) | None => call.json = Some(word.clone()),
            }
        }
        Some(call)
    }
}

/// Does what an agent called for. Always [`Status::DONE`] (invariant 1).
pub(crate) fn run(call: Call) -> Status {
    // First of all: what comes later has a later stamp, and a parent that is still there.
    let sequence = clock::boot_ns();
    let parent = std::os::unix::process::parent_id();
    let agent = call.agent.parse::<Agent>();
    if let Ok(agent) = &agent {
        // Nobody is left to read it if this fails.
        std::io::stdout().write_all(agent.no_opinion().as_bytes()).ok();
    }
    let Some(session) = crate::command::own_session() else {
        return Status::DONE; // Invariant 2.
    };
    let Ok(places) = Places::from_env(&|name| std::env::var_os(name)) else {
        return Status::DONE; // There is no place to complain in, either.
    };
    let word = call.agent.clone();
    let done = agent.map_err(HookError::from).and_then(|agent| {
        let stamp = |generation| Stamp { source: agent.word().to_owned(), generation, sequence };
        report(agent, call, &places, session, |session| {
            stamp(life::generation(&places, session, parent))
        })
    });
    if let Err(error) = done {
        log::write(&places, &word, &error);
    }
    Status::DONE
}

fn report(
    agent: Agent,
    call: Call,
    places: &Places,
    session: String,
    stamp: impl FnOnce(&str) -> Stamp,
) -> Result<(), HookError> {
    let bytes = input::event(call.json)?;
    let event = named(app_hooks::parse(&bytes)?, call.event);
    let reports = app_hooks::translate(agent, &event);
    if reports.is_empty() {
        return Ok(());
    }
    let until = Instant::now() + DELIVERY_LIMIT;
    let stamp = stamp(&session);
    let reported = Reported { target: Target::Named(session), stamp, reports };
    deliver::deliver(&Entrance::of(places).socket, reported, until)?;
    Ok(())
}

/// The event with the name that it was called for, unless it has one of its own.
fn named(mut event: Value, name: Option<String>) -> Value {
    if let (Some(name), Some(fields)) = (name, event.as_object_mut()) {
        fields.entry("hook_event_name").or_insert(Value::String(name));
    }
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(args: &[&str]) -> Option<Call> {
        let args: Vec<OsString> = args.iter().map(OsString::from).collect();
        Call::find(&args)
    }

    #[test]
    fn a_call_is_told_from_other_verbs_and_from_a_question() {
        let call = |event: Option<&str>, json: Option<&str>| {
            let (event, json) = (event.map(Into::into), json.map(Into::into));
            Some(Call { agent: "codex".into(), event, json })
        };
        assert_eq!(find(&["appctl", "hook", "codex"]), call(None, None));
        assert_eq!(find(&["appctl", "hook", "codex", "{}"]), call(None, Some("{}")));
        assert_eq!(find(&["appctl", "hook", "codex", "-{}"]), call(None, Some("-{}")));
        let with_event = find(&["appctl", "hook", "codex", "--event", "stop", "{}"]);
        assert_eq!(with_event, call(Some("stop"), Some("{}")));
        for other in [
            &["appctl"][..],
            &["appctl", "hooks", "status"],
            &["appctl", "hook"],
            &["appctl", "hook", "--help"],
            &["appctl", "hook", "codex", "--help"],
            &["appctl", "hook", "codex", "--event"],
        ] {
            assert_eq!(find(other), None, "{other:?}");
        }
    }

    #[test]
    fn an_event_keeps_its_own_name() {
        let event = |json: &str| app_hooks::parse(json.as_bytes()).unwrap();
        let given = named(event(r#"{"a":1}"#), Some("stop".into()));
        assert_eq!(given["hook_event_name"], "stop");
        let own = named(event(r#"{"hook_event_name":"other"}"#), Some("stop".into()));
        assert_eq!(own["hook_event_name"], "other");
    }
}
