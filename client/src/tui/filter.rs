//! Which sessions a typed text means: letters in their order, the best match first.

use app_model::{SessionView, spec};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// Finds what a text means.
pub(crate) struct Filter {
    matcher: Matcher,
    room: Vec<char>,
}

impl Default for Filter {
    fn default() -> Self {
        Self { matcher: Matcher::new(Config::DEFAULT), room: Vec::new() }
    }
}

impl Filter {
    /// Those that match, best first; equally good ones keep their order.
    pub(crate) fn best<'a, K>(
        &mut self,
        typed: &str,
        all: impl Iterator<Item = (K, &'a str)>,
    ) -> Vec<K> {
        let pattern = Pattern::parse(typed, CaseMatching::Smart, Normalization::Smart);
        let mut scored: Vec<(u32, K)> = Vec::new();
        for (key, text) in all {
            let text = Utf32Str::new(text, &mut self.room);
            if let Some(score) = pattern.score(text, &mut self.matcher) {
                scored.push((score, key));
            }
        }
        scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        scored.into_iter().map(|(_, key)| key).collect()
    }
}

/// What is looked at of a session: its id, name, directory and command.
pub(crate) fn haystack(view: &SessionView) -> String {
    let command = spec::command_line(&view.argv);
    format!("{} {} {} {}", view.id, view.name, view.cwd.shown(), command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_match_comes_first_and_equals_keep_their_order() {
        let all = [(1, "a long tail test"), (2, "test"), (3, "test"), (4, "nothing")];
        let mut filter = Filter::default();
        assert_eq!(filter.best("test", all.into_iter()).split_first().unwrap().1.len(), 2);
        assert_eq!(filter.best("nothing", all.into_iter()), [4]);
        let equal: Vec<_> =
            filter.best("test", all.into_iter()).into_iter().filter(|key| *key != 1).collect();
        assert_eq!(equal, [2, 3]);
        assert_eq!(filter.best("", all.into_iter()), [1, 2, 3, 4]);
    }
}
