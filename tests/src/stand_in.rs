//! A program that passes as Claude Code: it keeps what it hears, goes on with it when it is
//! told to, and calls its hooks.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use crate::home::Home;
use crate::session::Session;

/// The conversation that it begins.
pub const CONVERSATION: &str = "6eab639b-0d93-49f9-a8e0-9f8f622e6493";

/// `ask` raises a question, `work` begins a turn that does not end, `dig` a subagent. After
/// `cling` it does not leave before somebody has written to the pipe `gate`.
const SCRIPT: &str = r#"#!/bin/sh
stty -echo
echo "$*" >> "$HOME/started"
id=CONVERSATION prompt= source=startup
while [ $# -gt 0 ]; do
    case $1 in
        --settings) shift 2 ;;
        --resume) id=$2 source=resume; shift 2 ;;
        *) prompt=$1; shift ;;
    esac
done
hook() {
    printf '{"session_id":"%s","hook_event_name":"%s"%s}' "$id" "$1" "$2" | appctl hook claude
}
hear() {
    echo "$1" >> "$HOME/heard-$id"
    hook UserPromptSubmit
    echo "heard: $1"
    case $1 in
        work) return ;;
        cling) trap '' HUP; trap 'cat "$HOME/gate"; exit 0' TERM ;;
        ask) hook PermissionRequest ',"tool_name":"Bash"'; return ;;
        dig) hook SubagentStart ',"agent_id":"a1","agent_type":"Explore"' ;;
        dug) hook SubagentStop ',"agent_id":"a1"' ;;
    esac
    hook Stop ',"background_tasks":[]'
}
hook SessionStart ",\"source\":\"$source\""
[ $source = resume ] && sed 's/^/before: /' "$HOME/heard-$id"
printf '\033]0;\342\234\263 agent\007'
[ -n "$prompt" ] && hear "$prompt"
echo ready
while read -r line; do hear "$line"; done
"#;

/// The program in a home.
pub struct StandIn<'h> {
    home: &'h Home,
    program: PathBuf,
}

impl<'h> StandIn<'h> {
    /// Writes it, unless it is there.
    ///
    /// # Panics
    /// When that does not work.
    pub fn new(home: &'h Home) -> Self {
        let stand_in = Self { home, program: home.path().join("claude") };
        if !stand_in.program.exists() {
            stand_in.install();
        }
        stand_in
    }

    /// Writes it.
    ///
    /// # Panics
    /// When that does not work.
    pub fn install(&self) {
        let script = SCRIPT.replace("CONVERSATION", CONVERSATION);
        // Whole at once: nobody must find one that is still being written.
        let new = self.program.with_extension("new");
        fs::write(&new, script).unwrap();
        fs::set_permissions(&new, fs::Permissions::from_mode(0o755)).unwrap();
        fs::rename(new, &self.program).unwrap();
    }

    /// Takes it away.
    ///
    /// # Panics
    /// When that does not work.
    pub fn remove(&self) {
        fs::remove_file(&self.program).unwrap();
    }

    /// Starts it in the background with a prompt, and waits until it has answered.
    #[track_caller]
    pub fn start(&self, name: &str, prompt: &str) -> Session<'h> {
        self.start_with(&["-n", name], prompt)
    }

    /// The same with more options.
    #[track_caller]
    pub fn start_with(&self, options: &[&str], prompt: &str) -> Session<'h> {
        let session = self.home.start_with(options, &[self.program.to_str().unwrap(), prompt]);
        session.wait_logs_contain(&format!("heard: {prompt}"));
        session
    }

    /// Makes the pipe that one waits for that clings.
    ///
    /// # Panics
    /// When that does not work.
    pub fn make_gate(&self) {
        let made = self.home.command("mkfifo").arg("gate").status().unwrap();
        assert!(made.success());
    }

    /// Lets it leave.
    ///
    /// # Panics
    /// When there is no gate.
    pub fn let_go(&self) {
        fs::write(self.home.user_dir().join("gate"), "go").unwrap();
    }

    /// The arguments of every start.
    ///
    /// # Panics
    /// When it was never started.
    pub fn starts(&self) -> Vec<String> {
        let starts = fs::read_to_string(self.home.user_dir().join("started")).unwrap();
        starts.lines().map(ToOwned::to_owned).collect()
    }

    /// All that was ever said in its conversation.
    ///
    /// # Panics
    /// When nothing was.
    pub fn heard(&self) -> Vec<String> {
        let file = self.home.user_dir().join(format!("heard-{CONVERSATION}"));
        fs::read_to_string(file).unwrap().lines().map(ToOwned::to_owned).collect()
    }
}

/// Has no agent sleep from now on.
///
/// # Panics
/// When the settings cannot be written.
pub fn never_sleep(home: &Home) {
    fs::write(home.config_dir().join("config.toml"), "").unwrap();
}

/// Has agents sleep that have waited for this long.
///
/// # Panics
/// When the settings cannot be written.
pub fn sleep_after(home: &Home, after: &str) {
    let text = format!("[idle]\nafter = \"{after}\"\n");
    fs::write(home.config_dir().join("config.toml"), text).unwrap();
}
