//! Why the registry could not be opened or asked.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why a registry could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file is not a database, or its content contradicts itself.
    #[error("the registry `{}` is damaged", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// A later release made it.
    #[error(
        "the registry `{}` was made by a later release (form {found}; this one knows {newest})",
        .path.display()
    )]
    FromTheFuture {
        /// The file.
        path: PathBuf,
        /// Its form.
        found: usize,
        /// The newest form known here.
        newest: usize,
    },
    /// Another process holds it.
    #[error("the registry `{}` is locked by another process", .path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The file is not there and cannot be made, or cannot be written.
    #[error("the registry `{}` cannot be opened for writing", .path.display())]
    NotMade {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// SQLite cannot read or write the file.
    #[error("the registry `{}` cannot be opened for writing", .path.display())]
    NotWritable {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// It had to be made, and what belongs into it could not be read.
    #[error("the sessions that the registry `{}` should have could not be listed", .path.display())]
    NotFilled {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Anything else.
    #[error("the registry `{}` cannot be opened", .path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
}

impl OpenError {
    /// Sorts what SQLite said about the database at `path`.
    pub(crate) fn of(path: &Path) -> impl Fn(rusqlite::Error) -> Self {
        let path = path.to_owned();
        move |source| {
            let path = path.clone();
            match source.sqlite_error_code() {
                Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                    Self::Damaged { path, source }
                }
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked { path },
                Some(
                    ErrorCode::CannotOpen
                    | ErrorCode::ReadOnly
                    | ErrorCode::PermissionDenied
                    | ErrorCode::DiskFull
                    | ErrorCode::SystemIoFailure,
                ) => Self::NotWritable { path, source },
                Some(_) | None => Self::Failed { path, source },
            }
        }
    }

    /// What to do next, as a sentence.
    pub fn hint(&self) -> String {
        match self {
            Self::Damaged { path, .. } => format!(
                "Move `{}` aside; the daemon then makes a new one from the session directories.",
                path.display()
            ),
            Self::FromTheFuture { .. } => {
                "Update this program; nothing was changed in the registry.".into()
            }
            Self::Locked { path } => {
                format!("See who has it open: `fuser {}`.", path.display())
            }
            Self::NotMade { path, .. }
            | Self::NotWritable { path, .. }
            | Self::NotFilled { path, .. }
            | Self::Failed { path, .. } => format!(
                "Check that `{}` is a directory that you may write to, with space left, or set \
                 APPCTL_STATE_DIR to one.",
                path.parent().unwrap_or(path).display()
            ),
        }
    }
}

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// SQLite said no.
    #[error("the registry could not be read or written")]
    Sqlite(#[from] rusqlite::Error),
    /// A value in the database is not one this release understands.
    #[error("the registry holds a value for `{column}` that cannot be understood: {value}")]
    BadValue {
        /// Where it stands.
        column: &'static str,
        /// The value.
        value: String,
    },
}

impl RegistryError {
    /// Another process holds the database.
    pub fn is_busy(&self) -> bool {
        self.is_one_of(&[ErrorCode::DatabaseBusy, ErrorCode::DatabaseLocked])
    }

    /// The database contradicts itself.
    pub fn is_damage(&self) -> bool {
        self.is_one_of(&[ErrorCode::NotADatabase, ErrorCode::DatabaseCorrupt])
    }

    fn is_one_of(&self, codes: &[ErrorCode]) -> bool {
        match self {
            Self::Sqlite(error) => {
                error.sqlite_error_code().is_some_and(|code| codes.contains(&code))
            }
            Self::BadValue { .. } => false,
        }
    }
}
