//! What is done to sessions from the dashboard, and what comes of it.

use app_model::{SessionId, SessionView};

use super::form::Filled;
use crate::report::Report;

/// Something to do. Whatever it is, it is done aside, so that keys never wait for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// Ask it to end, and insist.
    Stop(Box<SessionView>),
    /// Forget it and delete its records.
    Remove(Box<SessionView>),
    /// Keep it, or let go of it.
    Pin(Box<SessionView>, bool),
    /// Let it stand still.
    Pause(Box<SessionView>),
    /// Let it go on.
    Continue(Box<SessionView>),
    /// Run it again, or wake it.
    Resume(Box<SessionView>),
    /// Give it another name.
    Rename(Box<SessionView>, String),
    /// Type a text into it, with Enter.
    Send(Box<SessionView>, String),
    /// Start a new one.
    Start(Filled),
    /// A person looked at how it ended.
    Seen(SessionId),
    /// What was told of it.
    Notices(SessionId),
}

/// What came of it.
pub(super) struct Outcome {
    /// What was to be done.
    pub(super) deed: Deed,
    /// What was done, in words, and to which session; none where no words are needed.
    pub(super) result: Result<Done, Report>,
}

/// What was done.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Done {
    /// In words, if there is something to say.
    pub(super) said: Option<String>,
    /// A session that was made.
    pub(super) made: Option<SessionId>,
    /// What was told of a session: the first lines of notices, newest first.
    pub(super) notices: Vec<String>,
}

impl Done {
    /// There is nothing to say about it.
    pub(super) fn quietly() -> Self {
        Self::default()
    }

    /// This is what was done.
    pub(super) fn saying(said: String) -> Self {
        Self { said: Some(said), ..Self::default() }
    }
}
