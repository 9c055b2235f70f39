//! Who reports, in which order, and who of them owns the run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{MAX_SOURCES, MAX_TASKS};
use crate::report::{MAX_TEXT, Report, Stamp};

/// Who speaks of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Voice {
    pub(super) source: String,
    pub(super) generation: u64,
    pub(super) conversation: Option<String>,
}

/// What has been heard of one life of a source. Lives may overlap: an agent may start
/// another of its kind, and goes on when that one is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Heard {
    source: String,
    generation: u64,
    /// The newest report about itself.
    own: Option<u64>,
    /// The newest report about each task. Tasks run side by side, and what tells of one
    /// may come before what tells of another that happened earlier.
    tasks: BTreeMap<String, u64>,
    /// Reports about tasks up to this one are late, whatever the task.
    floor: Option<u64>,
    /// Whom the source named last.
    conversation: Option<String>,
    /// It has reported a task.
    has_tasks: bool,
}

/// The sources of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Hooks {
    /// The one that was heard last is the last.
    heard: Vec<Heard>,
    owner: Option<Voice>,
    /// The owner said goodbye: the next to speak is the owner.
    gone: bool,
}

/// What the rest of the machine must know of reports that came in order.
#[derive(Debug, Default)]
pub(super) struct Passed {
    /// Those about tasks, whoever speaks.
    pub(super) tasks: Vec<Report>,
    /// Those of the owner about itself.
    pub(super) own: Vec<Report>,
    /// The owner's conversation, if it is a new one.
    pub(super) conversation: Option<String>,
    /// There was another owner, or another conversation, before.
    pub(super) anew: bool,
    /// The source said goodbye and had reported tasks.
    pub(super) tasks_over: bool,
}

impl Hooks {
    /// Whether somebody speaks of itself in this run.
    pub(super) fn has_owner(&self) -> bool {
        self.owner.is_some() && !self.gone
    }

    /// Who speaks of itself in this run, or did last.
    pub(super) fn owner(&self) -> Option<&Voice> {
        self.owner.as_ref()
    }

    /// Whether any source has reported a task.
    pub(super) fn has_tasks(&self) -> bool {
        self.heard.iter().any(|heard| heard.has_tasks)
    }

    /// Takes what comes in order and is the business of this machine. `busy` says that the
    /// owner is in the middle of a turn.
    pub(super) fn pass(&mut self, stamp: &Stamp, reports: Vec<Report>, busy: bool) -> Passed {
        let mut passed = Passed::default();
        if !is_identity(&stamp.source) {
            return passed;
        }
        let Some(heard) = self.heard(stamp) else { return passed };
        let reports: Vec<Report> = reports.into_iter().filter(is_sound).collect();
        let (tasks, own): (Vec<Report>, Vec<Report>) =
            reports.into_iter().partition(|report| task_of(report).is_some());
        let in_time = heard.own.is_none_or(|newest| stamp.sequence > newest);
        passed.tasks = heard.take_tasks(stamp.sequence, tasks);
        if own.is_empty() || !in_time {
            return passed;
        }
        heard.own = Some(stamp.sequence);
        let named = own.iter().rev().find_map(conversation_of);
        if let Some(id) = &named {
            heard.conversation = Some(id.clone());
        }
        let voice = Voice {
            source: stamp.source.clone(),
            conversation: heard.conversation.clone(),
            generation: stamp.generation,
        };
        let goodbye = own.contains(&Report::Ended);
        if self.is_owner(&voice, busy, goodbye, &mut passed) {
            if goodbye {
                self.gone = true;
                passed.tasks_over = self.end_tasks(stamp);
            }
            passed.own = own;
        } else if goodbye {
            passed.tasks_over = self.stranger_left(stamp);
        }
        passed
    }

    /// An agent inside the owner is gone. If it reported in the same life, the word goes back
    /// to the owner; if others of its source have tasks, those go on.
    fn stranger_left(&mut self, stamp: &Stamp) -> bool {
        let owner = self.owner.as_ref().filter(|owner| owner.source == stamp.source);
        let same_life = owner.filter(|owner| owner.generation == stamp.generation).cloned();
        if let (Some(owner), Some(heard)) = (same_life, self.heard.last_mut()) {
            heard.conversation = owner.conversation;
            return false;
        }
        let had_tasks = self.end_tasks(stamp);
        had_tasks && !self.heard.iter().any(|h| h.source == stamp.source && h.has_tasks)
    }

    /// The entry of the stamp's life.
    fn heard(&mut self, stamp: &Stamp) -> Option<&mut Heard> {
        let known = self.heard.iter().position(|heard| heard.is_of(stamp));
        let heard = known.map_or_else(|| Heard::new(stamp), |at| self.heard.remove(at));
        if self.heard.len() >= MAX_SOURCES {
            let is_owner = |heard: &Heard| {
                let owner = self.owner.as_ref();
                owner.is_some_and(|o| o.source == heard.source && o.generation == heard.generation)
            };
            let oldest = self.heard.iter().position(|heard| !is_owner(heard));
            self.heard.remove(oldest.unwrap_or(0));
        }
        self.heard.push(heard);
        self.heard.last_mut()
    }

    /// Invariant 4. The first to speak owns the run. It keeps it when it names another
    /// conversation between two turns (its history was cleared, another was resumed) and a
    /// later life of its source takes its place then. In the middle of a turn either is an
    /// agent that the owner started.
    fn is_owner(&mut self, voice: &Voice, busy: bool, goodbye: bool, passed: &mut Passed) -> bool {
        let free = self.owner.is_none() || self.gone;
        if free && goodbye {
            return false; // It was never heard of, or has already said so.
        }
        let is_over = self.owner.as_ref().is_some_and(|owner| {
            owner.source == voice.source && owner.generation > voice.generation
        });
        if is_over {
            return false; // A later life of the same source took its place.
        }
        let same = self.owner.as_ref().is_some_and(|owner| owner == voice);
        let unnamed = self.owner.as_ref().is_some_and(|owner| {
            owner.source == voice.source
                && owner.generation == voice.generation
                && owner.conversation.is_none()
        });
        let follows = self
            .owner
            .as_ref()
            .is_some_and(|owner| owner.source == voice.source && !busy && !goodbye);
        if !(free || same || unnamed || follows) {
            return false;
        }
        passed.anew = !(self.owner.is_none() || same || unnamed) || self.gone;
        if self.owner.as_ref() != Some(voice) || self.gone {
            passed.conversation.clone_from(&voice.conversation);
        }
        self.owner = Some(voice.clone());
        self.gone = false;
        true
    }

    /// Everything the source had begun is over.
    fn end_tasks(&mut self, stamp: &Stamp) -> bool {
        let Some(heard) = self.heard.last_mut() else { return false };
        heard.floor = heard.floor.max(Some(stamp.sequence));
        let had_tasks = heard.has_tasks;
        heard.tasks.retain(|_, newest| *newest > stamp.sequence);
        heard.has_tasks = !heard.tasks.is_empty();
        had_tasks
    }
}

impl Heard {
    fn is_of(&self, stamp: &Stamp) -> bool {
        self.source == stamp.source && self.generation == stamp.generation
    }

    fn new(stamp: &Stamp) -> Self {
        Self {
            source: stamp.source.clone(),
            generation: stamp.generation,
            own: None,
            tasks: BTreeMap::new(),
            floor: None,
            conversation: None,
            has_tasks: false,
        }
    }

    /// Those of `tasks` that are newer than what is known of their task.
    fn take_tasks(&mut self, sequence: u64, tasks: Vec<Report>) -> Vec<Report> {
        let late = |ext: &str| {
            let newest = self.tasks.get(ext).copied().max(self.floor);
            newest.is_some_and(|newest| sequence <= newest)
        };
        let taken: Vec<Report> =
            tasks.into_iter().filter(|r| task_of(r).is_some_and(|ext| !late(ext))).collect();
        for ext in taken.iter().filter_map(task_of) {
            self.tasks.insert(ext.to_owned(), sequence);
            self.has_tasks = true;
        }
        while self.tasks.len() > MAX_TASKS {
            self.forget_oldest();
        }
        taken
    }

    fn forget_oldest(&mut self) {
        let oldest = self.tasks.iter().min_by_key(|(_, sequence)| **sequence);
        if let Some((ext, sequence)) = oldest.map(|(ext, sequence)| (ext.clone(), *sequence)) {
            self.tasks.remove(&ext);
            self.floor = self.floor.max(Some(sequence));
        }
    }
}

fn task_of(report: &Report) -> Option<&str> {
    match report {
        Report::TaskBegan { ext, .. } | Report::TaskEnded { ext, .. } => Some(ext),
        Report::Conversation { .. }
        | Report::TurnBegan
        | Report::TurnEnded { .. }
        | Report::NeedsInput { .. }
        | Report::Answered
        | Report::Ended => None,
    }
}

fn conversation_of(report: &Report) -> Option<String> {
    match report {
        Report::Conversation { id } => Some(id.clone()),
        Report::TurnBegan
        | Report::TurnEnded { .. }
        | Report::NeedsInput { .. }
        | Report::Answered
        | Report::TaskBegan { .. }
        | Report::TaskEnded { .. }
        | Report::Ended => None,
    }
}

/// Whether the identities in it can be kept and shown: they are used as they came.
fn is_sound(report: &Report) -> bool {
    let id = match report {
        Report::Conversation { id } => id,
        Report::TaskBegan { ext, .. } | Report::TaskEnded { ext, .. } => ext,
        Report::TurnBegan
        | Report::TurnEnded { .. }
        | Report::NeedsInput { .. }
        | Report::Answered
        | Report::Ended => return true,
    };
    is_identity(id)
}

fn is_identity(id: &str) -> bool {
    !id.is_empty() && id.chars().count() <= MAX_TEXT && !id.chars().any(char::is_control)
}
