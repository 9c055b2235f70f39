//! The verbs that somebody waits for with a key in mind, understood without building the
//! rest of the command line, which takes longer than anything else at the start.
//!
//! # Invariant
//!
//! What is understood here means the same to [`Cli`]'s own parser. Whatever is not plain, a
//! mistake or a wish for help among it, is left to that.

use std::ffi::OsString;

use clap::{Args, Command, FromArgMatches as _};

use super::{Cli, Globals, Verb};

/// The command line, if its verb is one of these, stands first, and all is well.
pub(super) fn parse(args: &[OsString]) -> Option<Cli> {
    match args.get(1)?.to_str()? {
        "start" => only("start", args, Verb::Start),
        "attach" => only("attach", args, Verb::Attach),
        "resume" => only("resume", args, Verb::Resume),
        "ls" => only("ls", args, Verb::Ls),
        "show" => only("show", args, Verb::Show),
        "logs" => only("logs", args, Verb::Logs),
        "peek" => only("peek", args, Verb::Peek),
        "send" => only("send", args, Verb::Send),
        "wait" => only("wait", args, Verb::Wait),
        "stop" => only("stop", args, Verb::Stop),
        _ => None,
    }
}

fn only<A: Args>(name: &'static str, args: &[OsString], verb: fn(A) -> Verb) -> Option<Cli> {
    let command = Command::new("appctl").subcommand(A::augment_args(Command::new(name)));
    let matches = Globals::augment_args(command).try_get_matches_from(args).ok()?;
    let globals = Globals::from_arg_matches(&matches).ok()?;
    let (_, of_verb) = matches.subcommand()?;
    Some(Cli { globals, verb: Some(verb(A::from_arg_matches(of_verb).ok()?)) })
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    const LINES: [&str; 24] = [
        "appctl start --bg -n name -- make -j 4",
        "appctl start make",
        "appctl start --json --bg --restart always --memory 4G -- sh -c true",
        "appctl attach",
        "appctl attach x",
        "appctl attach x --read-only --json --history all",
        "appctl resume --bg x",
        "appctl ls",
        "appctl ls --all --json",
        "appctl show x",
        "appctl logs -f x",
        "appctl logs x -n 10 --since 10m",
        "appctl peek x --ansi",
        "appctl send x --text hello",
        "appctl wait x y --any",
        "appctl stop x --grace 5",
        "appctl --json ls",
        "appctl ls --help",
        "appctl ls --nonsense",
        "appctl ps",
        "appctl kill x",
        "appctl stop",
        "appctl nonsense",
        "appctl",
    ];

    #[test]
    fn it_means_what_the_whole_parser_says() {
        let mut understood = 0;
        for line in LINES {
            let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let Some(quick) = parse(&args) else { continue };
            let whole = Cli::try_parse_from(&args).unwrap();
            assert_eq!(format!("{quick:?}"), format!("{whole:?}"), "{line}");
            understood += 1;
        }
        assert!(understood >= 14, "only {understood} of them were quick");
    }

    #[test]
    fn what_is_not_plain_is_left_to_the_whole_parser() {
        for line in ["appctl", "appctl --json ls", "appctl ls --help", "appctl ls --nonsense"] {
            let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert!(parse(&args).is_none(), "{line}");
        }
    }
}
