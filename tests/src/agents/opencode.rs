//! opencode: what it must find to ask nothing, and how it is spoken to.

use std::fs;

use serde_json::{Value, json};

use super::agent::Agent;
use super::hooks::Hooks;
use super::rig::{KEY, Rig};
use crate::session::Session;

/// What its box for prompts shows when it is empty.
const PROMPT: &str = "Ask anything";

/// Of its plugins, and its own.
const VERSION: &str = "1.18.33";

/// Writes what its bus says of conversations and questions to the program that it is given.
const PLUGIN: &str = r#"import { spawnSync } from "node:child_process"
export const Log = async () => ({
  event: async ({ event }) => {
    if (!/^(session\.(created|status|idle|error)|permission\.|question\.)/.test(event.type)) return
    spawnSync("{program}", { input: JSON.stringify(event) })
  },
})
"#;

/// opencode in a [`Rig`].
pub struct Opencode<'r> {
    rig: &'r Rig,
    hooks: Hooks,
}

impl<'r> Opencode<'r> {
    /// Writes its configuration: one model, ours; commands are asked about.
    ///
    /// # Panics
    /// When that cannot be written.
    pub fn new(rig: &'r Rig) -> Self {
        let home = rig.home.user_dir().join(".config/opencode");
        fs::create_dir_all(home.join("plugins")).unwrap();
        let hooks = Hooks::in_dir(&rig.dir("opencode"));
        let plugin = PLUGIN.replace("{program}", hooks.program().to_str().unwrap());
        fs::write(home.join("plugins/log.js"), plugin).unwrap();
        // It waits for what its plugins may need from the registry of npm before it shows
        // anything, unless that seems to be there.
        let needed = json!({ "dependencies": { "@opencode-ai/plugin": VERSION } });
        fs::create_dir(home.join("node_modules")).unwrap();
        fs::write(home.join("package.json"), needed.to_string()).unwrap();
        let lock = json!({ "lockfileVersion": 3, "packages": { "": needed } });
        fs::write(home.join("package-lock.json"), lock.to_string()).unwrap();
        let configuration = json!({
            "autoupdate": false,
            "share": "disabled",
            "model": "test/test-model",
            "small_model": "test/test-model",
            "permission": { "bash": "ask" },
            "provider": { "test": {
                "npm": "@ai-sdk/openai-compatible",
                "name": "test",
                "options": { "baseURL": format!("{}/v1", rig.api.url()), "apiKey": KEY },
                "models": { "test-model": { "name": "test" } },
            } },
        });
        fs::write(home.join("opencode.json"), configuration.to_string()).unwrap();
        Self { rig, hooks }
    }
}

impl<'r> Agent<'r> for Opencode<'r> {
    fn rig(&self) -> &'r Rig {
        self.rig
    }

    fn hooks(&self) -> &Hooks {
        &self.hooks
    }

    fn argv(&self) -> Vec<&str> {
        vec![
            "env",
            "OPENCODE_DISABLE_MODELS_FETCH=1",
            "OPENCODE_DISABLE_AUTOUPDATE=1",
            "OPENCODE_DISABLE_LSP_DOWNLOAD=1",
            "opencode",
        ]
    }

    #[track_caller]
    fn wait_ready(&self, session: &Session<'_>) {
        session.wait_screen_contains(PROMPT);
    }

    /// It wants to be told twice.
    #[track_caller]
    fn interrupt(&self, session: &Session<'_>) {
        session.appctl("send", &["--key", "esc"]).ok();
        session.wait_screen_contains("again to interrupt");
        session.appctl("send", &["--key", "esc"]).ok();
    }

    /// It does not tell what the prompt is; the model is asked for it.
    #[track_caller]
    fn wait_taken(&self, prompt: &str) -> Value {
        self.rig.api.wait_prompt(prompt);
        self.hooks.wait("that it is busy", |event| event["properties"]["status"]["type"] == "busy")
    }

    fn end_event(&self) -> &'static str {
        "session.idle"
    }

    fn question(&self) -> &'static str {
        "Permission required"
    }

    fn farewell(&self) -> &'static str {
        "/exit"
    }
}
