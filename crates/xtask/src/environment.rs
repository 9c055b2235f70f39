//! What `cargo run` leaves in the environment, and how to be rid of it.
//!
//! `cargo xtask` is `cargo run`, which tells the program it starts everything about the package
//! `xtask`. Passed on, that does harm twice: `appctl start` would keep it as the environment
//! of a session for as long as the session lives (a `cargo build` in there would use this
//! repository's toolchain), and a nested Cargo would hand it to build scripts that watch it,
//! so that each would run again whenever the caller changes.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::Command;
use std::{env, iter};

/// Where Cargo puts the directories of shared libraries, on Linux and on macOS.
const LIBRARY_PATHS: [&str; 2] = ["LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"];

/// Who a command is for, since the toolchain means something different to each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum For {
    /// Another Cargo in this repository: it stays with the toolchain that runs us.
    Cargo,
    /// The user's own programs: as if `cargo xtask` had not been there.
    User,
}

/// Takes out of `command`'s environment what `cargo run` put into ours. `programs` is the
/// directory of the program that Cargo started.
pub(crate) fn clean(command: &mut Command, programs: &Path, audience: For) {
    let chosen_by_user =
        env::var_os("RUSTUP_TOOLCHAIN_SOURCE").is_some_and(|source| source == "env");
    for (name, _) in env::vars_os() {
        if is_cargos(&name) || (audience == For::User && is_rustups(&name, chosen_by_user)) {
            command.env_remove(name);
        }
    }
    for name in LIBRARY_PATHS {
        let Some(value) = env::var_os(name) else { continue };
        match without_cargos_libraries(&value, programs) {
            Some(rest) => command.env(name, rest),
            None => command.env_remove(name),
        };
    }
}

/// Set by `cargo run` for the package it runs.
fn is_cargos(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| {
        name.starts_with("CARGO_PKG_")
            || matches!(name, "CARGO" | "CARGO_MANIFEST_DIR" | "CARGO_MANIFEST_PATH")
    })
}

/// Set by the `cargo` of rustup on its way to the real one.
fn is_rustups(name: &OsStr, toolchain_chosen_by_user: bool) -> bool {
    name == "RUST_RECURSION_COUNT"
        || name == "RUSTUP_TOOLCHAIN_SOURCE"
        || (name == "RUSTUP_TOOLCHAIN" && !toolchain_chosen_by_user)
}

/// A library path without the entries that Cargo put in front of it; `None` when nothing else
/// was there.
fn without_cargos_libraries(value: &OsStr, programs: &Path) -> Option<OsString> {
    let entries: Vec<_> = env::split_paths(value).collect();
    // Cargo adds `TOOLCHAIN/lib/rustlib/TRIPLE/lib` and `TOOLCHAIN/lib`.
    let toolchains: Vec<_> = entries
        .iter()
        .filter(|entry| entry.iter().any(|part| part == "rustlib"))
        .flat_map(|entry| iter::once(entry.as_path()).chain(entry.ancestors().nth(3)))
        .collect();
    let kept: Vec<_> = entries
        .iter()
        .filter(|entry| !entry.as_os_str().is_empty())
        .filter(|entry| !entry.starts_with(programs) && !toolchains.contains(&entry.as_path()))
        .collect();
    if kept.is_empty() { None } else { env::join_paths(kept).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_describes_the_package_xtask_goes_and_the_users_own_settings_stay() {
        for name in ["CARGO", "CARGO_MANIFEST_DIR", "CARGO_PKG_NAME", "CARGO_PKG_VERSION_PRE"] {
            assert!(is_cargos(OsStr::new(name)), "{name}");
        }
        for name in ["CARGO_HOME", "CARGO_TARGET_DIR", "CARGO_TERM_COLOR", "PATH", "XCARGO"] {
            assert!(!is_cargos(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn a_toolchain_goes_unless_the_user_chose_it() {
        let name = OsStr::new("RUSTUP_TOOLCHAIN");
        assert!(is_rustups(name, false));
        assert!(!is_rustups(name, true));
        assert!(is_rustups(OsStr::new("RUST_RECURSION_COUNT"), true));
        assert!(!is_rustups(OsStr::new("RUST_BACKTRACE"), false));
        assert!(!is_rustups(OsStr::new("RUSTUP_HOME"), false));
    }

    #[test]
    fn only_cargos_own_library_directories_are_dropped() {
        let programs = Path::new("/src/app/target/debug");
        let cargos = "/src/app/target/debug:/src/app/target/debug/deps:\
                      /opt/rust/lib/rustlib/x86_64-unknown-linux-gnu/lib:/opt/rust/lib";
        assert_eq!(without_cargos_libraries(OsStr::new(cargos), programs), None);
        // An empty entry means the working directory; Cargo never meant that.
        assert_eq!(without_cargos_libraries(OsStr::new(&format!("{cargos}:")), programs), None);
        let mixed = format!("{cargos}:/opt/cuda/lib:/usr/local/lib");
        assert_eq!(
            without_cargos_libraries(OsStr::new(&mixed), programs),
            Some("/opt/cuda/lib:/usr/local/lib".into())
        );
    }
}
