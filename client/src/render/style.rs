//! Colours, where they may be used.

use anstyle::{AnsiColor, Style};

/// Draws text in a style, or as it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    on: bool,
}

impl Paint {
    /// `on` is whether colours may be used.
    pub(crate) fn new(on: bool) -> Self {
        Self { on }
    }

    /// A heading.
    pub(crate) fn bold(self, text: &str) -> String {
        self.with(Style::new().bold(), text)
    }

    /// Of less importance.
    pub(crate) fn dim(self, text: &str) -> String {
        self.with(Style::new().dimmed(), text)
    }

    /// The word for a session's state, in the colour that goes with it.
    pub(crate) fn state(self, word: &str) -> String {
        let style = match word {
            "running" | "working" | "starting" | "finishing" | "restarting" => {
                AnsiColor::Green.on_default()
            }
            "needs-input" => AnsiColor::Magenta.on_default().bold(),
            "failed" | "lost" => AnsiColor::Red.on_default(),
            "paused" | "stopping" | "asleep" | "idle" | "interrupted" => {
                AnsiColor::Yellow.on_default()
            }
            _ => Style::new().dimmed(),
        };
        self.with(style, word)
    }

    /// The mark of a background session.
    pub(crate) fn badge(self, text: &str) -> String {
        self.with(AnsiColor::Cyan.on_default(), text)
    }

    fn with(self, style: Style, text: &str) -> String {
        if self.on && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.into() }
    }
}
