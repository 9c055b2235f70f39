//! The colours of lists: the sixteen that every terminal has, so that they suit a light and
//! a dark one.
//!
//! # Invariants
//!
//! 1. Nothing is told by colour alone: signs, words and their place say it too.
//! 2. Without colours there are none; bold, dim and reversed text remain.

use app_model::view::Group;
use app_model::{Phase, SessionView};
use ratatui::style::{Color, Modifier, Style};

/// Which styles may be used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Palette {
    colour: bool,
}

impl Palette {
    /// `colour` is whether colours may be used.
    pub(crate) fn new(colour: bool) -> Self {
        Self { colour }
    }

    /// Of less importance.
    pub(crate) fn dim(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// A heading.
    pub(crate) fn bold(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// What the cursor is on.
    pub(crate) fn chosen(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// The mark of a background session.
    pub(crate) fn badge(self) -> Style {
        self.coloured(Color::Cyan)
    }

    /// Something that went wrong.
    pub(crate) fn error(self) -> Style {
        self.coloured(Color::Red)
    }

    /// A question, or a key that answers it.
    pub(crate) fn question(self) -> Style {
        self.coloured(Color::Magenta).add_modifier(Modifier::BOLD)
    }

    /// The state of a session.
    pub(crate) fn state(self, view: &SessionView) -> Style {
        let was_stopped = !view.phase.is_live() && view.stop_asked && !view.is_restarting();
        if was_stopped && view.phase != Phase::Asleep {
            self.dim()
        } else {
            self.group(view.group())
        }
    }

    /// The sessions of a group.
    pub(crate) fn group(self, group: Group) -> Style {
        match group {
            Group::NeedsYou => self.question(),
            Group::Working => self.coloured(Color::Green),
            Group::Idle | Group::Interrupted => self.coloured(Color::Yellow),
            Group::Done => self.dim(),
            Group::Failed => self.error(),
        }
    }

    fn coloured(self, colour: Color) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new() }
    }
}
