//! What is known of sessions and their tasks, and how old that is.
//!
//! # Invariants
//!
//! 1. A time that runs is what it was when it was heard, and what has passed since.
//! 2. What a session uses is kept when news of it say nothing about that, and gone with its
//!    process.

use std::collections::HashMap;

use app_model::task::TaskView;
use app_model::{SessionId, SessionView};

use crate::tui::filter::haystack;

/// A session and what goes with it.
pub(super) struct Entry {
    /// The session, as it was heard of last.
    pub(super) view: SessionView,
    /// Work inside it that is only reported, newest first.
    pub(super) tasks: Vec<TaskView>,
    /// What a filter looks at.
    pub(super) haystack: String,
    /// What share of a processor it used lately, in percent.
    pub(super) cpu: Option<u64>,
    /// When `view` was true, on the clock that counts suspend.
    heard_ms: u64,
    /// When `tasks` were.
    tasks_heard_ms: u64,
    /// Processor time and when it was that, for a share of it.
    used: Option<(u64, u64)>,
}

impl Entry {
    fn new(view: SessionView, now_ms: u64) -> Self {
        let mut entry = Self {
            haystack: haystack(&view),
            tasks: Vec::new(),
            cpu: None,
            heard_ms: now_ms,
            tasks_heard_ms: now_ms,
            used: None,
            view,
        };
        entry.share(now_ms);
        entry
    }

    fn hear(&mut self, mut view: SessionView, now_ms: u64) {
        if view.phase.is_live() && view.run == self.view.run {
            view.usage = view.usage.or(self.view.usage); // Invariant 2.
        } else {
            (self.cpu, self.used) = (None, None);
        }
        self.haystack = haystack(&view);
        (self.view, self.heard_ms) = (view, now_ms);
        self.share(now_ms);
    }

    /// Makes a share of a processor of two amounts of its time.
    fn share(&mut self, now_ms: u64) {
        let Some(usage) = self.view.usage else { return };
        match self.used {
            Some((cpu_ms, then_ms)) if now_ms > then_ms && usage.cpu_ms != cpu_ms => {
                let used = usage.cpu_ms.saturating_sub(cpu_ms);
                self.cpu = Some(used * 100 / (now_ms - then_ms));
            }
            // The same amount is no news: it may be the same look.
            Some((_, then_ms)) if now_ms < then_ms + STALE_MS => return,
            Some(_) => self.cpu = Some(0),
            None => {}
        }
        self.used = Some((usage.cpu_ms, now_ms));
    }

    /// How long it has run by now.
    pub(super) fn elapsed_ms(&self, now_ms: u64) -> Option<u64> {
        let since =
            if self.view.phase.is_live() { now_ms.saturating_sub(self.heard_ms) } else { 0 };
        self.view.elapsed_ms.map(|ms| ms.saturating_add(since))
    }

    /// How long a task of it has run by now.
    pub(super) fn task_elapsed_ms(&self, task: &TaskView, now_ms: u64) -> u64 {
        let is_over = task.ended_at_ms.is_some() || task.outcome.is_some();
        let since = if is_over { 0 } else { now_ms.saturating_sub(self.tasks_heard_ms) };
        task.elapsed_ms.saturating_add(since)
    }
}

/// After this time the same amount of processor time means that none was used.
const STALE_MS: u64 = 2_000;

/// All sessions that are known.
#[derive(Default)]
pub(super) struct Sessions {
    entries: HashMap<SessionId, Entry>,
}

impl Sessions {
    /// These are all there are.
    pub(super) fn replace(&mut self, views: Vec<SessionView>, tasks: Vec<TaskView>, now_ms: u64) {
        let mut old = std::mem::take(&mut self.entries);
        for view in views {
            let entry = match old.remove(&view.id) {
                Some(mut entry) => {
                    entry.tasks.clear();
                    entry.hear(view, now_ms);
                    entry
                }
                None => Entry::new(view, now_ms),
            };
            self.entries.insert(entry.view.id, entry);
        }
        for task in tasks.into_iter().filter(|task| task.session.is_none()) {
            if let Some(entry) = self.entries.get_mut(&task.parent) {
                entry.tasks.push(task);
                entry.tasks_heard_ms = now_ms;
            }
        }
    }

    /// This is one of them as it is now.
    pub(super) fn put(&mut self, view: SessionView, now_ms: u64) {
        match self.entries.get_mut(&view.id) {
            Some(entry) => entry.hear(view, now_ms),
            None => {
                self.entries.insert(view.id, Entry::new(view, now_ms));
            }
        }
    }

    /// These are the tasks of one of them.
    pub(super) fn put_tasks(&mut self, id: SessionId, tasks: Vec<TaskView>, now_ms: u64) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.tasks = tasks.into_iter().filter(|task| task.session.is_none()).collect();
            entry.tasks_heard_ms = now_ms;
        }
    }

    /// It is gone.
    pub(super) fn remove(&mut self, id: SessionId) {
        self.entries.remove(&id);
    }

    /// One of them.
    pub(super) fn get(&self, id: SessionId) -> Option<&Entry> {
        self.entries.get(&id)
    }

    /// All of them, in no order.
    pub(super) fn all(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// How many they are.
    pub(super) fn count(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use app_model::view::Usage;
    use app_model::{Phase, RunNumber};

    use super::*;
    use crate::render::session::samples::{failed, running};

    fn using(cpu_ms: u64) -> SessionView {
        let usage = Some(Usage { cpu_ms, rss_bytes: 1, processes: 1 });
        SessionView { usage, ..running() }
    }

    #[test]
    fn times_go_on_while_something_runs_and_stand_when_it_ended() {
        let mut sessions = Sessions::default();
        sessions.replace(vec![running(), failed()], vec![], 1_000);
        let elapsed = |sessions: &Sessions, id| sessions.get(id).unwrap().elapsed_ms(6_000);
        assert_eq!(elapsed(&sessions, running().id), Some(205_000));
        assert_eq!(elapsed(&sessions, failed().id), Some(60_000));
        sessions.put(SessionView { elapsed_ms: Some(300_000), ..running() }, 5_000);
        assert_eq!(elapsed(&sessions, running().id), Some(301_000));
    }

    #[test]
    fn the_share_of_a_processor_is_what_was_used_between_two_looks() {
        let mut sessions = Sessions::default();
        sessions.replace(vec![using(1_000)], vec![], 10_000);
        let cpu = |sessions: &Sessions| sessions.get(running().id).unwrap().cpu;
        assert_eq!(cpu(&sessions), None, "one look tells nothing");
        sessions.put(using(3_500), 15_000);
        assert_eq!(cpu(&sessions), Some(50));
        sessions.put(running(), 16_000);
        assert_eq!(cpu(&sessions), Some(50), "news without it change nothing");
        assert!(sessions.get(running().id).unwrap().view.usage.is_some());
        sessions.put(using(3_500), 20_000);
        assert_eq!(cpu(&sessions), Some(0));
        sessions.put(SessionView { phase: Phase::Ended, ..running() }, 21_000);
        assert_eq!(cpu(&sessions), None);
        assert!(sessions.get(running().id).unwrap().view.usage.is_none());
        sessions.put(SessionView { run: RunNumber(2), ..using(10) }, 22_000);
        assert_eq!(cpu(&sessions), None, "another run begins anew");
    }

    #[test]
    fn what_is_not_listed_any_more_is_gone() {
        let mut sessions = Sessions::default();
        sessions.replace(vec![running(), failed()], vec![], 0);
        sessions.replace(vec![failed()], vec![], 0);
        assert_eq!(sessions.count(), 1);
        sessions.remove(failed().id);
        assert_eq!(sessions.count(), 0);
    }
}
