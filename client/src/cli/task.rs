//! What `task` is told.

use std::ffi::OsString;

use app_model::report::Outcome;
use clap::{Args, Subcommand};

use super::start::Surroundings;

#[derive(Debug, Subcommand)]
pub(crate) enum TaskVerb {
    /// Start a program as a task of a session: in the background, without a terminal
    Start(TaskStart),
    /// Say that a piece of work began which no program of its own does
    Begin(TaskBegin),
    /// Say that it ended
    End(TaskEnd),
    /// List tasks
    #[command(alias = "list")]
    Ls(TaskLs),
}

#[derive(Debug, Args)]
pub(crate) struct TaskStart {
    /// The session it belongs to; inside a session, that one
    #[arg(long, value_name = "ID", env = "APPCTL_SESSION")]
    pub(crate) parent: String,
    /// Give it a terminal, so that it can be attached to
    #[arg(long)]
    pub(crate) tty: bool,
    /// The task's name; without it, the program's
    #[arg(short, long)]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) surroundings: Surroundings,
    /// Print the id alone
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// The program and its arguments
    #[arg(value_name = "CMD", trailing_var_arg = true, required = true)]
    pub(crate) command: Vec<OsString>,
}

/// Inside which session, and where a report stands among others.
#[derive(Debug, Args)]
pub(crate) struct Reporter {
    /// The session it happens in; inside a session, that one
    #[arg(long, value_name = "ID", env = "APPCTL_SESSION")]
    pub(crate) session: String,
    /// The task's identity, which you choose
    #[arg(long, value_name = "EXT")]
    pub(crate) id: String,
    /// Who reports; identities of one are nothing to another
    #[arg(long, value_name = "NAME", default_value = "task")]
    pub(crate) source: String,
    /// Which life of the source: in a later one, an identity may begin again
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) generation: u64,
    /// The report's place among those of its life; without it, the time
    #[arg(long, value_name = "N")]
    pub(crate) sequence: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct TaskBegin {
    #[command(flatten)]
    pub(crate) reporter: Reporter,
    /// What it is, for people
    #[arg(long, value_name = "TEXT")]
    pub(crate) label: String,
    /// The model that does it
    #[arg(long)]
    pub(crate) model: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct TaskEnd {
    #[command(flatten)]
    pub(crate) reporter: Reporter,
    /// How it ended: ok, failed or cancelled
    #[arg(long)]
    pub(crate) outcome: Outcome,
    /// What came of it, in a line
    #[arg(long, value_name = "TEXT")]
    pub(crate) summary: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct TaskLs {
    /// The session whose tasks to list; without one, those of all sessions
    pub(crate) id: Option<String>,
    /// Those of sessions that ended and were looked at, too
    #[arg(short, long)]
    pub(crate) all: bool,
}
