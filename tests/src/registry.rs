//! The registry's file, changed as no program of ours would, while no daemon runs.

use crate::Home;

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
