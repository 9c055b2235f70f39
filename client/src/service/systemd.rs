//! systemd's manager of the user, as `systemctl --user` shows it.

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use app_sys::process;

use super::tool::{checked, run};
use super::{Facts, ServiceError, State, UnitFile};

/// The units, in the order in which they are to start.
const UNITS: [&str; 2] = ["appd.socket", "appd.service"];

/// The one of them that is the daemon.
const SERVICE: &str = "appd.service";

/// The manager of this user.
pub(crate) struct Manager {
    dir: PathBuf,
}

impl Manager {
    /// How people call it.
    pub(crate) const NAME: &str = "systemd";

    /// Where it looks for units of the user, if it answers at all.
    pub(crate) fn find() -> Result<Self, ServiceError> {
        let said = run("systemctl", &["--user", "show", "--property=Version", "--value"])?;
        if !said.status.success() {
            let what = String::from_utf8_lossy(&said.stderr).trim().to_owned();
            return Err(ServiceError::NoManager { what });
        }
        let dir = |name: &str| std::env::var_os(name).map(PathBuf::from);
        let config = dir("XDG_CONFIG_HOME")
            .filter(|dir| dir.is_absolute())
            .or_else(|| Some(dir("HOME")?.join(".config")))
            .ok_or_else(|| ServiceError::NoManager { what: "HOME is not set".into() })?;
        Ok(Self { dir: config.join("systemd/user") })
    }

    /// Where the file belongs.
    pub(crate) fn place(&self, file: &UnitFile) -> PathBuf {
        self.dir.join(file.name)
    }

    /// Has it read the files and start the service, now and at every log-in.
    pub(crate) fn enable(&self) -> Result<(), ServiceError> {
        systemctl(&["daemon-reload"])?;
        systemctl(&[&["enable", "--now"], &UNITS[..]].concat())
    }

    /// Ends the service, which ends no session, and starts it no more.
    pub(crate) fn disable(&self) -> Result<(), ServiceError> {
        systemctl(&[&["disable", "--now"], &UNITS[..]].concat())
    }

    /// Has it forget files that are gone.
    pub(crate) fn forget(&self) -> Result<(), ServiceError> {
        systemctl(&["daemon-reload"])
    }

    /// Starts the service anew; returns when requests are answered.
    pub(crate) fn restart(&self) -> Result<(), ServiceError> {
        systemctl(&["restart", SERVICE])
    }

    /// What it knows of the service.
    pub(crate) fn state(&self) -> Result<State, ServiceError> {
        let asked = "LoadState,UnitFileState,ActiveState,MainPID,NRestarts";
        let said = run("systemctl", &["--user", "show", SERVICE, "--property", asked])?;
        let text = String::from_utf8_lossy(&said.stdout);
        let property = |name: &str| {
            text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).unwrap_or("")
        };
        Ok(State {
            installed: property("LoadState") == "loaded",
            enabled: property("UnitFileState") == "enabled",
            active: property("ActiveState").to_owned(),
            pid: property("MainPID").parse().ok().filter(|&pid| pid > 0),
            restarts: property("NRestarts").parse().ok(),
        })
    }

    /// Becomes the program that shows the service's log.
    pub(crate) fn show_logs(&self, follow: bool, lines: Option<usize>) -> ServiceError {
        let mut command = Command::new("journalctl");
        command.args(["--user", "--unit", SERVICE]);
        if follow {
            command.arg("--follow");
        }
        if let Some(lines) = lines {
            command.arg("--lines").arg(lines.to_string());
        }
        ServiceError::NotRun { program: "journalctl", source: command.exec() }
    }

    /// Lets the user's manager go on when nobody is logged in.
    pub(crate) fn enable_linger(&self) -> Result<(), ServiceError> {
        checked("loginctl", &["enable-linger"])
    }

    /// What is known about logging out, with the daemon's process.
    pub(crate) fn facts(&self, daemon: Option<u32>) -> Facts {
        let user = process::user_id().to_string();
        let linger = said_word("loginctl", &["show-user", &user, "--property=Linger", "--value"]);
        let kills = said_word(
            "busctl",
            &[
                "get-property",
                "org.freedesktop.login1",
                "/org/freedesktop/login1",
                "org.freedesktop.login1.Manager",
                "KillUserProcesses",
            ],
        );
        let group =
            daemon.and_then(|pid| std::fs::read_to_string(format!("/proc/{pid}/cgroup")).ok());
        Facts {
            linger: linger.map(|word| word == "yes"),
            kills_processes: kills.map(|word| word == "b true"),
            group: group.map(|text| text.trim().to_owned()),
        }
    }
}

fn systemctl(arguments: &[&str]) -> Result<(), ServiceError> {
    checked("systemctl", &[&["--user"], arguments].concat())
}

/// One word, where there is such a program and it knows.
fn said_word(program: &'static str, arguments: &[&str]) -> Option<String> {
    let said = run(program, arguments).ok().filter(|said| said.status.success())?;
    Some(String::from_utf8_lossy(&said.stdout).trim().to_owned())
}
