//! `cargo xtask fuzz`: looks for an input that breaks one of the targets of `crates/fuzz`.
//!
//! libFuzzer watches which code an input reaches and goes on from there, and needs nightly
//! Rust and cargo-fuzz. Where they are not, the driver that the tests use tries inputs
//! blindly, on the toolchain of the repository.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use crate::arguments::FuzzOptions;
use crate::workspace::{self, Workspace};

/// The longest input, in bytes: room for a screen or some frames.
const LONGEST: usize = 4096;

/// An input may take this many seconds, on a busy machine and without optimization.
const SLOWEST: u32 = 10;

/// Memory of the whole process, and of one allocation. Inputs are of [`LONGEST`] bytes: what
/// needs more has believed a length that came from outside.
const MEMORY_MIB: u32 = 1024;
const ALLOCATION_MIB: u32 = 64;

pub(crate) fn fuzz(workspace: &Workspace, options: &FuzzOptions) -> Result<()> {
    let all = targets(workspace)?;
    let chosen = match &options.target {
        None => all,
        Some(name) if all.contains(name) => vec![name.clone()],
        Some(name) => bail!("there is no target `{name}`; there are: {}", all.join(" ")),
    };
    let has_nightly =
        workspace::answers(workspace.command("rustup").args(["run", "nightly", "rustc", "-V"]));
    let has_fuzz = workspace::answers(workspace.command("cargo-fuzz").arg("--version"));
    if has_nightly && has_fuzz {
        return chosen.iter().try_for_each(|target| libfuzzer(workspace, target, options.seconds));
    }
    eprintln!("libFuzzer, which finds more, is not here. What would bring it:");
    if !has_nightly {
        eprintln!("  rustup toolchain install nightly --profile minimal");
    }
    if !has_fuzz {
        eprintln!("  cargo install cargo-fuzz --locked");
    }
    eprintln!("Until then inputs are tried blindly, on stable Rust.");
    chosen.iter().try_for_each(|target| blindly(workspace, target, options.seconds))
}

/// The targets there are: each has a directory of seeds.
fn targets(workspace: &Workspace) -> Result<Vec<String>> {
    let seeds = seeds(workspace);
    let entries =
        fs::read_dir(&seeds).with_context(|| format!("cannot list {}", seeds.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.with_context(|| format!("cannot list {}", seeds.display()))?.file_name();
        names.push(name.to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn seeds(workspace: &Workspace) -> PathBuf {
    workspace.root().join("fuzz/seeds")
}

fn blindly(workspace: &Workspace, target: &str, seconds: u32) -> Result<()> {
    let arguments = ["run", "--quiet", "--profile", "fuzz", "--package", "app-fuzz", "--", target];
    let mut cargo = workspace.cargo(&arguments);
    workspace::check(cargo.args(["--seconds", &seconds.to_string()]))
}

fn libfuzzer(workspace: &Workspace, target: &str, seconds: u32) -> Result<()> {
    let directory = workspace.root().join("fuzz");
    // What is fuzzed is what is shipped; Cargo adds the few packages that are missing here.
    let lock = directory.join("Cargo.lock");
    fs::copy(workspace.root().join("Cargo.lock"), &lock)
        .with_context(|| format!("cannot write {}", lock.display()))?;
    let build = workspace.target().join("fuzz");
    // What it learns is kept between runs, and is nobody else's; the seeds are only read.
    let corpus = build.join("corpus").join(target);
    fs::create_dir_all(&corpus).with_context(|| format!("cannot make {}", corpus.display()))?;

    let mut cargo = workspace.command("rustup");
    cargo.args(["run", "nightly", "cargo", "fuzz", "run", "--fuzz-dir"]).arg(&directory);
    // There is no unsafe code in what is fuzzed, so there is nothing for a sanitizer to find.
    cargo.args(["--sanitizer", "none", "--target-dir"]).arg(&build);
    cargo.arg(target).args([corpus.as_path(), &seeds(workspace).join(target)]);
    cargo.arg("--").args(limits(seconds));
    workspace::check(&mut cargo).with_context(|| {
        format!(
            "an input that breaks `{target}` is in fuzz/artifacts/{target} if libFuzzer found one; \
             put it into fuzz/seeds/{target} and the tests will try it each time"
        )
    })
}

fn limits(seconds: u32) -> Vec<String> {
    vec![
        format!("-max_total_time={seconds}"),
        format!("-max_len={LONGEST}"),
        format!("-timeout={SLOWEST}"),
        format!("-rss_limit_mb={MEMORY_MIB}"),
        format!("-malloc_limit_mb={ALLOCATION_MIB}"),
        "-print_final_stats=1".to_owned(),
    ]
}
