//! Answers of `/v1/responses`, as Codex reads them.

use serde_json::{Value, json};

use super::asked::Asked;
use super::http::Event;
use super::reply::{Wish, halves};
use crate::agents::script::Script;

/// The tool that the script wants to be used, where it is offered. Codex asks for permission
/// when a command wants out of the sandbox.
pub(super) fn call(asked: &Asked, script: &Script) -> Option<Wish> {
    let command = script.run.as_ref()?;
    let offered = |name: &str| asked.tools.iter().any(|tool| tool == name);
    let why = json!({ "sandbox_permissions": "require_escalated", "justification": "as told" });
    let mut input = why;
    let tool = if offered("exec_command") {
        input["cmd"] = json!(command);
        "exec_command"
    } else if offered("shell_command") {
        input["command"] = json!(command);
        "shell_command"
    } else {
        return None;
    };
    Some(Wish::Call { tool: tool.into(), input })
}

/// The answer as events, in two halves.
pub(super) fn events(asked: &Asked, wish: &Wish) -> (Vec<Event>, Vec<Event>) {
    let (begun, item, deltas) = match wish {
        Wish::Say(text) => said(asked, text),
        Wish::Call { tool, input } => {
            let item = json!({
                "type": "function_call",
                "id": format!("fc_{:08}", asked.number),
                "call_id": format!("call_{:08}", asked.number),
                "name": tool,
                "arguments": input.to_string(),
                "status": "completed",
            });
            (item.clone(), item, Vec::new())
        }
    };
    let added = json!({ "output_index": 0, "item": begun });
    let mut before = vec![
        event("response.created", json!({ "response": response(asked, "in_progress", &[]) })),
        event("response.output_item.added", added),
    ];
    let mut deltas = deltas.into_iter();
    before.extend(deltas.next());
    let mut after: Vec<Event> = deltas.collect();
    after.push(event("response.output_item.done", json!({ "output_index": 0, "item": item })));
    let whole = response(asked, "completed", std::slice::from_ref(&item));
    after.push(event("response.completed", json!({ "response": whole })));
    (before, after)
}

/// A message as it begins, as it ends, and its text between.
fn said(asked: &Asked, text: &str) -> (Value, Value, Vec<Event>) {
    let id = format!("msg_{:08}", asked.number);
    let item = |status: &str, content: Value| {
        json!({
            "type": "message", "id": id, "role": "assistant",
            "status": status, "content": content,
        })
    };
    let (first, second) = halves(text);
    let deltas = [first, second].map(|delta| {
        let at = json!({ "item_id": id, "output_index": 0, "content_index": 0, "delta": delta });
        event("response.output_text.delta", at)
    });
    let content = json!([{ "type": "output_text", "text": text, "annotations": [] }]);
    (item("in_progress", json!([])), item("completed", content), deltas.into())
}

fn event(name: &'static str, mut data: Value) -> Event {
    data["type"] = name.into();
    Event { name, data }
}

fn response(asked: &Asked, status: &str, output: &[Value]) -> Value {
    json!({
        "id": format!("resp_{:08}", asked.number),
        "object": "response",
        "created_at": 0,
        "model": asked.model,
        "status": status,
        "output": output,
        "usage": {
            "input_tokens": 10,
            "input_tokens_details": { "cached_tokens": 0 },
            "output_tokens": 5,
            "output_tokens_details": { "reasoning_tokens": 0 },
            "total_tokens": 15,
        },
    })
}
