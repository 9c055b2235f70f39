//! What a session's actor may do to the world, and what it may see of it.
//!
//! The actor knows nothing else, so a test can play the holder.

use std::sync::Arc;
use std::time::Duration;

use app_model::look::Sight;
use app_model::{Exit, ExitRecord, RunNumber};
use app_wire::hold::{LaunchFailed, Status};

/// The acts. None of them waits; what comes of them is seen later.
pub trait Outside: Send + 'static {
    /// Start a holder for this run.
    fn launch(&mut self, run: RunNumber);
    /// Tell the holder to end the run: ask, wait, insist.
    fn stop(&mut self, grace: Duration);
    /// End the run at once.
    fn kill(&mut self);
    /// Ask for a fresh status.
    fn refresh(&mut self);
    /// Let go of all terminals.
    fn detach_all(&mut self);
    /// Have the run's processes stand still.
    fn pause(&mut self);
    /// Have them go on.
    fn go_on(&mut self);
    /// Have this run and those that follow looked at: what can be seen of them is seen at
    /// once and whenever it changes.
    fn watch_looks(&mut self);
}

/// The sights.
#[derive(Clone, Debug)]
pub enum Seen {
    /// The holder says this of the run. The first time it means that the program runs.
    Status(Box<Status>),
    /// What can be seen of the program.
    Look(Arc<Sight>),
    /// The program could not be started.
    LaunchFailed(LaunchFailed),
    /// There is no holder and never was one: nothing was started.
    NeverStarted,
    /// The run is over.
    Over {
        /// How it ended.
        exit: Exit,
        /// What its holder wrote down, if it did.
        record: Option<Box<ExitRecord>>,
    },
}
