//! A picture of the dashboard: sessions in every state that a person wants to tell apart,
//! made for it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::{COLOURS, Studio};
use crate::workspace;

/// Columns and rows.
const SIZE: &str = "110x26";

/// A program that passes as an agent: it calls its hooks as it is told by its first word.
const AGENT: &str = r#"#!/bin/sh
stty -echo
# How its hooks come to it.
[ "$1" = --settings ] && shift 2
hook() {
    printf '{"session_id":"%s","hook_event_name":"%s"%s}' "$2" "$1" "$3" | appctl hook claude
}
id=6eab639b-0d93-49f9-a8e0-9f8f622e649$2
hook SessionStart $id ',"source":"startup"'
hook UserPromptSubmit $id
printf '\033]0;%s\007' "$3"
case $1 in
    ask)
        hook PermissionRequest $id ',"tool_name":"Bash","tool_input":{"command":"cargo test"}'
        printf 'Bash command\n\n  cargo test\n\nDo you want to proceed?\n❯ 1. Yes\n  2. No\n' ;;
    work)
        hook SubagentStart $id ',"agent_id":"a1","agent_type":"Explore"'
        printf '✻ Moving the parser… (12s · esc to interrupt)\n' ;;
    done)
        hook Stop $id ',"background_tasks":[]'
        printf '❯ \n' ;;
esac
echo ready
exec sleep 1000
"#;

/// Names, where they run, and what is run.
const SESSIONS: [(&str, &str, &[&str]); 6] = [
    ("nightly", "src/app", &["sh", "-c", "echo 'error: no space left on the device'; exit 2"]),
    ("lint", "src/app", &["sh", "-c", "echo 'no warnings'; exit 0"]),
    (
        "release build",
        "src/tools",
        &["sh", "-c", "printf '\\033]0;make release\\007'; exec sleep 1000"],
    ),
    ("docs", "src/guide", &["../../claude", "done", "1", "✳ Reworded the guide"]),
    ("parser", "src/app", &["../../claude", "work", "2", "⠐ Moving the parser into its own crate"]),
    ("review", "src/app", &["../../claude", "ask", "3", "✳ Looking at the tests"]),
];

pub(super) fn take(studio: &Studio<'_>, target: &Path) -> Result<()> {
    let agent = studio.home.join("claude");
    fs::write(&agent, AGENT).context("cannot write an agent")?;
    fs::set_permissions(&agent, fs::Permissions::from_mode(0o755)).context("cannot run it")?;
    for (name, place, command) in SESSIONS {
        fs::create_dir_all(studio.home.join(place)).context("cannot make a directory")?;
        let cwd = studio.home.join(place).display().to_string();
        studio.appctl(&[&["start", "--bg", "-n", name, "--cwd", &cwd, "--"], command].concat())?;
    }
    for name in ["lint", "nightly"] {
        studio.appctl(&["wait", "--timeout", "20s", name]).ok();
    }
    for (name, shows) in [("docs", "ready"), ("parser", "ready"), ("review", "ready")] {
        studio.wait_for(name, shows)?;
    }
    studio.appctl(&["pin", "parser"])?;
    studio.appctl(&["wait", "--for", "needs-input", "--timeout", "20s", "review"])?;
    let mut window = studio.window(SIZE, &[])?;
    let taken = studio.picture_with_times("dashboard.png");
    window.kill().ok();
    window.wait().ok();
    for (name, ..) in SESSIONS {
        studio.appctl(&["kill", name]).ok();
    }
    let picture = target.join("dashboard.png");
    let mut convert = studio.workspace.command("convert");
    convert.arg(taken?).args(["-bordercolor", "white", "-border", "4"]);
    convert.args(["+dither", "-colors", COLOURS, "-strip"]);
    workspace::output(convert.arg(format!("png8:{}", picture.display())))?;
    println!("{}", picture.display());
    Ok(())
}
