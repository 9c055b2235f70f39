//! Claude Code.
//!
//! Things worth knowing of it:
//!
//! * A conversation gets another id by `/clear` and by compaction, and `SessionStart` tells
//!   it each time. The `SessionEnd` of a `/clear` ends nothing: the agent goes on.
//! * `Stop` does not fire when a person interrupts, and does not mean that all is done:
//!   `background_tasks` says what goes on.
//! * `PermissionRequest` comes at once, the notification about the same question six
//!   seconds later. Nothing comes when a person allows it; only the tool's end does.
//! * `idle_prompt`, a minute after a turn, asks nothing: the turn has ended, and `Stop` has
//!   said so.

use app_model::report::{Outcome, Report};
use serde_json::Value;

use super::{conversation, ended_in, task_began, task_ended, tool, turn_failed};
use crate::event;

/// Notifications that are a question to a person.
const QUESTIONS: &[&str] = &[
    "permission_prompt",
    "worker_permission_prompt",
    "elicitation_dialog",
    "elicitation_url_dialog",
    "agent_needs_input",
];

/// Words of a background task's status when it is over.
const OVER: &[&str] =
    &["completed", "complete", "done", "failed", "killed", "stopped", "cancelled", "canceled"];

/// Reasons of a `SessionEnd` after which the agent goes on with another conversation.
const GOES_ON: &[&str] = &["clear", "resume"];

pub(super) fn translate(event: &Value) -> Vec<Report> {
    let Some(name) = event::raw(event, &["hook_event_name"]) else { return vec![] };
    let inside_subagent = event::text(event, &["agent_id"]).is_some();
    match name {
        "SubagentStart" => task_began(event, &["agent_id"], &["agent_type"]),
        "SubagentStop" => {
            task_ended(event, &["agent_id"], &["last_assistant_message"], Outcome::Ok)
        }
        // A person is needed, whoever asks.
        "PermissionRequest" => vec![permission(event)],
        _ if inside_subagent => vec![],
        "SessionStart" => conversation(event, &["session_id"]),
        "UserPromptSubmit" => vec![Report::TurnBegan],
        "PreToolUse" => vec![before_tool(event)],
        "PostToolUse" | "PostToolUseFailure" | "PermissionDenied" | "ElicitationResult" => {
            vec![Report::Answered]
        }
        "Notification" => notification(event).into_iter().collect(),
        "Stop" => {
            ended_in(event, Report::TurnEnded { background: background(event), failed: None })
        }
        "StopFailure" => ended_in(event, turn_failed(failure(event))),
        "SessionEnd"
            if event::raw(event, &["reason"]).is_some_and(|why| GOES_ON.contains(&why)) =>
        {
            vec![]
        }
        "SessionEnd" => vec![Report::Ended],
        _ => vec![],
    }
}

/// A tool that is a question is one as soon as it begins.
fn before_tool(event: &Value) -> Report {
    let asks = event::raw(event, &["tool_name"]) == Some("AskUserQuestion");
    let question = || tool::question(event.get("tool_input"));
    match asks.then(question).flatten() {
        Some(text) => Report::NeedsInput { text },
        None => Report::Answered,
    }
}

pub(super) fn permission(event: &Value) -> Report {
    let input = event.get("tool_input");
    let name = event::text(event, &["tool_name"]);
    let question = || tool::question(input);
    let asks = event::raw(event, &["tool_name"]) == Some("AskUserQuestion");
    let text = asks.then(question).flatten().unwrap_or_else(|| tool::wish(name, input));
    Report::NeedsInput { text }
}

fn notification(event: &Value) -> Option<Report> {
    let message = event::text(event, &["message"]);
    let asks = match event::raw(event, &["notification_type"]) {
        Some(kind) => QUESTIONS.contains(&kind),
        // Releases that do not name the type write this and nothing else of use.
        None => message.as_deref().is_some_and(|text| text.contains("permission")),
    };
    let text = message.unwrap_or_else(|| "it waits for an answer".into());
    asks.then_some(Report::NeedsInput { text })
}

pub(super) fn background(event: &Value) -> u32 {
    let runs =
        |task: &&Value| event::raw(task, &["status"]).is_none_or(|status| !OVER.contains(&status));
    let count = event::entries(event, &["background_tasks"]).filter(runs).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

pub(super) fn failure(event: &Value) -> Option<String> {
    let kind = event::first(event, &["error", "error_type"]);
    match (kind, event::first(event, &["error_details", "last_assistant_message"])) {
        (Some(kind), Some(words)) => Some(event::shown(&format!("{kind}: {words}"))),
        (kind, words) => kind.or(words),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn needs(text: &str) -> Vec<Report> {
        vec![Report::NeedsInput { text: text.into() }]
    }

    fn ended(background: u32, failed: Option<&str>) -> Vec<Report> {
        vec![Report::TurnEnded { background, failed: failed.map(Into::into) }]
    }

    fn check(cases: impl IntoIterator<Item = (Value, Vec<Report>)>) {
        for (event, reports) in cases {
            assert_eq!(translate(&event), reports, "{event}");
        }
    }

    #[test]
    fn the_end_of_a_turn_names_its_conversation() {
        let event = json!({"hook_event_name": "Stop", "session_id": "c-1"});
        let mut wanted = vec![Report::Conversation { id: "c-1".into() }];
        wanted.extend(ended(0, None));
        check([(event, wanted)]);
    }

    #[test]
    fn conversations_and_turns() {
        let id = "6eab639b-0d93-49f9-a8e0-9f8f622e6493";
        let conversation = || vec![Report::Conversation { id: id.into() }];
        let cases = [
            (
                json!({"hook_event_name": "SessionStart", "session_id": id, "source": "startup",
                "model": "claude-opus-4-8[1m]"}),
                conversation(),
            ),
            (
                json!({"hook_event_name": "SessionStart", "session_id": id, "source": "clear"}),
                conversation(),
            ),
            (
                json!({"hook_event_name": "SessionStart", "session_id": id, "source": "compact"}),
                conversation(),
            ),
            (json!({"hook_event_name": "SessionStart"}), vec![]),
            (
                json!({"hook_event_name": "UserPromptSubmit", "session_id": id, "prompt": "hello"}),
                vec![Report::TurnBegan],
            ),
            (
                json!({"hook_event_name": "Stop", "background_tasks": [
                {"id": "1", "status": "running"}, {"id": "2", "status": "completed"}, {"id": "3"}]}),
                ended(2, None),
            ),
            (json!({"hook_event_name": "Stop", "background_tasks": "many"}), ended(0, None)),
            (
                json!({"hook_event_name": "StopFailure", "error": "server_error",
                "last_assistant_message": "API Error: 529 Overloaded."}),
                ended(0, Some("server_error: API Error: 529 Overloaded.")),
            ),
            (json!({"hook_event_name": "StopFailure"}), ended(0, Some("it ended with an error"))),
            (
                json!({"hook_event_name": "SessionEnd", "reason": "prompt_input_exit"}),
                vec![Report::Ended],
            ),
            (json!({"hook_event_name": "SessionEnd", "reason": "other"}), vec![Report::Ended]),
            (json!({"hook_event_name": "SessionEnd", "reason": "clear"}), vec![]),
            (json!({"hook_event_name": "PreCompact", "trigger": "auto"}), vec![]),
            (json!({"hook_event_name": 5}), vec![]),
            (json!({}), vec![]),
        ];
        check(cases);
    }

    #[test]
    fn tools_questions_and_subagents() {
        let cases = [
            (
                json!({"hook_event_name": "PreToolUse", "tool_name": "Bash",
                "tool_input": {"command": "ls"}}),
                vec![Report::Answered],
            ),
            (
                json!({"hook_event_name": "PreToolUse", "tool_name": "AskUserQuestion",
                "tool_input": {"questions": [{"question": "Which database?"}]}}),
                needs("Which database?"),
            ),
            (
                json!({"hook_event_name": "PostToolUse", "tool_name": "Bash"}),
                vec![Report::Answered],
            ),
            (
                json!({"hook_event_name": "PostToolUseFailure", "tool_name": "Bash"}),
                vec![Report::Answered],
            ),
            (
                json!({"hook_event_name": "PermissionRequest", "tool_name": "Bash",
                "tool_input": {"command": "rm -rf build", "description": "Remove"}}),
                needs("Bash: rm -rf build"),
            ),
            (
                json!({"hook_event_name": "PermissionRequest", "tool_name": "ExitPlanMode",
                "tool_input": {"plan": "1. …"}}),
                needs("ExitPlanMode"),
            ),
            (
                json!({"hook_event_name": "Notification", "notification_type": "permission_prompt",
                "message": "Claude needs your permission to use Bash"}),
                needs("Claude needs your permission to use Bash"),
            ),
            (
                json!({"hook_event_name": "Notification", "notification_type": "elicitation_dialog",
                "message": "Server asks for a token"}),
                needs("Server asks for a token"),
            ),
            (
                json!({"hook_event_name": "Notification", "notification_type": "idle_prompt",
                "message": "Claude is waiting for your input"}),
                vec![],
            ),
            (
                json!({"hook_event_name": "Notification", "notification_type": "auth_success"}),
                vec![],
            ),
            (
                json!({"hook_event_name": "Notification", "message": "Claude needs your permission"}),
                needs("Claude needs your permission"),
            ),
            (json!({"hook_event_name": "Notification", "message": "Claude is waiting"}), vec![]),
            (
                json!({"hook_event_name": "SubagentStart", "agent_id": "a1", "agent_type": "Explore"}),
                vec![Report::TaskBegan { ext: "a1".into(), label: "Explore".into(), model: None }],
            ),
            (
                json!({"hook_event_name": "SubagentStop", "agent_id": "a1", "agent_type": "Explore",
                "last_assistant_message": "Found it\nin main.rs"}),
                vec![Report::TaskEnded {
                    ext: "a1".into(),
                    outcome: Outcome::Ok,
                    summary: Some("Found it in main.rs".into()),
                }],
            ),
            (json!({"hook_event_name": "SubagentStop"}), vec![]),
            (json!({"hook_event_name": "Stop", "stop_hook_active": false}), ended(0, None)),
        ];
        check(cases);
    }

    #[test]
    fn what_a_subagent_does_is_not_the_turn_of_its_parent() {
        for name in [
            "SessionStart",
            "UserPromptSubmit",
            "PreToolUse",
            "PostToolUse",
            "Stop",
            "StopFailure",
            "SessionEnd",
            "Notification",
        ] {
            let event = json!({"hook_event_name": name, "agent_id": "a1", "agent_type": "Explore",
                "session_id": "s", "notification_type": "permission_prompt"});
            assert_eq!(translate(&event), vec![], "{name}");
        }
        let asks = json!({"hook_event_name": "PermissionRequest", "agent_id": "a1",
            "tool_name": "Bash", "tool_input": {"command": "make"}});
        assert_eq!(translate(&asks), needs("Bash: make"));
    }
}
