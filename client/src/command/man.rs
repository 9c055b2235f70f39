//! `appctl man`: one manual page per verb, for packages.

use std::io;
use std::path::{Path, PathBuf};

use super::Done;
use super::context::Context;
use crate::exit::Status;
use crate::report::Explain;

/// The pages cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write manual pages into `{}`", .dir.display())]
struct ManError {
    dir: PathBuf,
    source: io::Error,
}

impl Explain for ManError {
    fn hint(&self) -> Option<String> {
        Some("The directory must exist.".into())
    }
}

pub(super) fn run(_: &Context, dir: &Path) -> Done {
    let failed = |source| ManError { dir: dir.to_path_buf(), source };
    clap_mangen::generate_to(crate::cli::command(), dir).map_err(failed)?;
    Ok(Status::DONE)
}
