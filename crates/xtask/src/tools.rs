//! Programs of others that the checks need and a fresh machine does not have.
//!
//! xterm.js, the terminal that judges our snapshots, comes through npm, and so do the coding
//! agents. cargo-deny comes as source, through Cargo. Its own release profile takes 135
//! seconds on two cores for a program that runs for one, so that profile is turned down (see
//! [`QUICK_BUILD`]), which makes it 77. The result is kept with the user's caches and not in
//! the target directory: a fresh clone, which CI makes every time, then finds it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::workspace::{self, Workspace};

/// Pinned: another version may know other checks, and judge differently.
const CARGO_DENY: &str = "0.20.2";

/// Whole-program optimization is almost half of the time, and saves nothing here.
const QUICK_BUILD: [(&str, &str); 3] = [
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
];

/// The cargo-deny to use: the user's own when it is of the same series, else ours, compiled
/// on first use.
pub(crate) fn cargo_deny(workspace: &Workspace) -> Result<PathBuf> {
    let users = PathBuf::from("cargo-deny");
    if is_the_series(workspace, &users) {
        return Ok(users);
    }
    let home = cache(workspace).join(format!("cargo-deny-{CARGO_DENY}"));
    let ours = home.join("bin/cargo-deny");
    if !is_the_series(workspace, &ours) {
        install(workspace, &home)?;
    }
    Ok(ours)
}

/// Whether `program` is a cargo-deny that judges as [`CARGO_DENY`] does. A program that does
/// not even start, such as one from another machine in a shared home, is none.
fn is_the_series(workspace: &Workspace, program: &Path) -> bool {
    workspace::output(workspace.command(program).arg("--version"))
        .is_ok_and(|said| fits(CARGO_DENY, &String::from_utf8_lossy(&said)))
}

/// Whether `cargo-deny X.Y.Z` names the series of `pinned`, at its patch level or above.
fn fits(pinned: &str, said: &str) -> bool {
    let numbers = |version: &str| -> Option<[u32; 3]> {
        let parsed: Result<Vec<u32>, _> = version.split('.').map(str::parse).collect();
        parsed.ok()?.try_into().ok()
    };
    let said = said.split_whitespace().nth(1).and_then(numbers);
    match (numbers(pinned), said) {
        (Some(pinned), Some(said)) => said[..2] == pinned[..2] && said[2] >= pinned[2],
        _ => false,
    }
}

fn install(workspace: &Workspace, home: &Path) -> Result<()> {
    eprintln!(
        "cargo-deny {CARGO_DENY} is not here yet: compiling it into {} (once, a minute or two)",
        home.display()
    );
    let build = workspace.scratch("cargo-deny")?;
    let mut cargo = workspace.cargo(&["install", "cargo-deny", "--locked"]);
    cargo.args(["--version", CARGO_DENY, "--force", "--root"]).arg(home);
    cargo.env("CARGO_TARGET_DIR", &build).envs(QUICK_BUILD);
    workspace::check(&mut cargo)?;
    fs::remove_dir_all(&build).with_context(|| format!("cannot remove {}", build.display()))
}

/// Pinned: what it does in a way of its own is written down in `tests/referee`.
const XTERM: [&str; 2] = ["@xterm/headless@6.0.0", "@xterm/addon-unicode11@0.9.0"];

/// The `node_modules` with xterm.js. Fetched on first use, unless only a look is wanted.
pub(crate) fn xterm(workspace: &Workspace, fetch: bool) -> Result<PathBuf> {
    answer(workspace, &["node", "npm"])?;
    let tool = FromNpm {
        name: "xterm.js",
        directory: "xterm-6.0.0".into(),
        packages: &XTERM,
        parts: &["@xterm/headless/package.json", "@xterm/addon-unicode11/package.json"],
        verb: "differential",
    };
    tool.ensure(workspace, fetch)
}

/// Pinned: what they tell and when is written down in `docs/AGENT_EVENTS.md`. All but Gemini CLI,
/// which runs in Node.js, bring a program for one system.
const AGENTS: [&str; 4] = [
    "@anthropic-ai/claude-code@2.1.330",
    "@openai/codex@0.169.0",
    "@google/gemini-cli@0.61.0",
    "opencode-ai@1.18.33",
];

/// What of them every system gets.
const GEMINI: &str = "@google/gemini-cli/bundle/gemini.js";

/// The `node_modules` with the agents. Fetched on first use, unless only a look is wanted.
pub(crate) fn agents(workspace: &Workspace, fetch: bool) -> Result<PathBuf> {
    answer(workspace, &["node", "npm"])?;
    let parts: &[&str] = match (env::consts::OS, env::consts::ARCH) {
        ("linux", "x86_64") => &[
            "@anthropic-ai/claude-code-linux-x64/claude",
            "@openai/codex-linux-x64",
            "opencode-linux-x64-baseline/bin/opencode",
            GEMINI,
        ],
        ("linux", "aarch64") => &[
            "@anthropic-ai/claude-code-linux-arm64/claude",
            "@openai/codex-linux-arm64",
            "opencode-linux-arm64/bin/opencode",
            GEMINI,
        ],
        (os, arch) => bail!("the tests know no agents for {os} on {arch}"),
    };
    let versions: Vec<_> = AGENTS.iter().filter_map(|name| name.rsplit('@').next()).collect();
    let tool = FromNpm {
        name: "the agents (a gigabyte)",
        directory: format!("agents-{}", versions.join("-")),
        packages: &AGENTS,
        parts,
        verb: "agents",
    };
    tool.ensure(workspace, fetch)
}

/// Something that npm installs.
struct FromNpm {
    name: &'static str,
    /// Its place among the user's caches; it names the versions.
    directory: String,
    packages: &'static [&'static str],
    /// What must be there, below `node_modules`.
    parts: &'static [&'static str],
    /// What fetches it when a test run does not.
    verb: &'static str,
}

impl FromNpm {
    fn ensure(&self, workspace: &Workspace, fetch: bool) -> Result<PathBuf> {
        let home = cache(workspace).join(&self.directory);
        let place = home.join("node_modules");
        if self.is_in(&place) {
            return Ok(place);
        }
        if !fetch {
            bail!("not fetched yet (`cargo xtask {}`)", self.verb);
        }
        eprintln!("{}: not here yet, fetching into {} (once)", self.name, home.display());
        // Beside it first, so that half of it is never taken for the whole.
        let half = cache(workspace).join(format!("{}.half", self.directory));
        for rest in [&half, &home].into_iter().filter(|rest| rest.exists()) {
            fs::remove_dir_all(rest).with_context(|| format!("cannot empty {}", rest.display()))?;
        }
        fs::create_dir_all(&half).with_context(|| format!("cannot make {}", half.display()))?;
        let mut npm = workspace.command("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-save"]);
        workspace::output(npm.arg("--prefix").arg(&half).args(self.packages))?;
        if !self.is_in(&half.join("node_modules")) {
            bail!("npm succeeded, and {} does not have it", half.display());
        }
        fs::rename(&half, &home).with_context(|| format!("cannot make {}", home.display()))?;
        Ok(place)
    }

    fn is_in(&self, place: &Path) -> bool {
        self.parts.iter().all(|part| place.join(part).exists())
    }
}

/// Whether these programs are here.
fn answer(workspace: &Workspace, programs: &[&str]) -> Result<()> {
    for program in programs {
        if !workspace::answers(workspace.command(*program).arg("--version")) {
            bail!("there is no {program} here (`apt-get install nodejs npm`)");
        }
    }
    Ok(())
}

/// Where tools outlive a `cargo clean`.
pub(crate) fn cache(workspace: &Workspace) -> PathBuf {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_CACHE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
        .map_or_else(|| workspace.target().join("tools"), |cache| cache.join("appctl-xtask"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_series_at_the_same_patch_or_later_fits() {
        for said in ["cargo-deny 0.20.2\n", "cargo-deny 0.20.11"] {
            assert!(fits("0.20.2", said), "{said}");
        }
        for said in [
            "cargo-deny 0.20.1",
            "cargo-deny 0.21.0",
            "cargo-deny 1.20.2",
            "cargo-deny 0.20",
            "cargo-deny 0.20.2-rc.1",
            "cargo-deny",
            "",
        ] {
            assert!(!fits("0.20.2", said), "{said}");
        }
    }
}
