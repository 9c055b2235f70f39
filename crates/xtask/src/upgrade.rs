//! `cargo xtask upgrade`: from an earlier release to what is here, with the real programs of
//! both.
//!
//! The earlier programs are built once, from the files of their revision, and kept with the
//! caches of the user. The repository does not notice: nothing is checked out.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::arguments::Profile;
use crate::tools;
use crate::workspace::{self, PROGRAMS, Workspace};

/// Builds both, and checks what an upgrade may not cost. Without a revision it is the newest
/// tag; as long as nothing was released there is nothing to check, which is said.
pub(crate) fn upgrade(workspace: &Workspace, from: Option<&str>) -> Result<()> {
    let revision = match from {
        Some(revision) => revision.to_owned(),
        None => match newest_tag(workspace) {
            Some(tag) => tag,
            None => {
                eprintln!(
                    "NOT CHECKED: an upgrade from an earlier release: this repository has no tag \
                     yet (`cargo xtask upgrade --from REV` takes any revision)"
                );
                return Ok(());
            }
        },
    };
    let commit = commit_of(workspace, &revision)?;
    println!("from {revision} ({commit})");
    let old = programs_of(workspace, &commit).with_context(|| format!("build {revision}"))?;
    workspace.build_programs(Profile::Dev)?;
    let arguments = ["run", "--quiet", "--package", "app-tests", "--bin", "upgrade"];
    workspace::check(workspace.locked_cargo(&arguments).arg("--").arg(old))
}

/// The newest tag that leads here.
fn newest_tag(workspace: &Workspace) -> Option<String> {
    let mut git = workspace.command("git");
    let said = workspace::output(git.args(["describe", "--tags", "--abbrev=0"])).ok()?;
    let tag = String::from_utf8_lossy(&said).trim().to_owned();
    (!tag.is_empty()).then_some(tag)
}

fn commit_of(workspace: &Workspace, revision: &str) -> Result<String> {
    let mut git = workspace.command("git");
    git.args(["rev-parse", "--verify", "--end-of-options"]).arg(format!("{revision}^{{commit}}"));
    let said = workspace::output(&mut git).with_context(|| format!("there is no {revision}"))?;
    Ok(String::from_utf8_lossy(&said).trim().to_owned())
}

/// Where the programs of a commit are; built on first use.
fn programs_of(workspace: &Workspace, commit: &str) -> Result<PathBuf> {
    let place = tools::cache(workspace).join(format!("upgrade-{commit}"));
    if PROGRAMS.iter().all(|(_, file)| place.join(file).is_file()) {
        return Ok(place);
    }
    let (source, target) = (workspace.scratch("upgrade")?, workspace.scratch("upgrade-target")?);
    unpack(workspace, commit, &source)?;
    let mut cargo = workspace.cargo(&["build", "--locked"]);
    for (package, file) in PROGRAMS {
        cargo.args(["--package", package, "--bin", file]);
    }
    cargo.current_dir(&source).env("CARGO_TARGET_DIR", &target).env("CARGO_INCREMENTAL", "0");
    workspace::check(&mut cargo)?;
    // Complete or not at all: the last step gives it its name.
    let part = place.with_extension("part");
    fs::create_dir_all(&part).with_context(|| format!("cannot make {}", part.display()))?;
    for (_, file) in PROGRAMS {
        fs::copy(target.join("debug").join(file), part.join(file))
            .with_context(|| format!("cannot keep {file} in {}", part.display()))?;
    }
    fs::rename(&part, &place).with_context(|| format!("cannot make {}", place.display()))?;
    for left in [&source, &target] {
        fs::remove_dir_all(left).with_context(|| format!("cannot remove {}", left.display()))?;
    }
    Ok(place)
}

/// The files of a commit, without its history.
fn unpack(workspace: &Workspace, commit: &str, into: &Path) -> Result<()> {
    let archive = into.join("source.tar");
    let mut git = workspace.command("git");
    workspace::output(git.args(["archive", "--format=tar", "--output"]).arg(&archive).arg(commit))?;
    let mut tar = workspace.command("tar");
    workspace::output(
        tar.arg("--extract").arg("--file").arg(&archive).arg("--directory").arg(into),
    )?;
    fs::remove_file(&archive).with_context(|| format!("cannot remove {}", archive.display()))
}
