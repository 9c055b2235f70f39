//! What is known of a live session beyond the registry.

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
    /// Somebody has seen whether the run is alive: false only while a starting daemon
    /// looks for its holder.
    pub settled: bool,
    /// The run is over, and that is committed.
    pub over: bool,
}

impl Live {
    /// Nothing is known yet.
    pub fn unknown(run: RunNumber, phase: Phase) -> Self {
        Self { run, phase, status: None, settled: false, over: false }
    }

    /// Terminals that look at it.
    pub fn attached(&self) -> u16 {
        self.status.as_ref().map_or(0, |status| status.attached)
    }
}
