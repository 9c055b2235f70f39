//! How many tests ran, from what the test runners leave behind.

use std::fmt;
use std::ops::AddAssign;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) passed: u64,
    pub(super) failed: u64,
    pub(super) skipped: u64,
}

impl Tally {
    /// From the summary line of libtest, such as
    /// `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; …`.
    pub(super) fn of_libtest_line(line: &str) -> Option<Self> {
        let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
        let mut tally = Self::default();
        for count in counts.split("; ") {
            let Some((number, what)) = count.split_once(' ') else { continue };
            match what {
                "passed" => tally.passed = number.parse().ok()?,
                "failed" => tally.failed = number.parse().ok()?,
                "ignored" => tally.skipped = number.parse().ok()?,
                _ => {}
            }
        }
        Some(tally)
    }

    /// From the JUnit report of nextest: the counts stand in its outermost element.
    pub(super) fn of_junit(report: &str) -> Option<Self> {
        let (_, rest) = report.split_once("<testsuites ")?;
        let (element, _) = rest.split_once('>')?;
        let count = |name: &str| -> Option<u64> {
            let (_, value) = element.split_once(&format!(" {name}=\""))?;
            value.split_once('"')?.0.parse().ok()
        };
        let failed = count("failures")? + count("errors")?;
        Some(Self { passed: count("tests")?.checked_sub(failed)?, failed, skipped: 0 })
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// One plain line that people and machines read.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passed, failed, skipped } = self;
        write!(f, "tests: {passed} passed, {failed} failed, {skipped} skipped")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_libtest_summary_is_read() {
        let line = "test result: FAILED. 3 passed; 2 failed; 1 ignored; 0 measured; \
                    4 filtered out; finished in 0.01s";
        let tally = Tally { passed: 3, failed: 2, skipped: 1 };
        assert_eq!(Tally::of_libtest_line(line), Some(tally));
    }

    #[test]
    fn other_lines_count_nothing() {
        for line in ["", "running 3 tests", "test a::b ... ok", "test result: "] {
            assert_eq!(Tally::of_libtest_line(line), None, "{line}");
        }
    }

    #[test]
    fn a_junit_report_is_read_from_its_outermost_element() {
        let report = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="nextest-run" tests="12" failures="2" errors="1" uuid="x" time="1.5">
    <testsuite name="app-model" tests="5" disabled="0" errors="0" failures="0">"#;
        let tally = Tally { passed: 9, failed: 3, skipped: 0 };
        assert_eq!(Tally::of_junit(report), Some(tally));
        assert_eq!(Tally::of_junit("<testsuites name=\"x\">"), None);
        assert_eq!(Tally::of_junit(""), None);
    }

    #[test]
    fn tallies_add_up_to_one_plain_line() {
        let mut tally = Tally { passed: 9, failed: 0, skipped: 0 };
        tally += Tally { passed: 3, failed: 1, skipped: 2 };
        assert_eq!(tally.to_string(), "tests: 12 passed, 1 failed, 2 skipped");
    }
}
