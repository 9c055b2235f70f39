//! A rule: where to look, what must be there, and what follows from it.

use app_model::Turn;
use app_model::look::{Look, MAX_COLUMNS};
use app_model::reading::Reading;
use app_model::text::{clipped, printable};

use crate::condition::{Condition, Wrong};
use crate::error::Problem;
use crate::region::Region;
use crate::source::RuleSource;

/// The highest priority.
pub(crate) const MAX_PRIORITY: u32 = 10_000;

/// Most characters of what a person is told.
pub(crate) const MAX_ATTENTION: usize = 200;

/// Stands for what matched.
const MATCH: &str = "{match}";

#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) priority: u32,
    pub(crate) region: Region,
    turn: Option<Turn>,
    attention: Option<String>,
    when: Condition,
}

/// A line from a terminal, made fit for people.
pub(crate) fn line(text: &str) -> String {
    clipped(printable(text).trim(), MAX_COLUMNS)
}

impl Rule {
    pub(crate) fn of(source: RuleSource) -> Result<Self, Wrong> {
        let RuleSource { id, priority, turn, attention, hold, region, when } = source;
        let id = line(&id);
        let concludes = turn.is_some() || attention.is_some();
        if concludes == hold || id.is_empty() {
            return Err((None, Problem::Conclusion(id)));
        }
        let fits = |text: &String| (1..=MAX_ATTENTION).contains(&text.chars().count());
        if !attention.iter().all(fits) {
            return Err((None, Problem::Attention(id)));
        }
        if priority > MAX_PRIORITY {
            return Err((None, Problem::Priority(id)));
        }
        let (span, name) = (region.span(), region.into_inner());
        let region = Region::named(&name).ok_or((Some(span), Problem::Region(name)))?;
        let when = Condition::of(when)?;
        Ok(Self { id, priority, region, turn: turn.map(Turn::from), attention, when })
    }

    /// What it makes of a look.
    pub(crate) fn read(&self, look: &Look) -> Option<Reading> {
        let region = self.region.of(look);
        if region.trim().is_empty() {
            return None;
        }
        let matched = line(&self.when.matched(&region)?);
        Some(Reading {
            source: self.region.source(),
            turn: self.turn,
            attention: self.attention.as_ref().map(|text| line(&text.replace(MATCH, &matched))),
            rule: self.id.clone(),
            text: matched,
            once: self.region.is_once(),
        })
    }
}
