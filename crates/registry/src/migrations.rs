//! The form of the database, as a list that only grows.
//!
//! `PRAGMA user_version` counts the entries that were applied. An entry that was
//! released is never changed: databases made by it exist.

use rusqlite::{Connection, TransactionBehavior};

/// Every form the database ever had, each from the one before.
pub(crate) const LIST: &[&str] = &[FIRST];

const FIRST: &str = "
CREATE TABLE session (
    id          INTEGER PRIMARY KEY,
    name        TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    parent      INTEGER,
    background  INTEGER NOT NULL,
    agent       TEXT,
    model       TEXT,
    argv        TEXT    NOT NULL,
    cwd         TEXT    NOT NULL,
    tty         INTEGER NOT NULL,
    tags        TEXT    NOT NULL DEFAULT '[]',
    pinned      INTEGER NOT NULL DEFAULT 0,
    created_at  INTEGER NOT NULL,
    used_at     INTEGER NOT NULL,
    -- 0 while it is live or nobody has looked at its end.
    seen        INTEGER NOT NULL DEFAULT 0,
    -- The newest run.
    run         INTEGER NOT NULL
) STRICT;
CREATE INDEX session_unseen ON session (created_at DESC) WHERE seen = 0;
CREATE INDEX session_created ON session (created_at DESC);
CREATE INDEX session_used ON session (used_at DESC);
CREATE INDEX session_name ON session (name);

CREATE TABLE run (
    session       INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    run           INTEGER NOT NULL,
    phase         TEXT    NOT NULL,
    boot_id       TEXT    NOT NULL,
    stop_asked    INTEGER NOT NULL DEFAULT 0,
    asked_at      INTEGER NOT NULL,
    holder_pid    INTEGER,
    holder_start  INTEGER,
    child_pid     INTEGER,
    child_start   INTEGER,
    started_at    INTEGER,
    started_boot  INTEGER,
    ended_at      INTEGER,
    elapsed_ms    INTEGER,
    exit          TEXT,
    last_line     TEXT,
    title         TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (session, run)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_live ON run (session) WHERE exit IS NULL;

CREATE TABLE event (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    at       INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    session  INTEGER,
    data     TEXT    NOT NULL
) STRICT;

CREATE TABLE notice (
    session     INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    run         INTEGER NOT NULL,
    title       TEXT    NOT NULL,
    body        TEXT    NOT NULL,
    failed      INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    -- Set before it is shown: a notice that has this is never shown again.
    claimed_at  INTEGER,
    outcome     TEXT,
    PRIMARY KEY (session, run)
) STRICT, WITHOUT ROWID;
CREATE INDEX notice_due ON notice (created_at) WHERE claimed_at IS NULL;

-- Sessions that are gone from here, whose directories may still be there.
CREATE TABLE tombstone (
    session  INTEGER PRIMARY KEY
) STRICT;
";

/// How many entries of [`LIST`] the database has been through.
pub(crate) fn version(db: &Connection) -> rusqlite::Result<usize> {
    db.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Brings a database of form `found` to the newest one, all or nothing.
pub(crate) fn run(db: &mut Connection, found: usize) -> rusqlite::Result<()> {
    if found == LIST.len() {
        return Ok(());
    }
    let transaction = db.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    // Another daemon may have been quicker.
    let found = version(&transaction)?;
    for migration in LIST.iter().skip(found) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", LIST.len())?;
    transaction.commit()
}
