//! What a program says to the person, or of itself, beside what it shows: its state, where
//! its prompt is, messages. None of it is a part of the picture, so no snapshot has it.
//!
//! # Invariants
//!
//! 1. No text here holds a control character or is longer than [`TEXT_LIMIT`] bytes.
//! 2. At most [`UNFINISHED`] messages that come in parts wait for the rest; the one that
//!    has waited longest is forgotten first.
//! 3. Counts only grow, whatever is reset.

use std::mem;

use crate::base64;
use crate::title::clean;

/// A longer message, title or body is cut.
const TEXT_LIMIT: usize = 1024;
/// Messages whose rest is awaited. A terminal shows a handful at a time.
const UNFINISHED: usize = 4;
/// Of a longer name of a message the rest does not count.
const NAME_LIMIT: usize = 64;
/// OSC 9 followed by one of these is an order to the terminal, not a message (ConEmu).
const ORDERS: std::ops::RangeInclusive<u16> = 1..=12;

/// The state that a program names itself (OSC 7501).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stated {
    /// It waits for its person.
    Idle,
    /// It works.
    Working,
    /// It has done what it was asked for.
    Done,
    /// It goes on only when a person has done something.
    Blocked,
    /// It gave up: something went wrong.
    Error,
}

/// Where a shell is (OSC 133).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// The prompt is shown (A, B).
    Shown,
    /// A command runs (C).
    Running,
    /// The command has ended (D), perhaps with this code.
    Ended(Option<i32>),
}

/// The signals of a program so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signals {
    /// The state that it names itself.
    pub state: Option<Stated>,
    /// Where its shell is, if that is known.
    pub prompt: Option<Prompt>,
    /// The code of the last command that ended, until another one runs.
    pub exit: Option<i32>,
    /// How many messages there were.
    pub messages: u32,
    /// The newest message.
    pub message: String,
    unfinished: Vec<Unfinished>,
}

/// A message of which more is to come (OSC 99).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Unfinished {
    name: Vec<u8>,
    title: Vec<u8>,
    body: Vec<u8>,
}

/// What a part of a message is (OSC 99).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Title,
    Body,
    /// A picture, a button: it may still be the last part.
    Other,
    /// Not a part of a message: a question, or the wish to close one.
    None,
}

/// What is said about a part before it.
#[derive(Debug)]
struct About<'a> {
    name: &'a [u8],
    part: Part,
    is_encoded: bool,
    is_last: bool,
}

impl Signals {
    /// RIS: what is true now is not any more. What was said stays said.
    pub(crate) fn reset(&mut self) {
        let (messages, message) = (self.messages, mem::take(&mut self.message));
        *self = Self { messages, message, ..Self::default() };
    }

    /// OSC 7501: `key=value`, with `:` or `;` between them, in any order.
    pub(crate) fn state(&mut self, rest: &[u8]) {
        let fields = rest.split(|&byte| byte == b':' || byte == b';');
        match fields.filter_map(|field| field.strip_prefix(b"state=")).next() {
            Some(b"idle") => self.state = Some(Stated::Idle),
            Some(b"working") => self.state = Some(Stated::Working),
            Some(b"done") => self.state = Some(Stated::Done),
            Some(b"blocked") => self.state = Some(Stated::Blocked),
            Some(b"error") => self.state = Some(Stated::Error),
            Some(b"clear") => self.state = None,
            Some(_) | None => {}
        }
    }

    /// OSC 133: a letter, and what it says of it.
    pub(crate) fn prompt(&mut self, rest: &[u8]) {
        let mut fields = rest.split(|&byte| byte == b';');
        match fields.next() {
            Some(b"A" | b"B" | b"N" | b"P") => self.prompt = Some(Prompt::Shown),
            Some(b"C") => (self.prompt, self.exit) = (Some(Prompt::Running), None),
            Some(b"D") => {
                let code = fields.next().and_then(|code| std::str::from_utf8(code).ok());
                self.exit = code.and_then(|code| code.parse().ok());
                self.prompt = Some(Prompt::Ended(self.exit));
            }
            Some(_) | None => {}
        }
    }

    /// OSC 9: a message, unless it begins with the number of an order.
    pub(crate) fn message(&mut self, rest: &[u8]) {
        let first = rest.split(|&byte| byte == b';').next().unwrap_or_default();
        let number = std::str::from_utf8(first).ok().and_then(|first| first.parse().ok());
        if number.is_none_or(|number| !ORDERS.contains(&number)) {
            self.told(b"", rest);
        }
    }

    /// OSC 777: `notify ; title ; body`.
    pub(crate) fn notify(&mut self, rest: &[u8]) {
        let mut fields = rest.splitn(3, |&byte| byte == b';');
        if fields.next() == Some(b"notify") {
            let title = fields.next().unwrap_or_default();
            self.told(title, fields.next().unwrap_or_default());
        }
    }

    /// OSC 99: `key=value:… ; payload`, in one or several parts.
    pub(crate) fn part(&mut self, rest: &[u8]) {
        let at = rest.iter().position(|&byte| byte == b';').unwrap_or(rest.len());
        let about = About::read(&rest[..at]);
        if about.part == Part::None {
            return;
        }
        let known = self.unfinished.iter().position(|one| one.name == about.name);
        let mut whole = match known {
            Some(at) => self.unfinished.remove(at),
            None => Unfinished { name: about.name.to_vec(), ..Unfinished::default() },
        };
        whole.add(&about, rest.get(at + 1..).unwrap_or_default());
        if about.is_last {
            return self.told(&whole.title, &whole.body);
        }
        if self.unfinished.len() == UNFINISHED {
            self.unfinished.remove(0);
        }
        self.unfinished.push(whole);
    }

    /// A message is whole.
    fn told(&mut self, title: &[u8], body: &[u8]) {
        let (title, body) = (clean(title, TEXT_LIMIT), clean(body, TEXT_LIMIT));
        let mut text = match (title.is_empty(), body.is_empty()) {
            (true, true) => return,
            (false, false) => format!("{title}: {body}"),
            (_, true) => title,
            (true, _) => body,
        };
        text.truncate(text.floor_char_boundary(TEXT_LIMIT));
        self.message = text;
        self.messages = self.messages.saturating_add(1);
    }
}

impl Unfinished {
    fn add(&mut self, about: &About<'_>, payload: &[u8]) {
        let text = match about.part {
            Part::Title => &mut self.title,
            Part::Body => &mut self.body,
            Part::Other | Part::None => return,
        };
        let room = TEXT_LIMIT - text.len();
        if about.is_encoded {
            text.extend(base64::decode(payload).take(room));
        } else {
            text.extend_from_slice(&payload[..payload.len().min(room)]);
        }
    }
}

impl<'a> About<'a> {
    fn read(keys: &'a [u8]) -> Self {
        let mut about = Self { name: b"", part: Part::Title, is_encoded: false, is_last: true };
        for field in keys.split(|&byte| byte == b':') {
            match field {
                [b'i', b'=', name @ ..] => about.name = &name[..name.len().min(NAME_LIMIT)],
                [b'd', b'=', value @ ..] => about.is_last = value != b"0",
                [b'e', b'=', value @ ..] => about.is_encoded = value == b"1",
                [b'p', b'=', value @ ..] => {
                    about.part = match value {
                        b"title" => Part::Title,
                        b"body" => Part::Body,
                        b"?" | b"close" | b"alive" => Part::None,
                        _ => Part::Other,
                    }
                }
                _ => {}
            }
        }
        about
    }
}
