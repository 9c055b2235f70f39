//! What each agent's command line means, as far as it matters for going on.
//!
//! Taken from what the programs themselves say with `--help`. An option that is missing here
//! costs a session its sleep, and nothing else; one that is wrong could say a prompt again.

/// An agent's command line.
pub(super) struct Dialect {
    /// Its name, which is also that of its program.
    pub(super) agent: &'static str,
    /// How a conversation is named.
    pub(super) naming: Naming,
    /// What words are that belong to no option.
    pub(super) positional: Positional,
    /// Options by name: what follows them, and what becomes of them.
    pub(super) options: &'static [(&'static str, Takes, Fate)],
}

/// How a conversation is named.
pub(super) enum Naming {
    /// By an option, right after the program.
    Option(&'static str),
    /// By a command of the agent's, after the options.
    Command(&'static str),
}

/// What a word is that belongs to no option.
pub(super) enum Positional {
    /// A prompt.
    Prompt,
    /// A prompt, or a command of the agent's.
    PromptOrCommand,
    /// Where to work.
    Directory,
}

/// What follows an option.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// Nothing of its own.
    Nothing,
    /// One word, whatever that is.
    One,
    /// One word, unless that is an option.
    Maybe,
    /// All words up to the next option.
    Many,
}

/// What becomes of an option.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is said again.
    Keep,
    /// It named another conversation, or was a prompt.
    Drop,
}

use Fate::{Drop, Keep};
use Takes::{Many, Maybe, Nothing, One};

/// The command line of the agent with this program, if it is known.
pub(super) fn dialect(program: &[u8]) -> Option<&'static Dialect> {
    let all = [&CLAUDE, &CODEX, &GEMINI, &OPENCODE];
    all.into_iter().find(|dialect| dialect.agent.as_bytes() == program)
}

/// Without `--print` and what belongs to it, and without what works elsewhere.
static CLAUDE: Dialect = Dialect {
    agent: "claude",
    naming: Naming::Option("--resume"),
    positional: Positional::Prompt,
    options: &[
        ("--add-dir", Many, Keep),
        ("--agent", One, Keep),
        ("--agents", One, Keep),
        ("--allow-dangerously-skip-permissions", Nothing, Keep),
        ("--allowedTools", Many, Keep),
        ("--allowed-tools", Many, Keep),
        ("--append-system-prompt", One, Keep),
        ("--append-system-prompt-file", One, Keep),
        ("--autocompact", One, Keep),
        ("--ax-screen-reader", Nothing, Keep),
        ("--betas", Many, Keep),
        ("--brief", Nothing, Keep),
        ("--chrome", Nothing, Keep),
        ("--no-chrome", Nothing, Keep),
        ("--dangerously-skip-permissions", Nothing, Keep),
        ("--debug", Maybe, Keep),
        ("-d", Maybe, Keep),
        ("--debug-file", One, Keep),
        ("--disable-slash-commands", Nothing, Keep),
        ("--disallowedTools", Many, Keep),
        ("--disallowed-tools", Many, Keep),
        ("--effort", One, Keep),
        ("--fallback-model", One, Keep),
        ("--ide", Nothing, Keep),
        ("--mcp-config", Many, Keep),
        ("--model", One, Keep),
        ("--name", One, Keep),
        ("-n", One, Keep),
        ("--permission-mode", One, Keep),
        ("--plugin-dir", One, Keep),
        ("--plugin-url", One, Keep),
        ("--restricted", Nothing, Keep),
        ("--safe-mode", Nothing, Keep),
        ("--setting-sources", One, Keep),
        ("--settings", One, Keep),
        ("--strict-mcp-config", Nothing, Keep),
        ("--system-prompt", One, Keep),
        ("--system-prompt-file", One, Keep),
        ("--system-prompt-snapshot", One, Keep),
        ("--tools", Many, Keep),
        ("--verbose", Nothing, Keep),
        ("--continue", Nothing, Drop),
        ("-c", Nothing, Drop),
        ("--fork-session", Nothing, Drop),
        ("--from-pr", Maybe, Drop),
        ("--resume", Maybe, Drop),
        ("-r", Maybe, Drop),
        ("--session-id", One, Drop),
    ],
};

/// Without `--image`, whose files may or may not be a prompt's.
static CODEX: Dialect = Dialect {
    agent: "codex",
    naming: Naming::Command("resume"),
    positional: Positional::PromptOrCommand,
    options: &[
        ("--add-dir", One, Keep),
        ("--approve-for-me", Nothing, Keep),
        ("--ask-for-approval", One, Keep),
        ("-a", One, Keep),
        ("--cd", One, Keep),
        ("-C", One, Keep),
        ("--config", One, Keep),
        ("-c", One, Keep),
        ("--dangerously-bypass-approvals-and-sandbox", Nothing, Keep),
        ("--dangerously-bypass-hook-trust", Nothing, Keep),
        ("--disable", One, Keep),
        ("--enable", One, Keep),
        ("--local-provider", One, Keep),
        ("--model", One, Keep),
        ("-m", One, Keep),
        ("--no-alt-screen", Nothing, Keep),
        ("--no-daemon", Nothing, Keep),
        ("--oss", Nothing, Keep),
        ("--profile", One, Keep),
        ("-p", One, Keep),
        ("--sandbox", One, Keep),
        ("-s", One, Keep),
        ("--search", Nothing, Keep),
        ("--strict-config", Nothing, Keep),
        ("--all", Nothing, Drop),
        ("--include-non-interactive", Nothing, Drop),
        ("--last", Nothing, Drop),
    ],
};

/// Without `--prompt`, which ends with its answer.
static GEMINI: Dialect = Dialect {
    agent: "gemini",
    naming: Naming::Option("--resume"),
    positional: Positional::Prompt,
    options: &[
        ("--admin-policy", Many, Keep),
        ("--allowed-mcp-server-names", Many, Keep),
        ("--allowed-tools", Many, Keep),
        ("--approval-mode", One, Keep),
        ("--debug", Nothing, Keep),
        ("-d", Nothing, Keep),
        ("--extensions", Many, Keep),
        ("-e", Many, Keep),
        ("--include-directories", Many, Keep),
        ("--model", One, Keep),
        ("-m", One, Keep),
        ("--policy", Many, Keep),
        ("--sandbox", Nothing, Keep),
        ("-s", Nothing, Keep),
        ("--screen-reader", Nothing, Keep),
        ("--skip-trust", Nothing, Keep),
        ("--yolo", Nothing, Keep),
        ("-y", Nothing, Keep),
        ("--prompt-interactive", One, Drop),
        ("-i", One, Drop),
        ("--resume", One, Drop),
        ("-r", One, Drop),
        ("--session-id", One, Drop),
    ],
};

/// Without `--mini`, which is another interface.
static OPENCODE: Dialect = Dialect {
    agent: "opencode",
    naming: Naming::Option("--session"),
    positional: Positional::Directory,
    options: &[
        ("--agent", One, Keep),
        ("--auto", Nothing, Keep),
        ("--hostname", One, Keep),
        ("--log-level", One, Keep),
        ("--mdns", Nothing, Keep),
        ("--mdns-domain", One, Keep),
        ("--model", One, Keep),
        ("-m", One, Keep),
        ("--port", One, Keep),
        ("--print-logs", Nothing, Keep),
        ("--pure", Nothing, Keep),
        ("--continue", Nothing, Drop),
        ("-c", Nothing, Drop),
        ("--fork", Nothing, Drop),
        ("--prompt", One, Drop),
        ("--session", One, Drop),
        ("-s", One, Drop),
    ],
};
