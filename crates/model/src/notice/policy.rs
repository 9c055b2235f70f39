//! Whether something that happened is told to a person.
//!
//! # Invariants
//!
//! 1. What somebody sees or asked for is not told, unless the session says `always`.
//! 2. `mute` and the quiet hours keep a notice from being shown, never from being listed:
//!    nothing is lost by them.
//! 3. Failures and questions are never too short to be told.

use super::{Notice, NoticeKind, What, worded};
use crate::settings::{Notify, Rollup};

/// When the ends and questions of one session are told. `start --notify`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum When {
    /// As the settings say.
    #[default]
    Auto,
    /// Always: however short, and although somebody saw it or asked for it.
    Always,
    /// Never.
    Never,
}

impl When {
    /// The word in the registry and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }
    }

    /// What a word says; one from a later release counts as `auto`.
    pub fn of_word(word: &str) -> Self {
        match word {
            "always" => Self::Always,
            "never" => Self::Never,
            _ => Self::Auto,
        }
    }
}

/// Whether a person looks at the session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looking {
    /// Terminals that show it.
    pub attached: u16,
    /// Whether one of them has the focus (mode 1004), where that is known.
    pub focused: Option<bool>,
}

impl Looking {
    /// So many terminals show it, and nothing is known of their focus.
    pub fn attached(attached: u16) -> Self {
        Self { attached, focused: None }
    }

    /// Somebody sees it: what is shown on a terminal counts as seen, unless the terminal
    /// says that it is in the background.
    pub fn somebody(self) -> bool {
        self.attached > 0 && self.focused != Some(false)
    }
}

/// The circumstances of what happened.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// The session's name.
    pub name: &'a str,
    /// Where it runs.
    pub cwd: &'a str,
    /// It belongs to another session.
    pub is_task: bool,
    /// What was said at its start.
    pub when: When,
    /// Whether somebody looks.
    pub looking: Looking,
    /// The time of day in this place, in minutes since midnight.
    pub minute: u16,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Tell it.
    Tell(Notice),
    /// List it, and show it to nobody.
    Keep(Notice, Held),
    /// Nothing.
    Nothing(WhyNot),
}

/// Why a notice is listed only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Held {
    /// All notices are muted.
    #[error("notices are muted")]
    Muted,
    /// It is night.
    #[error("it came within the quiet hours")]
    Quiet,
}

/// Why something is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WhyNot {
    /// The session was started with `--notify never`.
    #[error("the session says never")]
    Never,
    /// Somebody asked for it.
    #[error("somebody asked for it")]
    Asked,
    /// Somebody saw it.
    #[error("somebody saw it")]
    Seen,
    /// It did not take long enough.
    #[error("it was short")]
    Short,
    /// The settings do not name this kind.
    #[error("its kind is not told")]
    Kind,
    /// It belongs to another session, which is told of instead.
    #[error("it belongs to another session")]
    RolledUp,
}

/// Decides. `settings` are those of the session's agent: see [`Notify::for_agent`].
pub fn decide(what: &What, situation: &Situation<'_>, settings: &Notify) -> Verdict {
    if let Some(why) = unwanted(what, situation, settings) {
        return Verdict::Nothing(why);
    }
    let notice = worded(situation.name, situation.cwd, what);
    let quiet = settings.quiet_hours.is_some_and(|hours| hours.contains(situation.minute));
    if settings.mute {
        Verdict::Keep(notice, Held::Muted)
    } else if quiet {
        Verdict::Keep(notice, Held::Quiet)
    } else {
        Verdict::Tell(notice)
    }
}

fn unwanted(what: &What, situation: &Situation<'_>, settings: &Notify) -> Option<WhyNot> {
    match situation.when {
        When::Never => return Some(WhyNot::Never),
        When::Always => return None,
        When::Auto => {}
    }
    let kind = what.kind();
    let is_end = matches!(
        what,
        What::Ended { .. } | What::GaveUp { .. } | What::TaskEnded { .. } | What::TasksEnded(_)
    );
    let is_task = situation.is_task || matches!(what, What::TaskEnded { .. });
    if what.was_asked_for() {
        Some(WhyNot::Asked)
    } else if situation.looking.somebody() {
        Some(WhyNot::Seen)
    } else if !settings.on.contains(&kind) {
        Some(WhyNot::Kind)
    } else if is_end && is_task && settings.rollup == Rollup::Parent {
        Some(WhyNot::RolledUp)
    } else if is_short(what, kind, settings) {
        Some(WhyNot::Short)
    } else {
        None
    }
}

/// Only what went well can be too short (invariant 3); what took nobody knows how long
/// is not.
fn is_short(what: &What, kind: NoticeKind, settings: &Notify) -> bool {
    matches!(kind, NoticeKind::Finished | NoticeKind::TurnEnded)
        && what.elapsed_ms().is_some_and(|took| took < settings.min_duration_ms)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Exit;
    use crate::notice::Batch;
    use crate::report::Outcome;
    use crate::settings::QuietHours;

    const AUTO: Situation<'static> = Situation {
        name: "x",
        cwd: "/src",
        is_task: false,
        when: When::Auto,
        looking: Looking { attached: 0, focused: None },
        minute: 12 * 60,
    };

    fn ended(code: i32, elapsed_ms: u64) -> What {
        let exit = Exit::Code(code);
        What::Ended { exit, elapsed_ms: Some(elapsed_ms), asked: false, last_line: None }
    }

    fn why_not(what: &What, situation: &Situation<'_>, settings: &Notify) -> Option<WhyNot> {
        match decide(what, situation, settings) {
            Verdict::Nothing(why) => Some(why),
            Verdict::Tell(_) | Verdict::Keep(..) => None,
        }
    }

    #[test]
    fn a_short_success_is_not_told_and_a_short_failure_is() {
        let settings = Notify::default();
        assert_eq!(why_not(&ended(0, 9_999), &AUTO, &settings), Some(WhyNot::Short));
        assert_eq!(why_not(&ended(0, 10_000), &AUTO, &settings), None);
        assert_eq!(why_not(&ended(1, 0), &AUTO, &settings), None);
    }

    #[test]
    fn what_was_seen_or_asked_for_is_not_told() {
        let settings = Notify::default();
        let with = |looking| Situation { looking, ..AUTO };
        let long = ended(1, 60_000);
        let seen = with(Looking::attached(1));
        assert_eq!(why_not(&long, &seen, &settings), Some(WhyNot::Seen));
        let behind = with(Looking { attached: 1, focused: Some(false) });
        assert_eq!(why_not(&long, &behind, &settings), None, "it is in the background");
        let asked = What::Ended {
            exit: Exit::Code(0),
            elapsed_ms: Some(60_000),
            asked: true,
            last_line: None,
        };
        assert_eq!(why_not(&asked, &AUTO, &settings), Some(WhyNot::Asked));
    }

    #[test]
    fn the_session_has_the_last_word_on_what_but_not_on_the_night() {
        let settings = Notify::default();
        let never = Situation { when: When::Never, ..AUTO };
        assert_eq!(why_not(&ended(1, 60_000), &never, &settings), Some(WhyNot::Never));
        let always =
            Situation { when: When::Always, looking: Looking::attached(2), is_task: true, ..AUTO };
        assert_eq!(why_not(&ended(0, 0), &always, &settings), None);
        let night =
            Notify { quiet_hours: Some(QuietHours { from: 22 * 60, to: 7 * 60 }), ..settings };
        let at_three = Situation { minute: 180, ..always };
        assert!(matches!(decide(&ended(0, 0), &at_three, &night), Verdict::Keep(_, Held::Quiet)));
        let muted = Notify { mute: true, ..night };
        assert!(matches!(decide(&ended(0, 0), &always, &muted), Verdict::Keep(_, Held::Muted)));
    }

    #[test]
    fn tasks_are_told_by_themselves_or_not_at_all() {
        let each = Notify::default();
        let parent = Notify { rollup: Rollup::Parent, ..Notify::default() };
        let task = What::TaskEnded {
            label: "a".into(),
            outcome: Outcome::Failed,
            elapsed_ms: 60_000,
            summary: None,
        };
        assert_eq!(why_not(&task, &AUTO, &each), None);
        assert_eq!(why_not(&task, &AUTO, &parent), Some(WhyNot::RolledUp));
        let all = What::TasksEnded(Batch { ok: 2, elapsed_ms: 60_000, ..Batch::default() });
        assert_eq!(why_not(&all, &AUTO, &parent), None, "that is how they are told");
        let of_another = Situation { is_task: true, ..AUTO };
        assert_eq!(why_not(&all, &of_another, &parent), Some(WhyNot::RolledUp));
        let asks = What::NeedsInput { question: "?".into() };
        assert_eq!(why_not(&ended(1, 1), &of_another, &parent), Some(WhyNot::RolledUp));
        assert_eq!(why_not(&asks, &of_another, &parent), None, "a question cannot wait");
    }

    #[test]
    fn kinds_that_are_not_named_are_not_told() {
        let settings = Notify { on: vec![NoticeKind::Failed], ..Notify::default() };
        let asks = What::NeedsInput { question: "?".into() };
        assert_eq!(why_not(&asks, &AUTO, &settings), Some(WhyNot::Kind));
        assert_eq!(why_not(&ended(1, 0), &AUTO, &settings), None);
    }

    proptest! {
        /// Whatever the settings: an end that nobody sees or asked for, and that failed,
        /// is at least listed, if failures are told at all and tasks are told each.
        #[test]
        fn no_failure_is_lost(
            min in 0_u64..100_000, took in 0_u64..100_000, mute: bool,
            from in 0_u16..1440, to in 0_u16..1440, minute in 0_u16..1440,
        ) {
            let settings = Notify {
                min_duration_ms: min,
                mute,
                quiet_hours: Some(QuietHours { from, to }),
                ..Notify::default()
            };
            let situation = Situation { minute, ..AUTO };
            prop_assert_eq!(why_not(&ended(1, took), &situation, &settings), None);
        }
    }
}
