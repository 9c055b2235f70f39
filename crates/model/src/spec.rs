//! What to run: everything a holder needs to know, fixed for the length of a run.

use serde::{Deserialize, Serialize};

use crate::secret;
use crate::{Limits, OsText, Trust};

/// Most arguments, and most variables, that a spec may have.
pub const MAX_ITEMS: usize = 16_384;

/// Lines above the screen that a holder keeps for `attach` when nothing else is asked.
pub const DEFAULT_HISTORY_LINES: u32 = 2_000;

/// Bytes of output that a run's transcript keeps when nothing else is asked.
pub const DEFAULT_TRANSCRIPT_BYTES: u64 = 256 << 20;

/// What to run, and how. The file `spec` of a session directory, as JSON, mode 0600.
///
/// Fields are only ever added, each with a default.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// The program and its arguments; never empty.
    pub argv: Vec<OsText>,
    /// Where it runs; absolute.
    pub cwd: OsText,
    /// Its whole environment. Nothing is added but the variables that name the session.
    pub env: Vec<(OsText, OsText)>,
    /// The terminal it gets, or none: then its output goes straight to the transcript.
    pub terminal: Option<TerminalSize>,
    /// Lines above the screen to keep for `attach`.
    #[serde(default = "default_history_lines")]
    pub history_lines: u32,
    /// Bytes of output to keep; the oldest go first.
    #[serde(default = "default_transcript_bytes")]
    pub transcript_bytes: u64,
    /// The mode bits that files it makes do not get (umask(2)); none keeps the holder's.
    #[serde(default)]
    pub umask: Option<u32>,
    /// What its processes may use.
    #[serde(default)]
    pub limits: Limits,
    /// What its programs may ask of the daemon.
    #[serde(default = "trust_of_old")]
    pub trust: Trust,
}

/// Never shows the environment, which holds people's keys, nor what looks like one.
impl std::fmt::Debug for Spec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spec")
            .field("argv", &secret::argv(&self.argv))
            .field("cwd", &self.cwd)
            .field("env", &format_args!("{} variables", self.env.len()))
            .field("terminal", &self.terminal)
            .field("history_lines", &self.history_lines)
            .field("transcript_bytes", &self.transcript_bytes)
            .field("umask", &self.umask)
            .field("limits", &self.limits)
            .field("trust", &self.trust)
            .finish()
    }
}

/// The size of a terminal, as `TIOCGWINSZ` tells it (ioctl_tty(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TerminalSize {
    /// Rows, at least 1.
    pub rows: u16,
    /// Columns, at least 1.
    pub cols: u16,
    /// Width in pixels, 0 when unknown.
    #[serde(default)]
    pub xpixel: u16,
    /// Height in pixels, 0 when unknown.
    #[serde(default)]
    pub ypixel: u16,
}

impl TerminalSize {
    /// What a terminal has when nobody has said otherwise.
    pub const DEFAULT: Self = Self { rows: 24, cols: 80, xpixel: 0, ypixel: 0 };

    /// The size with rows and columns of at least 1: programs divide by them.
    #[must_use]
    pub fn at_least_one(self) -> Self {
        Self { rows: self.rows.max(1), cols: self.cols.max(1), ..self }
    }
}

impl Default for TerminalSize {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Why a spec cannot be run by anyone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// There is no program.
    #[error("no program was named")]
    Empty,
    /// Too many of something.
    #[error("{count} {what} are more than the {MAX_ITEMS} that a session may have")]
    TooMany {
        /// `arguments` or `variables`.
        what: &'static str,
        /// How many there were.
        count: usize,
    },
    /// A NUL byte cannot be passed to a program.
    #[error("{what} contains a NUL byte")]
    Nul {
        /// Which part of the spec.
        what: String,
    },
    /// The directory is relative: nobody knows to what.
    #[error("the directory `{0}` is not absolute")]
    RelativeCwd(String),
}

impl Spec {
    /// Checks what can be checked without looking at the machine.
    pub fn check(&self) -> Result<(), SpecError> {
        if self.argv.first().is_none_or(|program| program.0.is_empty()) {
            return Err(SpecError::Empty);
        }
        for (what, count) in [("arguments", self.argv.len()), ("variables", self.env.len())] {
            if count > MAX_ITEMS {
                return Err(SpecError::TooMany { what, count });
            }
        }
        if let Some(argument) = self.argv.iter().find(|a| a.0.contains(&0)) {
            return Err(SpecError::Nul { what: format!("the argument `{}`", argument.shown()) });
        }
        if self.cwd.0.contains(&0) {
            return Err(SpecError::Nul { what: "the directory".into() });
        }
        if let Some((key, _)) = self.env.iter().find(|(k, v)| k.0.contains(&0) || v.0.contains(&0))
        {
            return Err(SpecError::Nul { what: format!("the variable `{}`", key.shown()) });
        }
        if self.cwd.0.first() != Some(&b'/') {
            return Err(SpecError::RelativeCwd(self.cwd.shown()));
        }
        Ok(())
    }

    /// The argument vector for people, quoted so that a shell would read it back.
    pub fn command_line(&self) -> String {
        command_line(&self.argv)
    }
}

/// Arguments as one line that a shell would read back, harmless to print: what looks like a
/// secret is hidden.
pub fn command_line(argv: &[OsText]) -> String {
    whole_command_line(&secret::argv(argv))
}

/// The same with everything in it, for who asks for that.
pub fn whole_command_line(argv: &[OsText]) -> String {
    argv.iter().map(|a| quoted(&a.shown())).collect::<Vec<_>>().join(" ")
}

/// One word for a POSIX shell: quoted only when it has to be.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_=+./:,@%^".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

const fn default_history_lines() -> u32 {
    DEFAULT_HISTORY_LINES
}

const fn default_transcript_bytes() -> u64 {
    DEFAULT_TRANSCRIPT_BYTES
}

const fn trust_of_old() -> Trust {
    Trust::OF_OLD
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> Spec {
        Spec {
            argv: vec!["sh".into(), "-c".into(), "echo 'hi there'".into()],
            cwd: "/tmp".into(),
            env: vec![("TOKEN".into(), "secret".into())],
            terminal: Some(TerminalSize::DEFAULT),
            history_lines: 10,
            transcript_bytes: 10,
            umask: Some(0o22),
            limits: Limits::default(),
            trust: Trust::DEFAULT,
        }
    }

    #[test]
    fn a_spec_that_can_run_is_accepted() {
        assert_eq!(spec().check(), Ok(()));
    }

    #[test]
    fn what_nobody_could_run_is_refused_with_its_reason() {
        assert_eq!(Spec { argv: vec![], ..spec() }.check(), Err(SpecError::Empty));
        assert_eq!(Spec { argv: vec!["".into()], ..spec() }.check(), Err(SpecError::Empty));
        let relative = Spec { cwd: "tmp".into(), ..spec() };
        assert_eq!(relative.check(), Err(SpecError::RelativeCwd("tmp".into())));
        let nul = Spec { argv: vec!["a\0b".into()], ..spec() };
        assert!(matches!(nul.check(), Err(SpecError::Nul { .. })));
        let many = Spec { argv: vec!["x".into(); MAX_ITEMS + 1], ..spec() };
        assert!(matches!(many.check(), Err(SpecError::TooMany { what: "arguments", .. })));
    }

    #[test]
    fn debug_output_keeps_the_environment_to_itself() {
        assert!(!format!("{:?}", spec()).contains("secret"));
        let spec = Spec { argv: vec!["x".into(), "--token=abc".into()], ..spec() };
        assert!(!format!("{spec:?}").contains("abc"));
    }

    #[test]
    fn a_command_line_reads_back_in_a_shell() {
        assert_eq!(spec().command_line(), r"sh -c 'echo '\''hi there'\'''");
        assert_eq!(command_line(&["".into(), "a;b".into()]), "'' 'a;b'");
        let secret = ["x".into(), "--token".into(), "abc".into()];
        assert_eq!(command_line(&secret), "x --token '***'");
        assert_eq!(whole_command_line(&secret), "x --token abc");
    }

    #[test]
    fn a_spec_of_the_first_release_is_read() {
        let old = r#"{"argv":["true"],"cwd":"/","env":[["A","b"]],
                      "terminal":{"rows":24,"cols":80}}"#;
        let spec: Spec = serde_json::from_str(old).unwrap();
        assert_eq!(spec.terminal, Some(TerminalSize::DEFAULT));
        assert_eq!(spec.history_lines, DEFAULT_HISTORY_LINES);
        assert_eq!(spec.trust, Trust::Full);
    }
}
