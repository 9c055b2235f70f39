//! What goes into the settings of each agent, and how it is known again.

use super::render::Node;
use crate::agent::Agent;

/// How long a hook may take before the agent goes on without it. It takes milliseconds;
/// this is for a machine that has no time at all.
const TIMEOUT_S: u32 = 5;

/// The same for what an agent tells while a person waits for it to stop: Codex warns of more.
const INTERRUPT_TIMEOUT_S: u32 = 3;

/// The events whose hooks are wanted.
pub(super) fn events(agent: Agent) -> &'static [&'static str] {
    match agent {
        Agent::Claude => &[
            "SessionStart",
            "UserPromptSubmit",
            "PreToolUse",
            "PermissionRequest",
            "PostToolUse",
            "PostToolUseFailure",
            "Notification",
            "SubagentStart",
            "SubagentStop",
            "Stop",
            "StopFailure",
            "SessionEnd",
        ],
        Agent::Codex => &[
            "SessionStart",
            "UserPromptSubmit",
            "PreToolUse",
            "PermissionRequest",
            "PostToolUse",
            "SubagentStart",
            "SubagentStop",
            "Stop",
            "StopFailure",
            "Interrupt",
        ],
        Agent::Gemini => &[
            "SessionStart",
            "BeforeAgent",
            "BeforeTool",
            "AfterTool",
            "Notification",
            "AfterAgent",
            "SessionEnd",
        ],
        // Its plugin gets every event.
        Agent::Opencode => &[],
        Agent::Copilot => &[
            "sessionStart",
            "userPromptSubmitted",
            "preToolUse",
            "permissionRequest",
            "postToolUse",
            "notification",
            "subagentStart",
            "subagentStop",
            "agentStop",
            "errorOccurred",
            "sessionEnd",
        ],
        Agent::Cursor => &[
            "sessionStart",
            "beforeSubmitPrompt",
            "preToolUse",
            "postToolUse",
            "subagentStart",
            "subagentStop",
            "stop",
            "sessionEnd",
        ],
    }
}

/// Whether an event's list holds groups of hooks, and not the hooks themselves.
pub(super) fn in_groups(agent: Agent) -> bool {
    matches!(agent, Agent::Claude | Agent::Codex | Agent::Gemini)
}

/// The field of a hook that has its command.
pub(super) fn command_field(agent: Agent) -> &'static str {
    match agent {
        Agent::Copilot => "bash",
        Agent::Claude | Agent::Codex | Agent::Gemini | Agent::Opencode | Agent::Cursor => "command",
    }
}

/// What is added to the list of an event.
pub(super) fn entry(agent: Agent, event: &str) -> Node {
    let text = |text: &str| Node::Text(text.to_owned());
    let kind = ("type".to_owned(), text("command"));
    let command = (command_field(agent).to_owned(), Node::Text(command(agent, event)));
    let timeout = |name: &str, number: u32| (name.to_owned(), Node::Number(number));
    let hook = Node::Object(match agent {
        Agent::Claude | Agent::Codex => {
            let seconds = if event == "Interrupt" { INTERRUPT_TIMEOUT_S } else { TIMEOUT_S };
            vec![kind, command, timeout("timeout", seconds)]
        }
        // Milliseconds here; and its lists of hooks show names.
        Agent::Gemini => {
            let name = ("name".to_owned(), text("appctl"));
            vec![name, kind, command, timeout("timeout", TIMEOUT_S * 1000)]
        }
        Agent::Copilot => vec![kind, command, timeout("timeoutSec", TIMEOUT_S)],
        Agent::Cursor | Agent::Opencode => vec![command, timeout("timeout", TIMEOUT_S)],
    });
    if in_groups(agent) {
        Node::Object(vec![("hooks".to_owned(), Node::List(vec![hook]))])
    } else {
        hook
    }
}

/// A whole settings file with nothing but our hooks in it. The version, where one is
/// needed, comes last: by that a file that was made is told from one that was there.
pub(super) fn root(agent: Agent) -> Node {
    let events = events(agent);
    let hooks =
        events.iter().map(|event| ((*event).to_owned(), Node::List(vec![entry(agent, event)])));
    let mut fields = vec![("hooks".to_owned(), Node::Object(hooks.collect()))];
    if needs_version(agent) {
        fields.push(("version".to_owned(), Node::Number(1)));
    }
    Node::Object(fields)
}

/// Whether a settings file must say which version of its form it has.
pub(super) fn needs_version(agent: Agent) -> bool {
    matches!(agent, Agent::Copilot | Agent::Cursor)
}

fn command(agent: Agent, event: &str) -> String {
    match agent {
        // Its events do not name themselves.
        Agent::Copilot => format!("appctl hook copilot --event {event}"),
        _ => format!("appctl hook {agent}"),
    }
}

/// Whether a command is ours: `appctl`, wherever it lies, with our arguments.
pub(super) fn is_ours(agent: Agent, command: &str) -> bool {
    let mut words = command.split_ascii_whitespace();
    let program = words.next().map(|word| word.trim_matches(['"', '\'']));
    program.and_then(|path| path.rsplit('/').next()) == Some("appctl")
        && words.next() == Some("hook")
        && words.next() == Some(agent.word())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_command_is_known_wherever_appctl_lies() {
        for ours in
            ["appctl hook claude", " /opt/x/appctl  hook claude ", "'/a/appctl' hook claude"]
        {
            assert!(is_ours(Agent::Claude, ours), "{ours}");
        }
        for theirs in
            ["", "appctl", "appctl hook codex", "appctl hooks claude", "echo appctl hook claude"]
        {
            assert!(!is_ours(Agent::Claude, theirs), "{theirs}");
        }
        for agent in Agent::ALL {
            assert!(is_ours(agent, &command(agent, "stop")), "{agent}");
        }
    }
}
