//! What the daemon answers in version 1.

use app_model::event::Event;
use app_model::evidence::Evidence;
use app_model::task::TaskView;
use app_model::{RunNumber, SessionId, SessionView};
use serde::{Deserialize, Serialize};

/// A session was made and its program runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// Its identity.
    pub id: SessionId,
    /// Its name.
    pub name: String,
    /// Its first run.
    pub run: RunNumber,
    /// Words for limits that were asked for and are not enforced here.
    pub unenforced: Vec<String>,
}

/// A session is live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumed {
    /// Its identity.
    pub id: SessionId,
    /// Its name.
    pub name: String,
    /// The run that is live now.
    pub run: RunNumber,
    /// It was live already; nothing was started.
    pub was_live: bool,
    /// Words for limits that were asked for and are not enforced here.
    pub unenforced: Vec<String>,
}

/// What became of sessions that were asked to end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// Those that were live and are not any more.
    pub ended: Vec<SessionView>,
    /// Those that were not live in the first place.
    pub were_down: Vec<SessionView>,
    /// Processes that these had left behind, and that were ended as well.
    pub leftovers: u32,
}

/// Events that are no longer kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The first that is missing.
    pub from: u64,
    /// The last that is missing.
    pub to: u64,
}

/// About the daemon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaemonStatus {
    /// Its process.
    pub pid: u32,
    /// Its release.
    pub version: String,
    /// The newest control protocol it speaks.
    pub protocol: u16,
    /// Live sessions.
    pub sessions: u32,
    /// Where it listens.
    pub socket: String,
    /// Where it keeps its records.
    pub state_dir: String,
    /// How long it has been up, milliseconds.
    pub up_ms: u64,
}

/// Why a request failed, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ErrorCode {
    /// It failed.
    Failed,
    /// The request makes no sense.
    Usage,
    /// There is no such session.
    NotFound,
    /// Several sessions match.
    Ambiguous,
    /// The session is in a state in which this cannot be done.
    Conflict,
    /// The daemon has too much to do; try again.
    Busy,
    /// Not permitted.
    NotPermitted,
    /// The program could not be started; the number is what a shell would exit with.
    Launch(u8),
}

/// A session that a selector could have meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Its identity.
    pub id: SessionId,
    /// Its name.
    pub name: String,
    /// When it was made, milliseconds since the Unix epoch.
    pub created_at_ms: i64,
    /// Where it runs.
    pub cwd: String,
}

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// For programs.
    pub code: ErrorCode,
    /// What failed, on what.
    pub message: String,
    /// Why, outermost first.
    pub because: Vec<String>,
    /// What to do next.
    pub hint: Option<String>,
    /// What an ambiguous selector could have meant.
    pub candidates: Vec<Candidate>,
}

/// One fact that rests on evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Which: `process`, `turn` or `attention`.
    pub name: String,
    /// What is believed, in a word or two.
    pub value: String,
    /// What it rests on; none if nothing is known.
    pub evidence: Option<Evidence>,
    /// What said otherwise and counts for less.
    pub overruled: Vec<Evidence>,
}

/// What is believed of a session and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// The session.
    pub session: SessionView,
    /// Its facts.
    pub facts: Vec<Fact>,
}

/// A notice as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeView {
    /// Grows, never reused.
    pub number: u64,
    /// About this session.
    pub session: SessionId,
    /// Its name then.
    pub name: String,
    /// `finished`, `failed`, `needs-input`, `turn-ended`.
    pub kind: String,
    /// What a person is told: one line.
    pub title: String,
    /// More of it, as plain text.
    pub body: String,
    /// When, milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// The channel that took it; none if it reached nobody.
    pub channel: Option<String>,
    /// Why it reached nobody.
    pub why: Option<String>,
    /// A person has seen it.
    pub seen: bool,
}

/// What became of a notice on one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The channel.
    pub channel: String,
    /// Why it was not shown; none if it was.
    pub failed: Option<String>,
    /// How long that took, milliseconds.
    pub took_ms: u64,
}

/// A session that was removed, or of which only the records were.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrunedSession {
    /// Its identity.
    pub id: SessionId,
    /// Its name.
    pub name: String,
    /// When it ended, milliseconds since the Unix epoch.
    pub ended_at_ms: i64,
    /// Bytes that its records took.
    pub bytes: u64,
    /// It was removed itself; else only its transcripts were.
    pub removed: bool,
}

/// What was removed because it was too old or too much.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pruned {
    /// From which sessions, oldest end first; a part of them if they are very many.
    pub sessions: Vec<PrunedSession>,
    /// From how many.
    pub count: u64,
    /// Bytes that are free now.
    pub bytes: u64,
    /// Nothing was removed: this is what would have been.
    pub dry_run: bool,
}

/// What the daemon answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// Sessions; more of them follow unless this is the last piece.
    Sessions {
        /// Newest first.
        sessions: Vec<SessionView>,
        /// Nothing follows.
        last: bool,
    },
    /// One session.
    Session(Box<SessionView>),
    /// A session was started.
    Started(Started),
    /// A session is live.
    Resumed(Resumed),
    /// Sessions were stopped.
    Stopped(Stopped),
    /// Sessions ended.
    Ended(Vec<SessionView>),
    /// Something happened.
    Event(Event),
    /// Some events are no longer kept.
    Gap(Gap),
    /// About the daemon.
    Status(DaemonStatus),
    /// It was done.
    Done,
    /// It was not done.
    Failed(Failure),
    /// Tasks.
    Tasks(Vec<TaskView>),
    /// What is believed of a session and why.
    Why(Box<Why>),
    /// Notices.
    Notices(Vec<NoticeView>),
    /// What became of a test.
    Told(Vec<Told>),
    /// Sessions that stand still now, or go on.
    Stood(Vec<SessionView>),
    /// What was removed.
    Pruned(Pruned),
    /// Words for limits that nothing enforces; none if nothing runs that they could be
    /// enforced on.
    Unenforced(Option<Vec<String>>),
}

impl Reply {
    /// Whether nothing more follows for the same request.
    pub fn ends(&self) -> bool {
        match self {
            Self::Sessions { last, .. } => *last,
            Self::Event(_) | Self::Gap(_) => false,
            Self::Session(_)
            | Self::Started(_)
            | Self::Resumed(_)
            | Self::Stopped(_)
            | Self::Ended(_)
            | Self::Status(_)
            | Self::Done
            | Self::Failed(_)
            | Self::Tasks(_)
            | Self::Why(_)
            | Self::Notices(_)
            | Self::Told(_)
            | Self::Stood(_)
            | Self::Pruned(_)
            | Self::Unenforced(_) => true,
        }
    }
}
