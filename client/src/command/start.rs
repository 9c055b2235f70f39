//! `appctl start`: a program becomes a session.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use app_model::restart::Restart;
use app_model::spec::{DEFAULT_HISTORY_LINES, DEFAULT_TRANSCRIPT_BYTES};
use app_model::{Limits, OsText, SessionId, Spec, Trust, environment};
use app_wire::control::{ErrorCode, NotifyWhen, Reply, Request, Start, Started, Target};
use serde_json::json;

use super::Done;
use super::context::{Context, exactly, find, own_session};
use super::watch::{self, Way};
use crate::attach::{Options, size_of_any};
use crate::cli;
use crate::connect::{AskError, Daemon};
use crate::exit::Status;
use crate::output::{Output, OutputError};
use crate::report::{Explain, Report};
use crate::usage::UsageError;

/// Why a command cannot even be asked for.
#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error("the current directory cannot be named")]
    NoCurrentDir(#[source] io::Error),
    #[error("the directory `{}` cannot be named", .dir.display())]
    BadDir { dir: PathBuf, source: io::Error },
}

impl Explain for StartError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoCurrentDir(_) => "It may have been deleted; pass `--cwd DIR`.".into(),
            Self::BadDir { .. } => "Pass an existing directory.".into(),
        })
    }
}

pub(super) fn run(context: &Context, args: cli::Start) -> Done {
    let output = context.output;
    let (bg, quiet, tty) = (args.bg, args.quiet, !args.no_tty);
    let options = Options::with_key(args.keys.detach_key);
    let mut daemon = context.daemon()?;
    let started = begin(&mut daemon, args)?;
    say_unenforced(output, &started.unenforced);
    if bg {
        announce(output, &started, quiet)?;
        return Ok(Status::DONE);
    }
    if quiet {
        output.note(&started.id.to_string());
    }
    let view = find(&mut daemon, exactly(started.id))?;
    watch::run(context, daemon, &view, Way::of_this_terminal(tty, options))
}

/// Has it started, whatever comes after that.
pub(super) fn begin(daemon: &mut Daemon, args: cli::Start) -> Result<Started, Report> {
    let request = Start {
        spec: spec(&args)?,
        name: args.name,
        background: args.bg,
        parent: args.parent.clone().map(Target::Named).or_else(|| own_session().map(Target::Named)),
        agent: args.agent,
        model: args.model,
        notify: args.notify.map(when),
        restart: restart(args.restart),
    };
    Ok(start(daemon, request, args.parent.is_some())?)
}

fn when(chosen: cli::NotifyWhen) -> NotifyWhen {
    match chosen {
        cli::NotifyWhen::Auto => NotifyWhen::Auto,
        cli::NotifyWhen::Always => NotifyWhen::Always,
        cli::NotifyWhen::Never => NotifyWhen::Never,
    }
}

fn restart(chosen: cli::RestartWhen) -> Restart {
    match chosen {
        cli::RestartWhen::Never => Restart::Never,
        cli::RestartWhen::OnFailure => Restart::OnFailure,
        cli::RestartWhen::OnBoot => Restart::OnBoot,
        cli::RestartWhen::Always => Restart::Always,
    }
}

/// Starts it. A parent that only the environment names may be gone; one that a person
/// named may not.
fn start(daemon: &mut Daemon, start: Start, named: bool) -> Result<Started, AskError> {
    let orphan =
        (!named && start.parent.is_some()).then(|| Start { parent: None, ..start.clone() });
    let reply = match (daemon.ask(&Request::Start(Box::new(start))), orphan) {
        (Err(AskError::Refused(failure)), Some(orphan)) if failure.code == ErrorCode::NotFound => {
            daemon.ask(&Request::Start(Box::new(orphan)))?
        }
        (reply, _) => reply?,
    };
    match reply {
        Reply::Started(started) => Ok(started),
        _ => Err(AskError::OffTopic),
    }
}

/// The five lines that everybody knows, or the id alone.
fn announce(output: Output, started: &Started, quiet: bool) -> Result<(), OutputError> {
    let Started { id, name, run, unenforced } = started;
    if output.json {
        return output.json(&json!({
            "id": id, "name": name, "run": run, "unenforced": unenforced
        }));
    }
    if quiet {
        return output.line(&id.to_string());
    }
    output.text(&five_lines("started in background", *id, name))
}

/// Says which limits mean nothing here: a limit that is silently none would be a trap.
pub(super) fn say_unenforced(output: Output, limits: &[String]) {
    if !limits.is_empty() {
        output.note(&unenforced(limits));
    }
}

fn unenforced(limits: &[String]) -> String {
    let words: Vec<_> = limits.iter().map(|limit| app_model::text::printable(limit)).collect();
    format!(
        "note: not limited here: {}; that needs a systemd of yours with these controllers",
        words.join(", ")
    )
}

/// What was done, and what to do next.
pub(super) fn five_lines(done: &str, id: SessionId, name: &str) -> String {
    let name = app_model::text::printable(name);
    format!(
        "{done} · {id} · {name}\n  \
           appctl attach {id}   open it in this terminal\n  \
           appctl logs {id}     show recent output\n  \
           appctl stop {id}     stop it\n  \
           appctl ls                list sessions\n"
    )
}

fn spec(args: &cli::Start) -> Result<Spec, Report> {
    let current = || std::env::current_dir().map_err(StartError::NoCurrentDir);
    let cwd = match &args.surroundings.cwd {
        Some(dir) => std::path::absolute(dir)
            .map_err(|source| StartError::BadDir { dir: dir.clone(), source })?,
        None => current()?,
    };
    let mut env = environment::for_session(caller_environment());
    environment::set(&mut env, variables(&args.surroundings.env, |name| std::env::var_os(name))?);
    Ok(Spec {
        argv: argv(&args.command, std::env::var_os("SHELL")),
        cwd: cwd.into(),
        env,
        terminal: (!args.no_tty).then(|| size_of_any().unwrap_or_default()),
        history_lines: DEFAULT_HISTORY_LINES,
        transcript_bytes: DEFAULT_TRANSCRIPT_BYTES,
        umask: Some(app_sys::process::umask()),
        limits: Limits { memory_bytes: args.memory, cpu_percent: args.cpu, tasks: args.tasks },
        trust: args.trust.unwrap_or(Trust::DEFAULT),
    })
}

fn caller_environment() -> Vec<(OsText, OsText)> {
    std::env::vars_os().map(|(name, value)| (name.into(), value.into())).collect()
}

/// The program, or the person's shell.
fn argv(command: &[OsString], shell: Option<OsString>) -> Vec<OsText> {
    if !command.is_empty() {
        return command.iter().map(|word| word.as_os_str().into()).collect();
    }
    let shell = shell.filter(|shell| Path::new(shell).is_absolute());
    vec![shell.unwrap_or_else(|| "/bin/sh".into()).into()]
}

/// `NAME=VALUE`, or `NAME` for the value it has here.
fn variables(
    given: &[OsString],
    here: impl Fn(&OsStr) -> Option<OsString>,
) -> Result<Vec<(OsText, OsText)>, UsageError> {
    given
        .iter()
        .map(|text| {
            let bytes = text.as_bytes();
            let shown = || OsText::from(text.as_os_str()).shown();
            let equals = bytes.iter().position(|&b| b == b'=');
            let name = &bytes[..equals.unwrap_or(bytes.len())];
            if name.is_empty() {
                return Err(UsageError::BadVariable { text: shown() });
            }
            let value = match equals {
                Some(at) => OsText(bytes[at + 1..].to_vec()),
                None => here(text).ok_or_else(|| UsageError::NotSet { name: shown() })?.into(),
            };
            Ok((OsText(name.to_vec()), value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_five_lines_are_those_of_the_contract() {
        insta::assert_snapshot!(
            five_lines("started in background", SessionId(0x7c5d_cf5d), "flaky-test"), @r"
        started in background · 7c5dcf5d · flaky-test
          appctl attach 7c5dcf5d   open it in this terminal
          appctl logs 7c5dcf5d     show recent output
          appctl stop 7c5dcf5d     stop it
          appctl ls                list sessions
        ");
    }

    #[test]
    fn limits_that_mean_nothing_are_named() {
        assert_eq!(
            unenforced(&["memory".into(), "cpu".into()]),
            "note: not limited here: memory, cpu; that needs a systemd of yours with these \
             controllers"
        );
    }

    #[test]
    fn without_a_command_the_shell_runs() {
        assert_eq!(argv(&[], Some("/bin/zsh".into())), ["/bin/zsh".into()]);
        assert_eq!(argv(&[], None), ["/bin/sh".into()]);
        assert_eq!(argv(&[], Some("relative".into())), ["/bin/sh".into()]);
        assert_eq!(argv(&["a".into(), "b".into()], None), ["a".into(), OsText::from("b")]);
    }

    #[test]
    fn variables_are_set_or_taken_from_here() {
        let here = |name: &OsStr| (name == "HERE").then(|| OsString::from("v"));
        let set = |text: &str| variables(&[text.into()], here);
        assert_eq!(set("A=b=c").unwrap(), [("A".into(), "b=c".into())]);
        assert_eq!(set("A=").unwrap(), [("A".into(), "".into())]);
        assert_eq!(set("HERE").unwrap(), [("HERE".into(), "v".into())]);
        assert!(matches!(set("THERE"), Err(UsageError::NotSet { .. })));
        assert!(matches!(set("=x"), Err(UsageError::BadVariable { .. })));
    }
}
