//! What is answered to a request: pure, so that the server has nothing to decide.

use serde_json::{Value, json};

use super::asked::{Asked, Interface};
use super::http::Event;
use crate::agents::script::Script;

/// An answer in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// One JSON value, once the gate is open if there is one.
    Whole { status: u16, body: Value, gate: Option<String> },
    /// Events; between the two halves the gate must open, if there is one.
    Stream { before: Vec<Event>, gate: Option<String>, after: Vec<Event> },
}

/// What the model wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Say(String),
    Call { tool: String, input: Value },
}

/// What is answered to `asked`.
pub(super) fn to(asked: &Asked) -> Reply {
    let script = if asked.is_work() { Script::of(&asked.prompt) } else { Script::default() };
    if let Some(status) = script.fail {
        return whole(status, refusal(status));
    }
    let wish = wish(asked, &script);
    let gate = script.hold.filter(|_| matches!(wish, Wish::Say(_)));
    match asked.interface {
        Interface::Messages if asked.stream => {
            let (before, after) = super::messages::events(asked, &wish);
            Reply::Stream { before, gate, after }
        }
        Interface::Messages => {
            let body = super::messages::whole(asked, &wish);
            Reply::Whole { status: 200, body, gate }
        }
        Interface::CountTokens => whole(200, json!({ "input_tokens": 42, "totalTokens": 42 })),
        Interface::Chat if asked.stream => {
            let (before, after) = super::chat::events(asked, &wish);
            Reply::Stream { before, gate, after }
        }
        Interface::Chat => {
            Reply::Whole { status: 200, body: super::chat::whole(asked, &wish), gate }
        }
        Interface::Generate if asked.stream => {
            let (before, after) = super::generate::events(&wish);
            Reply::Stream { before, gate, after }
        }
        Interface::Generate => {
            let body = super::generate::whole(&wish);
            Reply::Whole { status: 200, body, gate }
        }
        Interface::Responses => {
            let (before, after) = super::responses::events(asked, &wish);
            Reply::Stream { before, gate, after }
        }
        Interface::Models => whole(200, json!({ "object": "list", "data": [], "models": [] })),
        Interface::Other => whole(404, refusal(404)),
    }
}

fn whole(status: u16, body: Value) -> Reply {
    Reply::Whole { status, body, gate: None }
}

fn wish(asked: &Asked, script: &Script) -> Wish {
    if asked.interface == Interface::Generate && !asked.is_work() {
        return Wish::Say(super::generate::ASIDE.into());
    }
    if !asked.tool_done {
        let called = match asked.interface {
            Interface::Responses => super::responses::call(asked, script),
            Interface::Chat => super::chat::call(asked, script),
            Interface::Generate => super::generate::call(asked, script),
            _ => super::messages::call(asked, script),
        };
        if let Some(wish) = called {
            return wish;
        }
    }
    Wish::Say(script.answer(asked.tool_done))
}

/// An error, so that both interfaces find what they look for.
fn refusal(status: u16) -> Value {
    let kind = match status {
        404 => "not_found_error",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        _ => "api_error",
    };
    let message = "Refused, as the prompt asked";
    json!({ "type": "error", "error": { "type": kind, "message": message } })
}

/// Cuts a text after its first word, so that there is something to see before the gate.
pub(super) fn halves(text: &str) -> (&str, &str) {
    text.find(' ').map_or((text, ""), |at| text.split_at(at))
}
