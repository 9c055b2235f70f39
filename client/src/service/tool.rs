//! The programs that speak to a manager.

use std::io;
use std::process::{Command, Output, Stdio};

use super::ServiceError;

/// Runs one that has to succeed.
pub(super) fn checked(program: &'static str, arguments: &[&str]) -> Result<(), ServiceError> {
    let said = run(program, arguments)?;
    if said.status.success() {
        return Ok(());
    }
    let command = format!("{program} {}", arguments.join(" "));
    Err(ServiceError::Refused { command, said: String::from_utf8_lossy(&said.stderr).into_owned() })
}

/// Runs one and returns what it said, whether it succeeded or not.
pub(super) fn run(program: &'static str, arguments: &[&str]) -> Result<Output, ServiceError> {
    Command::new(program).args(arguments).stdin(Stdio::null()).output().map_err(|source| {
        match source.kind() {
            io::ErrorKind::NotFound if ["systemctl", "launchctl"].contains(&program) => {
                ServiceError::NoManager { what: format!("no {program}") }
            }
            _ => ServiceError::NotRun { program, source },
        }
    })
}
