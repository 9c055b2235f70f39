//! `appctl hooks …`: hooks in the settings of agents.
//!
//! # Invariants
//!
//! 1. Every file is read and understood before the first is written.

use std::path::{Path, PathBuf};

use app_hooks::{Agent, Edit, EditError, Place, Scope, Status as Hooked};
use app_sys::places;
use serde_json::{Value, json};

use super::Done;
use super::context::{Context, home};
use crate::cli::{HooksVerb, WhichHooks};
use crate::exit::Status;
use crate::render::words::short_path;
use crate::report::{Explain, Report};
use crate::settings_file::{FileError, SettingsFile};

/// Why hooks cannot be put into a file or taken out.
#[derive(Debug, thiserror::Error)]
enum HooksError {
    #[error("`{}` is left as it is, because it could not be understood", .path.display())]
    Edit { path: PathBuf, source: EditError },
    #[error("the directory of the project is not known")]
    NoDirectory(#[source] std::io::Error),
}

impl Explain for HooksError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Edit { source: EditError::NotOurs, path } => {
                format!("Move `{}` elsewhere, or give it another name.", path.display())
            }
            Self::Edit { source: EditError::ChangedByHand(_), path } => {
                format!("Take the line out of `{}` by hand.", path.display())
            }
            Self::Edit { .. } => "Put the file right, or edit it by hand; docs/HOOKS.md says what \
                                  to add."
                .into(),
            Self::NoDirectory(_) => "Go to a directory that exists.".into(),
        })
    }
}

impl Explain for FileError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Read { path, .. } | Self::Write { path, .. } => {
                format!("Check the permissions of `{}`.", path.display())
            }
            Self::Changed { .. } => "Try again.".into(),
        })
    }
}

/// What is to be done with one file.
struct Step {
    place: Place,
    file: SettingsFile,
    edit: Edit,
    /// What stands in the way, if anything does.
    taken: Option<String>,
}

pub(super) fn run(context: &Context, verb: &HooksVerb) -> Done {
    match verb {
        HooksVerb::Install { which, print: true } => print(context, *which),
        HooksVerb::Install { which, print: false } => change(context, *which, app_hooks::install),
        HooksVerb::Uninstall { which } => change(context, *which, app_hooks::uninstall),
        HooksVerb::Status { agent } => status(context, *agent),
    }
}

/// `install` or `uninstall` of app-hooks.
type Editor = fn(Agent, app_hooks::Form, Option<&str>) -> Result<Edit, EditError>;

fn change(context: &Context, which: WhichHooks, editor: Editor) -> Done {
    let steps = steps(which, editor)?;
    for step in &steps {
        match &step.edit {
            Edit::Unchanged => {}
            Edit::Write(text) => step.file.write(text)?,
            Edit::Remove => step.file.remove()?,
        }
    }
    if context.output.json {
        let files: Vec<Value> = steps.iter().map(Step::json).collect();
        context.output.json(&json!({ "agent": which.agent.word(), "files": files }))?;
    } else {
        for step in &steps {
            context.output.line(&step.line())?;
        }
    }
    for step in steps.iter().filter(|step| !step.is_read(which.agent)) {
        let path = shown(&step.place.path);
        context.output.note(&format!("warning: {path}: {}", unread(which.agent)));
    }
    if steps.iter().any(|step| matches!(step.edit, Edit::Write(_))) && !is_on_path() {
        context.output.note("note: hooks run `appctl`, and it is not on your PATH");
    }
    Ok(Status::DONE)
}

/// What `install` would write.
fn print(context: &Context, which: WhichHooks) -> Done {
    let steps = steps(which, app_hooks::install)?;
    let text = |step: &Step| match &step.edit {
        Edit::Write(text) => text.clone(),
        Edit::Unchanged | Edit::Remove => step.file.text.clone().unwrap_or_default(),
    };
    if context.output.json {
        let files = steps.iter().map(|step| {
            let mut file = step.json();
            file["text"] = text(step).into();
            file
        });
        let files: Vec<Value> = files.collect();
        context.output.json(&json!({ "agent": which.agent.word(), "files": files }))?;
        return Ok(Status::DONE);
    }
    for step in &steps {
        context.output.note(&format!("would be in {}:", shown(&step.place.path)));
        context.output.text(&text(step))?;
    }
    Ok(Status::DONE)
}

/// Invariant 1.
fn steps(which: WhichHooks, editor: Editor) -> Result<Vec<Step>, Report> {
    let scope = if which.project { Scope::Project } else { Scope::User };
    let mut steps = vec![];
    for place in found(which.agent, scope)? {
        let file = SettingsFile::read(&place.path)?;
        let misread = |source| HooksError::Edit { path: place.path.clone(), source };
        let text = file.text.as_deref();
        let edit = editor(which.agent, place.form, text).map_err(misread)?;
        let taken = match app_hooks::status(which.agent, place.form, text).map_err(misread)? {
            Hooked::Taken(by) => Some(by),
            Hooked::Absent | Hooked::Partial(_) | Hooked::Installed => None,
        };
        steps.push(Step { place, file, edit, taken });
    }
    Ok(steps)
}

fn found(agent: Agent, scope: Scope) -> Result<Vec<Place>, Report> {
    let env = |name: &str| std::env::var_os(name);
    let home = places::home(&env)?;
    let project = std::env::current_dir().map_err(HooksError::NoDirectory)?;
    Ok(app_hooks::places(agent, scope, &home, &project, &env))
}

impl Step {
    fn done(&self) -> &'static str {
        match (&self.edit, &self.taken) {
            (Edit::Write(_), _) => "written",
            (Edit::Remove, _) => "removed",
            (Edit::Unchanged, Some(_)) => "taken",
            (Edit::Unchanged, None) => "unchanged",
        }
    }

    /// Whether the agent reads what the file has now.
    fn is_read(&self, agent: Agent) -> bool {
        let text = match &self.edit {
            Edit::Write(text) => Some(text.as_str()),
            Edit::Unchanged => self.file.text.as_deref(),
            Edit::Remove => None,
        };
        app_hooks::is_read(agent, self.place.form, text)
    }

    fn line(&self) -> String {
        let path = shown(&self.place.path);
        match &self.taken {
            Some(by) if self.edit == Edit::Unchanged => {
                let by = app_model::text::printable(by);
                format!("left alone · {path} · there is room for one only, and it has {by}")
            }
            Some(_) | None => format!("{} · {path}", self.done()),
        }
    }

    fn json(&self) -> Value {
        json!({ "path": self.place.path, "done": self.done(), "taken": self.taken })
    }
}

/// One file of one agent, looked at.
struct Row {
    agent: Agent,
    scope: &'static str,
    path: PathBuf,
    word: &'static str,
    detail: Option<String>,
}

fn status(context: &Context, agent: Option<Agent>) -> Done {
    let mut rows = vec![];
    for agent in Agent::ALL.into_iter().filter(|known| agent.is_none_or(|agent| agent == *known)) {
        for (scope, name) in [(Scope::User, "user"), (Scope::Project, "project")] {
            for place in found(agent, scope)? {
                let row = look(agent, name, place);
                if scope == Scope::User || row.word != "absent" {
                    rows.push(row);
                }
            }
        }
    }
    if context.output.json {
        let rows: Vec<Value> = rows.iter().map(Row::json).collect();
        context.output.json(&rows)?;
        return Ok(Status::DONE);
    }
    for row in rows {
        context.output.line(&row.line())?;
    }
    Ok(Status::DONE)
}

/// A file that cannot be read is one line of the answer, not the end of it.
fn look(agent: Agent, scope: &'static str, place: Place) -> Row {
    let hooked =
        SettingsFile::read(&place.path).map_err(|error| describe(&error)).and_then(|file| {
            let text = file.text.as_deref();
            let hooked = app_hooks::status(agent, place.form, text);
            let is_read = app_hooks::is_read(agent, place.form, text);
            hooked.map(|hooked| (hooked, is_read)).map_err(|error| error.to_string())
        });
    let is_read = !matches!(hooked, Ok((_, false)));
    let (word, detail) = match hooked.map(|(hooked, _)| hooked) {
        Ok(Hooked::Absent) => ("absent", None),
        Ok(_) if !is_read => ("unread", Some(unread(agent))),
        Ok(Hooked::Installed) => ("installed", None),
        Ok(Hooked::Partial(missing)) => {
            ("partial", Some(format!("without {}", missing.join(", "))))
        }
        Ok(Hooked::Taken(by)) => ("taken", Some(by)),
        Err(why) => ("unreadable", Some(why)),
    };
    Row { agent, scope, path: place.path, word, detail }
}

fn describe(error: &FileError) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

impl Row {
    fn line(&self) -> String {
        let Self { agent, scope, word, .. } = self;
        let path = shown(&self.path);
        let line = format!("{:<8}  {scope:<7}  {word:<10}  {path}", agent.word());
        match &self.detail {
            Some(detail) => format!("{line}  {}", app_model::text::printable(detail)),
            None => line,
        }
    }

    fn json(&self) -> Value {
        json!({
            "agent": self.agent.word(),
            "scope": self.scope,
            "path": self.path,
            "status": self.word,
            "detail": self.detail,
        })
    }
}

fn unread(agent: Agent) -> String {
    format!("{} passes over a file with comments or a comma too many, hooks and all", agent.word())
}

fn shown(path: &Path) -> String {
    short_path(&path.to_string_lossy(), home().as_deref())
}

/// Whether a hook finds `appctl` as this shell would.
fn is_on_path() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|dir| dir.join("appctl").is_file())
}
