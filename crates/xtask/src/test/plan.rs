//! Which checks there are, and which of them a call makes.

use crate::arguments::TestOptions;

/// One check. The order is that of the plan: what fails most often and costs least comes
/// early, and what needs the programs comes after they are built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Packages,
    Format,
    Clippy,
    Deny,
    Advisories,
    Build,
    Tests,
    Soak,
    Doctests,
    Docs,
    Units,
    LaunchAgents,
}

impl Step {
    const ALL: [Self; 12] = [
        Self::Packages,
        Self::Format,
        Self::Clippy,
        Self::Deny,
        Self::Advisories,
        Self::Build,
        Self::Tests,
        Self::Soak,
        Self::Doctests,
        Self::Docs,
        Self::Units,
        Self::LaunchAgents,
    ];

    /// What the step is called, and what it checks.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Packages => "packages: what the tests need from Debian",
            Self::Format => "rustfmt: the code is formatted",
            Self::Clippy => "clippy: no warnings",
            Self::Deny => "cargo-deny: bans, licenses, sources",
            Self::Advisories => "cargo-deny: advisories",
            Self::Build => "build: the programs that the tests run",
            Self::Tests => "tests",
            Self::Soak => "soak: everything at once while processes are killed",
            Self::Doctests => "doctests",
            Self::Docs => "rustdoc: no warnings",
            Self::Units => "systemd: the units are right",
            Self::LaunchAgents => "launchd: the property lists can be read",
        }
    }

    fn left_out(self, options: &TestOptions) -> Option<&'static str> {
        match self {
            Self::Packages | Self::Deny | Self::Advisories | Self::Soak | Self::Docs
                if options.quick =>
            {
                Some("--quick")
            }
            // They have no names that a filter of the test runner could match.
            Self::Soak | Self::Doctests if !options.filters.is_empty() => {
                Some("the tests are filtered")
            }
            _ => None,
        }
    }
}

/// A step, and why this call leaves it out, if it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Planned {
    pub(super) step: Step,
    pub(super) left_out: Option<&'static str>,
}

/// Every step in its order. None is ever missing: what is not done is left out with a reason.
pub(super) fn plan(options: &TestOptions) -> Vec<Planned> {
    Step::ALL.map(|step| Planned { step, left_out: step.left_out(options) }).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(options: &TestOptions) -> Vec<Step> {
        let plan = plan(options);
        plan.into_iter().filter(|p| p.left_out.is_none()).map(|p| p.step).collect()
    }

    #[test]
    fn by_default_everything_is_done_in_order() {
        assert_eq!(done(&TestOptions::default()), Step::ALL);
    }

    #[test]
    fn quick_leaves_out_what_needs_a_network_or_long_and_says_so() {
        let options = TestOptions { quick: true, ..TestOptions::default() };
        assert_eq!(
            done(&options),
            [
                Step::Format,
                Step::Clippy,
                Step::Build,
                Step::Tests,
                Step::Doctests,
                Step::Units,
                Step::LaunchAgents
            ]
        );
        assert_eq!(plan(&options).len(), Step::ALL.len(), "what is left out is still listed");
    }

    #[test]
    fn a_filter_leaves_out_what_has_no_names() {
        let options = TestOptions { filters: vec!["wire".into()], ..TestOptions::default() };
        let left_out: Vec<_> =
            plan(&options).into_iter().filter(|p| p.left_out.is_some()).map(|p| p.step).collect();
        assert_eq!(left_out, [Step::Soak, Step::Doctests]);
    }

    #[test]
    fn programs_are_built_before_anything_runs_them() {
        let at = |step| Step::ALL.iter().position(|&s| s == step);
        assert!(at(Step::Packages) < at(Step::Tests));
        for user in [Step::Tests, Step::Soak, Step::Units] {
            assert!(at(Step::Build) < at(user));
        }
    }
}
