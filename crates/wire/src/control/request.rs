//! What a client may ask in version 1.

use app_model::report::{Report, Stamp};
use app_model::restart::Restart;
use app_model::{SessionId, Spec, TerminalSize};
use serde::{Deserialize, Serialize};

/// How a request names a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// Its id, the beginning of its id, or its name, as a person wrote it.
    Named(String),
    /// The one that was used last.
    Last,
}

/// A new session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// What to run. The daemon adds the variables that name the session.
    pub spec: Spec,
    /// Its name, or one made from the program's.
    pub name: Option<String>,
    /// It starts in the background.
    pub background: bool,
    /// The session it belongs to.
    pub parent: Option<Target>,
    /// The agent's profile.
    pub agent: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// When its end and its questions are told; none is as the settings say.
    pub notify: Option<NotifyWhen>,
    /// After which ends it is started again.
    pub restart: Restart,
}

/// When a session's end and its questions are told to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NotifyWhen {
    /// As the settings say.
    Auto,
    /// Always, however short it was.
    Always,
    /// Never.
    Never,
}

/// What one can wait for besides the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Awaited {
    /// The agent waits for its next turn.
    Idle,
    /// Somebody has to look.
    NeedsInput,
    /// The screen shows text that matches this regular expression.
    Text(String),
    /// All of its tasks have ended.
    Tasks,
}

/// Another run of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// Which session.
    pub target: Target,
    /// The size of the terminal that will attach; none keeps the last one.
    pub size: Option<TerminalSize>,
    /// The new run is one in the background.
    pub background: bool,
}

/// Something that happened inside a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    /// Inside which one.
    pub target: Target,
    /// Where it stands among the reports of its source.
    pub stamp: Stamp,
    /// What happened, oldest first.
    pub reports: Vec<Report>,
}

/// What a client may ask. Each request is answered by [`Reply`](super::Reply)s, the
/// last of which [ends](super::Reply::ends) the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Sessions, newest first. Answered by `Sessions`, in one or more pieces.
    List {
        /// Those that ended and were looked at, too.
        all: bool,
        /// With what has to be asked from holders and the kernel: usage, last output.
        detail: bool,
    },
    /// One session with everything known, what it uses included. Answered by `Session`.
    Show {
        /// Which one.
        target: Target,
    },
    /// Make a session and start its first run. Answered by `Started` when the program
    /// really runs.
    Start(Box<Start>),
    /// Start the next run of a session that ended; harmless for one that is live.
    /// Answered by `Resumed`.
    Resume(Resume),
    /// End runs: ask, wait for the grace, insist. Answered by one `Stopped`, when all of
    /// them are over.
    Stop {
        /// Which ones.
        targets: Vec<Target>,
        /// How long to wait before insisting, milliseconds; none is the default, zero
        /// kills at once.
        grace_ms: Option<u32>,
        /// Their tasks go on.
        keep_tasks: bool,
    },
    /// Give a session another name. Answered by `Done`.
    Rename {
        /// Which one.
        target: Target,
        /// The new name.
        name: String,
    },
    /// Forget sessions and delete their records. Answered by `Done`.
    Remove {
        /// Which ones.
        targets: Vec<Target>,
        /// End those that are live, first.
        force: bool,
    },
    /// Let go of all terminals attached to a session. Answered by `Done`.
    Detach {
        /// Which one.
        target: Target,
    },
    /// Wait for runs to end. Answered by one `Ended` with a view of each session that
    /// ended.
    Wait {
        /// Which ones.
        targets: Vec<Target>,
        /// One is enough.
        any: bool,
    },
    /// The journal. Answered by `Event`s and `Gap`s, then `Done`; with `follow` it goes
    /// on until the client hangs up.
    Events {
        /// Only events after this one; none with `follow` means from now on.
        since: Option<u64>,
        /// Go on with what happens next.
        follow: bool,
    },
    /// About the daemon. Answered by `Status`.
    Status,
    /// End the daemon. Answered by `Done`; then the connection ends with the daemon.
    Shutdown {
        /// End all sessions first. Otherwise they run on.
        sessions: bool,
    },
    /// A person looked at a session that ended. Answered by `Done`.
    Seen {
        /// Which one.
        session: SessionId,
    },
    /// One session as far as it is known without asking its holder or the kernel: for
    /// who goes on to the holder. Answered by `Session`.
    Find {
        /// Which one.
        target: Target,
    },
    /// Something happened inside a session. Answered by `Done`, or not waited for: it is
    /// done all the same.
    Report(Box<Reported>),
    /// Tasks, newest first. Answered by `Tasks`.
    Tasks {
        /// Of this session; none is of every one.
        target: Option<Target>,
        /// Those that ended long ago, too.
        all: bool,
    },
    /// What is believed of a session and why. Answered by `Why`.
    Why {
        /// Which one.
        target: Target,
    },
    /// Wait until this is so, or the run is over. Answered by `Session`.
    WaitFor {
        /// Of which one.
        target: Target,
        /// What.
        what: Awaited,
    },
    /// Notices, newest first. Answered by `Notices`.
    Notices {
        /// Only those that nobody has seen.
        unseen: bool,
    },
    /// A person has seen the notices up to this number. Answered by `Done`.
    NoticesSeen {
        /// The number of the newest one.
        through: u64,
    },
    /// Show a notice for a test. Answered by `Told`.
    NotifyTest {
        /// On this channel only.
        channel: Option<String>,
    },
    /// Let the processes of sessions stand still. Answered by one `Stood` when they do.
    Pause {
        /// Which ones.
        targets: Vec<Target>,
    },
    /// Let them go on. Answered by one `Stood`.
    Continue {
        /// Which ones.
        targets: Vec<Target>,
    },
    /// Keep sessions, or let go of them. Answered by `Done`.
    Pin {
        /// Which ones.
        targets: Vec<Target>,
        /// Keep them.
        pinned: bool,
    },
    /// Remove what is too old or too much. Answered by `Pruned`.
    Prune {
        /// Only say what would be removed.
        dry_run: bool,
    },
    /// Wake a session that sleeps, or is just put to sleep; nothing is done with any other.
    /// Answered by `Resumed`.
    Wake {
        /// Which one.
        target: Target,
        /// The size of the terminal that will attach; none keeps the last one.
        size: Option<TerminalSize>,
    },
    /// Which of a session's limits nothing enforces on the run that is live.
    Unenforced {
        /// Which one.
        target: Target,
    },
}
