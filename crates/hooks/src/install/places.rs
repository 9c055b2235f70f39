//! Where agents keep their settings.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::Form;
use crate::agent::Agent;

/// The name of a file that is all ours, less its ending.
const OURS: &str = "appctl";

/// A look-up of a variable of the environment.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// For whom hooks are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// For all that this user does.
    User,
    /// For what is done in one project.
    Project,
}

/// A file in which hooks belong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where it is.
    pub path: PathBuf,
    /// In which form they stand there.
    pub form: Form,
}

/// Every file in which the hooks of `agent` belong. An agent's own variables move them; one
/// that is empty or not absolute counts as unset.
pub fn places(agent: Agent, scope: Scope, home: &Path, project: &Path, env: Env<'_>) -> Vec<Place> {
    let place = |path: PathBuf, form: Form| Place { path, form };
    let hooks = |path: PathBuf| vec![place(path, Form::Hooks)];
    match (agent, scope) {
        (Agent::Claude, Scope::User) => {
            hooks(moved("CLAUDE_CONFIG_DIR", env, || home.join(".claude")).join("settings.json"))
        }
        // The file of a project that is not shared: who else works on it may have no appctl.
        (Agent::Claude, Scope::Project) => hooks(project.join(".claude/settings.local.json")),
        (Agent::Codex, Scope::User) => {
            let dir = moved("CODEX_HOME", env, || home.join(".codex"));
            vec![
                place(dir.join("hooks.json"), Form::Hooks),
                place(dir.join("config.toml"), Form::Notify),
            ]
        }
        // `notify` of a project is not heeded.
        (Agent::Codex, Scope::Project) => hooks(project.join(".codex/hooks.json")),
        (Agent::Gemini, Scope::User) => {
            let dir = moved("GEMINI_CLI_HOME", env, || home.to_path_buf());
            hooks(dir.join(".gemini/settings.json"))
        }
        (Agent::Gemini, Scope::Project) => hooks(project.join(".gemini/settings.json")),
        (Agent::Opencode, Scope::User) => {
            let dir = moved("XDG_CONFIG_HOME", env, || home.join(".config")).join("opencode");
            vec![place(dir.join("plugins").join(OURS).with_extension("js"), Form::Plugin)]
        }
        (Agent::Opencode, Scope::Project) => {
            let dir = project.join(".opencode/plugins");
            vec![place(dir.join(OURS).with_extension("js"), Form::Plugin)]
        }
        (Agent::Copilot, Scope::User) => {
            let dir = moved("COPILOT_HOME", env, || home.join(".copilot")).join("hooks");
            hooks(dir.join(OURS).with_extension("json"))
        }
        (Agent::Copilot, Scope::Project) => {
            hooks(project.join(".github/hooks").join(OURS).with_extension("json"))
        }
        (Agent::Cursor, Scope::User) => hooks(home.join(".cursor/hooks.json")),
        (Agent::Cursor, Scope::Project) => hooks(project.join(".cursor/hooks.json")),
    }
}

fn moved(variable: &str, env: Env<'_>, default: impl FnOnce() -> PathBuf) -> PathBuf {
    env(variable).map(PathBuf::from).filter(|path| path.is_absolute()).unwrap_or_else(default)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(agent: Agent, scope: Scope, vars: &'static [(&str, &str)]) -> Vec<String> {
        let env = |name: &str| vars.iter().find(|(k, _)| *k == name).map(|(_, v)| v.into());
        let places = places(agent, scope, Path::new("/h"), Path::new("/p"), &env);
        places.into_iter().map(|place| place.path.display().to_string()).collect()
    }

    #[test]
    fn each_agent_has_its_files() {
        for (agent, user, project) in [
            (Agent::Claude, "/h/.claude/settings.json", "/p/.claude/settings.local.json"),
            (Agent::Codex, "/h/.codex/hooks.json", "/p/.codex/hooks.json"),
            (Agent::Gemini, "/h/.gemini/settings.json", "/p/.gemini/settings.json"),
            (
                Agent::Opencode,
                "/h/.config/opencode/plugins/appctl.js",
                "/p/.opencode/plugins/appctl.js",
            ),
            (Agent::Copilot, "/h/.copilot/hooks/appctl.json", "/p/.github/hooks/appctl.json"),
            (Agent::Cursor, "/h/.cursor/hooks.json", "/p/.cursor/hooks.json"),
        ] {
            assert_eq!(paths(agent, Scope::User, &[])[0], user);
            assert_eq!(paths(agent, Scope::Project, &[]), [project]);
        }
        assert_eq!(paths(Agent::Codex, Scope::User, &[])[1], "/h/.codex/config.toml");
    }

    #[test]
    fn variables_move_them_when_they_are_absolute() {
        for (agent, vars, path) in [
            (Agent::Claude, &[("CLAUDE_CONFIG_DIR", "/c")][..], "/c/settings.json"),
            (Agent::Claude, &[("CLAUDE_CONFIG_DIR", "")][..], "/h/.claude/settings.json"),
            (Agent::Claude, &[("CLAUDE_CONFIG_DIR", "c")][..], "/h/.claude/settings.json"),
            (Agent::Codex, &[("CODEX_HOME", "/c")][..], "/c/hooks.json"),
            (Agent::Gemini, &[("GEMINI_CLI_HOME", "/c")][..], "/c/.gemini/settings.json"),
            (Agent::Opencode, &[("XDG_CONFIG_HOME", "/c")][..], "/c/opencode/plugins/appctl.js"),
            (Agent::Copilot, &[("COPILOT_HOME", "/c")][..], "/c/hooks/appctl.json"),
        ] {
            assert_eq!(paths(agent, Scope::User, vars)[0], path);
        }
    }
}
