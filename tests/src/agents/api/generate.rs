//! Answers of `/v1beta/models/MODEL:generateContent`, as Gemini CLI reads them.

use serde_json::{Value, json};

use super::asked::Asked;
use super::http::Event;
use super::reply::{Wish, halves};
use crate::agents::script::Script;

/// The tool that the script wants to be used, where it is offered.
pub(super) fn call(asked: &Asked, script: &Script) -> Option<Wish> {
    const TOOL: &str = "run_shell_command";
    let command = script.run.as_ref().filter(|_| asked.tools.iter().any(|tool| tool == TOOL))?;
    let input = json!({ "command": command, "description": "Do as the prompt says" });
    Some(Wish::Call { tool: TOOL.into(), input })
}

/// The answer as one value.
pub(super) fn whole(wish: &Wish) -> Value {
    match wish {
        Wish::Say(text) => content(&json!({ "text": text }), true),
        Wish::Call { tool, input } => content(&call_part(tool, input), true),
    }
}

/// The answer as events, in two halves. They have no names.
pub(super) fn events(wish: &Wish) -> (Vec<Event>, Vec<Event>) {
    let event = |part: Value, last| Event { name: "", data: content(&part, last) };
    match wish {
        Wish::Say(text) => {
            let (first, second) = halves(text);
            let said = |text| json!({ "text": text });
            (vec![event(said(first), false)], vec![event(said(second), true)])
        }
        Wish::Call { tool, input } => (vec![], vec![event(call_part(tool, input), true)]),
    }
}

/// What is said to a question on the side: which model is to work, and who speaks next.
pub(super) const ASIDE: &str = r#"{"reasoning":"as told","next_speaker":"user","model_choice":"flash",
"complexity_reasoning":"as told","complexity_score":1}"#;

fn call_part(tool: &str, input: &Value) -> Value {
    json!({ "functionCall": { "name": tool, "args": input } })
}

fn content(part: &Value, last: bool) -> Value {
    let mut candidate = json!({ "index": 0, "content": { "role": "model", "parts": [part] } });
    if last {
        candidate["finishReason"] = "STOP".into();
    }
    let usage = json!({ "promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15 });
    json!({ "candidates": [candidate], "usageMetadata": usage })
}
