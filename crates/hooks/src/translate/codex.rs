//! Codex CLI: its hooks, whose events look like those of Claude Code, and the older
//! `notify` program, which gets one JSON argument when a turn ends.
//!
//! Codex makes a title for a conversation in a hidden one of its own, while the visible
//! turn goes on, and `notify` is told of that turn too. Nothing marks it but what was asked
//! in it, so it is known by its beginning. Who has the hooks need not care: `Stop` does not
//! fire for it.

use app_model::report::{Outcome, Report};
use serde_json::Value;

use super::{claude, conversation, ended_in, task_began, task_ended, turn_ended, turn_failed};
use crate::event;

/// How the request for a title begins, in the releases seen so far; compared without case.
const TITLE_REQUESTS: &[&str] = &[
    "you are a helpful assistant. you will be presented with a user prompt",
    "generate a concise title",
    "generate a title for this",
    "generate a concise, single-line task title",
];

pub(super) fn translate(event: &Value) -> Vec<Report> {
    match event::raw(event, &["type"]) {
        Some("agent-turn-complete") => return notified(event),
        Some("approval-requested") => return vec![claude::permission(event)],
        Some(_) | None => {}
    }
    let Some(name) = event::raw(event, &["hook_event_name"]) else { return vec![] };
    let inside_subagent = event::text(event, &["agent_id"]).is_some();
    match name {
        "SubagentStart" => task_began(event, &["agent_id"], &["agent_type"]),
        "SubagentStop" => {
            task_ended(event, &["agent_id"], &["last_assistant_message"], Outcome::Ok)
        }
        "PermissionRequest" => vec![claude::permission(event)],
        _ if inside_subagent => vec![],
        "SessionStart" => conversation(event, &["session_id"]),
        "UserPromptSubmit" => vec![Report::TurnBegan],
        "PreToolUse" | "PostToolUse" => vec![Report::Answered],
        "Stop" => {
            let background = claude::background(event);
            ended_in(event, Report::TurnEnded { background, failed: None })
        }
        "Interrupt" => vec![turn_ended()],
        "StopFailure" => ended_in(event, turn_failed(claude::failure(event))),
        "SessionEnd" => vec![Report::Ended],
        _ => vec![],
    }
}

/// The argument of `notify`.
fn notified(event: &Value) -> Vec<Report> {
    if is_title_request(event) {
        return vec![];
    }
    let mut reports = conversation(event, &["thread-id"]);
    reports.push(turn_ended());
    reports
}

fn is_title_request(event: &Value) -> bool {
    let asked = event::entries(event, &["input-messages"]).filter_map(Value::as_str);
    asked.into_iter().any(|text| {
        let text = text.trim_start();
        TITLE_REQUESTS.iter().any(|known| {
            text.get(..known.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(known))
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn notify_tells_the_conversation_and_the_end_of_the_turn() {
        let event = json!({"type": "agent-turn-complete", "thread-id": "0199-abc", "turn-id": "1",
            "cwd": "/p", "client": "codex-tui", "input-messages": ["fix the test"],
            "last-assistant-message": "Done."});
        let conversation = Report::Conversation { id: "0199-abc".into() };
        assert_eq!(translate(&event), vec![conversation, turn_ended()]);
        assert_eq!(translate(&json!({"type": "agent-turn-complete"})), vec![turn_ended()]);
        assert_eq!(translate(&json!({"type": "something-new"})), vec![]);
    }

    #[test]
    fn the_hidden_turn_that_makes_a_title_is_not_the_users() {
        for asked in [
            "You are a helpful assistant. You will be presented with a user prompt, and …",
            "  Generate a concise title for this task.\n\nfix the test",
        ] {
            let event = json!({"type": "agent-turn-complete", "thread-id": "other",
                "input-messages": [asked], "last-assistant-message": "Fix the test"});
            assert_eq!(translate(&event), vec![], "{asked}");
        }
        let about_titles = json!({"type": "agent-turn-complete",
            "input-messages": ["the page needs a title; generate a concise one"]});
        assert_eq!(translate(&about_titles), vec![turn_ended()]);
    }

    #[test]
    fn each_hook_says_what_it_is() {
        let cases = [
            (
                json!({"hook_event_name": "SessionStart", "session_id": "0199", "source": "resume"}),
                vec![Report::Conversation { id: "0199".into() }],
            ),
            (
                json!({"hook_event_name": "UserPromptSubmit", "session_id": "0199", "turn_id": "1"}),
                vec![Report::TurnBegan],
            ),
            (
                json!({"hook_event_name": "PermissionRequest", "tool_name": "Bash",
                "tool_input": {"command": "cargo test"}}),
                vec![Report::NeedsInput { text: "Bash: cargo test".into() }],
            ),
            (json!({"hook_event_name": "PreToolUse", "tool_name": "Bash"}), vec![Report::Answered]),
            (
                json!({"hook_event_name": "PostToolUse", "tool_name": "Bash"}),
                vec![Report::Answered],
            ),
            (json!({"hook_event_name": "PostToolUse", "agent_id": "x"}), vec![]),
            (
                json!({"hook_event_name": "SubagentStart", "agent_id": "x", "agent_type": "worker",
                "model": "gpt-6"}),
                vec![Report::TaskBegan {
                    ext: "x".into(),
                    label: "worker".into(),
                    model: Some("gpt-6".into()),
                }],
            ),
            (
                json!({"hook_event_name": "SubagentStop", "agent_id": "x",
                "last_assistant_message": null}),
                vec![Report::TaskEnded { ext: "x".into(), outcome: Outcome::Ok, summary: None }],
            ),
            (
                json!({"hook_event_name": "Stop", "last_assistant_message": "ok"}),
                vec![turn_ended()],
            ),
            (json!({"hook_event_name": "Interrupt"}), vec![turn_ended()]),
            (
                json!({"hook_event_name": "StopFailure", "error": "rate_limit",
                "error_details": "try at 5"}),
                vec![turn_failed(Some("rate_limit: try at 5".into()))],
            ),
            (json!({"hook_event_name": "PostCompact"}), vec![]),
        ];
        for (event, reports) in cases {
            assert_eq!(translate(&event), reports, "{event}");
        }
    }
}
