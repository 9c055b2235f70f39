//! Whose turn it is: which evidence wins, when a hook's word is outdated, and how long
//! something must last before it is shown.

use serde::{Deserialize, Serialize};

use super::clock::Clock;
use super::seen::Claim;
use super::{ACTIVE, CONFIRM_IDLE, Change, Facts, OUTDATED, QUIET};
use crate::Turn;
use crate::evidence::{Evidence, Source};
use crate::session::Moment;

/// What a hook said about the turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Said {
    pub(super) turn: Turn,
    pub(super) at: Moment,
    /// The agent has answered, and work of its own goes on.
    pub(super) background: bool,
    /// What is seen has agreed with it since.
    #[serde(default)]
    pub(super) seen: bool,
    /// It was contradicted for too long. Only another report counts again.
    pub(super) outdated: bool,
    pub(super) evidence: Evidence,
}

/// A fact with what it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Believed {
    pub(super) value: Turn,
    pub(super) evidence: Option<Evidence>,
}

/// A value that is about to be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) turn: Turn,
    pub(super) since: Moment,
}

/// The program's output.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Activity {
    /// Since when it writes without a pause, what answers a key not counted.
    from: Option<Moment>,
    /// When it last wrote.
    last: Option<Moment>,
    since_ms: i64,
}

impl Default for Believed {
    fn default() -> Self {
        Self { value: Turn::Unknown, evidence: None }
    }
}

impl Said {
    pub(super) fn new(turn: Turn, at: Moment, evidence: Evidence) -> Self {
        Self { turn, at, background: false, seen: false, outdated: false, evidence }
    }

    /// The agent has answered.
    pub(super) fn ended(background: u32, at: Moment, evidence: &dyn Fn(&str) -> Evidence) -> Self {
        match background {
            0 => Self::new(Turn::Idle, at, evidence("the turn ended")),
            tasks => {
                let s = if tasks == 1 { "" } else { "s" };
                let evidence = evidence(&format!("{tasks} background task{s}"));
                Self { background: true, ..Self::new(Turn::Working, at, evidence) }
            }
        }
    }
}

impl Activity {
    pub(super) fn rewind(&mut self, now: Moment) {
        [&mut self.from, &mut self.last].into_iter().flatten().for_each(|at| *at = (*at).min(now));
    }

    /// That it writes, as evidence.
    fn writes(&self, clock: &mut Clock) -> Option<Evidence> {
        let (from, last) = (self.from?, self.last?);
        let writes = last >= from + ACTIVE && !clock.reached(last + QUIET);
        let detail = "it writes".to_owned();
        writes.then_some(Evidence { source: Source::Activity, detail, since_ms: self.since_ms })
    }
}

impl Facts {
    /// The program wrote.
    pub(super) fn wrote(&mut self, now: Moment, wall_ms: i64) {
        if self.is_echo(now) {
            return;
        }
        let goes_on = self.activity.last.is_some_and(|last| now < last + QUIET);
        if !goes_on || self.activity.from.is_none() {
            (self.activity.from, self.activity.since_ms) = (Some(now), wall_ms);
        }
        self.activity.last = Some(now);
    }

    /// Whether the owner is in the middle of a turn, as far as it said. It may also ask
    /// between two of them.
    pub(super) fn is_busy(&self) -> bool {
        match &self.said {
            Some(said) => said.turn == Turn::Working && !said.outdated,
            None => self.asked.is_some(),
        }
    }

    pub(super) fn settle_turn(
        &mut self,
        clock: &mut Clock,
        now: Moment,
        changes: &mut Vec<Change>,
    ) {
        let question = self.has_question(clock);
        let outdated = self.outdate(clock, question);
        let (turn, evidence) = self.best(clock);
        let is_said = evidence.as_ref().is_some_and(|e| e.source == Source::Hook);
        if turn == self.turn.value {
            self.pending = None;
            self.turn.evidence = evidence;
            return;
        }
        let since = match &self.pending {
            Some(pending) if pending.turn == turn => pending.since,
            Some(_) | None => now,
        };
        if question && self.turn.value == Turn::Working && !is_said {
            // Invariant 7. What follows a question counts from when that has left the terminal.
            let is_open = self.asked.is_some() || self.claims.iter().any(Claim::is_question);
            self.pending = (!is_open).then_some(Pending { turn, since });
            return;
        }
        // Invariant 6.
        let gone = !self.hooks.has_owner() && self.hooks_spoke_last();
        let at_once = turn == Turn::Working || is_said || outdated || gone;
        if at_once || clock.reached(since + CONFIRM_IDLE) {
            self.pending = None;
            self.turn = Believed { value: turn, evidence };
            changes.push(Change::TurnChanged(turn));
        } else {
            self.pending = Some(Pending { turn, since });
        }
    }

    /// The shown turn rests on a hook.
    fn hooks_spoke_last(&self) -> bool {
        self.turn.evidence.as_ref().is_some_and(|evidence| evidence.source == Source::Hook)
    }

    /// The word of the strongest source that has one.
    fn best(&self, clock: &mut Clock) -> (Turn, Option<Evidence>) {
        if let Some(said) = self.said.as_ref().filter(|said| !said.outdated) {
            return (said.turn, Some(said.evidence.clone()));
        }
        // Invariant 7: a question that belongs to a turn comes before what only looks idle.
        let mut claims = self.claims.iter();
        let asking = claims.find(|claim| claim.asks_within_turn()).into_iter();
        let turns = asking.chain(&self.claims).find_map(|claim| claim.turn.as_ref());
        if let Some(held) = turns {
            return (held.value, Some(held.evidence.clone()));
        }
        match self.agent.then(|| self.activity.writes(clock)).flatten() {
            Some(evidence) => (Turn::Working, Some(evidence)),
            None => (Turn::Unknown, None), // Invariant 5.
        }
    }

    /// Invariant 2: whether the hook's word about the turn became outdated now.
    fn outdate(&mut self, clock: &mut Clock, question: bool) -> bool {
        let Some(said) = self.said.as_ref().filter(|said| !said.outdated) else { return false };
        // Work in the background does not show, and a question hides the work.
        if said.background || question {
            return false;
        }
        let mut turns = self.claims.iter().filter_map(|claim| claim.turn.as_ref());
        if turns.any(|held| held.value == said.turn) {
            return false;
        }
        // What was read before the hook spoke says nothing about its word.
        let read = self.claims.iter().filter(|claim| claim.read >= said.at);
        let Some(since) = read.filter_map(|claim| Some(claim.turn.as_ref()?.since)).max() else {
            return false;
        };
        // What came before a question was answered, or gone, belongs to the question.
        let mut from = since.max(said.at).max(self.unasked).max(self.answered.unwrap_or_default());
        // What was seen to be so and is not any more has changed, and an agent that names its
        // own state names it before it calls a hook. What it does while hooks run at the end
        // of a turn is another matter.
        let named = self.claims.iter().any(|c| c.source == Source::Osc && c.turn.is_some());
        let is_sure = said.seen || (named && said.turn == Turn::Working);
        if said.turn == Turn::Working && !is_sure {
            // As long as it writes it may well work.
            from = from.max(self.activity.last.unwrap_or_default());
        }
        let limit = if is_sure { CONFIRM_IDLE } else { OUTDATED };
        if !clock.reached(from + limit) {
            return false;
        }
        if let Some(said) = &mut self.said {
            said.outdated = true;
        }
        true
    }

    /// What says another turn than the one that is shown.
    pub(super) fn turn_overruled(&self) -> Vec<Evidence> {
        let said = self.said.iter().map(|said| (said.turn, &said.evidence));
        let seen = self.claims.iter().filter_map(|claim| claim.turn.as_ref());
        said.chain(seen.map(|held| (held.value, &held.evidence)))
            .filter(|(turn, _)| *turn != self.turn.value)
            .map(|(_, evidence)| evidence.clone())
            .collect()
    }
}
