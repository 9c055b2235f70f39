//! The command line: every verb, argument and help text.
//!
//! Names of programs, directories and variables are `OsString`: they need not be UTF-8.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use app_hooks::Agent;
use app_model::elapsed;
use app_model::keys::DetachKey;
use app_model::limits;
use app_model::report::Outcome;
use app_wire::control::Awaited;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::asciicast::Format;
use crate::send_keys::Key;
use crate::since::Since;

/// Run work that outlives its terminal: start it, leave it, come back to it.
#[derive(Debug, Parser)]
#[command(name = "appctl", version, max_term_width = 100, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// Print JSON: one value, or one per line where the verb streams
    #[arg(long, global = true, display_order = 900)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Start a program as a session, in this terminal or in the background
    Start(Start),
    /// Open a live session in this terminal; Ctrl-\ leaves it again
    Attach(Attach),
    /// Let go of all terminals that are attached to a session
    Detach(One),
    /// Go on with a session: attach to it, or run it again if it ended
    Resume(Resume),
    /// List sessions: the live ones and those that ended unseen
    #[command(visible_alias = "ps", alias = "list")]
    Ls(Ls),
    /// Show everything about one session
    Show(One),
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
    /// Type text or keys into a session
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
pub(crate) struct Many {
    /// The sessions: ids, beginnings of ids, or names
    #[arg(value_name = "ID", required = true, env = "APPCTL_SESSION")]
    pub(crate) ids: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Start {
    /// Start in the background and return at once
    #[arg(long)]
    pub(crate) bg: bool,
    /// The session's name; without it, the program's
    #[arg(short, long)]
    pub(crate) name: Option<String>,
    /// Where to run it
    #[arg(long, value_name = "DIR")]
    pub(crate) cwd: Option<PathBuf>,
    /// Set a variable; without `=VALUE` it is taken from here
    #[arg(short, long, value_name = "NAME=VALUE")]
    pub(crate) env: Vec<OsString>,
    /// Run it without a terminal: its output goes straight to the log
    #[arg(long)]
    pub(crate) no_tty: bool,
    /// The agent's profile
    #[arg(long)]
    pub(crate) agent: Option<String>,
    /// The agent's model
    #[arg(long)]
    pub(crate) model: Option<String>,
    /// The session it belongs to; inside a session, that one
    #[arg(long, value_name = "ID")]
    pub(crate) parent: Option<String>,
    /// The memory its processes may use together: 512M, 4G
    #[arg(long, value_name = "SIZE", value_parser = limits::memory)]
    pub(crate) memory: Option<u64>,
    /// The processor time they may use together: 50% is half of one processor
    #[arg(long, value_name = "SHARE", value_parser = limits::cpu)]
    pub(crate) cpu: Option<u32>,
    /// How many processes and threads they may be
    #[arg(long, value_name = "N", value_parser = limits::tasks)]
    pub(crate) tasks: Option<u64>,
    /// When its end and its questions are told: auto is as the settings say
    #[arg(long, value_name = "WHEN", value_enum)]
    pub(crate) notify: Option<NotifyWhen>,
    /// Start it again by itself after these ends, unless somebody asked for them
    #[arg(long, value_name = "WHEN", value_enum, default_value = "never")]
    pub(crate) restart: RestartWhen,
    /// Print the id alone
    #[arg(short, long)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) keys: Keys,
    /// The program and its arguments; without them, your shell
    #[arg(value_name = "CMD", trailing_var_arg = true)]
    pub(crate) command: Vec<OsString>,
}

/// When a session's end and its questions are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum NotifyWhen {
    /// As the settings say
    Auto,
    /// Always, however short it was, and although you saw it
    Always,
    /// Never
    Never,
}

/// After which ends a session is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RestartWhen {
    /// After none
    Never,
    /// When it failed
    OnFailure,
    /// When the machine was restarted
    OnBoot,
    /// After all that nobody asked for
    Always,
}

#[derive(Debug, Args)]
pub(crate) struct Keys {
    /// The key that detaches, such as ctrl-x, or `none`
    #[arg(
        long,
        value_name = "KEY",
        env = "APPCTL_DETACH_KEY",
        default_value = "ctrl-\\",
        hide_env = true
    )]
    pub(crate) detach_key: DetachKey,
}

/// How many lines above the screen are shown on entering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HistoryLines(pub(crate) u32);

impl FromStr for HistoryLines {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "all" => Ok(Self(u32::MAX)),
            "none" => Ok(Self(0)),
            number => {
                number.parse().map(Self).map_err(|_| "write a number, `all` or `none`".into())
            }
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Attach {
    #[arg(help = ID_HELP)]
    pub(crate) id: Option<String>,
    /// Only look: keys and size of this terminal do not reach the program
    #[arg(long)]
    pub(crate) read_only: bool,
    /// Let go of all other terminals first; they are told
    #[arg(long)]
    pub(crate) steal: bool,
    /// Lines above the screen to show first: a number, `all` or `none`
    #[arg(long, value_name = "N", default_value = "2000")]
    pub(crate) history: HistoryLines,
    /// Carry every byte through this command instead of handing the terminal over
    #[arg(long)]
    pub(crate) relay: bool,
    #[command(flatten)]
    pub(crate) keys: Keys,
}

#[derive(Debug, Args)]
pub(crate) struct Resume {
    #[arg(help = ID_HELP, conflicts_with = "last")]
    pub(crate) id: Option<String>,
    /// The session that was used last
    #[arg(long)]
    pub(crate) last: bool,
    /// Run it again in the background
    #[arg(long)]
    pub(crate) bg: bool,
    /// Print the id alone
    #[arg(short, long)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) keys: Keys,
}

#[derive(Debug, Args)]
pub(crate) struct Ls {
    /// All of them, those that ended and were looked at too
    #[arg(short, long)]
    pub(crate) all: bool,
    /// Each session with its tasks below it
    #[arg(short, long)]
    pub(crate) tree: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Logs {
    #[arg(help = ID_HELP, env = "APPCTL_SESSION")]
    pub(crate) id: String,
    /// Go on until the run ends
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// Only the last lines
    #[arg(short = 'n', long, value_name = "N")]
    pub(crate) lines: Option<usize>,
    /// Only since then: 90s, 10m, 2h or 1d ago, at 14:30, or at a date and time
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<Since>,
    /// Print before each line when it began
    #[arg(short, long, conflicts_with = "raw")]
    pub(crate) timestamps: bool,
    /// The bytes as they were written, control sequences included
    #[arg(long)]
    pub(crate) raw: bool,
    /// An earlier run, counted from 1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) run: Option<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct Replay {
    #[arg(help = ID_HELP, env = "APPCTL_SESSION")]
    pub(crate) id: String,
    /// An earlier run, counted from 1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) run: Option<u32>,
    /// So many times as fast as it was: 2, 0.5
    #[arg(long, value_name = "FACTOR", default_value = "1", value_parser = speed)]
    pub(crate) speed: f64,
    /// The longest pause: 1s, 500ms
    #[arg(long, value_name = "TIME", value_parser = elapsed::parse)]
    pub(crate) max_idle: Option<u64>,
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse().ok().filter(|speed: &f64| speed.is_finite() && *speed > 0.0);
    speed.ok_or_else(|| format!("`{text}` is no speed; write 2 for twice as fast, or 0.5"))
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    #[arg(help = ID_HELP, env = "APPCTL_SESSION")]
    pub(crate) id: String,
    /// An earlier run, counted from 1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) run: Option<u32>,
    /// The form of the file
    #[arg(long, value_enum, default_value = "asciicast")]
    pub(crate) format: Format,
    /// The file; without it, or as `-`, standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Peek {
    #[arg(help = ID_HELP, env = "APPCTL_SESSION")]
    pub(crate) id: String,
    /// With colours, as bytes for a terminal
    #[arg(long)]
    pub(crate) ansi: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Send {
    #[arg(help = ID_HELP, env = "APPCTL_SESSION")]
    pub(crate) id: String,
    /// The text; `-` is standard input, and so is no text when that is not a terminal
    #[arg(allow_hyphen_values = true)]
    pub(crate) text: Option<OsString>,
    /// Press Enter at the end
    #[arg(long)]
    pub(crate) enter: bool,
    /// Press a key after the text: ctrl-c, enter, esc, tab, up, f1, alt-x, …
    #[arg(long = "key", value_name = "KEY")]
    pub(crate) keys: Vec<Key>,
}

#[derive(Debug, Args)]
pub(crate) struct Wait {
    #[command(flatten)]
    pub(crate) which: Many,
    /// Return when one of them has ended
    #[arg(long)]
    pub(crate) any: bool,
    /// Wait for their tasks too; the exit code is 1 if only a task failed
    #[arg(long, conflicts_with = "any")]
    pub(crate) tasks: bool,
    /// Wait for something else than the end: exit, idle, needs-input or text=REGEX
    #[arg(long = "for", value_name = "WHAT", conflicts_with_all = ["any", "tasks"])]
    pub(crate) what: Option<WaitFor>,
    /// Give up after this time, with exit code 124: 10s, 5m, 2h
    #[arg(long, value_name = "TIME", value_parser = elapsed::parse)]
    pub(crate) timeout: Option<u64>,
}

/// What `wait` waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WaitFor {
    /// The end of the program.
    Exit,
    /// Something that happens while it runs.
    This(Awaited),
}

impl FromStr for WaitFor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "exit" => Ok(Self::Exit),
            "idle" => Ok(Self::This(Awaited::Idle)),
            "needs-input" => Ok(Self::This(Awaited::NeedsInput)),
            _ => match text.strip_prefix("text=") {
                Some(pattern) => Ok(Self::This(Awaited::Text(pattern.to_owned()))),
                None => Err("write exit, idle, needs-input or text=REGEX".into()),
            },
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Stop {
    #[command(flatten)]
    pub(crate) which: Many,
    /// How long to wait before insisting: 10s, 5m
    #[arg(long, value_name = "TIME", value_parser = elapsed::parse)]
    pub(crate) grace: Option<u64>,
    /// Let their tasks go on
    #[arg(long)]
    pub(crate) keep: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Kill {
    #[command(flatten)]
    pub(crate) which: Many,
    /// Let their tasks go on
    #[arg(long)]
    pub(crate) keep: bool,
}

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
    /// Where to run it
    #[arg(long, value_name = "DIR")]
    pub(crate) cwd: Option<PathBuf>,
    /// Set a variable; without `=VALUE` it is taken from here
    #[arg(short, long, value_name = "NAME=VALUE")]
    pub(crate) env: Vec<OsString>,
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

#[derive(Debug, Args)]
pub(crate) struct Rename {
    /// The session; inside one, it can be left out
    pub(crate) id: String,
    /// The new name
    pub(crate) name: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Make the registry anew from the session directories; sessions go on
    #[arg(long)]
    pub(crate) rebuild: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Prune {
    /// Only say what would be removed
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Rm {
    #[command(flatten)]
    pub(crate) which: Many,
    /// End those that are live, first
    #[arg(short, long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Events {
    /// Only events after this number
    #[arg(long, value_name = "SEQ")]
    pub(crate) since: Option<u64>,
    /// Go on with what happens next
    #[arg(short, long)]
    pub(crate) follow: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Notices {
    /// Only those that you have not seen
    #[arg(long)]
    pub(crate) unseen: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum NotifyVerb {
    /// Show a notice on each channel, and say what became of it
    Test {
        /// Only on this one: desktop, command, webhook or terminal
        #[arg(long, value_name = "CHANNEL")]
        channel: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigVerb {
    /// Say what is wrong with the settings file, if anything is
    Check,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DaemonVerb {
    /// Start the daemon if none runs
    Start,
    /// End the daemon; sessions keep running
    Stop {
        /// End all sessions first
        #[arg(long)]
        sessions: bool,
    },
    /// End the daemon and start it anew; sessions keep running
    Restart,
    /// Say whether the daemon runs
    Status,
    /// Print what the daemon wrote into its log
    Logs {
        /// Go on with what it writes next
        #[arg(short, long)]
        follow: bool,
        /// Only the last lines
        #[arg(short = 'n', long, value_name = "N")]
        lines: Option<usize>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ServiceVerb {
    /// Install the daemon as a service of yours, started at log-in and after a crash
    Install {
        /// Let your services go on when you are not logged in (loginctl enable-linger)
        #[arg(long)]
        linger: bool,
    },
    /// End the service and remove it; sessions keep running
    Uninstall,
    /// Say whether it is installed and runs, and what would end sessions all the same
    Status,
    /// Start the daemon anew, as after an upgrade; sessions keep running
    Restart,
    /// Show what the daemon wrote into the system's log
    Logs {
        /// Go on with what it writes next
        #[arg(short, long)]
        follow: bool,
        /// Only the last lines
        #[arg(short = 'n', long, value_name = "N")]
        lines: Option<usize>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum HooksVerb {
    /// Add hooks to an agent's settings; what else is in them stays as it is
    Install {
        #[command(flatten)]
        which: WhichHooks,
        /// Print what the settings would be, and write nothing
        #[arg(long)]
        print: bool,
    },
    /// Say which agents have hooks, and where
    Status {
        /// Only of this agent
        #[arg(value_parser = agents())]
        agent: Option<Agent>,
    },
    /// Take out of an agent's settings what `install` added
    Uninstall {
        #[command(flatten)]
        which: WhichHooks,
    },
}

#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct WhichHooks {
    /// The agent
    #[arg(value_parser = agents())]
    pub(crate) agent: Agent,
    /// In the settings of the project in this directory, not in your own
    #[arg(long)]
    pub(crate) project: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Hook {
    /// The agent
    pub(crate) agent: String,
    /// What happened, where the event itself does not say
    #[arg(long, value_name = "NAME")]
    pub(crate) event: Option<String>,
    /// The event; without it, standard input
    #[arg(value_name = "JSON", allow_hyphen_values = true)]
    pub(crate) json: Option<OsString>,
}

fn agents() -> impl TypedValueParser<Value = Agent> {
    PossibleValuesParser::new(Agent::ALL.map(Agent::word)).try_map(|word| word.parse::<Agent>())
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
