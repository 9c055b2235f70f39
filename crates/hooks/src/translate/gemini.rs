//! Gemini CLI. A `/clear` ends a conversation and not the agent.

use app_model::report::Report;
use serde_json::Value;

use super::{conversation, ended_in, tool, turn_ended};
use crate::event;

pub(super) fn translate(event: &Value) -> Vec<Report> {
    match event::raw(event, &["hook_event_name"]).unwrap_or_default() {
        "SessionStart" => conversation(event, &["session_id"]),
        "BeforeAgent" => vec![Report::TurnBegan],
        "AfterAgent" => ended_in(event, turn_ended()),
        "BeforeTool" | "AfterTool" => vec![Report::Answered],
        "Notification" => notification(event).into_iter().collect(),
        "SessionEnd" if event::raw(event, &["reason"]) == Some("clear") => vec![],
        "SessionEnd" => vec![Report::Ended],
        _ => vec![],
    }
}

fn notification(event: &Value) -> Option<Report> {
    if event::raw(event, &["notification_type"]) != Some("ToolPermission") {
        return None;
    }
    let details = event.get("details");
    let title = details.and_then(|details| event::first(details, &["title", "type"]));
    let command = details.and_then(|details| event::first(details, &["command", "filePath"]));
    let text = match (event::text(event, &["message"]), command) {
        (Some(message), None) => message,
        (_, Some(command)) => tool::wish(title, Some(&serde_json::json!({ "command": command }))),
        (None, None) => tool::wish(title, None),
    };
    Some(Report::NeedsInput { text })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_event_says_what_it_is() {
        let cases = [
            (
                json!({"hook_event_name": "SessionStart", "session_id": "g1", "source": "startup"}),
                vec![Report::Conversation { id: "g1".into() }],
            ),
            (json!({"hook_event_name": "BeforeAgent", "prompt": "hi"}), vec![Report::TurnBegan]),
            (json!({"hook_event_name": "AfterAgent", "prompt_response": "ho"}), vec![turn_ended()]),
            (
                json!({"hook_event_name": "BeforeTool", "tool_name": "read_file"}),
                vec![Report::Answered],
            ),
            (
                json!({"hook_event_name": "AfterTool", "tool_name": "read_file"}),
                vec![Report::Answered],
            ),
            (
                json!({"hook_event_name": "Notification", "notification_type": "ToolPermission",
                "message": "Tool write_file requires editing"}),
                vec![Report::NeedsInput { text: "Tool write_file requires editing".into() }],
            ),
            (
                json!({"hook_event_name": "Notification", "notification_type": "ToolPermission",
                "message": "m", "details": {"type": "exec", "title": "Confirm Shell Command",
                "command": "rm x"}}),
                vec![Report::NeedsInput { text: "Confirm Shell Command: rm x".into() }],
            ),
            (json!({"hook_event_name": "Notification", "notification_type": "News"}), vec![]),
            (json!({"hook_event_name": "SessionEnd", "reason": "exit"}), vec![Report::Ended]),
            (json!({"hook_event_name": "SessionEnd", "reason": "clear"}), vec![]),
            (json!({"hook_event_name": "PreCompress"}), vec![]),
        ];
        for (event, reports) in cases {
            assert_eq!(translate(&event), reports, "{event}");
        }
    }
}
