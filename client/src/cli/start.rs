//! What `start` is told.

use std::ffi::OsString;
use std::path::PathBuf;

use app_model::{Trust, limits};
use clap::{Args, ValueEnum};

use super::Keys;

#[derive(Debug, Args)]
pub(crate) struct Start {
    /// Start in the background and return at once
    #[arg(long)]
    pub(crate) bg: bool,
    /// The session's name; without it, the program's
    #[arg(short, long)]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) surroundings: Surroundings,
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
    /// What programs in it may ask of the daemon: report, task or full
    #[arg(long, value_name = "TRUST")]
    pub(crate) trust: Option<Trust>,
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

/// What a program is started in.
#[derive(Debug, Args)]
pub(crate) struct Surroundings {
    /// Where to run it
    #[arg(long, value_name = "DIR")]
    pub(crate) cwd: Option<PathBuf>,
    /// Set a variable; without `=VALUE` it is taken from here
    #[arg(short, long, value_name = "NAME=VALUE")]
    pub(crate) env: Vec<OsString>,
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
