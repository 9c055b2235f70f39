//! The registry's file, changed as no program of ours would, while no daemon runs.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::Home;

/// What the first release left: `tests/data/README.md` says what is in it.
pub fn first_release() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/state-0.1.0")
}

/// Gives the home a copy of the state that an earlier release left, as the programs demand
/// it: so that nobody else can read it.
///
/// # Panics
/// When it cannot be copied.
pub fn use_state(home: &Home, state: &Path) {
    copy_privately(state, &home.state_dir());
}

fn copy_privately(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::Permissions::from_mode(0o700)).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let copy = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_privately(&entry.path(), &copy);
        } else {
            fs::copy(entry.path(), &copy).unwrap();
            fs::set_permissions(&copy, fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
}

/// Has everything that ended have ended forty days ago.
pub fn grow_old(home: &Home) {
    home.appctl(["daemon", "stop"]).ok();
    let long_ago = "(strftime('%s', 'now') - 40 * 86400) * 1000";
    execute(home, &format!("UPDATE run SET ended_at = {long_ago} WHERE exit IS NOT NULL;"));
}

/// Runs SQL statements on it, through Python's SQLite: nothing of ours is between.
///
/// # Panics
/// When they fail.
#[track_caller]
pub fn execute(home: &Home, sql: &str) {
    let script = "import sqlite3, sys\n\
                  db = sqlite3.connect(sys.argv[1])\n\
                  db.executescript(sys.argv[2])\n\
                  db.close()";
    let mut python = home.command("/usr/bin/python3");
    python.args(["-c", script]).arg(home.state_dir().join("registry.db")).arg(sql);
    crate::home::run(python, b"").ok();
}

/// Has every run belong to an earlier boot of the machine, as after a restart of it.
#[track_caller]
pub fn reboot(home: &Home) {
    execute(home, "UPDATE run SET boot_id = 'an earlier boot' WHERE exit IS NULL;");
}
