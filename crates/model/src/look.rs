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
    /// empty when there is none.
    pub state: String,
    /// A shell's prompt is shown (OSC 133 A, B), a command runs (C), or neither is known.
    pub prompt: Option<bool>,
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
