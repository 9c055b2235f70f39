//! The command line: every verb, argument and help text.
//!
//! Names of programs, directories and variables are `OsString`: they need not be UTF-8.

mod daemon;
mod hooks;
mod keep;
mod quick;
mod record;
mod start;
mod task;
mod terminal;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;

pub(crate) use daemon::{ConfigVerb, DaemonVerb, NotifyVerb, ServiceVerb};
pub(crate) use hooks::{Hook, HooksVerb, WhichHooks};
pub(crate) use keep::{Doctor, Kill, Prune, Rename, Rm, Stop};
pub(crate) use record::{Events, Export, Logs, Ls, Notices, Replay};
pub(crate) use start::{NotifyWhen, RestartWhen, Start};
pub(crate) use task::{Reporter, TaskBegin, TaskEnd, TaskLs, TaskStart, TaskVerb};
pub(crate) use terminal::{Attach, Keys, Peek, Resume, Send, Wait, WaitFor};

/// Run work that outlives its terminal: start it, leave it, come back to it.
#[derive(Debug, Parser)]
#[command(
    name = "appctl",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    after_help = DASHBOARD_HELP
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    pub(crate) verb: Option<Verb>,
}

/// What it does when nothing is asked of it.
const DASHBOARD_HELP: &str = "Without a command, on a terminal: the dashboard. All sessions, live, \
    to open, look into, answer, start and stop; ? in it lists its keys.";

/// What every verb takes.
#[derive(Debug, Args)]
pub(crate) struct Globals {
    /// Print JSON: one value, or one per line where the verb streams
    #[arg(long, global = true, display_order = 900)]
    pub(crate) json: bool,
}

impl Cli {
    /// Understands a command line, the program's name first.
    pub(crate) fn understand(args: &[OsString]) -> Result<Self, clap::Error> {
        quick::parse(args).map_or_else(|| Self::try_parse_from(args), Ok)
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Start a program as a session, in this terminal or in the background
    Start(Start),
    /// Open a session that runs or sleeps in this terminal; Ctrl-\ leaves it again
    Attach(Attach),
    /// Let go of all terminals that are attached to a session
    Detach(One),
    /// Go on with a session: attach to it, or run it again if it ended
    Resume(Resume),
    /// List sessions: the live ones and those that ended unseen
    #[command(visible_alias = "ps", alias = "list")]
    Ls(Ls),
    /// Show everything about one session
    Show(Show),
    /// Show what is believed of a session, and why
    Why(One),
    /// Print what a session wrote
    Logs(Logs),
    /// Play what a session wrote in this terminal, as it came; q leaves
    Replay(Replay),
    /// Write what a session wrote as a file that other programs play
    Export(Export),
    /// Print a session's screen as it is now
    Peek(Peek),
    /// Type text or keys into a session; one that sleeps is woken first
    Send(Send),
    /// Wait for sessions to end, and exit with the program's code
    Wait(Wait),
    /// Ask sessions to end, and insist after a while
    Stop(Stop),
    /// End sessions at once
    Kill(Kill),
    /// Let the programs of sessions stand still until they go on
    Pause(Many),
    /// Let paused sessions go on
    Continue(Many),
    /// Give a session another name
    Rename(Rename),
    /// Keep sessions: they are never removed to make room, nor put to sleep
    Pin(Many),
    /// Let go of sessions that were pinned
    Unpin(Many),
    /// Make room: remove what is left of sessions that ended long ago or took too much
    Prune(Prune),
    /// Forget sessions that ended, and delete their records
    Rm(Rm),
    /// Work that belongs to a session
    #[command(subcommand)]
    Task(TaskVerb),
    /// Print what happened, in order
    Events(Events),
    /// List what you were told, and what could not be told
    Notices(Notices),
    /// Try how you are told
    #[command(subcommand)]
    Notify(NotifyVerb),
    /// Say what could keep things from working, and what to do about it
    Doctor(Doctor),
    /// Look after the settings
    #[command(subcommand)]
    Config(ConfigVerb),
    /// Look after the daemon
    #[command(subcommand)]
    Daemon(DaemonVerb),
    /// Have the system's service manager keep the daemon running
    #[command(subcommand)]
    Service(ServiceVerb),
    /// Let coding agents tell what they do, through their hooks
    #[command(subcommand)]
    Hooks(HooksVerb),
    /// Pass on an event of a coding agent; its hooks run this
    #[command(hide = true)]
    Hook(Hook),
    /// Put this terminal right after something has left it unusable
    Reset,
    /// Print the completion script of a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Write the manual pages into a directory
    #[command(hide = true)]
    Man {
        /// The directory; it must exist
        dir: PathBuf,
    },
}

/// How to name a session, said once.
const ID_HELP: &str = "The session: its id, the beginning of its id, or its name";

#[derive(Debug, Args)]
pub(crate) struct One {
    #[arg(help = ID_HELP, env = "APPCTL_SESSION")]
    pub(crate) id: String,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    #[arg(help = ID_HELP, env = "APPCTL_SESSION")]
    pub(crate) id: String,
    /// Show arguments that look like secrets too; otherwise they are ***
    #[arg(long)]
    pub(crate) show_secrets: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Many {
    /// The sessions: ids, beginnings of ids, or names
    #[arg(value_name = "ID", required = true, env = "APPCTL_SESSION")]
    pub(crate) ids: Vec<String>,
}

impl Verb {
    /// Whether the verb passes on the exit code of a program.
    pub(crate) fn watches(&self) -> bool {
        match self {
            Self::Attach(_) | Self::Wait(_) => true,
            Self::Start(start) => !start.bg,
            Self::Resume(resume) => !resume.bg,
            Self::Detach(_)
            | Self::Ls(_)
            | Self::Show(_)
            | Self::Why(_)
            | Self::Logs(_)
            | Self::Replay(_)
            | Self::Export(_)
            | Self::Peek(_)
            | Self::Send(_)
            | Self::Stop(_)
            | Self::Kill(_)
            | Self::Pause(_)
            | Self::Continue(_)
            | Self::Rename(_)
            | Self::Pin(_)
            | Self::Unpin(_)
            | Self::Prune(_)
            | Self::Rm(_)
            | Self::Task(_)
            | Self::Events(_)
            | Self::Notices(_)
            | Self::Notify(_)
            | Self::Doctor(_)
            | Self::Config(_)
            | Self::Daemon(_)
            | Self::Service(_)
            | Self::Hooks(_)
            | Self::Hook(_)
            | Self::Reset
            | Self::Completions { .. }
            | Self::Man { .. } => false,
        }
    }
}

/// The whole command line, for completions and manual pages.
pub fn command() -> clap::Command {
    Cli::command()
}
