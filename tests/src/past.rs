//! Thousands of sessions that ended long ago, made without running them.

use std::fs;
use std::path::Path;

use crate::{Home, registry};

/// Lets a home look as if `count` more sessions had ended in it. Ends its daemon.
///
/// The first one really runs: the others are what it left, under other numbers.
#[track_caller]
pub fn add(home: &Home, count: u32) {
    let first = home.start_sh("past", "echo done; exit 3");
    first.wait_over();
    home.appctl(["seen", "-q"]);
    home.appctl(["daemon", "stop"]).ok();
    let sessions = home.state_dir().join("sessions");
    for number in 1..=count {
        copy(&sessions.join(&first.id), &sessions.join(id(number)), (&first.id, &id(number)));
    }
    registry::execute(home, &rows(&first.id, count));
}

fn id(number: u32) -> String {
    format!("{number:08x}")
}

/// A session's directory under another number.
fn copy(from: &Path, to: &Path, (old, new): (&str, &str)) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to, (old, new));
            continue;
        }
        let bytes = fs::read(entry.path()).unwrap();
        match String::from_utf8(bytes) {
            Ok(text) => fs::write(to, text.replace(old, new)).unwrap(),
            Err(binary) => fs::write(to, binary.as_bytes()).unwrap(),
        }
    }
}

/// The rows of the first one, as often as there are to be sessions, each a second older.
fn rows(first: &str, count: u32) -> String {
    let numbers =
        format!("WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n LIMIT {count})");
    let all = |table: &str, columns: &str, values: &str, key: &str| {
        format!(
            "INSERT INTO {table} ({columns}) {numbers} SELECT {values} FROM n, {table} \
             WHERE {table}.{key} = 0x{first};"
        )
    };
    [
        format!("UPDATE session SET seen = 1 WHERE id = 0x{first};"),
        all(
            "session",
            "id, name, kind, background, argv, cwd, tty, created_at, used_at, seen, run",
            "i, 'past-' || i, kind, background, argv, cwd, tty, created_at - 1000 * i, \
             used_at - 1000 * i, 1, run",
            "id",
        ),
        all(
            "run",
            "session, run, phase, boot_id, asked_at, started_at, ended_at, elapsed_ms, exit",
            "i, run, phase, boot_id, asked_at, started_at, ended_at - 1000 * i, elapsed_ms, exit",
            "session",
        ),
    ]
    .concat()
}
