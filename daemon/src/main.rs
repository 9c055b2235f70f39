//! appd: a process that becomes a daemon. What it then is: see the library.

use std::process::ExitCode;
use std::time::Duration;

use app_sys::lock::Lock;
use app_sys::places::Places;
use app_sys::{inherited, process};
use appd::boot::{self, Begin, BootError, Starter};
use appd::{daemon, manager};
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
        Ok((begin, Some(lock))) => daemon::run(begin, lock, starter),
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

fn prepare(detach: bool) -> Result<(Begin, Option<Lock>), BootError> {
    let places = Places::from_env(&|name| std::env::var_os(name))?;
    let control = places.control_socket();
    let inherited = inherited::listener_at(&control, manager::SOCKET_NAME)
        .map_err(|source| BootError::Listen { path: control, source })?;
    boot::make_runtime(&places)?;
    // No file system is kept busy by the daemon, and none that goes away hurts it.
    std::env::set_current_dir("/")
        .map_err(|source| BootError::System { what: "to enter /", source })?;
    boot::make_state(&places, detach)?;
    // A manager that listens for us starts us as soon as somebody connects, which may be
    // while the last daemon is still on its way out.
    let patience = if inherited.is_some() { boot::PREDECESSOR_LIMIT } else { Duration::ZERO };
    let lock = boot::take_lock(&places, patience)?;
    Ok((Begin { places, inherited, on_demand: detach }, lock))
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
