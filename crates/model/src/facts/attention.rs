//! Whether a person is needed: questions that hooks report, questions that are seen, and
//! what was said once.

use serde::{Deserialize, Serialize};

use super::clock::Clock;
use super::seen::Claim;
use super::{ANSWER_LAG, CONFIRM_QUESTION, Change, Facts, QUESTION_GONE};
use crate::Turn;
use crate::evidence::{Evidence, Source};
use crate::session::Moment;

/// A question that a hook reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) text: String,
    pub(super) at: Moment,
    /// The terminal has shown a question since.
    pub(super) shown: bool,
    raised: bool,
    evidence: Evidence,
}

/// Something that was said once: a message, a bell, a failure. It stands until a person
/// types or the next turn begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Told {
    why: String,
    pub(super) at: Moment,
    raised: bool,
    evidence: Evidence,
}

/// Why a person is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Raised {
    pub(super) why: String,
    pub(super) evidence: Evidence,
    origin: Origin,
    /// Where the words were seen, if they were.
    #[serde(default)]
    words: Option<Source>,
}

/// A question that is seen.
struct Question {
    why: String,
    words: Source,
    evidence: Evidence,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Origin {
    Asked,
    Told,
    Seen,
}

impl Asked {
    pub(super) fn new(text: String, at: Moment, evidence: Evidence) -> Self {
        Self { text, at, shown: false, raised: false, evidence }
    }
}

impl Told {
    pub(super) fn new(why: String, at: Moment, evidence: Evidence) -> Self {
        Self { why, at, raised: false, evidence }
    }
}

impl Raised {
    /// It rests on what the terminal shows.
    pub(super) fn is_seen(&self) -> bool {
        self.origin == Origin::Seen
    }
}

impl Facts {
    /// Drops a hook's question that was answered without a hook telling so.
    pub(super) fn settle_question(&mut self, clock: &mut Clock, now: Moment) {
        let asks = self.claims.iter().any(|claim| claim.asks.is_some());
        let Some(asked) = self.asked.as_ref().filter(|_| !asks) else { return };
        let typed = self.typed.filter(|typed| *typed >= asked.at);
        let works = |claim: &Claim| {
            claim.turn.as_ref().is_some_and(|held| held.value == Turn::Working)
                && typed.is_some_and(|typed| claim.read > typed)
        };
        let goes_on = self.claims.iter().any(works);
        // It was on the terminal and is not any more.
        let limit = if typed.is_some() { CONFIRM_QUESTION } else { QUESTION_GONE };
        let left = self.unasked.max(asked.at);
        if goes_on {
            (self.asked, self.answered) = (None, Some(now));
        } else if asked.shown && clock.reached(left + limit) {
            (self.asked, self.answered) = (None, Some(left));
        }
    }

    pub(super) fn settle_attention(
        &mut self,
        clock: &mut Clock,
        wall_ms: i64,
        changes: &mut Vec<Change>,
    ) {
        let origin = self.attention.as_ref().map(|raised| raised.origin);
        if let Some(asked) = &mut self.asked {
            let is_new = !std::mem::replace(&mut asked.raised, true);
            let (why, evidence) = (asked.text.clone(), asked.evidence.clone());
            self.told = None; // It was about the question.
            match (is_new, origin) {
                // The terminal was faster with the same question.
                (true, Some(Origin::Seen)) => self.adopt(Origin::Asked, evidence),
                (true, _) => self.raise(Origin::Asked, why, evidence, changes),
                (false, _) => {}
            }
            return;
        }
        if self.told_still_stands(origin, clock, changes) {
            return;
        }
        if let Some(question) = self.seen_question(clock) {
            self.told = None;
            let Question { why, words, evidence } = question;
            match origin {
                Some(Origin::Seen) => self.reword(why, words, changes),
                Some(Origin::Told) => self.adopt(Origin::Seen, evidence),
                Some(Origin::Asked) | None => {
                    let evidence = Evidence { since_ms: wall_ms, ..evidence };
                    self.raise(Origin::Seen, why, evidence, changes);
                    if let Some(raised) = &mut self.attention {
                        raised.words = Some(words);
                    }
                }
            }
            return;
        }
        let lingers = match origin {
            Some(Origin::Seen) => self.shows_question(clock) && !self.is_answered(),
            // Another message takes its place.
            Some(Origin::Told) => self.told.is_some(),
            Some(Origin::Asked) | None => false,
        };
        if origin.is_some() && !lingers {
            self.attention = None;
            changes.push(Change::AttentionCleared);
        }
    }

    /// Whether something that was said once is why a person is called. What comes with a
    /// question on the terminal is about that question, which says more and lasts.
    fn told_still_stands(
        &mut self,
        origin: Option<Origin>,
        clock: &mut Clock,
        changes: &mut Vec<Change>,
    ) -> bool {
        if origin == Some(Origin::Seen) {
            self.told = None;
        }
        let asks = self.claims.iter().any(|claim| claim.asks.is_some());
        let Some(told) = &mut self.told else { return false };
        if told.raised {
            return true;
        }
        let is_hook = told.evidence.source == Source::Hook;
        if !is_hook && (asks || !clock.reached(told.at + CONFIRM_QUESTION)) {
            return false;
        }
        told.raised = true;
        let (why, evidence) = (told.why.clone(), told.evidence.clone());
        self.raise(Origin::Told, why, evidence, changes);
        true
    }

    /// The question that the terminal has shown for long enough. The strongest source is
    /// the evidence; the words are those of the weakest, for the screen has the question
    /// itself and a title only says that there is one.
    fn seen_question(&self, clock: &mut Clock) -> Option<Question> {
        let asks: Vec<_> = self
            .claims
            .iter()
            .filter(|claim| self.is_fresh(claim, clock))
            .filter_map(|claim| claim.asks.as_ref())
            .collect();
        let since = asks.iter().map(|held| held.since).min()?;
        if !clock.reached(since + CONFIRM_QUESTION) {
            return None;
        }
        let (first, last) = (asks.first()?, asks.last()?);
        Some(Question {
            why: last.value.clone(),
            words: last.evidence.source,
            evidence: first.evidence.clone(),
        })
    }

    /// The screen shows the question itself, and until now there was only a word that there
    /// is one: the program is quicker to say so than to draw it.
    fn reword(&mut self, why: String, words: Source, changes: &mut Vec<Change>) {
        let Some(raised) = &mut self.attention else { return };
        let is_better = words == Source::Screen && raised.words.is_some_and(|from| from != words);
        if is_better {
            raised.words = Some(words);
            raised.why.clone_from(&why);
            changes.push(Change::AttentionReworded { why });
        }
    }

    /// What was on the terminal when a hook reported the answer counts again only when it
    /// was seen a while later.
    fn is_fresh(&self, claim: &Claim, clock: &mut Clock) -> bool {
        let Some(answered) = self.answered else { return true };
        let since = claim.asks.as_ref().map(|held| held.since);
        since.is_some_and(|since| since > answered)
            || (claim.read > answered && clock.reached(answered + ANSWER_LAG))
    }

    /// A hook said that nobody is asked any more, after all that is seen began to ask.
    fn is_answered(&self) -> bool {
        let Some(answered) = self.answered else { return false };
        let asks = self.claims.iter().filter(|claim| claim.asks.is_some());
        asks.clone().count() > 0
            && asks
                .clone()
                .all(|claim| claim.asks.as_ref().is_some_and(|held| held.since <= answered))
    }

    fn adopt(&mut self, origin: Origin, evidence: Evidence) {
        if let Some(raised) = &mut self.attention {
            raised.origin = origin;
            raised.evidence = Evidence { since_ms: raised.evidence.since_ms, ..evidence };
        }
    }

    fn raise(
        &mut self,
        origin: Origin,
        why: String,
        evidence: Evidence,
        changes: &mut Vec<Change>,
    ) {
        changes.push(Change::AttentionRaised { why: why.clone() });
        self.attention = Some(Raised { why, evidence, origin, words: None });
    }

    /// Questions that are seen and not believed.
    pub(super) fn attention_overruled(&self) -> Vec<Evidence> {
        if self.attention.is_some() {
            return Vec::new();
        }
        let asks = self.claims.iter().filter_map(|claim| claim.asks.as_ref());
        asks.map(|held| held.evidence.clone()).collect()
    }
}
