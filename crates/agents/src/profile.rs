//! What is known of one agent.

use std::ops::Range;

use app_model::evidence::Source as From;
use app_model::look::Look;
use app_model::reading::Reading;

use crate::condition::Wrong;
use crate::error::Problem;
use crate::generic;
use crate::rule::Rule;
use crate::source::{MAX_NAMES, MAX_RULES, Source};

/// Most characters of a profile's name.
const MAX_NAME: usize = 32;

/// An agent: its name, how to recognise it, and what its terminal tells.
#[derive(Debug)]
pub struct Profile {
    name: String,
    pub(crate) programs: Vec<String>,
    pub(crate) packages: Vec<String>,
    /// Highest priority first; those of the same priority in their order.
    rules: Vec<Rule>,
}

impl Profile {
    /// Reads a profile. What is wrong comes with the number of its line.
    pub(crate) fn parse(text: &str) -> Result<Self, (Option<usize>, Problem)> {
        let source: Source = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| line_of(text, &span));
            (line, Problem::Syntax(error.message().to_owned()))
        })?;
        Self::of(source).map_err(|(span, problem)| (span.map(|span| line_of(text, &span)), problem))
    }

    fn of(source: Source) -> Result<Self, Wrong> {
        let (span, name) = (source.name.span(), source.name.into_inner());
        let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(is_part) {
            return Err((Some(span), Problem::Name(name)));
        }
        let names = source.programs.iter().chain(&source.packages);
        let count = source.programs.len() + source.packages.len();
        if !(1..=MAX_NAMES).contains(&count) || names.into_iter().any(String::is_empty) {
            return Err((Some(span), Problem::Names));
        }
        if source.rules.len() > MAX_RULES {
            return Err((Some(source.rules[MAX_RULES].span()), Problem::Rules));
        }
        let mut rules: Vec<Rule> = Vec::new();
        for rule in source.rules {
            let span = rule.span();
            let rule = Rule::of(rule.into_inner())
                .map_err(|(inner, problem)| (inner.or(Some(span.clone())), problem))?;
            if rules.iter().any(|other| other.id == rule.id) {
                return Err((Some(span), Problem::SameRule(rule.id)));
            }
            rules.push(rule);
        }
        rules.sort_by_key(|rule| std::cmp::Reverse(rule.priority));
        Ok(Self { name, programs: source.programs, packages: source.packages, rules })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What a look at its terminal tells: the best rule of each source, and what any program
    /// may tell where no rule says more. A rule about the newest message is apart from them,
    /// and last.
    pub fn read(&self, look: &Look) -> Vec<Reading> {
        let best = |source: From, once: bool| {
            let of_source = self
                .rules
                .iter()
                .filter(|rule| rule.region.source() == source && rule.region.is_once() == once);
            of_source.into_iter().find_map(|rule| rule.read(look))
        };
        let osc = best(From::Osc, false).or_else(|| generic::readings(look).pop());
        let lasting = osc.into_iter().chain(best(From::Title, false));
        lasting.chain(best(From::Screen, false)).chain(best(From::Osc, true)).collect()
    }
}

/// The line, from one, where a span begins.
fn line_of(text: &str, span: &Range<usize>) -> usize {
    text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1
}
