//! What a request asks of the model, whichever of the interfaces it came by.

use serde_json::Value;

use super::http::Request;

/// Bytes of a prompt that are kept.
const PROMPT_LIMIT: usize = 4096;

/// Which interface a request came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    /// `/v1/messages`.
    Messages,
    /// `/v1/messages/count_tokens`.
    CountTokens,
    /// `/v1/responses`.
    Responses,
    /// `/v1/chat/completions`.
    Chat,
    /// `/v1beta/models/MODEL:generateContent`, and the same as a stream.
    Generate,
    /// `/v1/models`.
    Models,
    /// Anything else; it is refused.
    Other,
}

/// A request as the log keeps it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The first is 0.
    pub number: usize,
    /// Which interface it came by.
    pub interface: Interface,
    /// Method and path.
    pub line: String,
    /// The model that is wanted.
    pub model: String,
    /// Names of the tools that the model may use. An agent also asks on the side, say for
    /// a title, and then offers none.
    pub tools: Vec<String>,
    /// What the person, or the agent above a subagent, said last.
    pub prompt: String,
    /// Whether a tool has answered since then.
    pub tool_done: bool,
    /// Whether the answer is wanted as a stream.
    pub stream: bool,
}

impl Asked {
    pub(super) fn of(number: usize, request: &Request) -> Self {
        let Request { method, path, body } = request;
        let interface = match path.as_str() {
            "/v1/messages" => Interface::Messages,
            "/v1/messages/count_tokens" => Interface::CountTokens,
            "/v1/responses" => Interface::Responses,
            "/v1/chat/completions" => Interface::Chat,
            "/v1/models" => Interface::Models,
            path if path.ends_with("enerateContent") => Interface::Generate,
            path if path.ends_with(":countTokens") => Interface::CountTokens,
            _ => Interface::Other,
        };
        let said = ["messages", "input", "contents"].iter().find_map(|field| body.get(field));
        let said = said.unwrap_or(&Value::Null);
        let (prompt, tool_done) = last_words(said);
        Self {
            number,
            interface,
            line: format!("{method} {path}"),
            model: text(&body["model"]),
            tools: tools(&body["tools"]),
            prompt: prompt.chars().take(PROMPT_LIMIT).collect(),
            tool_done,
            stream: body["stream"] == true || path.ends_with(":streamGenerateContent"),
        }
    }

    /// Whether the model is asked to work, not to help on the side.
    pub fn is_work(&self) -> bool {
        let answers = match self.interface {
            Interface::Messages | Interface::Responses => true,
            Interface::Chat | Interface::Generate => true,
            Interface::CountTokens | Interface::Models | Interface::Other => false,
        };
        answers && !self.tools.is_empty()
    }
}

fn tools(value: &Value) -> Vec<String> {
    // Some put all of them together, and some what a tool is called one level lower.
    let lists = list(value).iter().flat_map(|tool| match tool.get("functionDeclarations") {
        Some(tools) => list(tools),
        None => std::slice::from_ref(tool),
    });
    let name = |tool: &Value| {
        let function = tool.get("function").unwrap_or(tool);
        function.get("name").or_else(|| tool.get("type")).map(text).unwrap_or_default()
    };
    lists.map(name).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The newest words of the person's own, and whether a tool has answered after them.
fn last_words(said: &Value) -> (String, bool) {
    if let Some(words) = said.as_str() {
        return (words.to_owned(), false);
    }
    let mut tool_done = false;
    for message in list(said).iter().rev() {
        tool_done |= is_tool_answer(message);
        if message["role"] == "user"
            && let Some(words) = own_words(message.get("content").unwrap_or(&message["parts"]))
        {
            return (words, tool_done);
        }
    }
    (String::new(), tool_done)
}

fn is_tool_answer(message: &Value) -> bool {
    let kind = message["type"].as_str().unwrap_or_default();
    kind.ends_with("call_output")
        || message["role"] == "tool"
        || list(&message["content"]).iter().any(|block| block["type"] == "tool_result")
        || list(&message["parts"]).iter().any(|part| part.get("functionResponse").is_some())
}

/// The last text of a message that is not the agent's own addition: those are in tags, or
/// begin with the heading of a file of instructions.
fn own_words(content: &Value) -> Option<String> {
    let is_own = |words: &&str| {
        let words = words.trim_start();
        !words.is_empty() && !words.starts_with('<') && !words.starts_with("# AGENTS")
    };
    match content {
        Value::String(words) => Some(words.as_str()).filter(is_own).map(str::to_owned),
        Value::Array(blocks) => blocks
            .iter()
            .rev()
            .filter_map(|block| block["text"].as_str())
            .find(is_own)
            .map(str::to_owned),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(body: Value) -> Asked {
        let (method, path) = ("POST".to_owned(), "/v1/messages".to_owned());
        Asked::of(0, &Request { method, path, body })
    }

    #[test]
    fn the_prompt_is_the_last_text_that_the_agent_did_not_add() {
        let asked = asked(json!({ "messages": [
            { "role": "user", "content": "first" },
            { "role": "assistant", "content": "yes" },
            { "role": "user", "content": [
                { "type": "text", "text": "second" },
                { "type": "text", "text": "<system-reminder>x</system-reminder>" },
            ] },
        ] }));
        assert_eq!((asked.prompt.as_str(), asked.tool_done), ("second", false));
        assert!(!asked.is_work());
    }

    #[test]
    fn a_tool_that_answered_after_the_prompt_is_known_in_both_interfaces() {
        let claude = asked(json!({ "tools": [{ "name": "Bash" }], "messages": [
            { "role": "user", "content": "go" },
            { "role": "assistant", "content": [{ "type": "tool_use" }] },
            { "role": "user", "content": [{ "type": "tool_result", "content": "ok" }] },
        ] }));
        assert_eq!((claude.prompt.as_str(), claude.tool_done), ("go", true));
        assert!(claude.is_work());
        let codex = asked(json!({ "input": [
            { "type": "message", "role": "user", "content": [
                { "type": "input_text", "text": "go" },
            ] },
            { "type": "function_call" },
            { "type": "function_call_output", "output": "ok" },
        ] }));
        assert_eq!((codex.prompt.as_str(), codex.tool_done), ("go", true));
    }
}
