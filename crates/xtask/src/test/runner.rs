//! Goes through the plan, one step after the other, and tells how it went.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use super::plan::{Planned, Step, plan};
use super::tally::Tally;
use super::{files, rust, supply};
use crate::arguments::TestOptions;
use crate::workspace::Workspace;

/// How a step ended that found nothing wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    /// It could not look; the text says at what, and why.
    NotChecked(String),
}

/// What the steps found out that must be said at the end.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) tally: Tally,
    /// Checks that could not be made, each with its reason.
    pub(super) not_checked: Vec<String>,
}

impl Report {
    /// Tells that a check was not made: now, and again where the eye ends up.
    pub(super) fn not_checked(&mut self, what: &str) {
        eprintln!("NOT CHECKED: {what}");
        self.not_checked.push(what.into());
    }
}

/// Makes every check that `options` asks for. The last line it prints counts the tests.
pub(crate) fn test(workspace: &Workspace, options: &TestOptions) -> Result<()> {
    let began = Instant::now();
    let mut report = Report::default();
    let result = go_through(&plan(options), |step| perform(step, workspace, options, &mut report));
    for what in &report.not_checked {
        eprintln!("NOT CHECKED: {what}");
    }
    let all = elapsed(began.elapsed());
    match &result {
        Ok(()) => eprintln!("━━ all of it: ok, {all}"),
        Err(_) => eprintln!("━━ FAILED after {all}"),
    }
    if report.tally != Tally::default() {
        println!("{}", report.tally);
    }
    result
}

/// Heads and times each step; the first failure is the last step.
fn go_through(plan: &[Planned], mut perform: impl FnMut(Step) -> Result<Outcome>) -> Result<()> {
    for Planned { step, left_out } in plan {
        let title = step.title();
        if let Some(reason) = left_out {
            eprintln!("━━ {title}: left out ({reason})");
            continue;
        }
        eprintln!("━━ {title}");
        let began = Instant::now();
        let result = perform(*step);
        let word = match &result {
            Ok(Outcome::Done) => "ok",
            Ok(Outcome::NotChecked(_)) => "NOT CHECKED",
            Err(_) => "FAILED",
        };
        eprintln!("━━ {title}: {word}, {}", elapsed(began.elapsed()));
        result.with_context(|| format!("this check failed: {title}"))?;
    }
    Ok(())
}

fn perform(
    step: Step,
    workspace: &Workspace,
    options: &TestOptions,
    report: &mut Report,
) -> Result<Outcome> {
    let outcome = match step {
        Step::Packages => supply::packages(workspace)?,
        Step::Format => rust::format(workspace)?,
        Step::Clippy => rust::clippy(workspace)?,
        Step::Deny => supply::deny(workspace)?,
        Step::Advisories => supply::advisories(workspace)?,
        Step::Build => rust::build(workspace)?,
        Step::Tests => rust::tests(workspace, options, report)?,
        Step::Soak => rust::soak(workspace)?,
        Step::Doctests => rust::doctests(workspace, report)?,
        Step::Docs => rust::docs(workspace)?,
        Step::Units => files::units(workspace)?,
        Step::LaunchAgents => files::launch_agents(workspace)?,
    };
    if let Outcome::NotChecked(what) = &outcome {
        report.not_checked(what);
    }
    Ok(outcome)
}

/// `0.4s`, `12.3s`, `3m 20s`.
fn elapsed(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds < 60 {
        format!("{:.1}s", duration.as_secs_f64())
    } else {
        format!("{}m {}s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn the_first_failure_is_the_last_step_and_is_named() {
        let mut seen = Vec::new();
        let result = go_through(&plan(&TestOptions::default()), |step| {
            seen.push(step);
            if step == Step::Clippy { bail!("two warnings") } else { Ok(Outcome::Done) }
        });
        assert_eq!(seen, [Step::Packages, Step::Format, Step::Clippy]);
        let error = format!("{:#}", result.unwrap_err());
        assert_eq!(error, "this check failed: clippy: no warnings: two warnings");
    }

    #[test]
    fn what_is_left_out_is_not_done() {
        let mut seen = Vec::new();
        let options = TestOptions { quick: true, ..TestOptions::default() };
        go_through(&plan(&options), |step| {
            seen.push(step);
            Ok(Outcome::Done)
        })
        .unwrap();
        assert!(!seen.contains(&Step::Deny) && seen.contains(&Step::Tests));
    }

    #[test]
    fn durations_read_like_everywhere_in_the_product() {
        let shown = |millis| elapsed(Duration::from_millis(millis));
        assert_eq!(shown(420), "0.4s");
        assert_eq!(shown(12_340), "12.3s");
        assert_eq!(shown(60_000), "1m 0s");
        assert_eq!(shown(200_900), "3m 20s");
    }
}
