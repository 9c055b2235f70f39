//! Answers of `/v1/chat/completions`, as opencode and aider read them.

use serde_json::{Value, json};

use super::asked::Asked;
use super::http::Event;
use super::reply::{Wish, halves};
use crate::agents::script::Script;

/// The tool that the script wants to be used, where it is offered.
pub(super) fn call(asked: &Asked, script: &Script) -> Option<Wish> {
    let offered = |name: &str| asked.tools.iter().any(|tool| tool == name);
    if let (Some(command), true) = (&script.run, offered("bash")) {
        let input = json!({ "command": command, "description": "Do as the prompt says" });
        return Some(Wish::Call { tool: "bash".into(), input });
    }
    let prompt = script.delegate.as_ref().filter(|_| offered("task"))?;
    let input =
        json!({ "description": "a part of it", "prompt": prompt, "subagent_type": "general" });
    Some(Wish::Call { tool: "task".into(), input })
}

/// The answer as one value.
pub(super) fn whole(asked: &Asked, wish: &Wish) -> Value {
    let message = match wish {
        Wish::Say(text) => json!({ "role": "assistant", "content": text }),
        Wish::Call { tool, input } => {
            json!({ "role": "assistant", "tool_calls": [tool_call(asked, tool, input)] })
        }
    };
    let choice = json!({ "index": 0, "message": message, "finish_reason": reason(wish) });
    completion(asked, "chat.completion", &choice)
}

/// The answer as events, in two halves.
pub(super) fn events(asked: &Asked, wish: &Wish) -> (Vec<Event>, Vec<Event>) {
    let chunk = |delta: Value, reason: Value| {
        let choice = json!({ "index": 0, "delta": delta, "finish_reason": reason });
        Event { name: "", data: completion(asked, "chat.completion.chunk", &choice) }
    };
    let (first, second) = match wish {
        Wish::Say(text) => {
            let (first, second) = halves(text);
            (json!({ "role": "assistant", "content": first }), json!({ "content": second }))
        }
        Wish::Call { tool, input } => {
            let calls = json!([tool_call(asked, tool, input)]);
            (json!({ "role": "assistant" }), json!({ "tool_calls": calls }))
        }
    };
    let last = chunk(json!({}), reason(wish).into());
    (vec![chunk(first, Value::Null)], vec![chunk(second, Value::Null), last])
}

fn tool_call(asked: &Asked, tool: &str, input: &Value) -> Value {
    json!({
        "index": 0,
        "id": format!("call_{:08}", asked.number),
        "type": "function",
        "function": { "name": tool, "arguments": input.to_string() },
    })
}

fn reason(wish: &Wish) -> &'static str {
    match wish {
        Wish::Say(_) => "stop",
        Wish::Call { .. } => "tool_calls",
    }
}

fn completion(asked: &Asked, object: &str, choice: &Value) -> Value {
    json!({
        "id": format!("chatcmpl-{:08}", asked.number),
        "object": object,
        "created": 0,
        "model": asked.model,
        "choices": [choice],
        "usage": { "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15 },
    })
}
