//! `appctl doctor`: what could keep things from working, and what to do about it. With
//! `--rebuild` the registry is made anew from the session directories.
//!
//! # Invariants
//!
//! 1. Looking changes nothing but that missing directories are made, as by every command,
//!    and starts no daemon.
//! 2. A registry that is replaced is kept aside, never deleted.

use std::io;
use std::path::{Path, PathBuf};

use app_model::text::printable;
use app_settings::SettingsError;
use app_sys::places::Places;
use app_sys::pressure::{Trigger, Unheard};
use app_sys::{clock, private, process};
use app_wire::control::DaemonStatus;
use serde::Serialize;
use serde_json::json;

use super::Done;
use super::context::Context;
use super::daemon::{end, start_guard, status_if_any};
use crate::cli;
use crate::connect::find_daemon;
use crate::exit::Status;
use crate::render::style::Paint;
use crate::report::{Explain, Report};
use crate::service::{Manager, warnings};

/// Open files that a daemon with many sessions may need; each live one takes a few.
const ENOUGH_FILES: u64 = 4_096;

/// Files that belong to one SQLite database, by what follows its name.
const SUFFIXES: [&str; 3] = ["", "-wal", "-shm"];

/// Why the registry was not made anew.
#[derive(Debug, thiserror::Error)]
#[error("the registry `{}` could not be kept aside", .path.display())]
struct NotKept {
    path: PathBuf,
    source: io::Error,
}

impl Explain for NotKept {
    fn because(&self) -> Vec<String> {
        vec![self.source.to_string()]
    }

    fn hint(&self) -> Option<String> {
        Some("Check that you may write to its directory.".into())
    }
}

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    /// As it should be.
    Ok,
    /// It works, with less.
    Warn,
    /// It does not work.
    Fail,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Check {
    name: &'static str,
    level: Level,
    found: String,
    /// What to do about it: a command, or a sentence.
    fix: Option<String>,
}

impl Check {
    fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, level: Level::Ok, found: found.into(), fix: None }
    }

    fn warn(name: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { name, level: Level::Warn, found: found.into(), fix: Some(fix.into()) }
    }

    fn fail(name: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { name, level: Level::Fail, found: found.into(), fix: Some(fix.into()) }
    }
}

pub(super) fn run(context: &Context, args: &cli::Doctor) -> Done {
    if args.rebuild {
        return rebuild(context);
    }
    let checks = checks(context)?;
    let sound = checks.iter().all(|check| check.level != Level::Fail);
    if context.output.json {
        context.output.json(&json!({ "ok": sound, "checks": checks }))?;
    } else {
        context.output.text(&text(&checks, Paint::new(context.output.colour)))?;
    }
    Ok(if sound { Status::DONE } else { Status(1) })
}

fn checks(context: &Context) -> Result<Vec<Check>, Report> {
    let places = context.places()?;
    let mut checks = vec![
        directory("runtime directory", &places.runtime),
        directory("state directory", &places.state),
        settings(&places.config_file()),
        programs(),
        pressure(&places.config_file()),
    ];
    let (check, daemon) = daemon(context)?;
    checks.push(check);
    checks.extend(service(daemon.map(|status| status.pid)));
    checks.push(open_files(process::fd_limit().hard));
    checks.push(desktop());
    checks.push(terminal(std::env::var("TERM").ok().as_deref()));
    Ok(checks)
}

fn directory(name: &'static str, dir: &Path) -> Check {
    match private::ensure_dir(dir) {
        Ok(()) => Check::ok(name, dir.display().to_string()),
        Err(refused) => Check::fail(name, refused.to_string(), refused.hint()),
    }
}

fn settings(path: &Path) -> Check {
    let name = "settings";
    match app_settings::read(path) {
        Ok(_) => Check::ok(name, path.display().to_string()),
        Err(error @ SettingsError::Wrong(_)) => {
            Check::fail(name, error.to_string(), "appctl config check")
        }
        Err(error @ SettingsError::Unreadable(_)) => {
            Check::fail(name, error.to_string(), format!("ls -l {}", path.display()))
        }
    }
}

/// Whether agents can be put to sleep before the kernel kills for want of memory. What is asked
/// of the kernel is taken back at once.
fn pressure(settings: &Path) -> Check {
    let name = "memory";
    if !app_settings::read(settings).unwrap_or_default().idle.under_pressure {
        return Check::ok(name, "nothing sleeps when it is short: `under_pressure = false`");
    }
    match Trigger::set() {
        Ok(_) => Check::ok(name, "agents at rest sleep when it is short"),
        Err(absent @ Unheard::Absent) => {
            Check::ok(name, format!("{absent}, and nothing sleeps for that"))
        }
        Err(ref refused @ Unheard::Refused { ref source, .. }) => {
            let fix = "Agents at rest do not sleep when it is short; `[idle] after` has them \
                       sleep before that.";
            Check::warn(name, format!("{refused}: {source}"), fix)
        }
    }
}

fn programs() -> Check {
    let name = "programs";
    let Some(daemon) = find_daemon() else {
        return Check::fail(name, "`appd` was not found", "Install `appd` next to this `appctl`.");
    };
    if !daemon.with_file_name("appd-holder").is_file() {
        let fix = format!("Install `appd-holder` next to `{}`.", daemon.display());
        return Check::fail(name, "`appd-holder` was not found", fix);
    }
    Check::ok(name, daemon.display().to_string())
}

fn daemon(context: &Context) -> Result<(Check, Option<DaemonStatus>), Report> {
    let name = "daemon";
    let ours = env!("CARGO_PKG_VERSION");
    Ok(match status_if_any(&mut context.daemon_if_any()?) {
        Ok(Some(status)) if status.version == ours => {
            let found = format!("appd {} · process {}", status.version, status.pid);
            (Check::ok(name, found), Some(status))
        }
        Ok(Some(status)) => {
            let found = format!("it is of release {}, and this is {ours}", status.version);
            (Check::warn(name, found, "appctl daemon restart"), Some(status))
        }
        Ok(None) => {
            let found = "not running; the next command that needs it starts it";
            (Check::ok(name, found), None)
        }
        Err(error) => (Check::fail(name, error.to_string(), "appctl daemon logs"), None),
    })
}

/// The service, and what ends with the last log-out.
fn service(daemon: Option<u32>) -> Vec<Check> {
    let (service, logout) = ("service", "log-out");
    let manager = match Manager::find() {
        Ok(manager) => manager,
        Err(none) => {
            let fix = "Without one, sessions come back after a reboot with the next command only.";
            return vec![Check::warn(service, none.to_string(), fix)];
        }
    };
    let installed = match manager.state() {
        Ok(state) if state.installed && state.enabled => Check::ok(service, state.active),
        Ok(state) if state.installed => Check::warn(
            service,
            "installed, and does not start by itself",
            "appctl service install",
        ),
        Ok(_) => Check::warn(service, "not installed", "appctl service install"),
        Err(error) => Check::warn(service, error.to_string(), "appctl service status"),
    };
    let mut checks = vec![installed];
    let warned = warnings(&manager.facts(daemon));
    if warned.is_empty() {
        checks.push(Check::ok(logout, "sessions go on"));
    }
    let fix = "appctl service install --linger";
    checks.extend(warned.into_iter().map(|found| Check::warn(logout, found, fix)));
    checks
}

fn open_files(hard: Option<u64>) -> Check {
    let name = "open files";
    match hard {
        Some(limit) if limit < ENOUGH_FILES => {
            let fix = format!("ulimit -Hn {ENOUGH_FILES}, or `DefaultLimitNOFILE=` of systemd");
            Check::warn(name, format!("at most {limit}, enough for few sessions"), fix)
        }
        Some(limit) => Check::ok(name, format!("at most {limit}")),
        None => Check::ok(name, "as many as there may be"),
    }
}

/// Whether there is a desktop that could be told. It is not spoken to.
fn desktop() -> Check {
    let name = "desktop";
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let path = match variable("DBUS_SESSION_BUS_ADDRESS") {
        Some(address) => match bus_path(&address) {
            Some(path) => path,
            None => return Check::ok(name, printable(&address)),
        },
        None => match variable("XDG_RUNTIME_DIR") {
            Some(dir) => Path::new(&dir).join("bus"),
            None => PathBuf::from("/run/user").join(process::user_id().to_string()).join("bus"),
        },
    };
    if path.exists() {
        return Check::ok(name, path.display().to_string());
    }
    let found = format!("there is no D-Bus at {}", path.display());
    Check::warn(name, found, "Choose another channel in `[notify]`, then `appctl notify test`.")
}

/// The socket of an address such as `unix:path=/run/user/7/bus,guid=…`.
fn bus_path(address: &str) -> Option<PathBuf> {
    let path = address.strip_prefix("unix:path=")?;
    Some(PathBuf::from(path.split([',', ';']).next()?))
}

fn terminal(term: Option<&str>) -> Check {
    let name = "TERM";
    match term {
        None | Some("") => Check::warn(
            name,
            "not set; programs are told xterm-256color",
            "export TERM=xterm-256color",
        ),
        Some("dumb") => {
            Check::warn(name, "dumb: programs will not draw", "export TERM=xterm-256color")
        }
        Some(term) => Check::ok(name, printable(term)),
    }
}

/// A line for each, and one below it for what to do.
fn text(checks: &[Check], paint: Paint) -> String {
    let widest = checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    let mut out = String::new();
    for Check { name, level, found, fix } in checks {
        let word = match level {
            Level::Ok => paint.dim("ok  "),
            Level::Warn => paint.badge("warn"),
            Level::Fail => paint.bold("fail"),
        };
        out.push_str(&format!("{word}  {name:widest$}  {}\n", printable(found)));
        if let Some(fix) = fix {
            out.push_str(&format!("      {:widest$}  → {}\n", "", printable(fix)));
        }
    }
    out
}

/// Ends the daemon, keeps the registry aside, and has the next daemon make a new one.
/// Nobody starts one in between, and sessions do not notice.
fn rebuild(context: &Context) -> Done {
    let places = context.places()?;
    let guard = start_guard(places)?;
    end(context, false)?;
    let aside = keep_aside(places)?;
    drop(guard);
    let status = status_if_any(&mut context.daemon()?)?;
    let sessions = status.map(|status| status.sessions);
    let output = context.output;
    if output.json {
        let kept = aside.as_ref().map(|path| path.to_string_lossy());
        output.json(&json!({ "rebuilt": true, "kept": kept, "sessions_running": sessions }))?;
        return Ok(Status::DONE);
    }
    output.line("rebuilt · the registry is made anew from the session directories")?;
    if let Some(aside) = aside {
        output
            .line(&format!("  the old one is kept as {}", printable(&aside.to_string_lossy())))?;
    }
    Ok(Status::DONE)
}

/// Where the registry went, if there was one (invariant 2).
fn keep_aside(places: &Places) -> Result<Option<PathBuf>, NotKept> {
    let registry = places.registry();
    let named = |end: &str| PathBuf::from(format!("{}{end}", registry.display()));
    let mark = format!(".replaced-{}", clock::wall_ms());
    let mut kept = None;
    for suffix in SUFFIXES {
        let (from, to) = (named(suffix), named(&format!("{mark}{suffix}")));
        match std::fs::rename(&from, &to) {
            Ok(()) => kept = kept.or(Some(to)),
            Err(source) if source.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(NotKept { path: from, source }),
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_check_has_a_line_and_what_helps_below_it() {
        let checks = [
            Check::ok("TERM", "xterm\x1b"),
            Check::warn("service", "not installed", "appctl service install"),
        ];
        insta::assert_snapshot!(text(&checks, Paint::new(false)), @r"
        ok    TERM     xterm�
        warn  service  not installed
                       → appctl service install
        ");
    }

    #[test]
    fn too_few_files_and_a_terminal_that_cannot_draw_are_worth_a_word() {
        assert_eq!(open_files(Some(1_024)).level, Level::Warn);
        assert_eq!(open_files(Some(ENOUGH_FILES)).level, Level::Ok);
        assert_eq!(open_files(None).level, Level::Ok);
        assert_eq!(terminal(None).level, Level::Warn);
        assert_eq!(terminal(Some("dumb")).level, Level::Warn);
        assert_eq!(terminal(Some("foot")).level, Level::Ok);
    }

    #[test]
    fn an_address_names_its_socket() {
        let path = Some(PathBuf::from("/run/user/7/bus"));
        assert_eq!(bus_path("unix:path=/run/user/7/bus"), path);
        assert_eq!(bus_path("unix:path=/run/user/7/bus,guid=1"), path);
        assert_eq!(bus_path("tcp:host=x"), None);
    }
}
