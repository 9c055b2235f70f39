//! A task as it is shown: a session that belongs to another, or a piece of work inside an
//! agent that is only heard of.

use serde::{Deserialize, Serialize};

use crate::report::Outcome;
use crate::{Phase, SessionId};

/// Live tasks that one session may have, unless its settings say otherwise.
pub const MAX_LIVE: u32 = 64;

/// A task with all that is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskView {
    /// The session it belongs to.
    pub parent: SessionId,
    /// The session it is; none for one that is only heard of.
    pub session: Option<SessionId>,
    /// The identity it was reported with; empty for a session.
    pub ext: String,
    /// Who reported it, empty for a session.
    pub source: String,
    /// What it is, for people.
    pub label: String,
    /// The model that does it.
    pub model: Option<String>,
    /// Whether it runs; `Ended` or `Lost` when it does not.
    pub phase: Phase,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// What came of it, in a line.
    pub summary: Option<String>,
    /// When it began, milliseconds since the Unix epoch.
    pub started_at_ms: i64,
    /// When it ended.
    pub ended_at_ms: Option<i64>,
    /// How long it took, or takes until now.
    pub elapsed_ms: u64,
}
