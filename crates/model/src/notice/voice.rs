//! How an attached terminal is told something: by the sequence that it shows as a
//! notification, if it has one, and by its bell.
//!
//! # Invariants
//!
//! 1. What is told is one line of printable text within its sequence: it can neither end
//!    the sequence nor be taken for another command of it.

use crate::SessionId;
use crate::text::{clipped, printable};

/// Most columns of a text: what is longer is not read in passing.
const COLUMNS: usize = 160;

/// What follows every sequence: a terminal that shows none can be heard.
const BEL: &str = "\x07";

/// The end of a control string.
const ST: &str = "\x1b\\";

/// How a terminal is told something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Voice {
    /// Its bell is all there is.
    #[default]
    Bell,
    /// OSC 9: one text. iTerm2, WezTerm, Ghostty, ConEmu and others.
    Osc9,
    /// OSC 777: title and body. rxvt-unicode, foot, terminals with VTE.
    Osc777,
    /// OSC 99: title and body, and a later one takes the place of an earlier one. kitty.
    Osc99,
    /// OSC 9 for the terminal around tmux, if tmux lets it through.
    Tmux,
}

impl Voice {
    /// The one that a terminal understands which leaves these variables to its programs.
    pub fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let value = |name| variable(name).unwrap_or_default();
        let (term, program) = (value("TERM"), value("TERM_PROGRAM"));
        if program == "tmux" {
            return Self::Tmux;
        }
        // What the innermost terminal says of itself comes first: other variables may be
        // of one further out.
        match term.split('-').next().unwrap_or_default() {
            "" | "dumb" | "linux" | "screen" | "tmux" | "vt100" | "vt220" => return Self::Bell,
            "foot" | "rxvt" => return Self::Osc777,
            _ => {}
        }
        if term == "xterm-kitty" {
            return Self::Osc99;
        }
        match program.as_str() {
            "iTerm.app" | "WezTerm" | "ghostty" => return Self::Osc9,
            "Apple_Terminal" => return Self::Bell,
            _ => {}
        }
        let is_set = |name| !value(name).is_empty();
        if is_set("KITTY_WINDOW_ID") {
            Self::Osc99
        } else if is_set("VTE_VERSION") {
            Self::Osc777
        } else {
            // Who does not know it passes over it.
            Self::Osc9
        }
    }

    /// Bytes that tell it, about this session or about several.
    pub fn says(self, about: Option<SessionId>, title: &str, body: &str) -> String {
        let (title, body) = (line(title), line(body));
        let told = match self {
            Self::Bell => String::new(),
            Self::Osc9 => osc9(&title, &body),
            Self::Osc777 => {
                // A semicolon ends the title; the body is the last field.
                format!("\x1b]777;notify;{};{body}{ST}", title.replace(';', ","))
            }
            Self::Osc99 => osc99(about, &title, &body),
            // Within it every ESC is doubled.
            Self::Tmux => {
                format!("\x1bPtmux;{}{ST}", osc9(&title, &body).replace('\x1b', "\x1b\x1b"))
            }
        };
        told + BEL
    }
}

fn osc9(title: &str, body: &str) -> String {
    let text = if body.is_empty() { title.to_owned() } else { format!("{title} · {body}") };
    // A number at the front would be a command: 4 is progress.
    let mark = if text.starts_with(|c: char| c.is_ascii_digit()) { "» " } else { "" };
    format!("\x1b]9;{mark}{text}{ST}")
}

fn osc99(about: Option<SessionId>, title: &str, body: &str) -> String {
    let id = about.map_or_else(|| "appctl".to_owned(), |id| format!("appctl-{id}"));
    if body.is_empty() {
        return format!("\x1b]99;i={id};{title}{ST}");
    }
    format!("\x1b]99;i={id}:d=0;{title}{ST}\x1b]99;i={id}:p=body;{body}{ST}")
}

/// The text in one line.
fn line(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    clipped(&printable(&lines.join(" · ")), COLUMNS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Voice; 5] = [Voice::Bell, Voice::Osc9, Voice::Osc777, Voice::Osc99, Voice::Tmux];

    fn of(variables: &[(&str, &str)]) -> Voice {
        Voice::of_environment(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_terminal_is_told_as_it_understands_it() {
        assert_eq!(of(&[]), Voice::Bell);
        assert_eq!(of(&[("TERM", "linux")]), Voice::Bell);
        assert_eq!(of(&[("TERM", "xterm-256color")]), Voice::Osc9);
        assert_eq!(of(&[("TERM", "foot-extra")]), Voice::Osc777);
        assert_eq!(of(&[("TERM", "xterm-256color"), ("VTE_VERSION", "7800")]), Voice::Osc777);
        assert_eq!(of(&[("TERM", "xterm-kitty")]), Voice::Osc99);
        let kitty = ("KITTY_WINDOW_ID", "1");
        assert_eq!(of(&[("TERM", "xterm-256color"), kitty]), Voice::Osc99);
        let wezterm = [("TERM", "xterm-256color"), ("TERM_PROGRAM", "WezTerm"), kitty];
        assert_eq!(of(&wezterm), Voice::Osc9, "started from within the other");
        let tmux = [("TERM", "tmux-256color"), ("TERM_PROGRAM", "tmux"), kitty];
        assert_eq!(of(&tmux), Voice::Tmux);
        assert_eq!(of(&[("TERM", "screen"), kitty]), Voice::Bell);
    }

    #[test]
    fn the_bytes_are_these() {
        let says = |voice: Voice| voice.says(Some(SessionId(7)), "✔ a; b", "/src\nfine");
        assert_eq!(says(Voice::Bell), "\x07");
        assert_eq!(says(Voice::Osc9), "\x1b]9;✔ a; b · /src · fine\x1b\\\x07");
        assert_eq!(says(Voice::Osc777), "\x1b]777;notify;✔ a, b;/src · fine\x1b\\\x07");
        assert_eq!(
            says(Voice::Osc99),
            "\x1b]99;i=appctl-00000007:d=0;✔ a; b\x1b\\\
             \x1b]99;i=appctl-00000007:p=body;/src · fine\x1b\\\x07"
        );
        assert_eq!(
            says(Voice::Tmux),
            "\x1bPtmux;\x1b\x1b]9;✔ a; b · /src · fine\x1b\x1b\\\x1b\\\x07"
        );
        assert_eq!(Voice::Osc9.says(None, "4;1;50", ""), "\x1b]9;» 4;1;50\x1b\\\x07");
        assert_eq!(Voice::Osc99.says(None, "t", ""), "\x1b]99;i=appctl;t\x1b\\\x07");
    }

    proptest! {
        /// Invariant 1: whatever the text, the control characters are those of our own.
        #[test]
        fn no_text_gets_out_of_its_sequence(title in "\\PC{0,20}|.{0,20}", body in ".{0,40}") {
            for voice in ALL {
                let controls = |text: &str| -> String {
                    text.chars().filter(|c| c.is_control()).collect()
                };
                let said = voice.says(None, &format!("x{title}"), &format!("y{body}"));
                prop_assert_eq!(controls(&said), controls(&voice.says(None, "x", "y")));
            }
        }
    }
}
