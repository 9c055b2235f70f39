//! A command line that makes no sense, told like every other error.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::exit::Code;
use crate::report::Explain;

/// Why a command line is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UsageError {
    /// The parser refused it.
    #[error("{message}")]
    Parse { message: String, hint: Option<String> },
    /// A session has to be named.
    #[error("`appctl {verb}` needs to be told which session")]
    WhichSession { verb: &'static str },
    /// There has to be a terminal.
    #[error("`appctl {verb}` needs a terminal")]
    NoTerminal { verb: &'static str, instead: &'static str },
    /// A session cannot show itself inside itself.
    #[error("this terminal is inside session {id}; opening it here would show it in itself")]
    InsideItself { id: app_model::SessionId },
    /// A variable that is not set cannot be passed on.
    #[error("the variable `{name}` is not set here")]
    NotSet { name: String },
    /// A variable needs a name.
    #[error("`{text}` does not set a variable")]
    BadVariable { text: String },
    /// There is nothing to type.
    #[error("there is nothing to send")]
    NothingToSend,
}

impl Explain for UsageError {
    fn code(&self) -> Code {
        Code::Usage
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Parse { hint, .. } => return hint.clone(),
            Self::WhichSession { verb } => {
                format!("Pass an id or a name: `appctl {verb} ID`. `appctl ls --all` lists them.")
            }
            Self::NoTerminal { instead, .. } => (*instead).into(),
            Self::InsideItself { .. } => "Open it in another terminal.".into(),
            Self::NotSet { name } => format!("Write `-e {name}=VALUE`."),
            Self::BadVariable { .. } => "Write `-e NAME=VALUE`.".into(),
            Self::NothingToSend => {
                "Pass a text, `-` for standard input, `--key KEY` or `--enter`.".into()
            }
        })
    }
}

/// What the parser made of the command line when it did not accept it.
pub(crate) enum Parsed {
    /// Help or the version: text for standard output.
    Answer(String),
    /// It makes no sense.
    Refused(UsageError),
}

/// Reads the parser's verdict.
pub(crate) fn verdict(error: &clap::Error) -> Parsed {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            Parsed::Answer(error.render().to_string())
        }
        _ => Parsed::Refused(refused(error)),
    }
}

/// A command line that is refused.
pub(crate) fn refused(error: &clap::Error) -> UsageError {
    UsageError::Parse { message: message(error), hint: hint(error) }
}

/// The sentence after `error: `, on one line.
fn message(error: &clap::Error) -> String {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "the command is incomplete: it needs a verb".into();
    }
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    // The message ends at the first empty line; tips and usage follow.
    let lines: Vec<_> = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
    lines.join(" ")
}

/// The nearest thing that exists, else how the command is used.
fn hint(error: &clap::Error) -> Option<String> {
    let suggested =
        [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue];
    let nearest = suggested.into_iter().find_map(|kind| match error.get(kind)? {
        ContextValue::String(one) => Some(format!("`{one}`")),
        ContextValue::Strings(several) if !several.is_empty() => {
            // The parser has the best one last.
            let several = several.iter().rev().map(|one| format!("`{one}`"));
            Some(several.collect::<Vec<_>>().join(" or "))
        }
        _ => None,
    });
    if let Some(nearest) = nearest {
        return Some(format!("Did you mean {nearest}?"));
    }
    let Some(ContextValue::StyledStr(usage)) = error.get(ContextKind::Usage) else {
        return Some("`--help` says what is accepted.".into());
    };
    let usage = usage.to_string();
    let usage = usage.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage).trim();
    Some(format!("Usage: `{usage}`; more with `--help`."))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;
    use crate::report::Report;

    fn refused(args: &[&str]) -> String {
        let error = Cli::try_parse_from(args).unwrap_err();
        match verdict(&error) {
            Parsed::Answer(text) => text,
            Parsed::Refused(error) => Report::from(error).text(0),
        }
    }

    #[test]
    fn an_unknown_verb_suggests_the_nearest() {
        insta::assert_snapshot!(refused(&["appctl", "atach", "x"]), @r"
        error: unrecognized subcommand 'atach'
        hint: Did you mean `attach` or `detach`?
        ");
    }

    #[test]
    fn an_unknown_option_suggests_the_nearest() {
        insta::assert_snapshot!(refused(&["appctl", "ls", "--al"]), @r"
        error: unexpected argument '--al' found
        hint: Did you mean `--all`?
        ");
    }

    #[test]
    fn a_missing_argument_shows_the_usage() {
        insta::assert_snapshot!(refused(&["appctl", "completions"]), @r"
        error: the following required arguments were not provided: <SHELL>
        hint: Usage: `appctl completions <SHELL>`; more with `--help`.
        ");
    }

    #[test]
    fn a_bad_value_says_what_is_accepted() {
        insta::assert_snapshot!(refused(&["appctl", "wait", "x", "--timeout", "soon"]), @r"
        error: invalid value 'soon' for '--timeout <TIME>': `soon` is not a duration; write 10s, 5m, 2h, 500ms or a number of seconds
        hint: `--help` says what is accepted.
        ");
        insta::assert_snapshot!(refused(&["appctl", "completions", "csh"]), @r"
        error: invalid value 'csh' for '<SHELL>' [possible values: bash, elvish, fish, powershell, zsh]
        hint: Did you mean `zsh`?
        ");
    }

    #[test]
    fn help_and_version_are_answers() {
        assert!(refused(&["appctl", "--version"]).starts_with("appctl "));
        assert!(refused(&["appctl", "start", "--help"]).contains("Usage: appctl start"));
    }
}
