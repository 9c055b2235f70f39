//! Output as it is written, until the run ends.
//!
//! # Invariants
//!
//! 1. Nothing polls: it sleeps until the run's directory changes, the holder speaks or
//!    goes, or a signal arrives.
//! 2. Everything that was written before the end is passed on before the end is told:
//!    after the last sign of life it is read once more.

use std::io;

use app_model::{ExitRecord, SessionId};
use app_sys::places::Places;
use app_sys::poll::{self, Interest};
use app_sys::signals::{Signal, Signals};
use app_sys::watch::DirWatch;
use app_wire::hold::ToHolder;

use crate::hold::Holder;
use crate::record::RunDir;
use crate::report::{Explain, Report};

/// How following ended.
pub(super) enum Followed {
    /// A signal said to leave; the run goes on.
    Left,
    /// The run is over; its record, if there is one.
    Ended(Option<ExitRecord>),
}

/// Why output cannot be followed.
#[derive(Debug, thiserror::Error)]
pub(super) enum FollowError {
    #[error("cannot watch `{}`", .path.display())]
    Watch { path: std::path::PathBuf, source: io::Error },
    #[error("cannot prepare for signals")]
    Signals(#[source] io::Error),
}

impl Explain for FollowError {}

/// Has what the run writes passed on: `pass_on` reads on to the end that there is.
pub(super) fn run(
    places: &Places,
    id: SessionId,
    dir: &RunDir,
    pass_on: &mut dyn FnMut() -> Result<(), Report>,
) -> Result<Followed, Report> {
    let failed = |source| FollowError::Watch { path: dir.path().to_path_buf(), source };
    let leave = [Signal::INT, Signal::TERM, Signal::HUP];
    let mut signals = Signals::new(&leave).map_err(FollowError::Signals)?;
    // Both before the first read, or a change in between is missed.
    let mut watch = DirWatch::new(dir.path()).map_err(failed)?;
    let mut holder = Holder::open(places, id, &ToHolder::Watch).ok();
    loop {
        let over = holder.is_none() || dir.has_ended();
        pass_on()?;
        if over {
            return Ok(Followed::Ended(dir.exit())); // Invariant 2.
        }
        let mut interests = vec![Interest::read(&signals), Interest::read(&watch)];
        interests.extend(holder.as_ref().map(Interest::read));
        poll::wait(&mut interests, None).map_err(failed)?;
        let spoke = interests.get(2).is_some_and(|holder| holder.ready.read);
        if !signals.drain().is_empty() {
            return Ok(Followed::Left);
        }
        watch.drain().map_err(failed)?;
        if spoke {
            holder = holder.take().and_then(still_there);
        }
    }
}

/// Reads what the holder says, only to learn when it is gone.
fn still_there(mut holder: Holder) -> Option<Holder> {
    let open = holder.fill().ok()?;
    while holder.take().ok()?.is_some() {}
    open.then_some(holder)
}
