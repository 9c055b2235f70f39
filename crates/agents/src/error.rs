//! What is wrong with a profile, and where.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::condition::{MAX_CONDITIONS, MAX_DEPTH, MAX_PATTERN};
use crate::profiles::{MAX_FILE, MAX_FILES};
use crate::rule::{MAX_ATTENTION, MAX_PRIORITY};
use crate::source::{MAX_NAMES, MAX_RULES};

/// A profile that cannot be used.
#[derive(Debug, thiserror::Error)]
pub struct ProfileError {
    /// The file.
    pub file: PathBuf,
    /// Its line, from one, where that is known.
    pub line: Option<usize>,
    /// What is wrong.
    #[source]
    pub problem: Problem,
}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the agent profile `{}`", self.file.display())?;
        match self.line {
            Some(line) => write!(f, ", line {line}, is not used"),
            None => f.write_str(" is not used"),
        }
    }
}

/// Why it cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// It cannot be read.
    #[error("it cannot be read")]
    Unreadable(#[source] io::Error),
    /// It is a directory, a pipe or the like.
    #[error("it is not a regular file")]
    NotAFile,
    /// It is too big.
    #[error("it is larger than {MAX_FILE} bytes")]
    TooBig,
    /// There are more files than are read.
    #[error("only {MAX_FILES} profiles are read from a directory")]
    TooMany,
    /// It is not TOML, or has other fields than a profile.
    #[error("{0}")]
    Syntax(String),
    /// The file is named after another agent.
    #[error("its name is `{name}`, so its file must be `{name}.toml`")]
    OtherName {
        /// The name inside.
        name: String,
    },
    /// The name cannot be one.
    #[error("a name is 1 to 32 lower-case letters, digits and `-`, and `{0}` is not")]
    Name(String),
    /// It would recognise nothing, or too much.
    #[error("`programs` and `packages` need 1 to {MAX_NAMES} names together, none of them empty")]
    Names,
    /// There are too many rules.
    #[error("more than {MAX_RULES} rules")]
    Rules,
    /// Two rules of one name.
    #[error("there is another rule `{0}`")]
    SameRule(String),
    /// A rule concludes nothing, or contradicts itself.
    #[error("the rule `{0}` needs `turn` or `attention`, or `hold = true` alone")]
    Conclusion(String),
    /// A rule needs a shorter text.
    #[error("`attention` of the rule `{0}` needs 1 to {MAX_ATTENTION} characters")]
    Attention(String),
    /// A priority out of range.
    #[error("`priority` of the rule `{0}` is more than {MAX_PRIORITY}")]
    Priority(String),
    /// A region that does not exist.
    #[error(
        "`{0}` is no region: `title`, `progress`, `state`, `message`, `last_line`, `bottom(1)` \
         to `bottom(40)` are"
    )]
    Region(String),
    /// A rule that would always hold.
    #[error("a condition must ask for something")]
    Empty,
    /// Conditions in conditions in conditions.
    #[error("conditions are nested deeper than {MAX_DEPTH}")]
    Depth,
    /// Too much to check for one rule.
    #[error("a rule has more than {MAX_CONDITIONS} conditions")]
    Conditions,
    /// Too long, or empty.
    #[error("a text or pattern needs 1 to {MAX_PATTERN} characters")]
    Length,
    /// It is no regular expression, or too expensive.
    #[error("{0}")]
    Pattern(String),
}
