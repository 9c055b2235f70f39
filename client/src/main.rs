//! `appctl`: starts, lists, attaches to and stops the sessions that `appd` keeps.

use std::process::ExitCode;

fn main() -> ExitCode {
    appctl::run(std::env::args_os())
}
