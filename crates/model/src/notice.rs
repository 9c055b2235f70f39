//! Which ends are told to a person, and in which words.
//!
//! # Invariants
//!
//! 1. A run's end gives at most one notice.
//! 2. What somebody saw or asked for is not told: no notice while a terminal is
//!    attached, none for an end that was asked for.
//! 3. Foreign text in a notice is printable, and its body is safe as markup.

use crate::Exit;
use crate::elapsed::elapsed;
use crate::text::{clipped, printable};

/// Most columns of the last line in a notice's body.
const LAST_LINE_COLUMNS: usize = 160;

/// The end of a run, with what decides whether and how it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended<'a> {
    /// The session's name.
    pub name: &'a str,
    /// How it ended.
    pub exit: Exit,
    /// How long it took.
    pub elapsed_ms: u64,
    /// Where it ran.
    pub cwd: &'a str,
    /// The last line it wrote.
    pub last_line: Option<&'a str>,
    /// Somebody asked for this end.
    pub asked: bool,
    /// Terminals that saw it.
    pub attached: u16,
}

/// What a person is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// One line, plain text.
    pub title: String,
    /// One or two lines, in the markup of the Desktop Notifications Specification 1.2.
    pub body: String,
    /// It went wrong.
    pub failed: bool,
}

/// The notice about the end of a run, if it is one to be told.
pub fn of_end(ended: &Ended<'_>) -> Option<Notice> {
    if ended.asked || ended.attached > 0 {
        return None; // Invariant 2.
    }
    let name = printable(ended.name);
    let took = elapsed(ended.elapsed_ms);
    let title = if ended.exit.is_success() {
        format!("✔ {name} finished · {took}")
    } else {
        format!("✘ {name} failed ({}) · {took}", ended.exit.reason())
    };
    let mut body = markup_escaped(&printable(ended.cwd));
    if let Some(line) = ended.last_line.map(printable).filter(|line| !line.trim().is_empty()) {
        body.push('\n');
        body.push_str(&markup_escaped(&clipped(line.trim(), LAST_LINE_COLUMNS)));
    }
    Some(Notice { title, body, failed: !ended.exit.is_success() })
}

/// Text that a server which understands markup shows as it is.
pub fn markup_escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended() -> Ended<'static> {
        Ended {
            name: "flaky-test",
            exit: Exit::Code(0),
            elapsed_ms: 10_925_000,
            cwd: "/src/app",
            last_line: Some("3 passed, <b>0</b> failed & done"),
            asked: false,
            attached: 0,
        }
    }

    #[test]
    fn a_success_and_a_failure_read_like_this() {
        let notice = of_end(&ended()).unwrap();
        assert_eq!(notice.title, "✔ flaky-test finished · 3h 2m 5s");
        assert_eq!(notice.body, "/src/app\n3 passed, &lt;b&gt;0&lt;/b&gt; failed &amp; done");
        let failed = Ended { exit: Exit::Code(2), elapsed_ms: 41_000, ..ended() };
        assert_eq!(of_end(&failed).unwrap().title, "✘ flaky-test failed (exit 2) · 41s");
    }

    #[test]
    fn what_was_seen_or_asked_for_is_not_told() {
        assert_eq!(of_end(&Ended { attached: 1, ..ended() }), None);
        assert_eq!(of_end(&Ended { asked: true, ..ended() }), None);
    }

    #[test]
    fn control_characters_do_not_reach_the_desktop() {
        let hostile = Ended { name: "a\x1b[31m", last_line: Some("\x07x"), ..ended() };
        let notice = of_end(&hostile).unwrap();
        assert!(!notice.title.chars().any(char::is_control));
        assert!(!notice.body.replace('\n', "").chars().any(char::is_control));
    }
}
