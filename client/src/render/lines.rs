//! Output of a program as lines for people and scripts, with the time at which each began.

use app_model::plain::PlainText;
use serde_json::json;

use super::time::{local, rfc3339};
use crate::output::{Output, OutputError};

/// Bytes per write.
const WRITE: usize = 64 << 10;

/// What becomes of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The bytes as they were written.
    Raw,
    /// Plain text, line by line.
    Lines {
        /// Each with the time its first byte came.
        timestamps: bool,
    },
}

/// Writes output in one of these forms.
pub(crate) struct Printer {
    output: Output,
    form: Form,
    plain: PlainText,
    /// When the first byte came of the line that has no end yet.
    begun: Option<i64>,
    waiting: Vec<u8>,
}

impl Printer {
    /// Nothing written yet.
    pub(crate) fn new(output: Output, form: Form) -> Self {
        Self { output, form, plain: PlainText::new(), begun: None, waiting: Vec::new() }
    }

    /// Takes what came then, if that is known.
    pub(crate) fn print(&mut self, at: Option<i64>, bytes: &[u8]) -> Result<(), OutputError> {
        if self.form == Form::Raw {
            return self.write(bytes);
        }
        let mut text = String::new();
        self.plain.feed(bytes, &mut text);
        self.lines(&text, at)?;
        if self.plain.at_line_start() {
            self.begun = None;
        } else {
            self.begun = self.begun.or(at);
        }
        Ok(())
    }

    /// The line that has no end yet.
    pub(crate) fn finish(&mut self) -> Result<(), OutputError> {
        let mut text = String::new();
        self.plain.finish(&mut text);
        self.lines(&text, None)?;
        self.flush()
    }

    /// Writes what waits to be written with more.
    pub(crate) fn flush(&mut self) -> Result<(), OutputError> {
        self.output.bytes(&self.waiting)?;
        self.waiting.clear();
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), OutputError> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() < WRITE { Ok(()) } else { self.flush() }
    }

    /// Whole lines, of which the first may have begun earlier.
    fn lines(&mut self, text: &str, at: Option<i64>) -> Result<(), OutputError> {
        if text.is_empty() {
            return Ok(());
        }
        let timestamps = self.form == Form::Lines { timestamps: true };
        if !timestamps && !self.output.json {
            return self.write(text.as_bytes());
        }
        let mut out = String::new();
        for line in text.lines() {
            let at = self.begun.take().or(at).filter(|_| timestamps);
            out += &match (self.output.json, at) {
                (true, Some(at)) => json!({ "at": rfc3339(at), "line": line }).to_string(),
                (true, None) => json!({ "line": line }).to_string(),
                (false, Some(at)) => format!("{} {line}", local(at)),
                (false, None) => line.to_owned(),
            };
            out.push('\n');
        }
        self.write(out.as_bytes())
    }
}
