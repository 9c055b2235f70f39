//! The actor of one live session: takes what is asked and what is seen, lets
//! [`app_model::session`] decide, and carries out the effects.
//!
//! # Invariants
//!
//! 1. What must survive is committed before it is acted on: the stop before the signal,
//!    the end before anybody who waits for it hears of it.
//! 2. An actor whose run is over takes no more requests. Those that are still in its
//!    inbox are dropped, and their senders ask the supervisor again.

use app_model::notice::What;
use app_model::session::{Desired, Effect, Input, Moment, Observation, Session};
use app_model::{Exit, Lost, Phase, RunNumber, SessionId};
use app_registry::{LiveRun, Planned};
use app_sys::{clock, fault};
use app_wire::hold::Status;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::Instant;
use tracing::{debug, error, info, warn};

use crate::clocks::{clocks, wake};
use crate::disk::Disk;
use crate::notify::Teller;
use crate::profiles::KnownProfiles;
use crate::scope::Scopes;
use crate::session::handle::{Request, SessionHandle, UpAnswer, UpError, UpOutcome};
use crate::session::live::Live;
use crate::session::mind::Mind;
use crate::session::outside::{Outside, Seen};
use crate::store::Store;

mod beginning;
mod belief;
mod refreshes;
mod rest;
mod written;

use beginning::{beginning, by, falls_asleep, phase_of};
use refreshes::Refreshes;
use written::{start_of, started};

/// Requests that may wait for one session.
const INBOX: usize = 64;

/// What may wait to be seen of one holder.
pub const SIGHTS: usize = 64;

/// How the life of an actor begins.
#[derive(Clone, Debug)]
pub enum Begin {
    /// The session's first run, already in the registry.
    First,
    /// A run after one that ended.
    Next {
        /// Its number.
        run: RunNumber,
        /// How the one before ended.
        last: Option<Exit>,
        /// Who wants it.
        by: By,
    },
    /// A run that was alive when the last daemon was.
    Adopt(LiveRun),
}

/// Who wants a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// A person, or a program of theirs.
    Person,
    /// The session's policy: only if it is still planned.
    Policy,
}

/// What an actor needs from the rest of the daemon.
#[derive(Clone, Debug)]
pub struct Around {
    /// The registry.
    pub store: Store,
    /// What tells a person.
    pub notices: Teller,
    /// What is known of agents.
    pub profiles: KnownProfiles,
    /// What puts runs into scopes.
    pub scopes: Scopes,
    /// Woken when a run has been planned.
    pub planned: std::sync::Arc<Notify>,
    /// Woken when a session has come to rest.
    pub resting: std::sync::Arc<Notify>,
    /// What brings things to the disk.
    pub disk: Disk,
}

/// The actor.
pub struct Actor<O> {
    id: SessionId,
    first: bool,
    by: By,
    session: Session,
    /// What an adopted run needs first.
    at_once: Vec<Effect>,
    outside: O,
    around: Around,
    inbox: mpsc::Receiver<Request>,
    seen: mpsc::Receiver<Seen>,
    live: watch::Sender<Live>,
    born: Instant,
    wake_at: Option<Instant>,
    mind: Mind,
    /// When the mind wants to be woken.
    think_at: Option<Instant>,
    /// An earlier daemon knew this run.
    adopted: bool,
    /// Its start is written down.
    start_known: bool,
    /// It is put to sleep: that it was asked to end is written down already.
    falls_asleep: bool,
    waiting_up: Vec<UpAnswer>,
    refreshes: Refreshes,
    /// Why the run could not be started, until those who asked are told.
    failure: Option<UpError>,
}

impl<O: Outside> Actor<O> {
    /// An actor and the handle to it; [`Actor::run`] brings it to life.
    pub fn new(
        id: SessionId,
        begin: &Begin,
        outside: O,
        seen: mpsc::Receiver<Seen>,
        around: Around,
    ) -> (Self, SessionHandle) {
        let (session, live, at_once) = beginning(begin);
        let (sender, inbox) = mpsc::channel(INBOX);
        let (live, receiver) = watch::channel(live);
        let mind = Mind::new(around.profiles.now());
        let actor = Self {
            id,
            first: matches!(begin, Begin::First),
            by: by(begin),
            session,
            at_once,
            outside,
            around,
            inbox,
            seen,
            live,
            born: Instant::now(),
            wake_at: None,
            mind,
            think_at: None,
            adopted: matches!(begin, Begin::Adopt(_)),
            start_known: matches!(begin, Begin::Adopt(live) if live.started_at_ms.is_some()),
            falls_asleep: falls_asleep(begin),
            waiting_up: Vec::new(),
            refreshes: Refreshes::default(),
            failure: None,
        };
        (actor, SessionHandle::new(id, sender, receiver))
    }

    /// Lives until the run is over, or until nobody can ask for one any more. Says whose
    /// actor it was.
    pub async fn run(mut self: Box<Self>) -> SessionId {
        let at_once = std::mem::take(&mut self.at_once);
        Box::pin(self.carry_out(at_once)).await;
        loop {
            // Every branch is cancel-safe: `recv` and `sleep_until` lose nothing when
            // another branch wins. What follows is boxed: an actor is kept for as long as its
            // session, and mostly waits.
            tokio::select! {
                // What already happened comes before what someone would like.
                biased;
                Some(seen) = self.seen.recv() => Box::pin(self.see(seen)).await,
                request = self.inbox.recv() => match request {
                    Some(request) => Box::pin(self.answer(request)).await,
                    None => break,
                },
                () = wake(self.wake_at) => {
                    self.wake_at = None;
                    Box::pin(self.step(Input::Woke)).await;
                }
                () = wake(self.think_at) => Box::pin(self.think()).await,
            }
            self.note_rest();
            if self.live.borrow().over {
                break;
            }
        }
        self.inbox.close(); // Invariant 2.
        debug!(session = %self.id, "the session's actor ends");
        self.id
    }

    async fn answer(&mut self, request: Request) {
        match request {
            Request::Up(done) => {
                if let Some(run) = self.session.live_run()
                    && self.live.borrow().phase != Phase::Starting
                {
                    // Who asked may be gone.
                    drop(done.send(Ok(UpOutcome::WasLive(run))));
                    return;
                }
                self.waiting_up.push(done);
                self.step(Input::Asked(Desired::Up)).await;
            }
            Request::Down { grace, done } => {
                self.falls_asleep = false;
                self.step(Input::Asked(Desired::Down { grace })).await;
                // Who asked may be gone; the stop stands.
                let _ = done.send(());
            }
            Request::Sleep { since, cause, done } => {
                let sleeps = self.fall_asleep(since, cause).await;
                // Who asked may be gone.
                let _ = done.send(sleeps);
            }
            Request::Refresh(done) => {
                if self.refreshes.wait(done) {
                    self.outside.refresh();
                }
            }
            Request::DetachAll => self.outside.detach_all(),
            Request::Pause(true) => self.outside.pause(),
            Request::Pause(false) => self.outside.go_on(),
            Request::Report(told) => self.hear(&told.0, told.1).await,
            // Who asked may be gone.
            Request::Why(done) => drop(done.send((self.mind.why(), self.life()))),
            Request::WatchLooks => self.outside.watch_looks(),
        }
    }

    async fn see(&mut self, seen: Seen) {
        let Some(run) = self.session.live_run() else {
            debug!(session = %self.id, ?seen, "seen of a run that is over");
            return;
        };
        match seen {
            Seen::Status(status) => self.see_status(run, *status).await,
            Seen::Look(sight) => self.see_look(sight).await,
            Seen::LaunchFailed(failed) => {
                self.failure = Some(UpError::Launch(failed));
                self.withdraw(run).await;
            }
            Seen::NeverStarted => {
                self.failure = Some(UpError::NeverStarted);
                self.withdraw(run).await;
            }
            Seen::Over { exit, record } => {
                fault::point("end.learned");
                let told = self.live.borrow().settled;
                if let Some(record) = record.as_deref().filter(|_| !told) {
                    self.write_start(start_of(record)).await;
                }
                self.write_end(run, exit, record.as_deref()).await;
                // Whoever hears of the end may lose their power then.
                self.around.disk.reached().await;
                fault::point("end.committed");
                self.live.send_modify(|live| live.settled = true);
                self.step(Input::Saw(run, Observation::Gone(exit))).await;
                // It ran, if only for a moment.
                for done in self.waiting_up.drain(..) {
                    drop(done.send(Ok(UpOutcome::Started(run))));
                }
            }
        }
    }

    async fn see_status(&mut self, run: RunNumber, status: Status) {
        if status.run != run {
            warn!(session = %self.id, %run, other = %status.run, "a holder speaks of another run");
            return;
        }
        let (before, paused) = {
            let live = self.live.borrow();
            (live.attached(), live.is_paused())
        };
        let first = !self.live.borrow().settled;
        if first && !self.start_known {
            fault::point("run.reported");
            self.write_start(started(&status)).await;
        }
        let now = status.attached;
        // Of an adopted run, only the registry knows what it was before.
        let stood = (status.paused != paused || (first && self.adopted)).then_some(status.paused);
        self.live.send_modify(|live| {
            live.status = Some(status);
            live.settled = true;
        });
        if self.refreshes.answered() {
            self.outside.refresh();
        }
        if before > 0 || now > 0 {
            self.mind.used();
        }
        if (before == 0) != (now == 0) {
            self.write_attached(now > 0).await;
        }
        if let Some(paused) = stood {
            self.write_paused(run, paused).await;
        }
        self.step(Input::Saw(run, Observation::Ready)).await;
        for done in self.waiting_up.drain(..) {
            drop(done.send(Ok(UpOutcome::Started(run))));
        }
        if first {
            self.meet().await;
        }
    }

    /// Lets the session decide, then does what it decided.
    async fn step(&mut self, input: Input) {
        let now = self.now();
        let effects = self.session.apply(input, now);
        self.carry_out(effects).await;
        let phase = match phase_of(&self.session) {
            Phase::Running if self.live.borrow().is_paused() => Phase::Paused,
            phase => phase,
        };
        let over = !phase.is_live() && self.live.borrow().settled;
        self.live.send_if_modified(|live| {
            let changed = live.phase != phase || live.over != over;
            live.phase = phase;
            live.over = over;
            changed
        });
    }

    async fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::RecordStop(_) if self.falls_asleep => {}
                Effect::RecordStop(run) => self.write_stop(run).await, // Invariant 1.
                Effect::Launch(run) => {
                    if !self.write_run(run).await {
                        return;
                    }
                    fault::point("run.registered");
                    self.around.disk.begin(self.id);
                    self.outside.launch(run);
                }
                Effect::Stop(run, grace) => {
                    fault::point("stop.recorded");
                    info!(session = %self.id, %run, ?grace, "asking the run to end");
                    self.outside.stop(grace);
                }
                Effect::Kill(run) => {
                    fault::point("kill.recorded");
                    info!(session = %self.id, %run, "ending the run at once");
                    self.outside.kill();
                }
                Effect::WakeAt(at) => self.wake_at = Some(self.born + at),
            }
        }
    }

    fn now(&self) -> Moment {
        self.born.elapsed()
    }

    /// Commits a run that is about to be started. Nothing is started without that.
    async fn write_run(&mut self, run: RunNumber) -> bool {
        self.live.send_modify(|live| live.run = run);
        if self.first {
            return true; // It was committed together with its session.
        }
        let (id, boot, at) = (self.id, clock::boot_id(), clock::wall_ms());
        let by = self.by;
        let written = self.around.store.with(move |registry| match by {
            By::Person => registry.insert_run(id, run, &boot, at).map(|()| true),
            By::Policy => registry.insert_planned_run(id, run, &boot, at),
        });
        let refused = match written.await {
            Ok(true) => return true,
            Ok(false) => {
                debug!(session = %id, "the run is not wanted any more");
                self.over(run);
                return false;
            }
            Err(refused) => refused,
        };
        error!(session = %self.id, error = &refused as &dyn std::error::Error, "cannot start");
        self.failure = Some(UpError::NotRecorded(refused));
        self.over(run);
        false
    }

    /// Nothing was started: the registry and the disk forget the run.
    async fn withdraw(&mut self, run: RunNumber) {
        let id = self.id;
        fault::point("withdrawal.due");
        let now = clocks();
        let withdrawn = self.around.store.with(move |r| r.withdraw_run(id, run, &now)).await;
        match withdrawn {
            Ok(Planned::Stay) => {}
            Ok(Planned::Again { .. }) => self.around.planned.notify_one(),
            Ok(Planned::GiveUp { attempts }) => {
                self.tell(What::GaveUp { attempts, last_line: None }).await;
            }
            Err(refused) => {
                let error = &refused as &dyn std::error::Error;
                error!(session = %id, error, "the withdrawal could not be written down");
            }
        }
        fault::point("withdrawal.committed");
        self.over(run);
    }

    /// The run is over without having been one; those who asked for it are told.
    fn over(&mut self, run: RunNumber) {
        self.session
            .apply(Input::Saw(run, Observation::Gone(Exit::Lost(Lost::Holder))), self.now());
        self.live.send_modify(|live| {
            live.phase = Phase::Ended;
            // There is nothing to be learned of it: else what follows would take it for one
            // that may yet report, and the actor would live on.
            live.settled = true;
            live.over = true;
        });
        let mut failure = self.failure.take();
        for done in self.waiting_up.drain(..) {
            drop(done.send(Err(failure.take().unwrap_or(UpError::Gone))));
        }
    }
}

#[cfg(test)]
mod tests;
