//! What the keys mean now, and what a key leads to.

use app_model::{SessionId, SessionView};
use tui_input::Input;

use super::deed::Deed;
use super::form::Form;

/// What the keys mean.
#[derive(Clone, Debug)]
pub(super) enum Mode {
    /// They move in the list and do something to the session that is chosen.
    List,
    /// They are a filter.
    Filter,
    /// They are a reply to the session that is looked into.
    Peek,
    /// One of them lets this be done.
    Confirm(Deed),
    /// They are a new name.
    Rename(Box<SessionView>, Input),
    /// They fill in a form.
    New(Form),
    /// Any of them ends the help.
    Help,
    /// Any of them ends the list of what was told.
    Messages,
}

/// What a key led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The person has seen enough.
    Leave,
    /// This process is to stop for a while.
    Suspend,
    /// The session is to be opened on this terminal.
    Attach(SessionId),
    /// This is to be done.
    Do(Deed),
}

/// What is known of the daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// Nothing was heard yet.
    Loading,
    /// What is shown is true.
    Up,
    /// It was ended by somebody, and is waited for.
    Stopped,
    /// It went away, and is looked for.
    Lost,
    /// It cannot be heard: this is why.
    Deaf(String),
}
