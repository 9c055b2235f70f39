//! A home for agents: the network, the model, the programs, and nothing of anybody's own.

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::api::Api;
use super::network::Network;
use crate::home::Home;
use crate::wait;

/// Says where the agents are: the `node_modules` that they were installed into.
pub const PLACE: &str = "APPCTL_AGENTS";

/// Where the program of each agent lies: in a package for one system, or, of the one that needs
/// Node.js, in the package itself.
const PROGRAMS: [(&str, &[&str]); 4] = [
    (
        "claude",
        &[
            "@anthropic-ai/claude-code-linux-x64/claude",
            "@anthropic-ai/claude-code-linux-arm64/claude",
        ],
    ),
    (
        "codex",
        &[
            "@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex",
            "@openai/codex-linux-arm64/vendor/aarch64-unknown-linux-musl/bin/codex",
        ],
    ),
    ("gemini", &["@google/gemini-cli/bundle/gemini.js"]),
    (
        "opencode",
        &["opencode-linux-x64-baseline/bin/opencode", "opencode-linux-arm64/bin/opencode"],
    ),
];

/// A key that is worth nothing.
pub const KEY: &str = "key-of-a-test-0000000000000000";

/// A home in which agents find a model, and nothing else.
pub struct Rig {
    /// The first to go: its sessions end while the model still answers.
    pub home: Home,
    /// The model.
    pub api: Api,
    /// How much of the world the agents reach.
    pub network: Network,
}

impl Default for Rig {
    fn default() -> Self {
        Self::new()
    }
}

impl Rig {
    /// Moves this thread into an empty network, and starts a model there.
    ///
    /// # Panics
    /// When the agents are not installed: `cargo xtask test` does that, and says where.
    pub fn new() -> Self {
        let programs = programs();
        let network = Network::enter();
        let api = Api::start();
        let home = Home::new();
        let (own, scratch) = (home.path().join("agents"), home.path().join("tmp"));
        for dir in [&own, &scratch, &project(&home)] {
            fs::create_dir(dir).unwrap();
        }
        for (name, program) in programs {
            symlink(program, own.join(name)).unwrap();
        }
        let mut search = own.into_os_string();
        for (name, value) in home.variables() {
            if name == "PATH" {
                search.push(":");
                search.push(value);
            }
        }
        let home = home
            .with("PATH", search)
            .with("TERM", "xterm-256color")
            .with("TMPDIR", scratch)
            .with("ANTHROPIC_BASE_URL", api.url())
            .with("ANTHROPIC_API_KEY", KEY)
            .with("OPENAI_API_KEY", KEY)
            .with("GOOGLE_GEMINI_BASE_URL", api.url())
            .with("GEMINI_API_KEY", KEY);
        Self { home, api, network }
    }

    /// The directory that agents work in.
    pub fn project(&self) -> PathBuf {
        project(&self.home)
    }

    /// A directory of its own for one kind of files, made on first use.
    pub(super) fn dir(&self, name: &str) -> PathBuf {
        let dir = self.home.path().join(name);
        fs::create_dir_all(&dir).unwrap();
        dir
    }

    /// Waits until the project has this file.
    #[track_caller]
    pub fn wait_file(&self, name: &str) {
        let path = self.project().join(name);
        wait::until(&format!("the file {}", path.display()), || {
            if path.exists() { Ok(()) } else { Err("it is not there".to_owned()) }
        });
    }
}

fn project(home: &Home) -> PathBuf {
    home.user_dir().join("project")
}

/// Every agent's name and program.
fn programs() -> Vec<(&'static str, PathBuf)> {
    let place = env::var_os(PLACE).filter(|place| !place.is_empty());
    let place = place.unwrap_or_else(|| {
        panic!("{PLACE} does not say where the agents are; `cargo xtask agents` does")
    });
    let found = |paths: &[&str]| {
        let mut paths = paths.iter().map(|path| Path::new(&place).join(path));
        paths.find(|path| path.is_file())
    };
    PROGRAMS
        .iter()
        .map(|&(name, paths)| {
            let program = found(paths).unwrap_or_else(|| {
                panic!("{name} is not in {}; `cargo xtask agents` installs it", place.display())
            });
            (name, program)
        })
        .collect()
}
