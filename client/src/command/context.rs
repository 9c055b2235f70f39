//! What every verb needs, and the questions that several of them ask.

use std::cell::OnceCell;
use std::path::PathBuf;

use app_model::{SessionId, SessionView};
use app_sys::places::{Places, PlacesError};
use app_wire::control::{Reply, Request, Target};

use crate::connect::{Absent, AskError, Daemon};
use crate::exit::Code;
use crate::output::Output;
use crate::report::{Explain, Report};

impl Explain for PlacesError {
    fn code(&self) -> Code {
        match self {
            Self::Relative { .. } | Self::SocketPathTooLong { .. } => Code::Usage,
            Self::NoHome { .. } => Code::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(Self::hint(self).to_owned())
    }
}

/// Where things are and how to write.
pub(crate) struct Context {
    /// How to write.
    pub(crate) output: Output,
    places: OnceCell<Places>,
}

impl Context {
    /// Looks nothing up yet.
    pub(crate) fn new(output: Output) -> Self {
        Self { output, places: OnceCell::new() }
    }

    /// Where things are.
    pub(crate) fn places(&self) -> Result<&Places, Report> {
        if let Some(places) = self.places.get() {
            return Ok(places);
        }
        let places = Places::from_env(&|name| std::env::var_os(name))?;
        Ok(self.places.get_or_init(|| places))
    }

    /// The daemon; started when it is asked and none runs.
    pub(crate) fn daemon(&self) -> Result<Daemon, Report> {
        Ok(Daemon::new(self.places()?, Absent::Start))
    }

    /// The daemon if one runs.
    pub(crate) fn daemon_if_any(&self) -> Result<Daemon, Report> {
        Ok(Daemon::new(self.places()?, Absent::Say))
    }

    /// A person saw how the session ended. Only counts on a terminal, and nothing
    /// depends on it: a daemon that cannot be told will show the session once more.
    pub(crate) fn seen(&self, daemon: &mut Daemon, view: &SessionView) {
        if self.output.for_person() && !view.phase.is_live() {
            drop(daemon.ask(&Request::Seen { session: view.id }));
        }
    }
}

/// The session this process runs in.
pub(crate) fn own_session() -> Option<String> {
    let id = std::env::var(app_model::environment::SESSION_VARIABLE).ok()?;
    (!id.is_empty()).then_some(id)
}

/// The home directory, for shortening paths.
pub(crate) fn home() -> Option<String> {
    let home = std::env::var_os("HOME").map(PathBuf::from)?;
    home.is_absolute().then(|| home.to_string_lossy().trim_end_matches('/').to_owned())
}

/// One session with everything known, as a person named it.
pub(crate) fn show_named(daemon: &mut Daemon, name: &str) -> Result<SessionView, AskError> {
    session(daemon, &Request::Show { target: Target::Named(name.to_owned()) })
}

/// One session as far as the daemon knows it without asking.
pub(crate) fn find(daemon: &mut Daemon, target: Target) -> Result<SessionView, AskError> {
    session(daemon, &Request::Find { target })
}

/// One session as far as the daemon knows it without asking, as a person named it.
pub(crate) fn find_named(daemon: &mut Daemon, name: &str) -> Result<SessionView, AskError> {
    find(daemon, Target::Named(name.to_owned()))
}

fn session(daemon: &mut Daemon, request: &Request) -> Result<SessionView, AskError> {
    match daemon.ask(request)? {
        Reply::Session(view) => Ok(*view),
        _ => Err(AskError::OffTopic),
    }
}

/// Several sessions, as [`find_named`]; nothing when one of them does not exist.
pub(crate) fn find_all(
    daemon: &mut Daemon,
    names: &[String],
) -> Result<Vec<SessionView>, AskError> {
    let mut views: Vec<SessionView> = Vec::with_capacity(names.len());
    for name in names {
        let view = find_named(daemon, name)?;
        if views.iter().all(|known| known.id != view.id) {
            views.push(view);
        }
    }
    Ok(views)
}

/// A session by its id: no name can be mistaken for another's after this.
pub(crate) fn exactly(id: SessionId) -> Target {
    Target::Named(id.to_string())
}

/// Sessions, all pieces of them.
pub(crate) fn list(
    daemon: &mut Daemon,
    all: bool,
    detail: bool,
) -> Result<Vec<SessionView>, AskError> {
    let mut reply = daemon.ask(&Request::List { all, detail })?;
    let mut views = Vec::new();
    loop {
        match reply {
            Reply::Sessions { sessions, last } => {
                views.extend(sessions);
                if last {
                    return Ok(views);
                }
            }
            _ => return Err(AskError::OffTopic),
        }
        reply = daemon.next(Some(crate::connect::START_LIMIT))?;
    }
}

/// A request that is answered by "done".
pub(crate) fn demand(daemon: &mut Daemon, request: &Request) -> Result<(), AskError> {
    match daemon.ask(request)? {
        Reply::Done => Ok(()),
        _ => Err(AskError::OffTopic),
    }
}
