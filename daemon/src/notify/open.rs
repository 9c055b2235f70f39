//! A session in a new window, when a person presses the button for that.
//!
//! The command is the one of the settings, run by `/bin/sh`; else `$TERMINAL` or
//! `x-terminal-emulator`, and on macOS the Terminal.

use std::process::Stdio;

use app_model::SessionId;
use app_model::spec::quoted;
use tokio::process::Command;
use tracing::{info, warn};

use crate::config;

/// Opens a session in a terminal of its own. The terminal outlives the daemon.
pub(super) async fn session(id: SessionId, command: Option<&str>) {
    let line = match command {
        Some(command) => command.replace("{id}", &id.to_string()),
        None => usual(id),
    };
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(&line).process_group(0).current_dir("/");
    shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match shell.spawn() {
        Ok(mut terminal) => {
            info!(session = %id, "opens a terminal");
            // Waited for, so that it is reaped.
            match terminal.wait().await {
                Ok(status) if status.success() => {}
                Ok(status) => {
                    warn!(session = %id, %status, line, "the terminal could not be opened");
                }
                Err(error) => warn!(session = %id, %error, "the terminal was lost"),
            }
        }
        Err(error) => warn!(session = %id, %error, "the terminal could not be opened"),
    }
}

#[cfg(not(target_os = "macos"))]
fn usual(id: SessionId) -> String {
    // The shell looks `TERMINAL` up, and quotes nothing of it: it may have options.
    let client = quoted(&client());
    format!("exec ${{TERMINAL:-x-terminal-emulator}} -e {client} attach {id}")
}

#[cfg(target_os = "macos")]
fn usual(id: SessionId) -> String {
    let line = format!("{} attach {id}", quoted(&client()));
    let escaped = line.replace('\\', "\\\\").replace('"', "\\\"");
    let script = format!("tell application \"Terminal\" to do script \"{escaped}\"");
    format!("exec osascript -e {} -e 'activate application \"Terminal\"'", quoted(&script))
}

fn client() -> String {
    config::program("appctl").to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_command_is_run_with_the_session_in_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("opened");
        let line = format!("printf '%s' {{id}} > '{}'", file.display());
        session(SessionId(7), Some(&line)).await;
        assert_eq!(std::fs::read_to_string(file).unwrap(), "00000007");
    }

    #[test]
    fn a_word_is_one_word_whatever_is_in_it() {
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert!(usual(SessionId(7)).contains("00000007"));
    }
}
