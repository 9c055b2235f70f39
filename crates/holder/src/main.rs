//! `appd-holder`: owns one run's terminal and its child, and outlives every daemon.
//!
//! Started by appd with a socket as its standard input; see [`args`] for the command
//! line and `app_wire::hold` for what is spoken. It knows nothing of policy, agents or
//! the registry. It has one loop ([`holder`]) on one thread, and a second thread for as
//! long as a flood of output lasts ([`worker`]).
//!
//! ```text
//!   child ══PTY══► output ──► clients' queues
//!                        └──► recorder: transcript, questions, backlog ──► screen model
//!                                           └──► segments ──► seal
//!   child ◄══PTY══ input queue ◄── drivers, `send`
//!   SIGCHLD, Stop, Kill ──► terminate (decides) ──► ending (acts) ──► exit record
//! ```
//!
//! # Invariants
//!
//! 1. Nothing but its own end or a request ends the child: no client, no full disk, no
//!    panic of the screen model, no daemon that dies.
//! 2. No call blocks, except on the disk. Every queue, wait and file has a limit
//!    ([`limits`]).
//! 3. Idle means idle: the loop waits without a timeout when nothing is due.
//! 4. The exit record is on disk before anybody is told, and the socket is gone before
//!    that, so the next run may begin at once.

mod args;
mod aside;
mod backlog;
mod client;
mod clients;
mod ending;
mod exit;
mod focus;
mod glance;
mod handed;
mod holder;
mod input;
mod limits;
mod looks;
mod model;
mod notes;
mod oom;
mod outbox;
mod output;
mod pause;
mod questions;
mod queue;
mod recorder;
mod reports;
mod requests;
mod seal;
mod segments;
mod size;
mod start;
mod terminal;
mod terminate;
mod timing;
mod transcript;
mod worker;
mod writer;

use std::io::Write as _;
use std::process::ExitCode;

use args::Args;

/// The command line was wrong.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let args = match Args::parse(std::env::args_os().skip(1)) {
        Ok(args) => args,
        Err(error) => {
            // Started by hand, most likely; if nobody reads it, so be it.
            writeln!(std::io::stderr(), "error: {error}").ok();
            return ExitCode::from(USAGE);
        }
    };
    match start::start(&args) {
        Ok(holder) => {
            holder.run();
            ExitCode::SUCCESS
        }
        Err(code) => ExitCode::from(code),
    }
}
