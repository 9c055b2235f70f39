//! Gemini CLI: what it must find to ask nothing, and how it is spoken to.

use std::fs;

use serde_json::json;

use super::agent::Agent;
use super::hooks::Hooks;
use super::rig::Rig;
use crate::session::Session;

/// Every event that it can be asked to tell but those of each request to the model, with which
/// `PreCompress` comes as well.
const EVENTS: [&str; 7] = [
    "SessionStart",
    "SessionEnd",
    "BeforeAgent",
    "AfterAgent",
    "BeforeTool",
    "AfterTool",
    "Notification",
];

/// What its box for prompts shows when it is empty.
const PROMPT: &str = "Type your message";

/// Gemini CLI in a [`Rig`].
pub struct Gemini<'r> {
    rig: &'r Rig,
    hooks: Hooks,
}

impl<'r> Gemini<'r> {
    /// Writes its configuration: a key is how it gets in, and every folder is trusted.
    ///
    /// # Panics
    /// When that cannot be written.
    pub fn new(rig: &'r Rig) -> Self {
        let home = rig.home.user_dir().join(".gemini");
        fs::create_dir_all(&home).unwrap();
        let hooks = Hooks::in_dir(&rig.dir("gemini"));
        let mut settings = hooks.configuration(&EVENTS);
        settings["security"] = json!({
            "auth": { "selectedType": "gemini-api-key" },
            "folderTrust": { "enabled": false },
        });
        settings["general"] =
            json!({ "enableAutoUpdate": false, "enableAutoUpdateNotification": false });
        settings["privacy"] = json!({ "usageStatisticsEnabled": false });
        settings["telemetry"] = json!({ "enabled": false });
        settings["ui"] = json!({ "theme": "Default" });
        settings["model"] = json!({ "name": "gemini-2.5-flash" });
        fs::write(home.join("settings.json"), settings.to_string()).unwrap();
        Self { rig, hooks }
    }
}

impl<'r> Agent<'r> for Gemini<'r> {
    fn rig(&self) -> &'r Rig {
        self.rig
    }

    fn hooks(&self) -> &Hooks {
        &self.hooks
    }

    fn argv(&self) -> Vec<&str> {
        vec!["gemini"]
    }

    #[track_caller]
    fn wait_ready(&self, session: &Session<'_>) {
        session.wait_screen_contains(PROMPT);
    }

    /// It takes Enter for a part of a text that it follows too soon, which is not to be seen:
    /// the daemon knows how long to wait.
    #[track_caller]
    fn type_line(&self, session: &Session<'_>, text: &str) {
        session.appctl("send", &["--enter", "--", text]).ok();
    }

    fn prompt_event(&self) -> &'static str {
        "BeforeAgent"
    }

    fn end_event(&self) -> &'static str {
        "AfterAgent"
    }

    fn question(&self) -> &'static str {
        "Allow execution"
    }

    fn farewell(&self) -> &'static str {
        "/quit"
    }
}
