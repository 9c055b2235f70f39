//! launchd's domain of the logged-in user, as `launchctl` shows it.

use std::path::PathBuf;

use app_sys::process;

use super::tool::{checked, run};
use super::{Facts, ServiceError, State, UnitFile};

/// What the agent is called, in its file and everywhere else.
const LABEL: &str = "appd";

/// The manager of this user.
pub(crate) struct Manager {
    dir: PathBuf,
    /// `gui/501`: where agents of the user live.
    domain: String,
}

impl Manager {
    /// How people call it.
    pub(crate) const NAME: &str = "launchd";

    /// Where it looks for agents of the user.
    pub(crate) fn find() -> Result<Self, ServiceError> {
        let home = std::env::var_os("HOME")
            .map(PathBuf::from)
            .ok_or_else(|| ServiceError::NoManager { what: "HOME is not set".into() })?;
        let domain = format!("gui/{}", process::user_id());
        Ok(Self { dir: home.join("Library/LaunchAgents"), domain })
    }

    /// Where the file belongs.
    pub(crate) fn place(&self, file: &UnitFile) -> PathBuf {
        self.dir.join(file.name)
    }

    fn file(&self) -> PathBuf {
        self.dir.join(format!("{LABEL}.plist"))
    }

    fn target(&self) -> String {
        format!("{}/{LABEL}", self.domain)
    }

    /// Has it read the file and start the agent, now and at every log-in.
    pub(crate) fn enable(&self) -> Result<(), ServiceError> {
        if self.state()?.installed {
            self.disable()?; // It reads a file once.
        }
        let file = self.file();
        launchctl(&["bootstrap", &self.domain, &file.to_string_lossy()])
    }

    /// Ends the agent, which ends no session, and starts it no more.
    pub(crate) fn disable(&self) -> Result<(), ServiceError> {
        launchctl(&["bootout", &self.target()])
    }

    /// It forgets by itself.
    pub(crate) fn forget(&self) -> Result<(), ServiceError> {
        Ok(())
    }

    /// Starts the agent anew.
    pub(crate) fn restart(&self) -> Result<(), ServiceError> {
        launchctl(&["kickstart", "-k", &self.target()])
    }

    /// What it knows of the agent.
    pub(crate) fn state(&self) -> Result<State, ServiceError> {
        let said = run("launchctl", &["print", &self.target()])?;
        let text = String::from_utf8_lossy(&said.stdout);
        let value = |key: &str| {
            let of_key =
                |line: &str| line.trim().strip_prefix(key)?.strip_prefix(" = ").map(str::to_owned);
            text.lines().find_map(of_key)
        };
        let loaded = said.status.success();
        Ok(State {
            installed: self.file().exists(),
            enabled: loaded,
            active: value("state").unwrap_or_else(|| "inactive".into()),
            pid: value("pid").and_then(|pid| pid.parse().ok()),
            restarts: None,
        })
    }

    /// launchd keeps no log; the daemon's own has it.
    pub(crate) fn show_logs(&self, _follow: bool, _lines: Option<usize>) -> ServiceError {
        ServiceError::NoManager { what: "launchd keeps no log; see `appctl daemon logs`".into() }
    }

    /// There is nothing like it: agents end with the log-in.
    pub(crate) fn enable_linger(&self) -> Result<(), ServiceError> {
        Err(ServiceError::NoManager { what: "launchd has no linger".into() })
    }

    /// Nothing is known.
    pub(crate) fn facts(&self, _daemon: Option<u32>) -> Facts {
        Facts::default()
    }
}

fn launchctl(arguments: &[&str]) -> Result<(), ServiceError> {
    checked("launchctl", arguments)
}
