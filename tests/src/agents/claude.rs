//! Claude Code: what it must find to ask nothing, and how it is spoken to.

use std::fs;

use serde_json::json;

use super::agent::Agent;
use super::hooks::Hooks;
use super::rig::{KEY, Rig};
use crate::session::Session;

/// Every event that it can be asked to tell and that a session may have.
const EVENTS: [&str; 20] = [
    "SessionStart",
    "SessionEnd",
    "UserPromptSubmit",
    "PreToolUse",
    "PermissionRequest",
    "PermissionDenied",
    "PostToolUse",
    "PostToolUseFailure",
    "Notification",
    "SubagentStart",
    "SubagentStop",
    "Stop",
    "StopFailure",
    "PreCompact",
    "PostCompact",
    "TeammateIdle",
    "TaskCreated",
    "TaskCompleted",
    "ConfigChange",
    "CwdChanged",
];

/// What its box for prompts begins with.
const PROMPT: &str = "❯";

/// Claude Code in a [`Rig`].
pub struct Claude<'r> {
    rig: &'r Rig,
    hooks: Hooks,
}

impl<'r> Claude<'r> {
    /// Writes its configuration: onboarding is over, the key is approved, the project trusted.
    ///
    /// # Panics
    /// When that cannot be written.
    pub fn new(rig: &'r Rig) -> Self {
        let user = rig.home.user_dir();
        let end_of_key = &KEY[KEY.len() - 20..];
        let state = json!({
            "hasCompletedOnboarding": true,
            "theme": "dark",
            "numStartups": 5,
            "autoUpdates": false,
            "customApiKeyResponses": { "approved": [end_of_key], "rejected": [] },
            "projects": {
                rig.project().to_str().unwrap(): {
                    "hasTrustDialogAccepted": true,
                    "hasCompletedProjectOnboarding": true,
                },
            },
        });
        fs::write(user.join(".claude.json"), state.to_string()).unwrap();
        let hooks = Hooks::in_dir(&rig.dir("claude"));
        let mut settings = hooks.configuration(&EVENTS);
        settings["env"] = json!({
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
            "DISABLE_ERROR_REPORTING": "1",
            "DISABLE_TELEMETRY": "1",
        });
        // Otherwise the model itself is asked what it may do, or the person whether it
        // should be.
        settings["permissions"] = json!({ "defaultMode": "default", "disableAutoMode": "disable" });
        // The person's own file: `--settings` is left to the daemon, which has hooks as well.
        fs::create_dir_all(user.join(".claude")).unwrap();
        fs::write(user.join(".claude/settings.json"), settings.to_string()).unwrap();
        Self { rig, hooks }
    }
}

impl<'r> Agent<'r> for Claude<'r> {
    fn rig(&self) -> &'r Rig {
        self.rig
    }

    fn hooks(&self) -> &Hooks {
        &self.hooks
    }

    fn argv(&self) -> Vec<&str> {
        vec!["claude"]
    }

    #[track_caller]
    fn wait_ready(&self, session: &Session<'_>) {
        self.hooks.wait_for("SessionStart");
        session.wait_screen_contains(PROMPT);
    }

    fn question(&self) -> &'static str {
        "Do you want to proceed?"
    }

    fn farewell(&self) -> &'static str {
        "/exit"
    }
}
