//! appd: a process that becomes a daemon. What it then is: see the library.

use std::process::ExitCode;

use app_sys::places::Places;
use app_sys::process;
use appd::boot::{self, BootError, Starter};
use appd::{daemon, log};
use clap::Parser;

/// Keeps the sessions of one user. Usually started by appctl; see appctl(1).
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Go to the background, and tell the starter on standard output how it went
    #[arg(long)]
    detach: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let starter = match starter(args.detach) {
        Ok(starter) => starter,
        Err(error) => return complain(&error),
    };
    match start(args.detach, starter) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if args.detach => {
            tracing::error!(error = &error as &dyn std::error::Error, "cannot start");
            ExitCode::FAILURE
        }
        Err(error) => complain(&error),
    }
}

/// Goes to the background if that is asked for. Nothing may have a thread before this.
fn starter(detach: bool) -> Result<Starter, BootError> {
    if !detach {
        return Ok(Starter::none());
    }
    process::detach().map_err(|source| BootError::System { what: "a new process", source })?;
    Starter::on_stdout().map_err(|source| BootError::System { what: "its output", source })
}

fn start(detach: bool, starter: Starter) -> Result<(), BootError> {
    let prepared = prepare(detach);
    match prepared {
        Ok((places, Some(lock))) => daemon::run(places, lock, starter),
        Ok((_, None)) => {
            if !detach {
                complain_running();
            }
            starter.running();
            Ok(())
        }
        Err(error) => {
            starter.failed(&error);
            Err(error)
        }
    }
}

fn prepare(detach: bool) -> Result<(Places, Option<app_sys::lock::Lock>), BootError> {
    let places = Places::from_env(&|name| std::env::var_os(name))?;
    boot::make_directories(&places)?;
    // No file system is kept busy by the daemon, and none that goes away hurts it.
    std::env::set_current_dir("/")
        .map_err(|source| BootError::System { what: "to enter /", source })?;
    let path = places.daemon_log();
    let logged = if detach { log::to_file(&path) } else { log::to_stderr() };
    logged.map_err(|source| BootError::Log { path, source })?;
    let lock = boot::take_lock(&places)?;
    Ok((places, lock))
}

#[expect(clippy::print_stderr, reason = "the daemon in the foreground talks to a person")]
fn complain(error: &BootError) -> ExitCode {
    eprint!("{}", boot::explained(error));
    ExitCode::FAILURE
}

#[expect(clippy::print_stderr, reason = "the daemon in the foreground talks to a person")]
fn complain_running() {
    eprintln!("error: another daemon is running\nhint: See `appctl daemon status`.");
}
