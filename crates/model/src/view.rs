//! A session as it is shown: every fact that a list, a table or a script may want.

use serde::{Deserialize, Serialize};

use crate::restart::{Comeback, Plan};
use crate::{Exit, Limits, Lost, OsText, RunNumber, SessionId, Trust};

/// Whether a session stands for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It has no parent.
    Session,
    /// It belongs to another session.
    Task,
}

/// What is true of a session's process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// A holder was asked for and has not said yet that the program runs.
    Starting,
    /// The program runs.
    Running,
    /// The program is frozen.
    Paused,
    /// The program was asked to end.
    Stopping,
    /// The program was ended to save memory, and comes back when it is needed.
    Asleep,
    /// The last run is over.
    Ended,
    /// The last run is over, and nobody saw how.
    Lost,
}

impl Phase {
    /// Whether there may be a process.
    pub fn is_live(self) -> bool {
        match self {
            Self::Starting | Self::Running | Self::Paused | Self::Stopping => true,
            Self::Asleep | Self::Ended | Self::Lost => false,
        }
    }

    /// The word in `--json` and in the registry.
    pub fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Stopping => "stopping",
            Self::Asleep => "asleep",
            Self::Ended => "ended",
            Self::Lost => "lost",
        }
    }

    /// The phase of a run that ended like this.
    pub fn after(exit: Exit) -> Self {
        match exit {
            Exit::Code(_) | Exit::Signal(_) => Self::Ended,
            Exit::Lost(_) => Self::Lost,
        }
    }
}

/// Whose turn it is in a conversation with an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Turn {
    /// Nothing tells.
    Unknown,
    /// The agent works.
    Working,
    /// The agent waits.
    Idle,
}

/// A person should look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attention {
    /// The reason, in words.
    pub why: String,
    /// Since when, milliseconds since the Unix epoch.
    pub since_ms: i64,
}

/// What a session's processes use now, all of them together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Processor time so far, milliseconds.
    pub cpu_ms: u64,
    /// Resident memory, bytes.
    pub rss_bytes: u64,
    /// Processes.
    pub processes: u32,
}

/// A session with all that is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionView {
    /// Its identity.
    pub id: SessionId,
    /// Its name; not unique.
    pub name: String,
    /// Whether it stands for itself.
    pub kind: Kind,
    /// The session it belongs to.
    pub parent: Option<SessionId>,
    /// It was started in the background.
    pub background: bool,
    /// The agent's profile, if it is one.
    pub agent: Option<String>,
    /// The model it was started with.
    pub model: Option<String>,
    /// The program and its arguments.
    pub argv: Vec<OsText>,
    /// Where it runs.
    pub cwd: OsText,
    /// It has a terminal.
    pub tty: bool,
    /// Its newest run.
    pub run: RunNumber,
    /// The program's process, while there is one.
    pub pid: Option<u32>,
    /// The holder's process, while there is one.
    pub holder_pid: Option<u32>,
    /// Terminals that look at it now.
    pub attached: u16,
    /// Words a person gave it.
    pub tags: Vec<String>,
    /// A person wants to keep it.
    pub pinned: bool,
    /// The title its program has set.
    pub title: String,
    /// What is true of its process.
    pub phase: Phase,
    /// Whose turn it is.
    pub turn: Turn,
    /// Whether a person should look.
    pub attention: Option<Attention>,
    /// The agent's own identity of its conversation.
    pub conversation: Option<String>,
    /// Tasks of it that run.
    pub live_tasks: u32,
    /// Somebody asked the newest run to end.
    pub stop_asked: bool,
    /// When it was made, milliseconds since the Unix epoch.
    pub created_at_ms: i64,
    /// When its newest run started.
    pub started_at_ms: Option<i64>,
    /// When its newest run ended.
    pub ended_at_ms: Option<i64>,
    /// How long the newest run took, or takes until now.
    pub elapsed_ms: Option<u64>,
    /// When it last wrote something.
    pub last_output_at_ms: Option<i64>,
    /// How the newest run ended.
    pub exit: Option<Exit>,
    /// The last line of the run that ended.
    pub last_line: Option<String>,
    /// What it uses now; only where it was asked for.
    pub usage: Option<Usage>,
    /// What it may use; only where it was asked for.
    pub limits: Option<Limits>,
    /// The unit of the service manager that its processes are in; only where it was asked
    /// for, and there is one.
    pub scope: Option<String>,
    /// What its programs may ask of the daemon; only where it was asked for.
    pub trust: Option<Trust>,
    /// Where its runs are recorded.
    pub dir: OsText,
    /// How it comes back by itself.
    pub comeback: Comeback,
}

/// What a list puts together, in the order in which a person wants to see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// It waits for a person.
    NeedsYou,
    /// It is at work, or may be.
    Working,
    /// Its agent waits for the next turn.
    Idle,
    /// The machine was restarted under it.
    Interrupted,
    /// It ended well.
    Done,
    /// It ended otherwise.
    Failed,
}

impl Group {
    /// What stands above it.
    pub fn heading(self) -> &'static str {
        match self {
            Self::NeedsYou => "needs you",
            Self::Working => "working",
            Self::Idle => "idle",
            Self::Interrupted => "interrupted",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

impl SessionView {
    /// Whether the machine was restarted under it, and nobody had asked it to end.
    pub fn was_interrupted(&self) -> bool {
        self.exit == Some(Exit::Lost(Lost::Reboot)) && !self.stop_asked
    }

    /// Whether it is about to be started again.
    pub fn is_restarting(&self) -> bool {
        !self.phase.is_live() && matches!(self.comeback.plan, Plan::Again { .. })
    }

    /// Where a list puts it.
    pub fn group(&self) -> Group {
        let is_over = !self.phase.is_live() && self.phase != Phase::Asleep;
        match (is_over, self.exit) {
            (true, _) if self.live_tasks > 0 || self.is_restarting() => Group::Working,
            (true, _) if self.was_interrupted() => Group::Interrupted,
            (true, Some(Exit::Code(0))) => Group::Done,
            (true, _) => Group::Failed,
            (false, _) if self.attention.is_some() => Group::NeedsYou,
            (false, _) if matches!(self.phase, Phase::Asleep | Phase::Paused) => Group::Idle,
            (false, _) if self.turn == Turn::Idle => Group::Idle,
            (false, _) => Group::Working,
        }
    }

    /// One word for people.
    pub fn state(&self) -> &'static str {
        match (self.phase, self.exit) {
            (Phase::Running, _) if self.attention.is_some() => "needs-input",
            (Phase::Running, _) => match self.turn {
                Turn::Working => "working",
                Turn::Idle => "idle",
                Turn::Unknown => "running",
            },
            (Phase::Ended | Phase::Lost, _) if self.is_restarting() => "restarting",
            (Phase::Ended | Phase::Lost, _) if self.live_tasks > 0 => "finishing",
            (Phase::Ended, Some(Exit::Code(0))) => "done",
            (Phase::Ended, Some(_)) if self.stop_asked => "stopped",
            (Phase::Ended, _) => "failed",
            (Phase::Lost, Some(Exit::Lost(Lost::Reboot))) if self.stop_asked => "stopped",
            (Phase::Lost, Some(Exit::Lost(Lost::Reboot))) => "interrupted",
            (
                phase @ (Phase::Starting
                | Phase::Paused
                | Phase::Stopping
                | Phase::Asleep
                | Phase::Lost),
                _,
            ) => phase.word(),
        }
    }
}
