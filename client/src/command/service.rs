//! `appctl service …`: the daemon as a service of the user.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use app_sys::durable;
use serde_json::json;

use super::Done;
use super::context::{Context, home};
use super::daemon::{end, start_guard, status_if_any};
use crate::cli::ServiceVerb;
use crate::connect::find_daemon;
use crate::exit::Status;
use crate::render::words::short_path;
use crate::report::Report;
use crate::service::{Installation, Manager, ServiceError, State, UnitFile, warnings};

pub(super) fn run(context: &Context, verb: &ServiceVerb) -> Done {
    let manager = Manager::find()?;
    match verb {
        ServiceVerb::Install { linger } => install(context, &manager, *linger),
        ServiceVerb::Uninstall => uninstall(context, &manager),
        ServiceVerb::Status => status(context, &manager),
        ServiceVerb::Restart => restart(context, &manager),
        ServiceVerb::Logs { follow, lines } => Err(manager.show_logs(*follow, *lines).into()),
    }
}

fn install(context: &Context, manager: &Manager, linger: bool) -> Done {
    let program = find_daemon().ok_or(ServiceError::NoDaemon)?;
    let files = Installation::new(program, context.places()?).files()?;
    let places: Vec<_> = files.iter().map(|file| (file, manager.place(file))).collect();
    // All are looked at before the first is written.
    for (_, place) in &places {
        check_ours(place)?;
    }
    let mut written = Vec::new();
    for (file, place) in &places {
        if put(file, place)? {
            written.push(place.clone());
        }
    }
    hand_over(context, manager)?;
    if linger {
        manager.enable_linger()?;
    }
    let done = if written.is_empty() { "already installed" } else { "installed" };
    let paths: Vec<_> = places.into_iter().map(|(_, place)| place).collect();
    tell(context, manager, done, &paths)
}

/// Ends a daemon that the manager did not start, and has the manager start one. Nobody
/// else starts one in between.
fn hand_over(context: &Context, manager: &Manager) -> Result<(), Report> {
    let guard = start_guard(context.places()?)?;
    if manager.state()?.pid.is_none() {
        end(context, false)?;
    }
    manager.enable()?;
    drop(guard);
    Ok(())
}

fn uninstall(context: &Context, manager: &Manager) -> Done {
    let program = find_daemon().unwrap_or_else(|| PathBuf::from("/appd"));
    let files = Installation::new(program, context.places()?).files()?;
    let places: Vec<_> = files.iter().map(|file| manager.place(file)).collect();
    for place in &places {
        check_ours(place)?;
    }
    if !places.iter().any(|place| place.exists()) {
        return Err(ServiceError::NotInstalled.into());
    }
    manager.disable()?;
    for path in places {
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(ServiceError::File { what: "remove", path, source }.into());
            }
            Ok(()) | Err(_) => {}
        }
    }
    manager.forget()?;
    match context.output.json {
        true => context.output.json(&json!({ "installed": false }))?,
        false => context.output.line("uninstalled · sessions keep running")?,
    }
    Ok(Status::DONE)
}

fn status(context: &Context, manager: &Manager) -> Done {
    let state = manager.state()?;
    let running = state.pid.is_some();
    tell_state(
        context,
        manager,
        if state.installed { "installed" } else { "not installed" },
        &state,
    )?;
    Ok(if running { Status::DONE } else { Status::NO_DAEMON })
}

fn restart(context: &Context, manager: &Manager) -> Done {
    if !manager.state()?.installed {
        return Err(ServiceError::NotInstalled.into());
    }
    manager.restart()?;
    tell(context, manager, "restarted", &[])
}

/// Says what became of it, once the daemon answers.
fn tell(context: &Context, manager: &Manager, done: &str, files: &[PathBuf]) -> Done {
    if !context.output.json {
        for file in files {
            context.output.line(&format!("{done} · {}", short(file)))?;
        }
    }
    let state = manager.state()?;
    let word = if files.is_empty() { done } else { "running" };
    tell_state(context, manager, word, &state)?;
    Ok(Status::DONE)
}

fn tell_state(
    context: &Context,
    manager: &Manager,
    word: &str,
    state: &State,
) -> Result<(), Report> {
    let output = context.output;
    let daemon = status_if_any(&mut context.daemon_if_any()?).ok().flatten();
    let facts = manager.facts(daemon.as_ref().map(|daemon| daemon.pid).or(state.pid));
    let warnings = warnings(&facts);
    if output.json {
        output.json(&json!({
            "installed": state.installed,
            "manager": Manager::NAME,
            "enabled": state.enabled,
            "active": state.active,
            "pid": state.pid,
            "restarts": state.restarts,
            "linger": facts.linger,
            "warnings": warnings,
        }))?;
        return Ok(());
    }
    let mut line = format!("{word} · {} · {}", Manager::NAME, state.active);
    if let Some(pid) = state.pid {
        line.push_str(&format!(" · process {pid}"));
    }
    if let Some(daemon) = daemon.filter(|daemon| state.pid != Some(daemon.pid)) {
        line.push_str(&format!(" · a daemon runs without it, process {}", daemon.pid));
    }
    output.line(&line)?;
    for warning in warnings {
        output.note(&format!("warning: {warning}"));
    }
    Ok(())
}

/// A file that somebody else has written is left alone.
fn check_ours(place: &Path) -> Result<(), ServiceError> {
    match read(place)? {
        Some(text) if !UnitFile::is_ours(&text) => Err(ServiceError::NotOurs(place.into())),
        _ => Ok(()),
    }
}

/// Writes the file unless it is there. Says whether it was written.
fn put(file: &UnitFile, place: &Path) -> Result<bool, ServiceError> {
    if read(place)?.as_deref() == Some(&file.text) {
        return Ok(false);
    }
    let failed = |source| ServiceError::File { what: "write", path: place.into(), source };
    if let Some(dir) = place.parent() {
        fs::create_dir_all(dir).map_err(failed)?;
    }
    durable::write(place, file.text.as_bytes()).map_err(failed)?;
    Ok(true)
}

fn read(place: &Path) -> Result<Option<String>, ServiceError> {
    match fs::read(place) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ServiceError::File { what: "read", path: place.into(), source }),
    }
}

fn short(path: &Path) -> String {
    short_path(&path.to_string_lossy(), home().as_deref())
}
