//! Errors as people and programs read them: what, why, what next.
//!
//! Every error type of this crate implements [`Explain`] beside its definition. At the
//! edge it becomes a [`Report`], which walks the chain of causes once.
//!
//! # Invariants
//!
//! 1. `Display` of an error never prints its source; the chain is printed here alone.
//! 2. No control character of a foreign text reaches the terminal: every line goes
//!    through `printable`.
//! 3. With `--json` an error is one JSON value on one line, and nothing else.

use app_model::elapsed::ago;
use app_model::text::printable;
use app_wire::control::Candidate;
use serde_json::json;

use crate::exit::Code;
use crate::render::json::on_a_line;
use crate::render::time::rfc3339;

/// What an error knows beside its message.
pub(crate) trait Explain: std::error::Error {
    /// For programs.
    fn code(&self) -> Code {
        Code::Failed
    }

    /// The one thing most likely to help, as a sentence.
    fn hint(&self) -> Option<String> {
        None
    }

    /// Why it happened, outermost first.
    fn because(&self) -> Vec<String> {
        let sources = std::iter::successors(self.source(), |error| error.source());
        sources.map(ToString::to_string).collect()
    }

    /// The sessions that could have been meant.
    fn candidates(&self) -> &[Candidate] {
        &[]
    }
}

/// An error at the edge, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    /// For programs.
    pub(crate) code: Code,
    message: String,
    because: Vec<String>,
    hint: Option<String>,
    candidates: Vec<Candidate>,
}

impl<E: Explain> From<E> for Report {
    fn from(error: E) -> Self {
        Self {
            code: error.code(),
            message: error.to_string(),
            because: error.because(),
            hint: error.hint(),
            candidates: error.candidates().to_vec(),
        }
    }
}

impl Report {
    /// For people, with a line end. `now_ms` is the wall time, for ages.
    pub(crate) fn text(&self, now_ms: i64) -> String {
        let mut lines = vec![format!("error: {}", printable(&self.message))];
        for candidate in &self.candidates {
            let age = u64::try_from(now_ms - candidate.created_at_ms).unwrap_or(0);
            lines.push(format!(
                "  {}  {}  {}  {}",
                candidate.id,
                printable(&candidate.name),
                ago(age),
                printable(&candidate.cwd),
            ));
        }
        lines.extend(self.because.iter().map(|why| format!("because: {}", printable(why))));
        lines.extend(self.hint.iter().map(|hint| format!("hint: {}", printable(hint))));
        lines.join("\n") + "\n"
    }

    /// For people who have a line to read it in: what, why and what next.
    pub(crate) fn in_a_line(&self) -> String {
        let because = self.because.iter().map(|why| format!(": {why}"));
        let candidates = self.candidates.iter().map(|one| format!(" · {}", one.id));
        let hint = self.hint.iter().map(|hint| format!(" · {hint}"));
        let rest: String = because.chain(candidates).chain(hint).collect();
        printable(&(self.message.clone() + &rest))
    }

    /// For programs, on one line with a line end.
    pub(crate) fn json(&self) -> String {
        let candidates: Vec<_> = self
            .candidates
            .iter()
            .map(|candidate| {
                json!({
                    "id": candidate.id,
                    "name": candidate.name,
                    "created_at": rfc3339(candidate.created_at_ms),
                    "cwd": candidate.cwd,
                })
            })
            .collect();
        let mut error = json!({
            "code": self.code.word(),
            "message": self.message,
            "because": self.because,
            "hint": self.hint,
        });
        if !candidates.is_empty() {
            error["candidates"] = candidates.into();
        }
        // A value that is JSON already has a form in it.
        on_a_line(&json!({ "error": error })).unwrap_or_default() + "\n"
    }
}

#[cfg(test)]
mod tests {
    use app_model::SessionId;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the middle")]
    struct Middle(#[source] std::io::Error);

    #[derive(Debug, thiserror::Error)]
    #[error("the session `a\x1b[31mb` cannot be shown")]
    struct Outer(#[source] Middle);

    impl Explain for Outer {
        fn code(&self) -> Code {
            Code::Ambiguous
        }

        fn hint(&self) -> Option<String> {
            Some("Try `appctl ls`.".into())
        }
    }

    fn report() -> Report {
        Outer(Middle(std::io::Error::other("the cause"))).into()
    }

    #[test]
    fn an_error_says_what_why_and_what_next_and_cannot_act_on_the_terminal() {
        insta::assert_snapshot!(report().text(0), @r"
        error: the session `a�[31mb` cannot be shown
        because: the middle
        because: the cause
        hint: Try `appctl ls`.
        ");
    }

    #[test]
    fn candidates_are_listed_with_name_age_and_directory() {
        let candidate = Candidate {
            id: SessionId(0x7c5d_cf5d),
            name: "flaky".into(),
            created_at_ms: 1_000,
            cwd: "/tmp".into(),
        };
        let report = Report { candidates: vec![candidate], because: vec![], ..report() };
        insta::assert_snapshot!(report.text(181_000), @r"
        error: the session `a�[31mb` cannot be shown
          7c5dcf5d  flaky  3m ago  /tmp
        hint: Try `appctl ls`.
        ");
        let json: serde_json::Value = serde_json::from_str(&report.json()).unwrap();
        assert_eq!(json["error"]["candidates"][0]["created_at"], "1970-01-01T00:00:01.000Z");
    }

    #[test]
    fn programs_get_one_line_of_json() {
        let text = report().json();
        assert_eq!(text.lines().count(), 1);
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["error"]["code"], "ambiguous");
        assert_eq!(json["error"]["because"], json!(["the middle", "the cause"]));
        assert_eq!(json["error"]["hint"], "Try `appctl ls`.");
    }
}
