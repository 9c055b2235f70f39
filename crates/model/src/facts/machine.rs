//! The machine itself: what it remembers, and what an input does to that.

use serde::{Deserialize, Serialize};

use super::attention::{Asked, Raised, Told};
use super::clock::Clock;
use super::hooks::{Hooks, Passed};
use super::seen::{self, Claim, line};
use super::turn::{Activity, Believed, Pending, Said};
use super::{CONFIRM_QUESTION, Change, ECHO, Fact, Input, Seen};
use crate::Turn;
use crate::evidence::{Evidence, Source};
use crate::reading::Reading;
use crate::report::{Report, Stamp};
use crate::session::Moment;
use crate::view::Attention;

/// All that is remembered of one session's evidence. As JSON it outlives the daemon; a field
/// that an older one did not write is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    pub(super) running: bool,
    pub(super) agent: bool,
    /// The newest time that it was told.
    clock: Moment,
    pub(super) hooks: Hooks,
    /// The conversation that can be gone on with.
    kept: Option<Kept>,
    /// What a hook said last about the turn.
    pub(super) said: Option<Said>,
    /// What is seen, strongest source first.
    pub(super) claims: Vec<Claim>,
    /// Since when nothing that is seen asks anything.
    pub(super) unasked: Moment,
    pub(super) activity: Activity,
    pub(super) typed: Option<Moment>,
    /// A hook's question that has no answer yet.
    pub(super) asked: Option<Asked>,
    /// Something that was said once and that nobody has reacted to.
    pub(super) told: Option<Told>,
    /// When a hook last said that there is no question any more.
    pub(super) answered: Option<Moment>,
    bells: u32,
    messages: u32,
    pub(super) turn: Believed,
    pub(super) pending: Option<Pending>,
    pub(super) attention: Option<Raised>,
    wake: Option<Moment>,
}

/// A conversation that its agent has kept: something was answered in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The agent that reported it.
    pub agent: String,
    /// Its identity, as it came.
    pub id: String,
}

impl Facts {
    /// What follows from `input`, in its order. `now` never goes back while the machine is
    /// up; `wall_ms` is the time that evidence is shown with.
    pub fn apply(&mut self, input: Input, now: Moment, wall_ms: i64) -> Vec<Change> {
        if now < self.clock {
            self.rewind(now);
        }
        self.clock = now;
        let mut changes = Vec::new();
        match input {
            Input::Began { agent, kept } => self.begin(agent, kept, &mut changes),
            Input::Ended => self.end(&mut changes),
            _ if !self.running => return changes, // Invariant 1.
            Input::Reported { stamp, reports } => {
                self.report(&stamp, reports, now, wall_ms, &mut changes);
            }
            Input::Looked(seen) => self.look(&seen, now, wall_ms),
            Input::Wrote => self.wrote(now, wall_ms),
            Input::Typed => {
                self.typed = Some(now);
                self.told = None;
            }
            Input::Woke => {}
        }
        self.settle(now, wall_ms, &mut changes);
        changes
    }

    /// When it wants to be woken, even if nothing happens.
    pub fn wake_at(&self) -> Option<Moment> {
        self.wake
    }

    /// Whose turn it is.
    pub fn turn(&self) -> Turn {
        self.turn.value
    }

    /// The conversation that can be gone on with: the agent has answered in it, and has begun
    /// no other since.
    pub fn kept(&self) -> Option<&Kept> {
        let kept = self.kept.as_ref()?;
        let current = self.hooks.owner().and_then(|owner| owner.conversation.as_ref());
        current.is_none_or(|current| *current == kept.id).then_some(kept)
    }

    /// Why a person is needed, if one is.
    pub fn attention(&self) -> Option<Attention> {
        let raised = self.attention.as_ref()?;
        Some(Attention { why: raised.why.clone(), since_ms: raised.evidence.since_ms })
    }

    /// The facts with what they rest on and what was overruled.
    pub fn why(&self) -> Vec<Fact> {
        let turn = match self.turn.value {
            Turn::Unknown => "unknown",
            Turn::Working => "working",
            Turn::Idle => "idle",
        };
        let attention = self.attention.as_ref();
        vec![
            Fact {
                name: "turn",
                value: turn.to_owned(),
                evidence: self.turn.evidence.clone(),
                overruled: self.turn_overruled(),
            },
            Fact {
                name: "attention",
                value: attention.map_or("none", |raised| &raised.why).to_owned(),
                evidence: attention.map(|raised| raised.evidence.clone()),
                overruled: self.attention_overruled(),
            },
        ]
    }

    fn begin(&mut self, agent: bool, kept: Option<Kept>, changes: &mut Vec<Change>) {
        if self.running {
            // The end of the run before was missed.
            self.end(changes);
        }
        *self = Self {
            running: true,
            agent,
            kept,
            clock: self.clock,
            unasked: self.clock,
            ..Self::default()
        };
    }

    fn end(&mut self, changes: &mut Vec<Change>) {
        if self.hooks.has_tasks() {
            changes.push(Change::TasksOver { source: None });
        }
        if self.turn.value != Turn::Unknown {
            changes.push(Change::TurnChanged(Turn::Unknown));
        }
        if self.attention.is_some() {
            changes.push(Change::AttentionCleared);
        }
        *self = Self { clock: self.clock, ..Self::default() };
    }

    fn report(
        &mut self,
        stamp: &Stamp,
        reports: Vec<Report>,
        now: Moment,
        wall_ms: i64,
        changes: &mut Vec<Change>,
    ) {
        let busy = self.is_busy();
        let kept = self.kept().cloned();
        let passed = self.hooks.pass(stamp, reports, busy);
        let Passed { tasks, own, conversation, anew, tasks_over } = passed;
        changes.extend(tasks.into_iter().filter_map(|report| task(&stamp.source, report)));
        if tasks_over {
            changes.push(Change::TasksOver { source: Some(stamp.source.clone()) });
        }
        if anew {
            self.forget_turn();
        }
        if let Some(id) = conversation {
            changes.push(Change::Conversation { source: stamp.source.clone(), id });
        }
        let evidence = |what: &str| Evidence {
            source: Source::Hook,
            detail: line(&format!("{}: {what}", stamp.source)),
            since_ms: wall_ms,
        };
        for report in own {
            self.own_report(report, now, &evidence);
        }
        if self.kept() != kept.as_ref() {
            changes.push(Change::Kept);
        }
    }

    /// What the owner says of itself.
    fn own_report(&mut self, report: Report, now: Moment, evidence: &dyn Fn(&str) -> Evidence) {
        match report {
            Report::TurnBegan => {
                self.answer(now);
                self.told = None;
                self.said = Some(Said::new(Turn::Working, now, evidence("the turn began")));
            }
            Report::TurnEnded { background, failed } => {
                self.answer(now);
                self.keep();
                self.said = Some(Said::ended(background, now, evidence));
                self.told =
                    failed.map(|why| Told::new(line(&why), now, evidence("the turn failed")));
            }
            Report::NeedsInput { text } => {
                let text = line(&text);
                if self.asked.as_ref().is_none_or(|asked| asked.text != text) {
                    self.asked = Some(Asked::new(text, now, evidence("it waits for a person")));
                }
            }
            Report::Answered => {
                let was_outdated = self.said.as_ref().is_some_and(|said| said.outdated);
                if self.asked.is_some() || was_outdated {
                    self.said = Some(Said::new(Turn::Working, now, evidence("it goes on")));
                }
                self.answer(now);
            }
            Report::Ended => {
                self.forget_turn();
                self.pending = None;
            }
            // Taken care of by the order and the owner.
            Report::Conversation { .. } | Report::TaskBegan { .. } | Report::TaskEnded { .. } => {}
        }
    }

    /// The agent has answered: its conversation is one that it can be asked for.
    fn keep(&mut self) {
        let Some(owner) = self.hooks.owner() else { return };
        if let Some(id) = owner.conversation.clone() {
            self.kept = Some(Kept { agent: owner.source.clone(), id });
        }
    }

    /// Nobody is asked any more. What the terminal still shows of the question is old.
    fn answer(&mut self, now: Moment) {
        self.asked = None;
        self.answered = Some(now);
    }

    /// What the hooks said of an earlier conversation says nothing of the next.
    fn forget_turn(&mut self) {
        self.said = None;
        self.asked = None;
        self.told = None;
    }

    fn look(&mut self, seen: &Seen, now: Moment, wall_ms: i64) {
        let asked = self.claims.iter().any(|claim| claim.asks.is_some());
        self.claims = seen::after(&self.claims, &seen.readings, now, wall_ms);
        let asks = self.claims.iter().any(|claim| claim.asks.is_some());
        if asked && !asks {
            self.unasked = now;
        }
        if let Some(said) = &mut self.said {
            let mut turns = self.claims.iter().filter_map(|claim| claim.turn.as_ref());
            said.seen |= turns.any(|held| held.value == said.turn);
        }
        if let Some(question) = self.asked.as_mut().filter(|_| asks) {
            question.shown = true;
        }
        self.hear(seen, now, wall_ms);
    }

    /// Bells and messages. They count for agents whose hooks say nothing: hooks say the same
    /// and more.
    fn hear(&mut self, seen: &Seen, now: Moment, wall_ms: i64) {
        let message = seen.messages > self.messages;
        let bell = seen.bells > self.bells;
        (self.messages, self.bells) = (seen.messages, seen.bells);
        if !self.agent || self.hooks.has_owner() {
            return;
        }
        let evidence = |detail: String| Evidence {
            source: Source::Osc,
            detail: line(&detail),
            since_ms: wall_ms,
        };
        if message {
            match seen.readings.iter().find(|reading| reading.once) {
                Some(Reading { attention: Some(text), rule, .. }) => {
                    let detail = format!("{rule}: {}", seen.message);
                    self.told = Some(Told::new(line(text), now, evidence(detail)));
                }
                Some(_) => {} // Known, and nothing that needs a person.
                None if line(&seen.message).is_empty() => {}
                None => {
                    let detail = format!("a message: {}", seen.message);
                    self.told = Some(Told::new(line(&seen.message), now, evidence(detail)));
                }
            }
        } else if bell && self.told.is_none() && !self.is_echo(now) {
            self.told = Some(Told::new("the bell rang".into(), now, evidence("a bell".into())));
        }
    }

    /// Whether what the program does now may be the answer to a key.
    pub(super) fn is_echo(&self, now: Moment) -> bool {
        self.typed.is_some_and(|typed| now < typed + ECHO)
    }

    fn settle(&mut self, now: Moment, wall_ms: i64, changes: &mut Vec<Change>) {
        let mut clock = Clock::at(now);
        if self.running {
            self.settle_question(&mut clock, now);
            self.settle_turn(&mut clock, now, changes);
            self.settle_attention(&mut clock, wall_ms, changes);
        }
        self.wake = clock.next();
    }

    /// Whether the terminal asks for a person, or did so a moment ago.
    pub(super) fn shows_question(&self, clock: &mut Clock) -> bool {
        self.claims.iter().any(|claim| claim.asks.is_some()) || self.showed_question(clock)
    }

    /// Whether a question is open within a turn, or was a moment ago.
    pub(super) fn has_question(&self, clock: &mut Clock) -> bool {
        let is_open = self.asked.is_some() || self.claims.iter().any(Claim::is_question);
        is_open || self.showed_question(clock)
    }

    fn showed_question(&self, clock: &mut Clock) -> bool {
        let raised = self.attention.as_ref().is_some_and(Raised::is_seen);
        raised && !clock.reached(self.unasked + CONFIRM_QUESTION)
    }

    /// The clock began anew: nothing lies in the future.
    fn rewind(&mut self, now: Moment) {
        let back = |at: &mut Moment| *at = (*at).min(now);
        back(&mut self.unasked);
        self.activity.rewind(now);
        [&mut self.typed, &mut self.answered].into_iter().flatten().for_each(back);
        self.said.iter_mut().for_each(|said| back(&mut said.at));
        self.asked.iter_mut().for_each(|asked| back(&mut asked.at));
        self.told.iter_mut().for_each(|told| back(&mut told.at));
        self.pending.iter_mut().for_each(|pending| back(&mut pending.since));
        for claim in &mut self.claims {
            back(&mut claim.read);
            claim.turn.iter_mut().for_each(|held| back(&mut held.since));
            claim.asks.iter_mut().for_each(|held| back(&mut held.since));
        }
    }
}

/// What the daemon must know of a report about a task.
fn task(source: &str, report: Report) -> Option<Change> {
    let source = source.to_owned();
    match report {
        Report::TaskBegan { ext, label, model } => {
            let model = model.as_deref().map(line);
            Some(Change::TaskBegan { source, ext, label: line(&label), model })
        }
        Report::TaskEnded { ext, outcome, summary } => {
            let summary = summary.as_deref().map(line);
            Some(Change::TaskEnded { source, ext, outcome, summary })
        }
        Report::Conversation { .. }
        | Report::TurnBegan
        | Report::TurnEnded { .. }
        | Report::NeedsInput { .. }
        | Report::Answered
        | Report::Ended => None,
    }
}
