//! GitHub Copilot CLI. Its events do not name themselves: each hook is told on its command
//! line which one it is for, and the name stands in `hook_event_name` when it comes here.

use app_model::report::{Outcome, Report};
use serde_json::Value;

use super::{conversation, task_began, task_ended, tool, turn_ended, turn_failed};
use crate::event;

/// Notifications that are a question to a person.
const QUESTIONS: &[&str] = &["permission_prompt", "elicitation_dialog"];

/// What tells one subagent from another, best first; older releases have only its name.
const SUBAGENT: &[&str] = &["agentId", "toolCallId", "agentName"];

pub(super) fn translate(event: &Value) -> Vec<Report> {
    match event::raw(event, &["hook_event_name"]).unwrap_or_default() {
        "sessionStart" => conversation(event, &["sessionId", "session_id"]),
        "userPromptSubmitted" => vec![Report::TurnBegan],
        "preToolUse" | "postToolUse" => vec![Report::Answered],
        "permissionRequest" => {
            let input = event.get("toolInput").or_else(|| event.get("toolArgs"));
            let text = tool::wish(event::text(event, &["toolName"]), input);
            vec![Report::NeedsInput { text }]
        }
        "notification" => notification(event).into_iter().collect(),
        "agentStop" => vec![turn_ended()],
        "subagentStart" => task_began(event, SUBAGENT, &["agentDisplayName", "agentName"]),
        "subagentStop" => task_ended(event, SUBAGENT, &["summary"], Outcome::Ok),
        // It tries again by itself what it calls recoverable.
        "errorOccurred" if event.get("recoverable") != Some(&Value::Bool(true)) => {
            vec![turn_failed(event::text(event, &["error", "message"]))]
        }
        "sessionEnd" => vec![Report::Ended],
        _ => vec![],
    }
}

fn notification(event: &Value) -> Option<Report> {
    let kind = event::raw(event, &["notification_type"])?;
    let text = event::first(event, &["message", "title"]);
    let text = text.unwrap_or_else(|| "it waits for an answer".into());
    QUESTIONS.contains(&kind).then_some(Report::NeedsInput { text })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_event_says_what_it_is() {
        let needs = |text: &str| vec![Report::NeedsInput { text: text.into() }];
        let cases = [
            (
                json!({"hook_event_name": "sessionStart", "sessionId": "c1", "source": "new"}),
                vec![Report::Conversation { id: "c1".into() }],
            ),
            (
                json!({"hook_event_name": "userPromptSubmitted", "prompt": "x"}),
                vec![Report::TurnBegan],
            ),
            (json!({"hook_event_name": "preToolUse", "toolName": "bash"}), vec![Report::Answered]),
            (
                json!({"hook_event_name": "permissionRequest", "toolName": "bash",
                "toolInput": {"command": "rm x"}}),
                needs("bash: rm x"),
            ),
            (
                json!({"hook_event_name": "notification", "notification_type": "permission_prompt",
                "message": "bash wants to run"}),
                needs("bash wants to run"),
            ),
            (json!({"hook_event_name": "notification", "notification_type": "agent_idle"}), vec![]),
            (json!({"hook_event_name": "agentStop", "stopReason": "end_turn"}), vec![turn_ended()]),
            (
                json!({"hook_event_name": "subagentStart", "agentName": "explore"}),
                vec![Report::TaskBegan {
                    ext: "explore".into(),
                    label: "explore".into(),
                    model: None,
                }],
            ),
            (
                json!({"hook_event_name": "subagentStop", "agentName": "explore"}),
                vec![Report::TaskEnded {
                    ext: "explore".into(),
                    outcome: Outcome::Ok,
                    summary: None,
                }],
            ),
            (
                json!({"hook_event_name": "errorOccurred", "error": {"message": "quota"}}),
                vec![turn_failed(Some("quota".into()))],
            ),
            (json!({"hook_event_name": "errorOccurred", "recoverable": true}), vec![]),
            (json!({"hook_event_name": "sessionEnd", "reason": "user_exit"}), vec![Report::Ended]),
            (json!({"sessionId": "c1"}), vec![]),
        ];
        for (event, reports) in cases {
            assert_eq!(translate(&event), reports, "{event}");
        }
    }
}
