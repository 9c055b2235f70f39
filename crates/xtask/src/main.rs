//! The chores of this repository, as `cargo xtask VERB`.
//!
//! * `run` builds the programs and becomes the `appctl` just built;
//! * `test` is everything that must pass before a change lands, here and on CI;
//! * `install` puts the programs, their completions and their manual pages in place;
//! * `fuzz` looks for an input that breaks what takes bytes from outside;
//! * `differential` lets another terminal judge our snapshots;
//! * `agents` lets real coding agents run in sessions;
//! * `macos` type-checks and links the programs for macOS;
//! * `miri` runs tests where undefined behaviour is seen;
//! * `machine` uses the programs on a whole machine in an emulator;
//! * `upgrade` lets the programs of an earlier release get on with those of today;
//! * `soak` uses everything at once while processes are killed;
//! * `pictures` draws what a person sees before and after coming back, and what notices look
//!   like, for the documentation.
//!
//! Nothing here is ever shipped. There is no argument parser and no async runtime, because a
//! fresh machine compiles this program before it does anything else.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a chore talks to the person who asked for it"
)]

mod agents;
mod arguments;
mod differential;
mod environment;
mod fuzz;
mod install;
mod machine;
mod macos;
mod miri;
mod packages;
mod pictures;
mod run;
mod soak;
mod test;
mod tools;
mod upgrade;
mod workspace;

use std::env;
use std::process::ExitCode;

use arguments::Task;
use workspace::Workspace;

/// The command line made no sense; the same number as `appctl` uses.
const WRONG_USAGE: u8 = 2;

fn main() -> ExitCode {
    let task = match arguments::parse(env::args_os().skip(1)) {
        Ok(task) => task,
        Err(error) => {
            eprintln!("error: {error}\n\n{}", arguments::USAGE);
            return ExitCode::from(WRONG_USAGE);
        }
    };
    match perform(task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            for cause in error.chain().skip(1) {
                eprintln!("  because: {cause}");
            }
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> anyhow::Result<()> {
    match task {
        Task::Help => {
            println!("{}", arguments::USAGE);
            Ok(())
        }
        Task::Run(options) => run::run(&Workspace::discover()?, &options),
        Task::Test(options) => test::test(&Workspace::discover()?, &options),
        Task::Install(options) => install::install(&Workspace::discover()?, &options),
        Task::Fuzz(options) => fuzz::fuzz(&Workspace::discover()?, &options),
        Task::Pictures(only) => pictures::pictures(&Workspace::discover()?, only.as_deref()),
        Task::Agents => agents::agents(&Workspace::discover()?),
        Task::Macos => macos::macos(&Workspace::discover()?),
        Task::Machine(only) => machine::machine(&Workspace::discover()?, only.as_deref()),
        Task::Miri => miri::miri(&Workspace::discover()?),
        Task::Upgrade(from) => upgrade::upgrade(&Workspace::discover()?, from.as_deref()),
        Task::Soak(options) => soak::soak(&Workspace::discover()?, options),
        Task::Differential => differential::differential(&Workspace::discover()?),
    }
}
