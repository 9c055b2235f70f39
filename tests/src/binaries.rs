//! Where the programs under test are.

use std::env;
use std::path::PathBuf;

/// Names another directory with the three programs, say those of a release build.
pub const DIR_VARIABLE: &str = "APPCTL_TEST_BIN_DIR";

/// The programs that must be there: a session needs all of them.
pub const PROGRAMS: [&str; 3] = ["appctl", "appd", "appd-holder"];

/// The directory of the programs under test.
///
/// # Panics
/// When one of them is missing: a test that did not run is not a test that passed.
pub fn dir() -> PathBuf {
    let dir = match env::var_os(DIR_VARIABLE).filter(|dir| !dir.is_empty()) {
        Some(dir) => std::path::absolute(dir).unwrap(),
        None => beside_the_test(),
    };
    for program in PROGRAMS {
        let path = dir.join(program);
        assert!(
            path.is_file(),
            "`{}` is missing; build them first: cargo xtask test",
            path.display()
        );
    }
    dir
}

/// Cargo puts a program of this package beside them, and a test into `deps/` below.
fn beside_the_test() -> PathBuf {
    let program = env::current_exe().unwrap();
    let dir = program.parent().unwrap();
    if dir.ends_with("deps") { dir.parent().unwrap().to_path_buf() } else { dir.to_path_buf() }
}

/// A program that a test needs from the machine.
///
/// # Panics
/// When it is not installed.
pub fn installed(program: &str) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain([PathBuf::from("/usr/bin"), PathBuf::from("/bin")])
        .map(|dir| dir.join(program))
        .find(|candidate| candidate.is_file())
        .unwrap_or_else(|| panic!("`{program}` is not installed; cargo xtask test installs it"))
}
