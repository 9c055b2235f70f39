//! Ending a run: carries out what `terminate.rs` decides, then leaves the record.

use std::fs;
use std::time::{Duration, Instant};

use app_model::text::printable;
use app_model::{Exit, ExitRecord, Lost};
use app_sys::clock;
use app_sys::fault;
use app_sys::poll;
use app_sys::process::{self, Process, Signal};
use app_wire::hold::FromHolder;

use crate::client::Client;
use crate::holder::{Body, Ended, Holder};
use crate::terminate::{Alive, Effect};
use crate::{exit, limits};

impl Holder {
    /// Asks the run to end, and insists after `grace`.
    pub(crate) fn stop(&mut self, grace: Duration, now: Instant) {
        // Who stands still cannot leave.
        self.go_on();
        let effects = self.termination.stop(grace, now);
        effects.into_iter().for_each(|effect| self.carry_out(effect));
        self.proceed(now);
    }

    /// Ends the whole tree at once.
    pub(crate) fn kill(&mut self, now: Instant) {
        self.termination.kill(now);
        self.proceed(now);
    }

    /// Collects who has ended: the child, and orphans that became ours.
    pub(crate) fn collect(&mut self, now: Instant) {
        let mut child = None;
        for (pid, status) in process::reap() {
            if pid == self.child.pid && self.ended.is_none() {
                child = Some(self.seen_as(exit::exit_of(status)));
            }
        }
        if let Some(exit) = child {
            // What is left goes on, as after any end.
            self.go_on();
            let (at_ms, elapsed_ms) = (clock::wall_ms(), self.elapsed_ms());
            self.ended = Some(Ended { exit, at_ms, elapsed_ms });
            // The end of a run is the end of its child, not of its output; but what the
            // child wrote before belongs to it.
            self.drain(now);
        }
        if self.ended.is_some() || self.termination.is_under_way() {
            self.proceed(now);
        }
    }

    /// A kill that nobody here asked for, while the kernel killed in this control group for
    /// want of memory.
    fn seen_as(&self, exit: Exit) -> Exit {
        let killed = exit == Exit::Signal(app_model::Signal::KILL);
        let by_kernel =
            killed && !self.termination.is_under_way() && self.run.oom_kills.have_grown();
        if by_kernel { Exit::Lost(Lost::Oom) } else { exit }
    }

    /// Does what is due, until nothing is.
    pub(crate) fn proceed(&mut self, now: Instant) {
        loop {
            let alive = self.alive();
            let effects = self.termination.due(alive, now);
            if effects.is_empty() {
                self.over = self.ended.is_some() && self.termination.is_over(alive);
                return;
            }
            effects.into_iter().for_each(|effect| self.carry_out(effect));
        }
    }

    fn alive(&self) -> Alive {
        let child = self.ended.is_none();
        // Not a cheap look; needed only when the rest has to go as well.
        let others =
            child || (self.termination.is_under_way() && !process::below_this().is_empty());
        Alive { child, others }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::AskSession => {
                self.to_session(Signal::TERM);
                let ours = self.child.pid.as_u32();
                let asked = process::below_this()
                    .into_iter()
                    .filter(|p| p.group == ours || p.session == ours);
                self.asked = asked.map(|p| p.identity.pid).collect();
            }
            Effect::HangUpSession => self.to_session(Signal::HUP),
            Effect::AskAll => {
                for process in process::below_this() {
                    if !self.asked.contains(&process.identity.pid) {
                        self.to_process(&process, Signal::TERM);
                        self.to_process(&process, Signal::HUP);
                        self.to_process(&process, Signal::CONT);
                    }
                }
            }
            Effect::KillAll => {
                if self.ended.is_none() {
                    self.to_group(Signal::KILL);
                }
                for process in process::below_this() {
                    self.to_process(&process, Signal::KILL);
                }
            }
        }
    }

    /// The child's group at once, then the rest of its session: jobs of a shell have
    /// groups of their own. Whoever is stopped must go on to hear it.
    fn to_session(&self, signal: Signal) {
        if self.ended.is_some() {
            return; // Its group may be somebody else's by now.
        }
        self.to_group(signal);
        self.to_group(Signal::CONT);
        let ours = self.child.pid.as_u32();
        for process in process::below_this().iter().filter(|p| p.session == ours && p.group != ours)
        {
            self.to_process(process, signal);
            self.to_process(process, Signal::CONT);
        }
    }

    fn to_group(&self, signal: Signal) {
        if let Err(error) = process::signal_group(self.child.pid, signal) {
            self.run.notes.add(&format!("{signal:?} did not reach the group: {error}"));
        }
    }

    fn to_process(&self, process: &Process, signal: Signal) {
        if let Err(error) = process::signal(&process.identity, signal) {
            let (name, pid) = (&process.name, process.identity.pid);
            self.run.notes.add(&format!("{signal:?} did not reach {name} ({pid}): {error}"));
        }
    }

    /// Leaves everything on disk, tells everybody, and closes. What only saves room comes
    /// last: nobody waits for it.
    pub(crate) fn finish(mut self) {
        let Some(ended) = self.ended else { return };
        fault::point("holder.ended");
        let record = self.record(ended);
        fault::point("holder.no-record");
        exit::save_record(&self.run.dir, &record, &self.run.notes);
        fault::point("holder.record-saved");
        // Before anybody is told: the next run listens at the same path.
        fs::remove_file(&self.run.socket).ok();
        fault::point("holder.socket-gone");
        let Ended { exit, elapsed_ms, .. } = ended;
        let last_screen = match &mut self.body {
            Body::Terminal(terminal) => terminal.recorder(Instant::now()).screen().snapshot(0),
            Body::Plain { .. } => Vec::new(),
        };
        self.tell_last_looks(Instant::now());
        let (mut clients, now) = (self.clients.into_list(), Instant::now());
        for client in &mut clients {
            if client.is_lagging() {
                client.catch_up(&last_screen);
            }
            if let Body::Terminal(terminal) = &mut self.body {
                client.draw(terminal.recorder(now).screen(), now);
            }
            client.end(FromHolder::Exited { exit, elapsed_ms }, now);
        }
        flush(clients);
        fault::point("holder.told");
        if let Body::Terminal(terminal) = &mut self.body {
            terminal.seal_all(Instant::now());
        }
    }

    fn record(&mut self, ended: Ended) -> ExitRecord {
        // A machine that goes down tells this process and the program at once, and the program
        // may have been quicker.
        self.is_told_to_go();
        let (output_bytes, _) = self.output();
        let notes = &self.run.notes;
        let (last_line, title, dropped_bytes) = match &mut self.body {
            Body::Terminal(terminal) => {
                let mut recorder = terminal.recorder(Instant::now());
                recorder.close();
                let screen = recorder.screen();
                let (snapshot, text) = (screen.snapshot(u32::MAX), screen.text());
                exit::save_screen(&self.run.dir, &snapshot, &text, notes);
                let (last_line, title) = (screen.last_line(), printable(screen.title()));
                (last_line, title, recorder.dropped())
            }
            Body::Plain { path } => (exit::last_line_of(path), String::new(), 0),
        };
        ExitRecord {
            session: self.run.session,
            run: self.run.number,
            exit: ended.exit,
            started_at_ms: self.run.started_at_ms,
            ended_at_ms: ended.at_ms,
            elapsed_ms: ended.elapsed_ms,
            boot_id: self.run.boot_id.clone(),
            last_line: last_line.map(|line| printable(&line)),
            title,
            output_bytes,
            dropped_bytes,
            survivors: exit::survivors(),
            told_to_go: self.told_to_go,
        }
    }
}

/// Writes what waits for anybody, for as long as they take it and a limited time.
pub(crate) fn flush(mut clients: Vec<Client>) {
    let until = Instant::now() + limits::FLUSH;
    loop {
        let now = Instant::now();
        clients.retain_mut(|client| {
            client.flush(now);
            client.has_output_waiting()
        });
        let left = until.saturating_duration_since(now).min(limits::FLUSH_STALL);
        if clients.is_empty() || left.is_zero() {
            return;
        }
        let mut interests: Vec<_> = clients.iter().flat_map(Client::room).collect();
        // When nobody takes anything, those that are left are given up together.
        if !poll::wait(&mut interests, Some(left)).is_ok_and(|ready| ready > 0) {
            return;
        }
    }
}
