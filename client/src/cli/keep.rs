//! What the verbs are told that end, name and remove sessions.

use app_model::elapsed;
use clap::Args;

use super::Many;

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
