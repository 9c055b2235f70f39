//! What the verbs are told that put a session on a terminal, or stand in for one.

use std::ffi::OsString;
use std::str::FromStr;

use app_model::elapsed;
use app_model::keys::DetachKey;
use app_wire::control::Awaited;
use clap::Args;

use super::{ID_HELP, Many};
use crate::send_keys::Key;

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
    /// The session: its id, the beginning of its id, or its name; `-` is the one that was
    /// opened before the last
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
