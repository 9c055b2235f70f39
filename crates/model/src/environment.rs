//! Which of the caller's variables a session gets.
//!
//! A session runs with the environment of the terminal that started it, less what
//! names *that* place: the agent, multiplexer or session the caller happens to be in.
//! A program that finds such a marker believes it is nested and misbehaves.

use crate::OsText;

/// Names that never enter a session.
const MARKERS: &[&str] = &[
    "CLAUDECODE",
    "CODEX_THREAD_ID",
    "TMUX",
    "TMUX_PANE",
    "STY",
    "WINDOW",
    "ZMX_SESSION",
    "ZELLIJ",
    "ZELLIJ_PANE_ID",
    "ZELLIJ_SESSION_NAME",
    "SHPOOL_SESSION_NAME",
    "ABDUCO_SESSION",
    "KITTY_WINDOW_ID",
    "WEZTERM_PANE",
    "ITERM_SESSION_ID",
    "TERM_SESSION_ID",
    "WINDOWID",
    "LINES",
    "COLUMNS",
    "APPCTL_SESSION",
    "APPCTL_SOCKET",
    "NOTIFY_SOCKET",
    "LISTEN_FDS",
    "LISTEN_PID",
    "LISTEN_FDNAMES",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
];

/// Beginnings of names that never enter a session.
const MARKER_PREFIXES: &[&str] = &["CLAUDE_CODE_", "HERDR_"];

/// Settings of a person that share a marker's prefix and must get through.
const SETTINGS: &[&str] = &[
    "CLAUDE_CODE_USE_BEDROCK",
    "CLAUDE_CODE_USE_VERTEX",
    "CLAUDE_CODE_USE_FOUNDRY",
    "CLAUDE_CODE_SKIP_BEDROCK_AUTH",
    "CLAUDE_CODE_SKIP_VERTEX_AUTH",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "CLAUDE_CODE_MAX_OUTPUT_TOKENS",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
    "CLAUDE_CODE_API_KEY_HELPER_TTL_MS",
];

/// The terminal type of a session whose caller had none.
pub const DEFAULT_TERM: &str = "xterm-256color";

/// The variable that holds the id of the session a program runs in.
pub const SESSION_VARIABLE: &str = "APPCTL_SESSION";

/// The variable that names the socket on which a session's programs reach the daemon.
pub const SOCKET_VARIABLE: &str = "APPCTL_SOCKET";

/// Whether the variable `name` stays behind.
pub fn is_marker(name: &str) -> bool {
    let prefixed = MARKER_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    MARKERS.contains(&name) || (prefixed && !SETTINGS.contains(&name))
}

/// The environment of a new session, from its caller's.
///
/// `TERM` is the caller's, or [`DEFAULT_TERM`]; `COLORTERM` is `truecolor` unless the
/// caller says otherwise, since that is what the screen model understands.
pub fn for_session(caller: Vec<(OsText, OsText)>) -> Vec<(OsText, OsText)> {
    let mut env: Vec<_> = caller
        .into_iter()
        .filter(|(name, _)| !std::str::from_utf8(&name.0).is_ok_and(is_marker))
        .filter(|(name, value)| name.0 != b"TERM" || !value.0.is_empty())
        .collect();
    for (name, value) in [("TERM", DEFAULT_TERM), ("COLORTERM", "truecolor")] {
        if !env.iter().any(|(known, _)| known.0 == name.as_bytes()) {
            env.push((name.into(), value.into()));
        }
    }
    env
}

/// Sets variables, replacing those of the same name.
pub fn set(env: &mut Vec<(OsText, OsText)>, variables: Vec<(OsText, OsText)>) {
    for (name, value) in variables {
        env.retain(|(known, _)| *known != name);
        env.push((name, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(list: &[(&str, &str)]) -> Vec<(OsText, OsText)> {
        list.iter().map(|&(name, value)| (name.into(), value.into())).collect()
    }

    #[test]
    fn markers_of_other_places_stay_behind_and_settings_get_through() {
        let env = for_session(pairs(&[
            ("PATH", "/bin"),
            ("CLAUDECODE", "1"),
            ("CLAUDE_CODE_ENTRYPOINT", "cli"),
            ("CLAUDE_CODE_USE_BEDROCK", "1"),
            ("TMUX", "/tmp/x"),
            ("STY", "1.x"),
            ("TERM", "foot"),
            ("COLORTERM", "no"),
        ]));
        assert_eq!(
            env,
            pairs(&[
                ("PATH", "/bin"),
                ("CLAUDE_CODE_USE_BEDROCK", "1"),
                ("TERM", "foot"),
                ("COLORTERM", "no"),
            ])
        );
    }

    #[test]
    fn a_caller_without_a_terminal_gets_a_usual_one() {
        let want = pairs(&[("TERM", DEFAULT_TERM), ("COLORTERM", "truecolor")]);
        assert_eq!(for_session(pairs(&[])), want);
        assert_eq!(for_session(pairs(&[("TERM", "")])), want);
    }

    #[test]
    fn setting_replaces() {
        let mut env = pairs(&[("A", "1"), ("B", "2")]);
        set(&mut env, pairs(&[("A", "3")]));
        assert_eq!(env, pairs(&[("B", "2"), ("A", "3")]));
    }
}
