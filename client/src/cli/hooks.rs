//! What `hooks` and `hook` are told.

use std::ffi::OsString;

use app_hooks::Agent;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

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

pub(super) fn agents() -> impl TypedValueParser<Value = Agent> {
    PossibleValuesParser::new(Agent::ALL.map(Agent::word)).try_map(|word| word.parse::<Agent>())
}
