//! Links a program statically where the system can. For build scripts only.
//!
//! A static program that is not position-independent starts about half a millisecond
//! sooner than a dynamic one (no loader, no relocation, fewer page faults) and its idle
//! copy takes half the memory. `start` runs two programs of ours, and there is a holder
//! per session, so both are worth having. See `docs/decisions/0007`.
//!
//! Cargo has no setting for this that leaves procedural macros alone and keeps the
//! programs in `target/release`. What it does have is linker arguments per program:
//! `-static -no-pie`, and, because the compiler names the shared system libraries, a
//! directory in which those names are linker scripts that lead to the static ones.
//!
//! # Invariants
//!
//! 1. Where a static program cannot be linked (no static C library, another system), a
//!    dynamic one is, and nothing else changes.
//! 2. Only programs are affected: no library, no test, no build script.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The shared libraries that the compiler names for `*-linux-gnu`.
const SHARED: [&str; 7] = ["gcc_s", "c", "m", "rt", "pthread", "util", "dl"];

/// What takes their place, all of it wherever one of them is named.
const STATIC: [&str; 4] = ["libc.a", "libm.a", "libgcc.a", "libgcc_eh.a"];

/// Setting this variable to anything asks for a dynamic program.
const OPT_OUT: &str = "APPCTL_LINK_DYNAMIC";

/// Makes the programs of the package that is being built static, if that can be done.
/// Errors are those of the build directory.
pub fn statically() -> io::Result<()> {
    say(&format!("rerun-if-env-changed={OPT_OUT}"));
    if std::env::var_os(OPT_OUT).is_some() || !is_native_linux_gnu() {
        return Ok(()); // Invariant 1.
    }
    let Some(out) = std::env::var_os("OUT_DIR").map(PathBuf::from) else { return Ok(()) };
    let Some(libraries) = STATIC.iter().map(|name| find(name)).collect::<Option<Vec<_>>>() else {
        return Ok(());
    };
    let script = script(&libraries);
    for name in SHARED {
        std::fs::write(out.join(format!("lib{name}.so")), &script)?;
    }
    if !links(&out)? {
        return Ok(());
    }
    // As an argument, not as Cargo's own search path: that would reach tests as well, which
    // stay dynamic (invariant 2). ld(1) honours it wherever it stands.
    say(&format!("rustc-link-arg-bins=-L{}", out.display()));
    say("rustc-link-arg-bins=-no-pie");
    say("rustc-link-arg-bins=-static");
    Ok(())
}

/// Whether the program is for the kind of system this runs on, and that is Linux with
/// the GNU C library.
fn is_native_linux_gnu() -> bool {
    let variable = |name| std::env::var(name).unwrap_or_default();
    variable("CARGO_CFG_TARGET_OS") == "linux"
        && variable("CARGO_CFG_TARGET_ENV") == "gnu"
        && variable("HOST") == variable("TARGET")
}

/// Where the C compiler finds a library; it repeats the name when it does not.
fn find(name: &str) -> Option<PathBuf> {
    let asked = Command::new("cc").arg(format!("-print-file-name={name}")).output().ok()?;
    let path = PathBuf::from(String::from_utf8(asked.stdout).ok()?.trim());
    path.is_absolute().then_some(path)
}

/// A linker script that stands for all of `libraries` (ld(1), "Implicit Linker Scripts").
fn script(libraries: &[PathBuf]) -> String {
    let paths: Vec<_> = libraries.iter().map(|path| path.display().to_string()).collect();
    format!("GROUP ( {} )\n", paths.join(" "))
}

/// Tries it on the smallest program.
fn links(dir: &Path) -> io::Result<bool> {
    let source = dir.join("try.c");
    std::fs::write(&source, "int main(void) { return 0; }\n")?;
    let tried = Command::new("cc")
        .args(["-static", "-no-pie", "-o"])
        .arg(dir.join("try"))
        .arg(source)
        .arg("-L")
        .arg(dir)
        // As the compiler does: it asks for shared libraries after all.
        .args(["-Wl,-Bdynamic", "-lgcc_s", "-lc"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    Ok(tried.is_ok_and(|status| status.success()))
}

#[expect(clippy::print_stdout, reason = "this is how a build script talks to Cargo")]
fn say(instruction: &str) {
    println!("cargo::{instruction}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_names_every_library() {
        let script = script(&["/a/libc.a".into(), "/b/libgcc.a".into()]);
        assert_eq!(script, "GROUP ( /a/libc.a /b/libgcc.a )\n");
    }

    #[test]
    fn a_library_that_does_not_exist_is_not_found() {
        assert_eq!(find("libsurely-not-there.a"), None);
    }
}
