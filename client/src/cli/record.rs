//! What the verbs are told that show what there is and what was.

use std::path::PathBuf;

use app_model::elapsed;
use clap::Args;

use super::ID_HELP;
use crate::asciicast::Format;
use crate::since::Since;

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
