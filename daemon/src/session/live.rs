//! What is known of a live session beyond the registry.

use std::sync::Arc;

use app_model::look::Sight;
use app_model::notice::policy::Looking;
use app_model::session::Moment;
use app_model::{Phase, RunNumber};
use app_wire::hold::Status;

/// The facts that change while a run is alive, for lists and for those who wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    /// The run this is about.
    pub run: RunNumber,
    /// What is true of its process.
    pub phase: Phase,
    /// What its holder said last.
    pub status: Option<Status>,
    /// What could be seen of its program last, if looks were asked for and it has a terminal.
    pub look: Option<Arc<Sight>>,
    /// Somebody has seen whether the run is alive: false only while a starting daemon
    /// looks for its holder.
    pub settled: bool,
    /// The run is over, and that is committed.
    pub over: bool,
    /// Since when it is at rest, if it is: on the clock that counts suspend, since boot.
    pub rests_since: Option<Moment>,
}

impl Live {
    /// Nothing is known yet.
    pub fn unknown(run: RunNumber, phase: Phase) -> Self {
        let rests_since = None;
        Self { run, phase, status: None, look: None, settled: false, over: false, rests_since }
    }

    /// Who sees what it shows.
    pub fn looking(&self) -> Looking {
        let said = self.status.as_ref().and_then(|status| status.focused);
        // Holders of older releases say it in their looks.
        let focused = said.or_else(|| self.look.as_ref().and_then(|sight| sight.focused));
        Looking { attached: self.attached(), focused }
    }

    /// Whether its holder says by itself when there was output, a second later at most. Of a
    /// program without a terminal it does not see that.
    pub fn tells_times(&self) -> bool {
        self.status.as_ref().is_some_and(|status| status.size.rows > 0)
    }

    /// Its processes stand still.
    pub fn is_paused(&self) -> bool {
        self.status.as_ref().is_some_and(|status| status.paused)
    }

    /// Terminals that look at it.
    pub fn attached(&self) -> u16 {
        self.status.as_ref().map_or(0, |status| status.attached)
    }
}
