//! Telling a person what happened, by the first channel that takes it.
//!
//! ```text
//!  what happened ──► Teller::judge ──► registry (row) ──► sender ──► desktop │ command
//!  (actor, facts)     (model policy)                        │         │ webhook
//!                                                           │         │ terminals
//!                                                           └──► registry (what became of it)
//! ```
//!
//! Everything that can be worth telling comes in by [`happened`], but for the end of a
//! run, whose notice is committed together with the end itself.
//!
//! # Invariants
//!
//! 1. The row is committed before anything is shown and claimed before it is shown, so a
//!    notice is shown at most once whatever dies in between. What became of it is written
//!    down after.
//! 2. A channel that hangs, or is not there, delays its own notice and nothing else: each
//!    has a limit of its own, and several are under way at once.
//! 3. Settings are looked at when they are used: one `stat`, and nothing that watches.

mod channels;
mod command;
mod desktop;
#[cfg(not(target_os = "macos"))]
mod open;
mod rollup;
mod sender;
mod settings;
mod terminal;
mod webhook;

use std::path::Path;
use std::sync::Arc;

use app_model::notice::What;
use app_model::notice::policy::{Looking, Situation, Verdict, decide};
use app_model::settings::{Rollup, Settings};
use app_model::{RunNumber, SessionId};
use app_registry::{NewNotice, SessionRow};
use app_sys::clock;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::{Notify, mpsc};
use tracing::{debug, error, warn};

pub use channels::{Channels, test};
pub use rollup::{Rollups, run as roll_up};
pub use sender::run;
pub use settings::SettingsFile;

use crate::store::Store;

/// Something happened to a session, or inside it.
#[derive(Clone, Debug)]
pub struct Happened {
    /// To which one.
    pub session: SessionId,
    /// During this run.
    pub run: RunNumber,
    /// What.
    pub what: What,
    /// Who looks.
    pub looking: Looking,
}

/// Takes note of what is worth telling. A cheap, cloneable handle.
#[derive(Clone, Debug)]
pub struct Teller {
    due: Arc<Notify>,
    settings: Arc<SettingsFile>,
    channels: Arc<Channels>,
    rollups: mpsc::Sender<SessionId>,
}

impl Teller {
    /// Reads the settings from this file, whenever they are needed. What comes out of the
    /// other end is for [`roll_up`].
    pub fn new(settings: &Path) -> (Self, Rollups) {
        let (rollups, receiver) = mpsc::channel(rollup::WAITING);
        let this = Self {
            due: Arc::new(Notify::new()),
            settings: Arc::new(SettingsFile::new(settings)),
            channels: Arc::new(Channels::default()),
            rollups,
        };
        (this, receiver)
    }

    /// Whether ends of tasks with this profile are told all together. Blocks for a look at
    /// the settings.
    pub fn rolls_up(&self, agent: Option<&str>) -> bool {
        self.settings().notify.for_agent(agent).rollup == Rollup::Parent
    }

    /// A task of this session has ended, and is to be told together with the others.
    pub fn task_ended(&self, parent: SessionId) {
        if self.rollups.try_send(parent).is_err() {
            // Its end is on record; only the bubble is missing.
            warn!(session = %parent, "too many tasks end at once; some are not told");
        }
    }

    /// The notice about what happened, if it gives one. Blocks for a look at the settings:
    /// for the registry's thread.
    pub fn judge(&self, row: &SessionRow, happened: &Happened) -> Option<NewNotice> {
        let view = &row.view;
        let settings = self.settings.current().notify.for_agent(view.agent.as_deref());
        let situation = Situation {
            name: &view.name,
            cwd: &view.cwd.shown(),
            is_task: view.parent.is_some(),
            when: row.notify,
            looking: happened.looking,
            minute: minute_of_day(clock::wall_ms()),
        };
        let (notice, held) = match decide(&happened.what, &situation, &settings) {
            Verdict::Tell(notice) => (notice, None),
            Verdict::Keep(notice, held) => (notice, Some(held.to_string())),
            Verdict::Nothing(why) => {
                debug!(session = %view.id, kind = happened.what.kind().word(), %why, "not told");
                return None;
            }
        };
        Some(NewNotice {
            session: view.id,
            run: happened.run,
            name: view.name.clone(),
            notice,
            held,
        })
    }

    /// The settings as they are now. Blocks for a look at the file.
    pub fn settings(&self) -> Arc<Settings> {
        self.settings.current()
    }

    /// A notice may be due.
    pub fn wake(&self) {
        self.due.notify_one();
    }

    /// Waits until a notice may be due.
    pub async fn woken(&self) {
        self.due.notified().await;
    }
}

/// Something happened: it is written down, and told if it is to be. Not for the end of a
/// run, which [`commit_end`](crate::session::end::commit_end) tells.
pub async fn happened(store: &Store, teller: &Teller, happened: Happened) {
    let (judge, id, at) = (teller.clone(), happened.session, clock::wall_ms());
    let written = store
        .with(move |registry| {
            let Some(row) = registry.session(id)? else { return Ok(false) };
            let Some(notice) = judge.judge(&row, &happened) else { return Ok(false) };
            registry.insert_notice(&notice, at)?;
            Ok(true)
        })
        .await;
    match written {
        Ok(true) => teller.wake(),
        Ok(false) => {}
        Err(refused) => {
            let error = &refused as &dyn std::error::Error;
            error!(session = %id, error, "a notice could not be written down");
        }
    }
}

/// The time of the day in this place.
fn minute_of_day(at_ms: i64) -> u16 {
    let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    let here = at.to_zoned(TimeZone::system());
    let part = |number: i8| u16::try_from(number).unwrap_or(0);
    part(here.hour()) * 60 + part(here.minute())
}
