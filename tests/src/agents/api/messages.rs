//! Answers of `/v1/messages`, as Claude Code reads them.

use serde_json::{Value, json};

use super::asked::Asked;
use super::http::Event;
use super::reply::{Wish, halves};
use crate::agents::script::Script;

/// What the tools for a subagent are called, the newest name first.
const SUBAGENT_TOOLS: [&str; 2] = ["Agent", "Task"];

/// The tool that the script wants to be used, where it is offered.
pub(super) fn call(asked: &Asked, script: &Script) -> Option<Wish> {
    let offered = |name: &&str| asked.tools.iter().any(|tool| tool == name);
    if let (Some(command), true) = (&script.run, offered(&"Bash")) {
        let input = json!({ "command": command, "description": "Do as the prompt says" });
        return Some(Wish::Call { tool: "Bash".into(), input });
    }
    let tool = SUBAGENT_TOOLS.into_iter().find(offered)?;
    let input = json!({
        "description": "a part of it",
        "prompt": script.delegate.as_ref()?,
        "subagent_type": "general-purpose",
        "run_in_background": false,
    });
    Some(Wish::Call { tool: tool.into(), input })
}

/// The answer as one value.
pub(super) fn whole(asked: &Asked, wish: &Wish) -> Value {
    let content = match wish {
        Wish::Say(text) => json!({ "type": "text", "text": text }),
        Wish::Call { tool, input } => {
            json!({ "type": "tool_use", "id": call_id(asked), "name": tool, "input": input })
        }
    };
    message(asked, &json!([content]), &json!(stop_reason(wish)))
}

/// The answer as events, in two halves.
pub(super) fn events(asked: &Asked, wish: &Wish) -> (Vec<Event>, Vec<Event>) {
    let (block, first, second) = match wish {
        Wish::Say(text) => {
            let delta = |text| json!({ "type": "text_delta", "text": text });
            let (first, second) = halves(text);
            (json!({ "type": "text", "text": "" }), delta(first), delta(second))
        }
        Wish::Call { tool, input } => {
            let delta = |json| json!({ "type": "input_json_delta", "partial_json": json });
            let id = call_id(asked);
            let block = json!({ "type": "tool_use", "id": id, "name": tool, "input": {} });
            (block, delta(String::new()), delta(input.to_string()))
        }
    };
    let begun = message(asked, &json!([]), &Value::Null);
    let delta = |delta| event("content_block_delta", json!({ "index": 0, "delta": delta }));
    let before = vec![
        event("message_start", json!({ "message": begun })),
        event("content_block_start", json!({ "index": 0, "content_block": block })),
        delta(first),
    ];
    let why = json!({ "stop_reason": stop_reason(wish), "stop_sequence": null });
    let after = vec![
        delta(second),
        event("content_block_stop", json!({ "index": 0 })),
        event("message_delta", json!({ "delta": why, "usage": { "output_tokens": 5 } })),
        event("message_stop", json!({})),
    ];
    (before, after)
}

fn event(name: &'static str, mut data: Value) -> Event {
    data["type"] = name.into();
    Event { name, data }
}

fn message(asked: &Asked, content: &Value, stop_reason: &Value) -> Value {
    json!({
        "id": format!("msg_{:08}", asked.number),
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": null,
        "usage": { "input_tokens": 10, "output_tokens": 5 },
    })
}

fn call_id(asked: &Asked) -> String {
    format!("toolu_{:08}", asked.number)
}

fn stop_reason(wish: &Wish) -> &'static str {
    match wish {
        Wish::Say(_) => "end_turn",
        Wish::Call { .. } => "tool_use",
    }
}
