//! What can be seen of a program from outside: what it tells its terminal, and the foot of
//! its screen.

use serde::{Deserialize, Serialize};

/// Most lines of a look.
pub const MAX_LINES: usize = 40;

/// Most characters of a line, a title or a message.
pub const MAX_COLUMNS: usize = 400;

/// One look at a program's terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// The title (OSC 0, 2).
    pub title: String,
    /// The progress that it shows (OSC 9;4): 0 none, 1 some, 2 an error, 3 no end in sight,
    /// 4 a warning.
    pub progress: u8,
    /// The state that it names itself (OSC 7501 `;state=…`): `idle`, `working`, `done`,
    /// `blocked`, `error`, empty when there is none.
    pub state: String,
    /// A shell's prompt is shown (OSC 133 A, B), a command runs (C), or neither is known.
    pub prompt: Option<bool>,
    /// The exit code of the shell's last command (OSC 133 D), until another one runs.
    pub command_exit: Option<i32>,
    /// Bells so far, those that end a sequence not counted.
    pub bells: u32,
    /// Messages for the person so far (OSC 9, 99, 777), and the newest one.
    pub messages: u32,
    /// The newest of them.
    pub message: String,
    /// The lowest lines of the screen that are not empty, top first, trailing blanks cut,
    /// at most [`MAX_LINES`].
    pub lines: Vec<String>,
}

/// A look, and what is known of those around the terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sight {
    /// What the terminal shows.
    pub look: Look,
    /// Wall time of the last output, or 0 when there was none.
    pub last_output_at_ms: i64,
    /// Wall time of the last key of a person, or of a text that was sent; or 0. What
    /// terminals say by themselves does not count.
    pub last_typed_at_ms: i64,
    /// Whether somebody looks: true when an attached terminal has the focus, false when
    /// none has. Known only while the program has its terminal report the focus, and said
    /// only from the first report on.
    pub focused: Option<bool>,
}

/// The text, at most [`MAX_COLUMNS`] characters of it.
pub fn fitted(text: &str) -> &str {
    text.char_indices().nth(MAX_COLUMNS).map_or(text, |(at, _)| &text[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_two_characters() {
        assert_eq!(fitted("short"), "short");
        let exact = "é".repeat(MAX_COLUMNS);
        assert_eq!(fitted(&exact), exact);
        assert_eq!(fitted(&format!("{exact}x")), exact);
    }
}
