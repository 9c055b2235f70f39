//! Codex: what it must find to ask nothing, and how it is spoken to.

use std::fs;

use super::agent::Agent;
use super::hooks::Hooks;
use super::rig::Rig;
use crate::session::Session;

/// Every event that it can be asked to tell.
const EVENTS: [&str; 13] = [
    "SessionStart",
    "UserPromptSubmit",
    "PreToolUse",
    "PermissionRequest",
    "PostToolUse",
    "SubagentStart",
    "SubagentStop",
    "Stop",
    "StopFailure",
    "SessionEnd",
    "Interrupt",
    "PreCompact",
    "PostCompact",
];

/// What its box for prompts begins with.
const PROMPT: &str = "›";

/// Codex in a [`Rig`].
pub struct Codex<'r> {
    rig: &'r Rig,
    hooks: Hooks,
}

impl<'r> Codex<'r> {
    /// Writes its configuration: one model, ours; the project is trusted.
    ///
    /// # Panics
    /// When that cannot be written.
    pub fn new(rig: &'r Rig) -> Self {
        let home = rig.home.user_dir().join(".codex");
        fs::create_dir_all(&home).unwrap();
        let hooks = Hooks::in_dir(&rig.dir("codex"));
        let configuration = CONFIGURATION
            .replace("{url}", &rig.api.url())
            .replace("{project}", rig.project().to_str().unwrap());
        fs::write(home.join("config.toml"), configuration).unwrap();
        fs::write(home.join("hooks.json"), hooks.configuration(&EVENTS).to_string()).unwrap();
        Self { rig, hooks }
    }
}

impl<'r> Agent<'r> for Codex<'r> {
    fn rig(&self) -> &'r Rig {
        self.rig
    }

    fn hooks(&self) -> &Hooks {
        &self.hooks
    }

    fn argv(&self) -> Vec<&str> {
        // The hooks are our own, so nobody need be asked about them.
        vec!["codex", "--dangerously-bypass-hook-trust"]
    }

    #[track_caller]
    fn wait_ready(&self, session: &Session<'_>) {
        session.wait_screen_contains(PROMPT);
    }

    fn question(&self) -> &'static str {
        "Would you like to run the following command?"
    }

    fn farewell(&self) -> &'static str {
        "/quit"
    }
}

/// Its daemon is off: what it leaves running would outlive the test.
const CONFIGURATION: &str = r#"
model = "test-model"
model_provider = "test"
check_for_update_on_startup = false
approval_policy = "on-request"
sandbox_mode = "read-only"

[analytics]
enabled = false

[feedback]
enabled = false

[features]
daemon_auto_start = false

[tui]
screen_reader_detection_done = true

[model_providers.test]
name = "test"
base_url = "{url}/v1"
env_key = "OPENAI_API_KEY"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0

[projects."{project}"]
trust_level = "trusted"
"#;
