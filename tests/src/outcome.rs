//! What a command printed, and how it ended.

use std::fmt;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use serde_json::Value;

/// A command that is over.
pub struct Outcome {
    /// The command as one would type it.
    pub command: String,
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote.
    pub stdout: Vec<u8>,
    /// What it complained about.
    pub stderr: Vec<u8>,
}

impl Outcome {
    /// Its exit code, 128+n for signal n.
    pub fn code(&self) -> i32 {
        self.status.code().or_else(|| self.status.signal().map(|n| 128 + n)).unwrap()
    }

    /// Standard output as text.
    pub fn out(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard error as text.
    pub fn err(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// Checks that it succeeded.
    #[track_caller]
    pub fn ok(self) -> Self {
        self.exits(0)
    }

    /// Checks its exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code(), code, "unexpected exit code of {self:?}");
        self
    }

    /// Checks that it failed as people are told: the code, an `error:` line that
    /// mentions each of `words`, and nothing on standard output.
    #[track_caller]
    pub fn fails(self, code: i32, words: &[&str]) -> Self {
        let this = self.exits(code);
        let err = this.err();
        assert!(err.starts_with("error: "), "an error begins with `error: `: {this:?}");
        for word in words {
            assert!(err.contains(word), "the error must mention {word:?}: {this:?}");
        }
        assert_eq!(this.out(), "", "an error belongs to standard error: {this:?}");
        this
    }

    /// Checks that standard output is exactly this.
    #[track_caller]
    pub fn prints(self, expected: &str) -> Self {
        assert_eq!(self.out(), expected, "unexpected output of {self:?}");
        self
    }

    /// Checks that standard output contains this.
    #[track_caller]
    pub fn mentions(self, text: &str) -> Self {
        assert!(self.out().contains(text), "{text:?} is missing in the output of {self:?}");
        self
    }

    /// Standard output as exactly one JSON value.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.stdout)
            .unwrap_or_else(|error| panic!("not one JSON value ({error}): {self:?}"))
    }

    /// Standard output as one JSON value per line.
    #[track_caller]
    pub fn json_lines(&self) -> Vec<Value> {
        self.out()
            .lines()
            .map(|line| {
                serde_json::from_str(line)
                    .unwrap_or_else(|error| panic!("not JSON ({error}): {line:?} of {self:?}"))
            })
            .collect()
    }
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` ({})\n--- stdout\n{}\n--- stderr\n{}\n---",
            self.command,
            self.status,
            self.out(),
            self.err()
        )
    }
}
