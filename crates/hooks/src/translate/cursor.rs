//! Cursor's agent. It has no event for a question; its screen has to tell that.

use app_model::report::{Outcome, Report};
use serde_json::Value;

use super::{conversation, task_began, task_ended, turn_ended, turn_failed};
use crate::event;

pub(super) fn translate(event: &Value) -> Vec<Report> {
    match event::raw(event, &["hook_event_name"]).unwrap_or_default() {
        "sessionStart" => conversation(event, &["conversation_id", "session_id"]),
        "beforeSubmitPrompt" => vec![Report::TurnBegan],
        "preToolUse" | "postToolUse" => vec![Report::Answered],
        "subagentStart" => task_began(event, &["subagent_id"], &["task", "subagent_type"]),
        "subagentStop" => task_ended(event, &["subagent_id"], &["summary"], outcome(event)),
        "stop" if event::raw(event, &["status"]) == Some("error") => {
            vec![turn_failed(event::first(event, &["error_message", "error"]))]
        }
        "stop" => vec![turn_ended()],
        "sessionEnd" => vec![Report::Ended],
        _ => vec![],
    }
}

fn outcome(event: &Value) -> Outcome {
    match event::raw(event, &["status"]) {
        Some("error") => Outcome::Failed,
        Some("aborted") => Outcome::Cancelled,
        Some(_) | None => Outcome::Ok,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_event_says_what_it_is() {
        let cases = [
            (
                json!({"hook_event_name": "sessionStart", "conversation_id": "u1"}),
                vec![Report::Conversation { id: "u1".into() }],
            ),
            (
                json!({"hook_event_name": "beforeSubmitPrompt", "prompt": "x"}),
                vec![Report::TurnBegan],
            ),
            (
                json!({"hook_event_name": "postToolUse", "tool_name": "Shell"}),
                vec![Report::Answered],
            ),
            (
                json!({"hook_event_name": "subagentStart", "subagent_id": "s", "task": "Look"}),
                vec![Report::TaskBegan { ext: "s".into(), label: "Look".into(), model: None }],
            ),
            (
                json!({"hook_event_name": "subagentStop", "subagent_id": "s", "status": "aborted"}),
                vec![Report::TaskEnded {
                    ext: "s".into(),
                    outcome: Outcome::Cancelled,
                    summary: None,
                }],
            ),
            (json!({"hook_event_name": "stop", "status": "completed"}), vec![turn_ended()]),
            (json!({"hook_event_name": "stop", "status": "aborted"}), vec![turn_ended()]),
            (
                json!({"hook_event_name": "stop", "status": "error", "error_message": "no net"}),
                vec![turn_failed(Some("no net".into()))],
            ),
            (json!({"hook_event_name": "sessionEnd", "reason": "user_close"}), vec![Report::Ended]),
            (json!({"hook_event_name": "afterFileEdit"}), vec![]),
        ];
        for (event, reports) in cases {
            assert_eq!(translate(&event), reports, "{event}");
        }
    }
}
