//! `cargo xtask macos`: the programs are type-checked for macOS, on a machine that is none.
//!
//! Debian has the sources of Rust's standard library in a package, together with a compiler
//! of the same version, which may build it for any target. They are unpacked into the
//! caches of the user; nothing is installed. The programs are not linked and cannot be run:
//! what is found is what does not compile.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::tools;
use crate::workspace::{self, Workspace};

/// The compiler, what it needs, and the sources. The first is a pattern: its version moves.
const PACKAGES: [&str; 11] = [
    "libstd-rust-web-1.*",
    "rustc-web",
    "libstd-rust-web-dev",
    "cargo-web",
    "rust-web-src",
    "libllvm22",
    "libgit2-1.5",
    "libhttp-parser2.9",
    "libmbedcrypto7",
    "libmbedx509-1",
    "libmbedtls14",
];

/// Both kinds of Mac differ in nothing that our code knows.
const TARGET: &str = "aarch64-apple-darwin";

/// What is shipped, and so everything below it.
const PROGRAMS: [&str; 3] = ["appd", "appctl", "app-holder"];

/// Some packages compile C, which is never linked here: nothing has to be right about it.
const NO_COMPILER: &str = r#"#!/bin/sh
out=
previous=
for word in "$@"; do
    [ "$word" = -E ] && exec cc -E -x c /dev/null
    [ "$previous" = -o ] && out=$word
    previous=$word
done
[ -z "$out" ] || : > "$out"
"#;

/// The same for what puts compiled C together.
const NO_ARCHIVER: &str = r#"#!/bin/sh
for word in "$@"; do
    case $word in *.a) : > "$word" ;; esac
done
"#;

/// Fetches the compiler, and checks.
pub(crate) fn macos(workspace: &Workspace) -> Result<()> {
    let rust = compiler(workspace).context("a compiler that knows macOS")?;
    let tools = workspace.scratch("macos-tools")?;
    let (cc, ar) = (tools.join("cc"), tools.join("ar"));
    script(&cc, NO_COMPILER)?;
    script(&ar, NO_ARCHIVER)?;
    let bin = rust.join("usr/bin");
    let mut cargo = workspace.command(bin.join("cargo"));
    cargo.args(["check", "--locked", "--target", TARGET, "-Zbuild-std=std,panic_abort"]);
    cargo.args(PROGRAMS.iter().flat_map(|program| ["--package", program]));
    cargo.env("RUSTC", bin.join("rustc")).env("RUSTC_BOOTSTRAP", "1");
    cargo.env("LD_LIBRARY_PATH", rust.join("usr/lib/x86_64-linux-gnu"));
    cargo.env("CARGO_TARGET_DIR", workspace.target().join("macos"));
    cargo.env("RUSTFLAGS", "-D warnings");
    cargo.env("CC_aarch64_apple_darwin", &cc).env("AR_aarch64_apple_darwin", &ar);
    workspace::check(&mut cargo)
}

/// Where the packages were unpacked; fetched on first use.
fn compiler(workspace: &Workspace) -> Result<PathBuf> {
    let place = tools::cache(workspace).join("rust-with-sources");
    if place.join("usr/bin/rustc").exists() {
        return Ok(place);
    }
    if !workspace::answers(workspace.command("apt-get").arg("--version")) {
        bail!("it comes in packages of Debian, and there is no apt-get here");
    }
    let packages = workspace.scratch("debian-packages")?;
    let mut fetch = workspace.command("apt-get");
    fetch.arg("--quiet").arg("download").args(PACKAGES).current_dir(&packages);
    workspace::check(&mut fetch)?;
    // Complete or not at all: it takes its name when all of it is there.
    let unpacked = place.with_extension("part");
    fs::create_dir_all(&unpacked).with_context(|| format!("cannot make {}", unpacked.display()))?;
    for package in fs::read_dir(&packages)? {
        let mut unpack = workspace.command("dpkg");
        workspace::check(unpack.arg("--extract").arg(package?.path()).arg(&unpacked))?;
    }
    fs::rename(&unpacked, &place).with_context(|| format!("cannot make {}", place.display()))?;
    fs::remove_dir_all(&packages)
        .with_context(|| format!("cannot remove {}", packages.display()))?;
    Ok(place)
}

fn script(path: &Path, text: &str) -> Result<()> {
    let failed = || format!("cannot write {}", path.display());
    fs::write(path, text).with_context(failed)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).with_context(failed)
}
