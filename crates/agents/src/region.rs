//! The part of a look that a rule is about.

use std::borrow::Cow;

use app_model::evidence::Source;
use app_model::look::{Look, MAX_LINES};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Region {
    Title,
    Progress,
    State,
    Message,
    /// The lowest lines that are not empty, so many.
    Bottom(usize),
}

impl Region {
    /// The region of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "title" => Some(Self::Title),
            "progress" => Some(Self::Progress),
            "state" => Some(Self::State),
            "message" => Some(Self::Message),
            "last_line" => Some(Self::Bottom(1)),
            _ => {
                let count = name.strip_prefix("bottom(")?.strip_suffix(')')?.parse().ok()?;
                (1..=MAX_LINES).contains(&count).then_some(Self::Bottom(count))
            }
        }
    }

    /// Which source it is.
    pub(crate) fn source(self) -> Source {
        match self {
            Self::Title => Source::Title,
            Self::Progress | Self::State | Self::Message => Source::Osc,
            Self::Bottom(_) => Source::Screen,
        }
    }

    /// Whether it is about something that is said once.
    pub(crate) fn is_once(self) -> bool {
        self == Self::Message
    }

    /// What it shows.
    pub(crate) fn of(self, look: &Look) -> Cow<'_, str> {
        match self {
            Self::Title => Cow::Borrowed(&look.title),
            Self::Progress => Cow::Owned(look.progress.to_string()),
            Self::State => Cow::Borrowed(&look.state),
            Self::Message => Cow::Borrowed(&look.message),
            Self::Bottom(count) => {
                let skipped = look.lines.len().saturating_sub(count);
                Cow::Owned(look.lines[skipped..].join("\n"))
            }
        }
    }
}
