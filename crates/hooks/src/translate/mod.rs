//! Events of agents as reports.
//!
//! # Invariants
//!
//! 1. Pure and without memory: one event is all there is to decide from.
//! 2. An event that is not known says nothing. Agents gain events with every release.
//! 3. What a subagent does is never the turn of the agent that made it.

mod claude;
mod codex;
mod copilot;
mod cursor;
mod gemini;
mod opencode;
mod tool;

use app_model::report::{Outcome, Report};
use serde_json::Value;

use crate::agent::Agent;
use crate::event;

/// What an event of this agent says, oldest first.
pub fn translate(agent: Agent, event: &Value) -> Vec<Report> {
    match agent {
        Agent::Claude => claude::translate(event),
        Agent::Codex => codex::translate(event),
        Agent::Gemini => gemini::translate(event),
        Agent::Opencode => opencode::translate(event),
        Agent::Copilot => copilot::translate(event),
        Agent::Cursor => cursor::translate(event),
    }
}

/// The conversation that this field names, if it names one.
fn conversation(event: &Value, names: &[&str]) -> Vec<Report> {
    event::first(event, names).map(|id| Report::Conversation { id }).into_iter().collect()
}

/// The end of a turn together with the conversation that it was in: each hook is a process of
/// its own, and the one that named the conversation first may have been overtaken.
fn ended_in(event: &Value, ended: Report) -> Vec<Report> {
    let mut reports = conversation(event, &["session_id"]);
    reports.push(ended);
    reports
}

/// A turn that ended well, with nothing going on in the background.
fn turn_ended() -> Report {
    Report::TurnEnded { background: 0, failed: None }
}

/// A turn that ended for this reason.
fn turn_failed(why: Option<String>) -> Report {
    let why = why.unwrap_or_else(|| "it ended with an error".into());
    Report::TurnEnded { background: 0, failed: Some(why) }
}

/// A subagent that began, named by these fields.
fn task_began(event: &Value, ids: &[&str], labels: &[&str]) -> Vec<Report> {
    let Some(ext) = event::first(event, ids) else { return vec![] };
    let label = event::first(event, labels).unwrap_or_else(|| "subagent".into());
    vec![Report::TaskBegan { ext, label, model: event::first(event, &["model"]) }]
}

/// A subagent that ended, named by these fields.
fn task_ended(event: &Value, ids: &[&str], summaries: &[&str], outcome: Outcome) -> Vec<Report> {
    let Some(ext) = event::first(event, ids) else { return vec![] };
    vec![Report::TaskEnded { ext, outcome, summary: event::first(event, summaries) }]
}

#[cfg(test)]
mod tests {
    use app_model::report::MAX_TEXT;
    use proptest::prelude::*;

    use super::*;

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,20}".prop_map(Value::from),
            "[a-z\u{1b}]{390,900}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-z_]{1,8}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    /// Fields that some agent's events have, so that what is random is also looked at.
    const FIELDS: &[&str] = &[
        "agent_id",
        "agent_type",
        "agentName",
        "background_tasks",
        "conversation_id",
        "details",
        "error",
        "info",
        "input-messages",
        "last_assistant_message",
        "message",
        "model",
        "notification_type",
        "properties",
        "reason",
        "session_id",
        "sessionId",
        "source",
        "status",
        "subagent_id",
        "thread-id",
        "tool_input",
        "tool_name",
        "toolArgs",
    ];

    const NAMES: &[&str] = &[
        "SessionStart",
        "UserPromptSubmit",
        "PreToolUse",
        "PostToolUse",
        "PermissionRequest",
        "Notification",
        "SubagentStart",
        "SubagentStop",
        "Stop",
        "StopFailure",
        "SessionEnd",
        "BeforeAgent",
        "AfterAgent",
        "sessionStart",
        "agentStop",
        "notification",
        "errorOccurred",
        "subagentStart",
        "subagentStop",
        "stop",
        "agent-turn-complete",
        "permission.asked",
        "question.asked",
        "session.created",
        "session.status",
        "session.error",
        "session.idle",
    ];

    proptest! {
        #[test]
        fn whatever_comes_every_text_is_short_and_printable(
            name in prop::sample::select(NAMES),
            fields in prop::collection::btree_map(prop::sample::select(FIELDS), any_value(), 0..8),
        ) {
            let mut event: serde_json::Map<String, Value> =
                fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            event.insert("hook_event_name".into(), name.into());
            event.insert("type".into(), name.into());
            let event = Value::Object(event);
            for agent in Agent::ALL {
                for report in translate(agent, &event) {
                    for text in report.texts() {
                        prop_assert!(text.chars().count() <= MAX_TEXT, "{report:?}");
                        prop_assert!(!text.chars().any(char::is_control), "{report:?}");
                    }
                }
            }
        }

        #[test]
        fn a_value_that_is_no_event_says_nothing(value in any_value()) {
            for agent in Agent::ALL {
                prop_assert_eq!(translate(agent, &value), vec![]);
            }
        }
    }
}
