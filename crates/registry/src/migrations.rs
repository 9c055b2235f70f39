//! The form of the database, as a list that only grows.
//!
//! `PRAGMA user_version` counts the entries that were applied. An entry that was
//! released is never changed: databases made by it exist.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::OpenError;

/// Every form the database ever had, each from the one before.
pub(crate) const LIST: &[&str] = &[FIRST, TASKS_AND_FACTS, NUMBERED_NOTICES, COMEBACK, GOING_ON];

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

const TASKS_AND_FACTS: &str = "
ALTER TABLE session ADD COLUMN conversation TEXT;
-- When its end and its questions are told: auto, always, never.
ALTER TABLE session ADD COLUMN notify TEXT NOT NULL DEFAULT 'auto';
-- What is believed of its agent, and all that it rests on, as JSON.
ALTER TABLE session ADD COLUMN turn TEXT NOT NULL DEFAULT 'unknown';
ALTER TABLE session ADD COLUMN attention TEXT;
ALTER TABLE session ADD COLUMN attention_since INTEGER;
ALTER TABLE session ADD COLUMN facts TEXT;
CREATE INDEX session_parent ON session (parent) WHERE parent IS NOT NULL;
CREATE INDEX session_conversation ON session (conversation) WHERE conversation IS NOT NULL;

-- Work inside an agent that is only heard of.
CREATE TABLE task (
    session     INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    source      TEXT    NOT NULL,
    ext         TEXT    NOT NULL,
    run         INTEGER NOT NULL,
    label       TEXT    NOT NULL,
    model       TEXT,
    boot_id     TEXT    NOT NULL,
    began_at    INTEGER NOT NULL,
    began_boot  INTEGER NOT NULL,
    ended_at    INTEGER,
    elapsed_ms  INTEGER,
    outcome     TEXT,
    summary     TEXT,
    -- Of the newest report that was believed.
    generation  INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    PRIMARY KEY (session, source, ext)
) STRICT, WITHOUT ROWID;
CREATE INDEX task_live ON task (session) WHERE ended_at IS NULL;
CREATE INDEX task_began ON task (began_at DESC);
";

/// Notices with a number, of any kind, as plain text. What was escaped for a desktop is
/// taken back; an end that was looked at counts as told.
const NUMBERED_NOTICES: &str = "
CREATE TABLE notice_numbered (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    session     INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    run         INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    -- The session's, then.
    name        TEXT    NOT NULL,
    title       TEXT    NOT NULL,
    body        TEXT    NOT NULL,
    failed      INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    -- Set before it is shown: a notice that has this is never shown again.
    claimed_at  INTEGER,
    -- What took it.
    channel     TEXT,
    -- sent, failed, held; nothing until it is known.
    outcome     TEXT,
    -- Why it reached nobody.
    why         TEXT,
    seen        INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO notice_numbered
    (session, run, kind, name, title, body, failed, created_at, claimed_at, channel, outcome,
     seen)
SELECT n.session, n.run, iif(n.failed, 'failed', 'finished'), s.name, n.title,
       replace(replace(replace(replace(replace(n.body, '&lt;', '<'), '&gt;', '>'),
           '&quot;', '\"'), '&#39;', ''''), '&amp;', '&'),
       n.failed, n.created_at, n.claimed_at, iif(n.outcome = 'sent', 'desktop', NULL), n.outcome,
       max(s.seen, n.outcome IS 'sent')
FROM notice n JOIN session s ON s.id = n.session ORDER BY n.created_at, n.session;
DROP TABLE notice;
ALTER TABLE notice_numbered RENAME TO notice;
CREATE INDEX notice_due ON notice (number) WHERE claimed_at IS NULL;
CREATE INDEX notice_unseen ON notice (number) WHERE seen = 0;
CREATE INDEX notice_session ON notice (session);
";

/// Sessions that come back by themselves, and runs that were put to sleep.
const COMEBACK: &str = "
-- After which ends it is started again: never, on-failure, on-boot, always.
ALTER TABLE session ADD COLUMN restart TEXT NOT NULL DEFAULT 'never';
-- Starts in a row that nobody asked for.
ALTER TABLE session ADD COLUMN restart_attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN restart_gave_up INTEGER NOT NULL DEFAULT 0;
-- When the next one is due, on both clocks; all three or none.
ALTER TABLE session ADD COLUMN restart_wall INTEGER;
ALTER TABLE session ADD COLUMN restart_boot INTEGER;
ALTER TABLE session ADD COLUMN restart_boot_id TEXT;
CREATE INDEX session_restart ON session (id) WHERE restart_wall IS NOT NULL;
-- It was asked to end because nobody used it.
ALTER TABLE run ADD COLUMN sleep_asked INTEGER NOT NULL DEFAULT 0;
-- What may be pruned, oldest end first.
CREATE INDEX run_ended ON run (ended_at) WHERE exit IS NOT NULL;
";

/// Sessions that go on where they were.
const GOING_ON: &str = "
-- The conversation that its next run goes on with, once its agent has answered in one.
ALTER TABLE session ADD COLUMN goes_on TEXT;
";

/// How many entries of [`LIST`] the database has been through.
pub(crate) fn version(db: &Connection) -> rusqlite::Result<usize> {
    db.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// What a database goes through on its way to the newest form.
pub mod steps {
    /// It is nobody else's from here on.
    pub const BEGUN: &str = "migration.begun";
    /// One entry of the list was applied, and is not committed.
    pub const APPLIED: &str = "migration.applied";
    /// Everything is in place but for the commit.
    pub const NOT_COMMITTED: &str = "migration.not-committed";
    /// It has the newest form.
    pub const COMMITTED: &str = "migration.committed";
}

/// Brings the database to the newest form, all or nothing. One that has none yet is given
/// its content by `fill`. `passed` hears of each of the [`steps`].
pub(crate) fn run(
    db: &mut Connection,
    path: &Path,
    fill: impl FnOnce(&Connection) -> Result<(), OpenError>,
    passed: impl Fn(&'static str),
) -> Result<(), OpenError> {
    let failed = OpenError::of(path);
    if version(db).map_err(&failed)? == LIST.len() {
        return Ok(());
    }
    let begun = db.transaction_with_behavior(TransactionBehavior::Exclusive);
    let transaction = begun.map_err(&failed)?;
    // Another daemon may have been quicker.
    let found = version(&transaction).map_err(&failed)?;
    passed(steps::BEGUN);
    for migration in LIST.iter().skip(found) {
        transaction.execute_batch(migration).map_err(&failed)?;
        passed(steps::APPLIED);
    }
    if found == 0 {
        fill(&transaction)?;
    }
    transaction.pragma_update(None, "user_version", LIST.len()).map_err(&failed)?;
    passed(steps::NOT_COMMITTED);
    transaction.commit().map_err(&failed)?;
    passed(steps::COMMITTED);
    Ok(())
}
