//! What an agent gets on its way that nobody wrote on its command line.
//!
//! Claude Code gets its hooks as settings for this session alone: the person's own files
//! stay as they are.
//!
//! # Invariants
//!
//! 1. What the person wrote is kept: settings that are named already are left alone.
//! 2. Nothing here fails a start: without its hooks an agent is only known by its terminal.

use std::env;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use app_model::{OsText, Spec};
use app_sys::private;
use tracing::warn;

use crate::{config, look};

/// The file in a session's directory.
const SETTINGS: &str = "claude-settings.json";

/// How long the directories of its path may take to say whether our client is in them.
const PATIENCE: Duration = Duration::from_millis(500);

/// The option that names it.
const OPTION: &[u8] = b"--settings";

/// Adds what the program of a session needs to report to us.
pub fn equip(spec: &mut Spec, dir: &Path) {
    if !is_claude(&spec.argv) || spec.argv.iter().any(|argument| names_settings(&argument.0)) {
        return;
    }
    let path = dir.join(SETTINGS);
    if let Err(error) = write(&path, &app_hooks::session_settings(&appctl(spec))) {
        warn!(path = %path.display(), %error, "an agent starts without its hooks");
        return;
    }
    spec.argv.splice(1..1, ["--settings".into(), OsText::from(path)]);
}

fn is_claude(argv: &[OsText]) -> bool {
    let program = argv.first().map(|program| program.0.as_slice()).unwrap_or_default();
    program.rsplit(|&byte| byte == b'/').next() == Some(b"claude".as_slice())
}

fn names_settings(argument: &[u8]) -> bool {
    let rest = argument.strip_prefix(OPTION);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"="))
}

/// How a shell of that session finds our client: by its name if it can, else by its path.
fn appctl(spec: &Spec) -> String {
    const NAME: &str = "appctl";
    let path = spec.env.iter().find(|(name, _)| name.0 == b"PATH").map(|(_, value)| value.shown());
    let is_there = |dir: PathBuf| dir.join(NAME).is_file();
    let on_path = path.is_some_and(|path| {
        let look = move || env::split_paths(&path).any(is_there);
        look::within(PATIENCE, look).unwrap_or(false)
    });
    if on_path {
        return NAME.into();
    }
    config::program(NAME).to_str().unwrap_or(NAME).to_owned()
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    private::create_file(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn spec(argv: &[&str], path: &str) -> Spec {
        Spec {
            argv: argv.iter().map(|&argument| argument.into()).collect(),
            cwd: "/".into(),
            env: vec![("PATH".into(), path.into())],
            terminal: None,
            history_lines: 0,
            transcript_bytes: 0,
            umask: None,
            limits: app_model::Limits::default(),
            trust: app_model::Trust::DEFAULT,
        }
    }

    fn equipped(argv: &[&str], dir: &Path) -> Vec<String> {
        let mut spec = spec(argv, "/nowhere");
        equip(&mut spec, dir);
        spec.argv.iter().map(OsText::shown).collect()
    }

    #[test]
    fn claude_gets_its_hooks_and_others_get_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(SETTINGS).display().to_string();
        let argv = equipped(&["/opt/bin/claude", "fix it"], dir.path());
        assert_eq!(argv, ["/opt/bin/claude", "--settings", &file, "fix it"]);
        let text = fs::read_to_string(&file).unwrap();
        let settings: serde_json::Value = serde_json::from_str(&text).unwrap();
        let hook = &settings["hooks"]["Stop"][0]["hooks"][0]["command"];
        assert!(hook.as_str().unwrap().ends_with("hook claude"), "{text}");
        for other in [&["claude", "--settings", "mine"][..], &["claude", "--settings=x"], &["vim"]]
        {
            assert_eq!(equipped(other, dir.path()), other);
        }
    }

    #[test]
    fn the_client_is_named_by_its_path_only_where_its_name_finds_nothing() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("appctl"), "").unwrap();
        let here = dir.path().display().to_string();
        assert_eq!(appctl(&spec(&["claude"], &format!("/nowhere:{here}"))), "appctl");
    }
}
