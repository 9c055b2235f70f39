//! Names of sessions.
//!
//! A name is for people. It need not be unique: two sessions may share one, and a
//! command that meets both says so and lists them.

use crate::OsText;
use crate::text::{columns, printable};

/// Most columns of a name.
pub const MAX_COLUMNS: usize = 64;

/// Why a text cannot be a session's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing to see.
    #[error("a name cannot be empty")]
    Empty,
    /// It would break every table.
    #[error("the name has {columns} columns, and {MAX_COLUMNS} is the most")]
    TooLong {
        /// Columns it would take.
        columns: usize,
    },
    /// It would reach the terminal.
    #[error("a name cannot contain control characters")]
    Control,
}

/// Checks a name that a person chose; blanks around it do not count.
pub fn checked(name: &str) -> Result<String, NameError> {
    let name = name.trim();
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    if printable(name) != name {
        return Err(NameError::Control);
    }
    let columns = columns(name);
    if columns > MAX_COLUMNS {
        return Err(NameError::TooLong { columns });
    }
    Ok(name.to_owned())
}

/// The name of a session that was given none: its program's, without the directory.
pub fn from_argv(argv: &[OsText]) -> String {
    let program = argv.first().map(OsText::shown).unwrap_or_default();
    let base = program.rsplit('/').next().unwrap_or_default().trim();
    let base = if base.is_empty() { "session" } else { base };
    crate::text::clipped(base, MAX_COLUMNS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_trimmed_and_checked() {
        assert_eq!(checked(" flaky test "), Ok("flaky test".into()));
        assert_eq!(checked("日本"), Ok("日本".into()));
        assert_eq!(checked("  "), Err(NameError::Empty));
        assert_eq!(checked("a\x1b[31mb"), Err(NameError::Control));
        assert_eq!(checked("a\nb"), Err(NameError::Control));
        assert_eq!(checked(&"x".repeat(65)), Err(NameError::TooLong { columns: 65 }));
    }

    #[test]
    fn without_a_name_the_program_gives_it() {
        assert_eq!(from_argv(&["/usr/bin/vim".into(), "x".into()]), "vim");
        assert_eq!(from_argv(&["dir/".into()]), "session");
        assert_eq!(from_argv(&[]), "session");
    }
}
