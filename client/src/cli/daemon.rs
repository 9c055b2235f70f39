//! What the verbs are told that look after the daemon and its settings.

use clap::Subcommand;

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
