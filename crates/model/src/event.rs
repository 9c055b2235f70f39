//! Events: what happened, in the order in which it was committed.
//!
//! An event's type and its own fields are data to everyone but the daemon that writes
//! them, so that a reader of any age passes on what it does not know.

use serde::{Deserialize, Serialize};

use crate::SessionId;

/// One row of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Grows by one, never reused.
    pub seq: u64,
    /// Wall time, milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// The type, for example `run.ended`.
    pub kind: String,
    /// The session it is about.
    pub session: Option<SessionId>,
    /// The type's own fields: a JSON object as text.
    pub data: String,
}

/// Types of event that this release writes.
pub mod kind {
    /// A session exists.
    pub const SESSION_CREATED: &str = "session.created";
    /// A session was removed, with its history.
    pub const SESSION_REMOVED: &str = "session.removed";
    /// A session has another name.
    pub const SESSION_RENAMED: &str = "session.renamed";
    /// A person keeps a session, or lets go of it.
    pub const SESSION_PINNED: &str = "session.pinned";
    /// Records of a session that ended were deleted to make room.
    pub const SESSION_PRUNED: &str = "session.pruned";
    /// The first terminal looks at a session.
    pub const SESSION_ATTACHED: &str = "session.attached";
    /// The last terminal went away.
    pub const SESSION_DETACHED: &str = "session.detached";
    /// A session's processes stand still.
    pub const SESSION_PAUSED: &str = "session.paused";
    /// They go on.
    pub const SESSION_CONTINUED: &str = "session.continued";
    /// The program of a run was started.
    pub const RUN_STARTED: &str = "run.started";
    /// Somebody asked a run to end.
    pub const RUN_STOPPING: &str = "run.stopping";
    /// A run is over.
    pub const RUN_ENDED: &str = "run.ended";
    /// The next run of a session is planned: nobody asked for its end.
    pub const RUN_PLANNED: &str = "run.planned";
    /// The planned run is not wanted any more.
    pub const RUN_CANCELLED: &str = "run.cancelled";
    /// A session is not started again by itself any more.
    pub const RUN_GAVE_UP: &str = "run.gave_up";
    /// A task of a session began.
    pub const TASK_STARTED: &str = "task.started";
    /// A task of a session ended.
    pub const TASK_ENDED: &str = "task.ended";
    /// The agent began to work, or waits for its next turn.
    pub const TURN_CHANGED: &str = "turn.changed";
    /// A person should look at a session.
    pub const ATTENTION_RAISED: &str = "attention.raised";
    /// That is settled.
    pub const ATTENTION_CLEARED: &str = "attention.cleared";
    /// A notice was shown to a person.
    pub const NOTICE_SENT: &str = "notice.sent";
    /// A notice reached nobody.
    pub const NOTICE_FAILED: &str = "notice.failed";
}
