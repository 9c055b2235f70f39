//! What is seen on a terminal, source by source, and since when.

use serde::{Deserialize, Serialize};

use super::SEEN;
use crate::Turn;
use crate::evidence::{Evidence, Source};
use crate::reading::Reading;
use crate::report::MAX_TEXT;
use crate::session::Moment;
use crate::text::{clipped, printable};

/// Something that has been the case for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Held<T> {
    pub(super) value: T,
    pub(super) since: Moment,
    pub(super) evidence: Evidence,
}

/// What one source says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claim {
    pub(super) source: Source,
    pub(super) turn: Option<Held<Turn>>,
    pub(super) asks: Option<Held<String>>,
    /// When it was last seen to say so.
    pub(super) read: Moment,
}

impl Claim {
    /// It asks, and says that this belongs to a turn. Nobody may have seen the turn begin.
    pub(super) fn asks_within_turn(&self) -> bool {
        let works = self.turn.as_ref().is_some_and(|held| held.value == Turn::Working);
        self.asks.is_some() && works
    }

    /// It asks in the midst of a turn. What asks and says that the turn is over, such as a
    /// failure, is no question.
    pub(super) fn is_question(&self) -> bool {
        let over = self.turn.as_ref().is_some_and(|held| held.value == Turn::Idle);
        self.asks.is_some() && !over
    }
}

/// A line from outside, made fit for people.
pub(super) fn line(text: &str) -> String {
    clipped(printable(text).trim(), MAX_TEXT)
}

/// What the claims are after a look.
pub(super) fn after(
    claims: &[Claim],
    readings: &[Reading],
    now: Moment,
    wall_ms: i64,
) -> Vec<Claim> {
    SEEN.into_iter()
        .filter_map(|source| {
            let before = claims.iter().find(|claim| claim.source == source);
            let reading = readings.iter().find(|r| r.source == source && !r.once)?;
            if reading.holds() {
                return before.cloned();
            }
            Some(renewed(before, reading, now, wall_ms))
        })
        .collect()
}

/// The claim of a reading, which goes on from the one before where that said the same. A
/// question is the same as long as there is one: its words may move on the screen.
fn renewed(before: Option<&Claim>, reading: &Reading, now: Moment, wall_ms: i64) -> Claim {
    let detail = line(&format!("{}: {}", reading.rule, reading.text));
    let evidence =
        || Evidence { source: reading.source, detail: detail.clone(), since_ms: wall_ms };
    let turn = reading.turn.filter(|turn| *turn != Turn::Unknown).map(|value| {
        before
            .and_then(|claim| claim.turn.clone())
            .filter(|held| held.value == value)
            .unwrap_or_else(|| Held { value, since: now, evidence: evidence() })
    });
    let asks = reading.attention.as_deref().map(|text| {
        before.and_then(|claim| claim.asks.clone()).unwrap_or_else(|| Held {
            value: line(text),
            since: now,
            evidence: evidence(),
        })
    });
    Claim { source: reading.source, turn, asks, read: now }
}
