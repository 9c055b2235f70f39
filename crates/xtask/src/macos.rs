//! `cargo xtask macos`: the programs are type-checked for macOS, on a machine that is none, and
//! those that need nothing but the system's own library are linked.
//!
//! Debian has the sources of Rust's standard library in a package, together with a compiler
//! of the same version, which may build it for any target. The linker is Zig's, which knows
//! every symbol of that library and comes through pip. Both are unpacked into the caches of
//! the user; nothing is installed. Nothing can be run: what is found is what does not compile,
//! and what is called and not there.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

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

/// Linked as well. The daemon is not: it uses frameworks, of which only Apple has the stubs.
const LINKED: [(&str, &str); 2] = [("appctl", "appctl"), ("app-holder", "appd-holder")];

/// Pinned: it is both compiler and linker for C.
const ZIG: &str = "0.17.1";

/// What a Mach-O file of 64 bits begins with, as it lies on disk.
const MACH_O: [u8; 4] = [0xcf, 0xfa, 0xed, 0xfe];

/// Zig's C compiler as one for a Mac, without the words that it does not take. What Rust
/// believes to be a library of its own, libiconv, is part of the system's.
const ZIG_CC: &str = r#"#!/bin/sh
skip=
for word in "$@"; do
    shift
    [ -z "$skip" ] || { skip=; continue; }
    case $word in
        -arch) skip=1 ;;
        -mmacosx-version-min=* | --target=* | -liconv) ;;
        *) set -- "$@" "$word" ;;
    esac
done
exec "@ZIG@" cc -target aarch64-macos "$@"
"#;

const ZIG_AR: &str = r#"#!/bin/sh
exec "@ZIG@" ar "$@"
"#;

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

/// Fetches the compiler, and checks. Then the linker, and links; where that is not to be had,
/// it says so.
pub(crate) fn macos(workspace: &Workspace) -> Result<()> {
    let rust = compiler(workspace).context("a compiler that knows macOS")?;
    check(workspace, &rust)?;
    match zig(workspace) {
        Ok(zig) => link(workspace, &rust, &zig),
        Err(error) => {
            eprintln!("NOT CHECKED: that the programs can be linked for macOS: {error:#}");
            Ok(())
        }
    }
}

fn check(workspace: &Workspace, rust: &Path) -> Result<()> {
    let tools = workspace.scratch("macos-tools")?;
    let (cc, ar) = (tools.join("cc"), tools.join("ar"));
    script(&cc, NO_COMPILER)?;
    script(&ar, NO_ARCHIVER)?;
    let mut cargo = cargo(workspace, rust, "check", "macos");
    cargo.args(PROGRAMS.iter().flat_map(|program| ["--package", program]));
    cargo.env("CC_aarch64_apple_darwin", &cc).env("AR_aarch64_apple_darwin", &ar);
    workspace::check(&mut cargo)
}

fn link(workspace: &Workspace, rust: &Path, zig: &Path) -> Result<()> {
    let tools = workspace.scratch("macos-linker")?;
    let (cc, ar) = (tools.join("cc"), tools.join("ar"));
    let with_zig = |text: &str| text.replace("@ZIG@", &zig.display().to_string());
    script(&cc, &with_zig(ZIG_CC))?;
    script(&ar, &with_zig(ZIG_AR))?;
    let mut cargo = cargo(workspace, rust, "build", "macos-linked");
    for (package, file) in LINKED {
        cargo.args(["--package", package, "--bin", file]);
    }
    cargo.env("CC_aarch64_apple_darwin", &cc).env("AR_aarch64_apple_darwin", &ar);
    cargo.env("CARGO_TARGET_AARCH64_APPLE_DARWIN_LINKER", &cc);
    // There is no SDK; without this, Apple's tools are asked for one.
    cargo.env("SDKROOT", "/").env("CARGO_PROFILE_DEV_DEBUG", "0");
    // Stripping takes a tool that the packages do not have.
    cargo.env("CARGO_PROFILE_DEV_STRIP", "none");
    cargo.env("ZIG_GLOBAL_CACHE_DIR", tools.join("cache"));
    cargo.env("ZIG_LOCAL_CACHE_DIR", tools.join("cache"));
    workspace::check(&mut cargo)?;
    for (_, file) in LINKED {
        let program = workspace.target().join("macos-linked").join(TARGET).join("debug").join(file);
        let bytes =
            fs::read(&program).with_context(|| format!("cannot read {}", program.display()))?;
        if !bytes.starts_with(&MACH_O) {
            bail!("{} is no program for a Mac", program.display());
        }
        println!("linked for macOS: {file}, {} KiB", bytes.len() >> 10);
    }
    Ok(())
}

/// Cargo of that compiler, with the standard library built from its sources.
fn cargo(workspace: &Workspace, rust: &Path, verb: &str, target: &str) -> Command {
    let bin = rust.join("usr/bin");
    let mut cargo = workspace.command(bin.join("cargo"));
    cargo.args([verb, "--locked", "--target", TARGET, "-Zbuild-std=std,panic_abort"]);
    cargo.env("RUSTC", bin.join("rustc")).env("RUSTC_BOOTSTRAP", "1");
    cargo.env("LD_LIBRARY_PATH", rust.join("usr/lib/x86_64-linux-gnu"));
    cargo.env("CARGO_TARGET_DIR", workspace.target().join(target));
    cargo.env("RUSTFLAGS", "-D warnings");
    cargo
}

/// Where Zig is; fetched on first use.
fn zig(workspace: &Workspace) -> Result<PathBuf> {
    let place = tools::cache(workspace).join(format!("zig-{ZIG}"));
    let zig = place.join("ziglang/zig");
    if workspace::answers(workspace.command(&zig).arg("version")) {
        return Ok(zig);
    }
    let part = place.with_extension("part");
    for rest in [&part, &place].into_iter().filter(|rest| rest.exists()) {
        fs::remove_dir_all(rest).with_context(|| format!("cannot empty {}", rest.display()))?;
    }
    let mut pip = workspace.command("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--target"]).arg(&part);
    workspace::output(pip.arg(format!("ziglang=={ZIG}")))?;
    fs::rename(&part, &place).with_context(|| format!("cannot make {}", place.display()))?;
    if !workspace::answers(workspace.command(&zig).arg("version")) {
        bail!("pip succeeded, and {} does not run", zig.display());
    }
    Ok(zig)
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
