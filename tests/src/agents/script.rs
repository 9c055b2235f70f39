//! What a model answers, from the words of the prompt.
//!
//! | in the prompt | the answer |
//! |---|---|
//! | `RUN[touch x]` | asks to run that shell command; says the rest when it was run |
//! | `DELEGATE[words]` | gives these words to a subagent; says the rest when it is done |
//! | `HOLD[gate]` | begins to say it, and goes on when the test lets `gate` go |
//! | `FAIL[529]` | refuses with that status |
//! | anything else | says that it `was heard` |
//!
//! The words within the brackets of `DELEGATE` may have brackets of their own, in pairs: they
//! are the subagent's script.

/// What follows every text that the model heard, and stands in no prompt.
pub const HEARD: &str = "was heard.";

/// What the model says when a tool has been used, before it says what it heard.
pub const TOOL_DONE: &str = "The tool has answered.";

/// What a prompt asks of the model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// The shell command that is to be run first.
    pub run: Option<String>,
    /// The words that a subagent is to get first.
    pub delegate: Option<String>,
    /// The gate in the midst of the answer.
    pub hold: Option<String>,
    /// The status of a refusal.
    pub fail: Option<u16>,
    /// The prompt without all of these.
    pub rest: String,
}

impl Script {
    /// Reads a prompt. Whatever is no script is text.
    pub fn of(prompt: &str) -> Self {
        let mut rest = prompt.to_owned();
        Self {
            run: take(&mut rest, "RUN["),
            delegate: take(&mut rest, "DELEGATE["),
            hold: take(&mut rest, "HOLD["),
            fail: take(&mut rest, "FAIL[").and_then(|status| status.parse().ok()),
            rest: rest.split_whitespace().collect::<Vec<_>>().join(" "),
        }
    }

    /// What is said in the end.
    pub fn answer(&self, tool_done: bool) -> String {
        let heard = format!("\"{}\" {HEARD}", self.rest);
        if tool_done { format!("{TOOL_DONE} {heard}") } else { heard }
    }
}

/// Cuts `WORD[…]` out of `text` where it is outside of all other brackets, and gives what
/// stood between the brackets.
fn take(text: &mut String, word: &str) -> Option<String> {
    let mut depth = 0usize;
    let mut start = None;
    for (at, c) in text.char_indices() {
        match c {
            '[' => {
                depth += 1;
                if depth == 1 && text[..=at].ends_with(word) {
                    start = Some(at);
                }
            }
            ']' => {
                depth = depth.saturating_sub(1);
                if let (0, Some(start)) = (depth, start) {
                    let inside = text[start + 1..at].to_owned();
                    text.replace_range(start + 1 - word.len()..=at, "");
                    return Some(inside);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_prompt_is_heard() {
        let script = Script::of("say pong");
        assert_eq!(script, Script { rest: "say pong".into(), ..Script::default() });
        assert_eq!(script.answer(false), "\"say pong\" was heard.");
    }

    #[test]
    fn words_with_brackets_are_taken_out_and_the_rest_stays() {
        let script = Script::of("one RUN[touch a b] two HOLD[g]");
        assert_eq!(script.run.as_deref(), Some("touch a b"));
        assert_eq!(script.hold.as_deref(), Some("g"));
        assert_eq!(script.rest, "one two");
        assert_eq!(Script::of("FAIL[529]").fail, Some(529));
    }

    #[test]
    fn what_a_subagent_is_told_is_not_told_to_its_parent() {
        let script = Script::of("DELEGATE[dig HOLD[deep] RUN[ls]] then HOLD[end]");
        assert_eq!(script.delegate.as_deref(), Some("dig HOLD[deep] RUN[ls]"));
        assert_eq!(script.hold.as_deref(), Some("end"));
        assert_eq!((script.run, script.rest), (None, "then".into()));
    }

    #[test]
    fn a_bracket_that_is_not_closed_is_text() {
        let script = Script::of("RUN[ls");
        assert_eq!((script.run, script.rest), (None, "RUN[ls".into()));
    }
}
