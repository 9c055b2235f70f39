//! `appctl config check`: whether the settings can be understood. It asks no daemon.

use std::io;
use std::path::{Path, PathBuf};

use app_model::text::printable;
use app_settings::SettingsError;
use serde_json::json;

use super::Done;
use super::context::Context;
use crate::cli::ConfigVerb;
use crate::exit::Status;
use crate::output::Output;
use crate::report::Explain;

/// Why the settings could not be checked.
#[derive(Debug, thiserror::Error)]
#[error("the settings `{}` cannot be read", .path.display())]
struct Unreadable {
    path: PathBuf,
    source: io::Error,
}

impl Explain for Unreadable {
    fn hint(&self) -> Option<String> {
        Some("It must be a file of UTF-8 text that you may read.".into())
    }
}

pub(super) fn run(context: &Context, verb: &ConfigVerb) -> Done {
    let ConfigVerb::Check = verb;
    let path = context.places()?.config_file();
    match app_settings::read(&path) {
        Ok(_) => say(context.output, &path, &[]),
        Err(SettingsError::Wrong(wrong)) => say(context.output, &path, &wrong),
        Err(SettingsError::Unreadable(source)) => Err(Unreadable { path, source }.into()),
    }
}

fn say(output: Output, path: &Path, wrong: &[app_settings::Wrong]) -> Done {
    let file = path.to_string_lossy();
    if output.json {
        let errors: Vec<_> = wrong
            .iter()
            .map(|one| json!({ "line": one.line, "key": one.key, "message": one.message }))
            .collect();
        let ok = wrong.is_empty();
        output.json(&json!({ "ok": ok, "file": file, "errors": errors }))?;
    } else if wrong.is_empty() {
        output.line("ok")?;
    } else {
        let line = |one: &app_settings::Wrong| format!("{}:{one}\n", printable(&file));
        output.text(&wrong.iter().map(line).collect::<String>())?;
    }
    Ok(if wrong.is_empty() { Status::DONE } else { Status(1) })
}
