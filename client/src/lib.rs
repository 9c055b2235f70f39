//! `appctl`, the command that people and scripts use.
//!
//! ```text
//!   cli ──► command/<verb> ──► connect (the daemon) · hold (a run's holder) · record (its files)
//!                 │
//!                 ├──► attach (a terminal and a run)
//!                 ├──► picker (choose a session) · dashboard (live among them) ──► tui
//!                 ├──► replay (a terminal and a record) · asciicast (a record for others)
//!                 ├──► hook (an agent's event, to the daemon) · settings_file (of an agent)
//!                 └──► render ──► output        errors: report, exit
//! ```
//!
//! It is thin: it owns the user's terminal, the arguments, the wording and the exit
//! codes. What is true of sessions is the daemon's to know; bytes of a terminal go
//! straight between `attach` and a holder.
//!
//! # Invariants
//!
//! 1. Nothing is done before it is needed: `--version` touches no file, and no verb
//!    builds a runtime before it talks to the daemon. Only a terminal that an attachment
//!    was killed on is looked for, which costs one failed open.
//! 2. Standard output holds the answer and nothing else; everything else is on standard
//!    error.
//! 3. The terminal is left as it was found, however a command ends.

mod asciicast;
mod attach;
/// The command line, for completions and manual pages.
pub mod cli;
mod command;
mod connect;
mod dashboard;
mod exit;
#[doc(hidden)]
pub mod fuzzing;
mod hold;
mod hook;
mod output;
mod picker;
mod record;
mod render;
mod replay;
mod report;
mod send_keys;
mod service;
mod settings_file;
mod since;
mod tui;
mod usage;

use std::ffi::OsString;
use std::process::ExitCode;

use crate::cli::Cli;
use crate::command::Context;
use crate::output::Output;
use crate::report::Report;

/// Runs one command line, the program's name first, and returns what to exit with.
pub fn run(args: impl Iterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.collect();
    if let Some(call) = hook::Call::find(&args) {
        return hook::run(call).into(); // An agent waits for it.
    }
    let cli = match Cli::understand(&args) {
        Ok(cli) => cli,
        Err(error) => return refused(&error, &args).into(),
    };
    let output = Output::new(cli.globals.json);
    let watches = cli.verb.as_ref().is_some_and(cli::Verb::watches);
    let context = Context::new(output);
    // A verb that cannot work without them says what is wrong with the places.
    if let Ok(places) = context.places() {
        attach::repair(places);
    }
    let done = command::run(cli.verb, &context);
    match done {
        Ok(status) => status.into(),
        Err(report) => {
            output.error(&report);
            report.code.status(watches).into()
        }
    }
}

/// Answers `--help` and `--version`, and tells what is wrong with anything else.
fn refused(error: &clap::Error, args: &[OsString]) -> exit::Status {
    // The parser failed, so whether JSON is wanted has to be guessed.
    let before_command = || args.iter().take_while(|arg| *arg != "--");
    let output = Output::new(before_command().any(|arg| arg == "--json"));
    match usage::verdict(error) {
        usage::Parsed::Answer(text) => match output.text(&text) {
            Ok(()) => exit::Status::DONE,
            Err(error) => {
                let report = Report::from(error);
                output.error(&report);
                report.code.status(false)
            }
        },
        usage::Parsed::Refused(error) => {
            let report = Report::from(error);
            output.error(&report);
            report.code.status(false)
        }
    }
}
