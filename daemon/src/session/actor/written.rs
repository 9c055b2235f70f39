//! What an actor has written down: starts, stops, ends, and who looks.
//!
//! # Invariants
//!
//! 1. What an answer or an act depends on is waited for until it is committed.

use app_model::{Exit, ExitRecord, RunNumber};
use app_registry::{Planned, RunEnd, RunStart};
use app_sys::{clock, fault, process};
use app_wire::hold::Status;
use tracing::{debug, error, info};

use super::Actor;
use crate::session::end::{commit_end, ended_at};
use crate::session::outside::Outside;

impl<O: Outside> Actor<O> {
    pub(super) async fn write_start(&self, start: RunStart) {
        // Not waited for: whoever asks the registry after this finds it, and if the daemon
        // dies first, the next one finds the holder.
        let id = self.id;
        let posted = self.around.store.post(
            move |registry| {
                registry.run_started(&start)?;
                fault::point("run.start-committed");
                Ok(())
            },
            move |refused| {
                let error = &refused as &dyn std::error::Error;
                error!(session = %id, error, "the start could not be written down");
            },
        );
        if posted.await.is_err() {
            debug!(session = %self.id, "the daemon ends; the next one adopts this run");
        }
    }

    pub(super) async fn write_attached(&self, attached: bool) {
        let (id, at) = (self.id, clock::wall_ms());
        fault::point("attach.seen");
        self.commit("attachment", move |r| r.attached(id, attached, at)).await;
        fault::point("attach.recorded");
    }

    pub(super) async fn write_paused(&self, run: RunNumber, paused: bool) {
        let (id, at) = (self.id, clock::wall_ms());
        self.commit("pause", move |registry| registry.paused(id, run, paused, at)).await;
    }

    pub(super) async fn write_stop(&self, run: RunNumber) {
        let (id, at) = (self.id, clock::wall_ms());
        self.commit("stop", move |registry| registry.stop_asked(id, run, at)).await;
    }

    pub(super) async fn write_end(&self, run: RunNumber, exit: Exit, record: Option<&ExitRecord>) {
        let looking = self.live.borrow().looking();
        let at = clock::wall_ms();
        let end = RunEnd {
            session: self.id,
            run,
            exit,
            ended_at_ms: record.map_or_else(|| ended_at(exit, at), |record| record.ended_at_ms),
            elapsed_ms: record.map(|record| record.elapsed_ms),
            last_line: record.and_then(|record| record.last_line.clone()),
            title: record.map_or_else(String::new, |record| record.title.clone()),
            seen: looking.attached > 0,
            next: Planned::Stay,
        };
        info!(session = %self.id, %run, exit = %exit.reason(), "the run is over");
        commit_end(&self.around, end, looking).await;
    }

    pub(super) async fn commit<F>(&self, what: &str, work: F)
    where
        F: FnOnce(&mut app_registry::Registry) -> Result<(), app_registry::RegistryError>
            + Send
            + 'static,
    {
        if let Err(refused) = self.around.store.with(work).await {
            // The session directory still has the truth; the next start reads it there.
            let error = &refused as &dyn std::error::Error;
            error!(session = %self.id, error, what, "could not be written down");
        }
    }
}

/// The start of a run, as its holder tells it.
pub(super) fn started(status: &Status) -> RunStart {
    let holder = process::Pid::new(status.holder_pid).and_then(process::identity_of);
    RunStart {
        session: status.session,
        run: status.run,
        holder_pid: status.holder_pid,
        holder_start: holder.map_or(0, |holder| holder.start_time),
        child_pid: status.child_pid,
        child_start: status.child_start,
        started_at_ms: status.started_at_ms,
        started_boot_ms: status.started_boot_ms,
    }
}

/// The start of a run of which only the record of its end is left.
pub(super) fn start_of(record: &ExitRecord) -> RunStart {
    RunStart {
        session: record.session,
        run: record.run,
        holder_pid: 0,
        holder_start: 0,
        child_pid: 0,
        child_start: 0,
        started_at_ms: record.started_at_ms,
        started_boot_ms: 0,
    }
}
