//! What goes into the tables and what comes out.

use app_model::notice::policy::When;
use app_model::restart::{Comeback, Due, Next, Plan, Restart};
use app_model::view::Attention;
use app_model::{
    Clocks, Exit, ExitRecord, Kind, OsText, Phase, RunNumber, SessionId, SessionView, Turn,
};
use rusqlite::Row;
use serde::de::DeserializeOwned;

use crate::RegistryError;

/// A session that is about to exist.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Its identity; not in the registry yet.
    pub id: SessionId,
    /// Its name.
    pub name: String,
    /// Whether it stands for itself.
    pub kind: Kind,
    /// The session it belongs to.
    pub parent: Option<SessionId>,
    /// It starts in the background.
    pub background: bool,
    /// The agent's profile.
    pub agent: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// The program and its arguments.
    pub argv: Vec<OsText>,
    /// Where it runs.
    pub cwd: OsText,
    /// It has a terminal.
    pub tty: bool,
    /// When its ends and questions are told.
    pub notify: When,
    /// After which ends it is started again.
    pub restart: Restart,
    /// A person wants to keep it.
    pub pinned: bool,
    /// When, milliseconds since the Unix epoch.
    pub created_at_ms: i64,
    /// The boot during which its first run starts.
    pub boot_id: String,
}

/// The program of a run was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunStart {
    /// Whose.
    pub session: SessionId,
    /// Which run.
    pub run: RunNumber,
    /// The holder's process.
    pub holder_pid: u32,
    /// Its start time, in the kernel's unit.
    pub holder_start: u64,
    /// The program's process.
    pub child_pid: u32,
    /// Its start time, in the kernel's unit.
    pub child_start: u64,
    /// Wall time, milliseconds since the Unix epoch.
    pub started_at_ms: i64,
    /// The same on the clock that counts suspend, milliseconds since boot.
    pub started_boot_ms: u64,
}

/// A run is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunEnd {
    /// Whose.
    pub session: SessionId,
    /// Which run.
    pub run: RunNumber,
    /// How.
    pub exit: Exit,
    /// When, if anybody knows; milliseconds since the Unix epoch.
    pub ended_at_ms: i64,
    /// How long it took, if anybody knows.
    pub elapsed_ms: Option<u64>,
    /// The last line it wrote.
    pub last_line: Option<String>,
    /// The title it had set.
    pub title: String,
    /// Somebody is looking at its end.
    pub seen: bool,
    /// What the session's policy makes of it.
    pub next: Planned,
}

/// What follows the end of a run, with the time at which it is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Planned {
    /// Nothing.
    Stay,
    /// The next run.
    Again {
        /// Which start in a row that is.
        attempt: u32,
        /// When.
        due: Due,
    },
    /// Nothing any more.
    GiveUp {
        /// Starts in a row that did not help.
        attempts: u32,
    },
}

impl Planned {
    /// With the clocks as they are now.
    pub fn of(next: Next, now: &Clocks) -> Self {
        match next {
            Next::Stay => Self::Stay,
            Next::Again { pause, attempt } => Self::Again { attempt, due: Due::after(pause, now) },
            Next::GiveUp { attempts } => Self::GiveUp { attempts },
        }
    }
}

/// A run as its directory tells it, for a registry that is made anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoredRun {
    /// Which run.
    pub run: RunNumber,
    /// How it ended; nothing if its holder has left no record, and may be alive.
    pub record: Option<ExitRecord>,
    /// The boot it belongs to, as far as that can be told: empty for an earlier one.
    pub boot_id: String,
    /// When it began, as far as that can be told, milliseconds since the Unix epoch.
    pub began_at_ms: i64,
}

/// A run of which the registry does not know that it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveRun {
    /// Whose.
    pub session: SessionId,
    /// Which run.
    pub run: RunNumber,
    /// It was asked to end.
    pub stop_asked: bool,
    /// That was to put it to sleep.
    pub sleep_asked: bool,
    /// The boot during which it was asked for.
    pub boot_id: String,
    /// The program's process and its start time, if it was ever started.
    pub child: Option<(u32, u64)>,
    /// The holder's process and its start time, if it ever reported.
    pub holder: Option<(u32, u64)>,
    /// When it started: wall time, milliseconds since the Unix epoch.
    pub started_at_ms: Option<i64>,
    /// When it started, milliseconds since boot.
    pub started_boot_ms: Option<u64>,
}

/// A session with its newest run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// Everything but what only a live holder or the kernel knows.
    pub view: SessionView,
    /// The boot during which the newest run was asked for.
    pub boot_id: String,
    /// When the newest run started, milliseconds since boot.
    pub started_boot_ms: Option<u64>,
    /// Somebody has looked at its end.
    pub seen: bool,
    /// When its ends and questions are told.
    pub notify: When,
    /// When it is to be started again.
    pub due: Option<Due>,
    /// The newest run was put to sleep, or is about to be.
    pub sleep_asked: bool,
    /// The conversation that its next run goes on with.
    pub goes_on: Option<String>,
}

/// The columns that [`session_row`] reads, in its order.
pub(crate) const SESSION_COLUMNS: &str = "
    s.id, s.name, s.kind, s.parent, s.background, s.agent, s.model, s.argv, s.cwd, s.tty,
    s.tags, s.pinned, s.created_at, s.seen, s.run,
    r.phase, r.boot_id, r.stop_asked, r.holder_pid, r.child_pid, r.started_at, r.started_boot,
    r.ended_at, r.elapsed_ms, r.exit, r.last_line, r.title, s.conversation, s.turn, s.attention,
    s.attention_since,
    (SELECT count(*) FROM task t INDEXED BY task_live WHERE t.session = s.id AND t.ended_at IS NULL)
        + (SELECT count(*) FROM session c JOIN run cr ON cr.session = c.id AND cr.run = c.run
           WHERE c.parent = s.id AND cr.exit IS NULL),
    s.notify, s.restart, s.restart_attempts, s.restart_gave_up, s.restart_wall, s.restart_boot,
    s.restart_boot_id, r.sleep_asked, s.goes_on";

/// Reads [`SESSION_COLUMNS`].
pub(crate) fn session_row(row: &Row<'_>) -> Result<SessionRow, RegistryError> {
    let exit = match row.get::<_, Option<String>>(24)? {
        Some(text) => Some(json::<Exit>("exit", &text)?),
        None => None,
    };
    let live = exit.is_none();
    let view = SessionView {
        id: SessionId(row.get(0)?),
        name: row.get(1)?,
        kind: word("kind", &row.get::<_, String>(2)?)?,
        parent: row.get::<_, Option<u32>>(3)?.map(SessionId),
        background: row.get(4)?,
        agent: row.get(5)?,
        model: row.get(6)?,
        argv: json("argv", &row.get::<_, String>(7)?)?,
        cwd: json("cwd", &row.get::<_, String>(8)?)?,
        tty: row.get(9)?,
        tags: json("tags", &row.get::<_, String>(10)?)?,
        pinned: row.get(11)?,
        created_at_ms: row.get(12)?,
        run: RunNumber(row.get(14)?),
        phase: word::<Phase>("phase", &row.get::<_, String>(15)?)?,
        stop_asked: row.get(17)?,
        holder_pid: row.get::<_, Option<u32>>(18)?.filter(|_| live),
        pid: row.get::<_, Option<u32>>(19)?.filter(|_| live),
        started_at_ms: row.get(20)?,
        ended_at_ms: row.get(22)?,
        elapsed_ms: row.get(23)?,
        exit,
        last_line: row.get(25)?,
        title: row.get(26)?,
        attached: 0,
        turn: if live { word("turn", &row.get::<_, String>(28)?)? } else { Turn::Unknown },
        attention: row
            .get::<_, Option<String>>(29)?
            .zip(row.get(30)?)
            .map(|(why, since_ms)| Attention { why, since_ms }),
        conversation: row.get(27)?,
        live_tasks: row.get(31)?,
        last_output_at_ms: None,
        usage: None,
        limits: None,
        scope: None,
        trust: None,
        dir: OsText::default(),
        comeback: Comeback {
            policy: Restart::of_word(&row.get::<_, String>(33)?),
            attempts: row.get(34)?,
            plan: if row.get(35)? { Plan::GaveUp } else { Plan::Nothing },
        },
    };
    Ok(SessionRow {
        view,
        seen: row.get(13)?,
        notify: When::of_word(&row.get::<_, String>(32)?),
        boot_id: row.get(16)?,
        started_boot_ms: row.get(21)?,
        due: due(row, 36)?,
        sleep_asked: row.get(39)?,
        goes_on: row.get(40)?,
    })
}

/// Three columns that say when something is due.
pub(crate) fn due(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<Due>> {
    let Some(wall_ms) = row.get(first)? else { return Ok(None) };
    Ok(Some(Due(Clocks { wall_ms, boot_ms: row.get(first + 1)?, boot_id: row.get(first + 2)? })))
}

/// A value that stands as JSON in a column.
pub(crate) fn json<T: DeserializeOwned>(
    column: &'static str,
    text: &str,
) -> Result<T, RegistryError> {
    serde_json::from_str(text)
        .map_err(|_| RegistryError::BadValue { column, value: text.to_owned() })
}

/// A value of an enumeration, which stands as its word.
pub(crate) fn word<T: DeserializeOwned>(
    column: &'static str,
    text: &str,
) -> Result<T, RegistryError> {
    json(column, &format!("\"{text}\""))
        .map_err(|_| RegistryError::BadValue { column, value: text.to_owned() })
}

/// A value as JSON, for a column.
pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("model types have only string keys")
}
