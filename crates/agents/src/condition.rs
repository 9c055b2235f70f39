//! What must be the case in a region for a rule to hold.
//!
//! Everything that a condition lists must hold: each text of `contains`, each pattern of
//! `regex` on the whole region and of `line_regex` on one of its lines, each condition of
//! `all`, one at least of `any`, none of `not`.

use std::ops::Range;

use regex::{Regex, RegexBuilder};
use toml::Spanned;

use crate::error::Problem;
use crate::source::ConditionSource;

/// Most characters of a text or a pattern.
pub(crate) const MAX_PATTERN: usize = 400;

/// Most conditions of one rule, nested ones included.
pub(crate) const MAX_CONDITIONS: usize = 64;

/// How deep they may be nested.
pub(crate) const MAX_DEPTH: usize = 8;

/// Most bytes of a compiled pattern.
const MAX_PROGRAM: usize = 512 * 1024;

/// Where something is wrong, and what.
pub(crate) type Wrong = (Option<Range<usize>>, Problem);

#[derive(Debug)]
pub(crate) struct Condition {
    contains: Vec<String>,
    regex: Vec<Regex>,
    line_regex: Vec<Regex>,
    all: Vec<Self>,
    any: Vec<Self>,
    not: Vec<Self>,
}

impl Condition {
    pub(crate) fn of(source: ConditionSource) -> Result<Self, Wrong> {
        let mut left = MAX_CONDITIONS;
        let condition = Self::nested(source, MAX_DEPTH, &mut left)?;
        // Without something that must be there a rule would hold of anything.
        if condition.asks() { Ok(condition) } else { Err((None, Problem::Empty)) }
    }

    fn nested(source: ConditionSource, depth: usize, left: &mut usize) -> Result<Self, Wrong> {
        let depth = depth.checked_sub(1).ok_or((None, Problem::Depth))?;
        let own = source.contains.len() + source.regex.len() + source.line_regex.len();
        *left = left.checked_sub(own.max(1)).ok_or((None, Problem::Conditions))?;
        let mut inner = |sources: Vec<ConditionSource>| -> Result<Vec<Self>, Wrong> {
            sources.into_iter().map(|source| Self::nested(source, depth, left)).collect()
        };
        let condition = Self {
            all: inner(source.all)?,
            any: inner(source.any)?,
            not: inner(source.not)?,
            contains: source.contains.into_iter().map(text).collect::<Result<_, _>>()?,
            regex: source.regex.into_iter().map(pattern).collect::<Result<_, _>>()?,
            line_regex: source.line_regex.into_iter().map(pattern).collect::<Result<_, _>>()?,
        };
        let is_empty = !condition.asks() && condition.not.is_empty();
        if is_empty { Err((None, Problem::Empty)) } else { Ok(condition) }
    }

    /// Whether it asks for something that must be there.
    fn asks(&self) -> bool {
        let own = self.contains.len() + self.regex.len() + self.line_regex.len();
        own + self.all.len() + self.any.len() > 0
    }

    /// The line or the captured text that made it hold, if it holds.
    pub(crate) fn matched(&self, region: &str) -> Option<String> {
        let mut first: Option<String> = None;
        let mut keep = |found: Option<String>| -> Option<()> {
            let found = found?;
            first.get_or_insert(found);
            Some(())
        };
        for regex in &self.regex {
            keep(captured(regex, region))?;
        }
        for regex in &self.line_regex {
            keep(region.lines().find_map(|line| captured(regex, line)))?;
        }
        for text in &self.contains {
            keep(region.contains(text.as_str()).then(|| line_with(region, text)))?;
        }
        for condition in &self.all {
            keep(condition.matched(region))?;
        }
        if !self.any.is_empty() {
            keep(self.any.iter().find_map(|condition| condition.matched(region)))?;
        }
        if self.not.iter().any(|condition| condition.matched(region).is_some()) {
            return None;
        }
        // A condition of `not` alone holds of nothing in particular.
        Some(first.unwrap_or_default())
    }
}

/// The first group of a match, or all of it.
fn captured(regex: &Regex, text: &str) -> Option<String> {
    let captures = regex.captures(text)?;
    let found = captures.iter().skip(1).flatten().next().or_else(|| captures.get(0))?;
    Some(found.as_str().to_owned())
}

fn line_with(region: &str, text: &str) -> String {
    region.lines().find(|line| line.contains(text)).unwrap_or(text).to_owned()
}

fn text(source: Spanned<String>) -> Result<String, Wrong> {
    let span = source.span();
    let text = source.into_inner();
    let is_fit = !text.is_empty() && text.chars().count() <= MAX_PATTERN;
    if is_fit { Ok(text) } else { Err((Some(span), Problem::Length)) }
}

fn pattern(source: Spanned<String>) -> Result<Regex, Wrong> {
    let span = source.span();
    let text = text(source)?;
    RegexBuilder::new(&text)
        .size_limit(MAX_PROGRAM)
        .dfa_size_limit(MAX_PROGRAM)
        .build()
        .map_err(|error| (Some(span), Problem::Pattern(error.to_string())))
}
