//! Notices: what is told to a person, and in which words.
//!
//! [`policy`] decides whether something that happened is told; [`burst`] keeps a hundred
//! ends at once from being a hundred bubbles; [`voice`] has what a terminal is told with.
//! This file has the words.
//!
//! # Invariants
//!
//! 1. Foreign text in a notice is printable. It is plain text: whoever shows it escapes
//!    it for where it goes ([`markup_escaped`]).
//! 2. A title names the session and says in one line what became of it and how long it
//!    took.

pub mod burst;
pub mod policy;
pub mod voice;

use crate::elapsed::elapsed;
use crate::report::Outcome;
use crate::text::{clipped, printable};
use crate::{Exit, Lost};

/// Most columns of a line in a notice's body.
const LINE_COLUMNS: usize = 160;

/// Most names that a summary lists.
const SUMMARY_NAMES: usize = 8;

/// What kind of thing is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoticeKind {
    /// A session or a task ended well.
    Finished,
    /// It did not.
    Failed,
    /// The machine was restarted under it.
    Interrupted,
    /// An agent waits for a person's answer.
    NeedsInput,
    /// An agent has answered and waits.
    TurnEnded,
    /// Several at once.
    Summary,
    /// A person tries whether notices work.
    Test,
}

impl NoticeKind {
    /// Those that the settings can choose from.
    pub const CHOICE: [Self; 5] =
        [Self::Finished, Self::Failed, Self::Interrupted, Self::NeedsInput, Self::TurnEnded];

    /// The word in `--json`, in the settings and in the registry.
    pub fn word(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
            Self::NeedsInput => "needs-input",
            Self::TurnEnded => "turn-ended",
            Self::Summary => "summary",
            Self::Test => "test",
        }
    }

    /// The kind with this word.
    pub fn of_word(word: &str) -> Option<Self> {
        let all = [Self::Summary, Self::Test];
        Self::CHOICE.into_iter().chain(all).find(|kind| kind.word() == word)
    }
}

/// How much it matters, in the three degrees that every desktop knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// Good to know.
    Low,
    /// Worth a look.
    Normal,
    /// A person is waited for, or something went wrong.
    Critical,
}

/// What a person is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What kind of thing.
    pub kind: NoticeKind,
    /// One line, plain text.
    pub title: String,
    /// A few lines, plain text.
    pub body: String,
    /// It went wrong.
    pub failed: bool,
}

impl Notice {
    /// How much it matters.
    pub fn urgency(&self) -> Urgency {
        match self.kind {
            NoticeKind::Failed | NoticeKind::NeedsInput => Urgency::Critical,
            NoticeKind::Finished | NoticeKind::TurnEnded | NoticeKind::Summary if self.failed => {
                Urgency::Critical
            }
            NoticeKind::Finished
            | NoticeKind::Interrupted
            | NoticeKind::TurnEnded
            | NoticeKind::Summary => Urgency::Normal,
            NoticeKind::Test => Urgency::Low,
        }
    }
}

/// Tasks of one session that ended one after the other, while always one of them was live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Those that ended well.
    pub ok: u32,
    /// Those that did not.
    pub failed: u32,
    /// Those that were ended.
    pub cancelled: u32,
    /// From the beginning of the first to the end of the last.
    pub elapsed_ms: u64,
}

impl Batch {
    /// What became of them: `5 tasks: 4 ok, 1 failed`.
    fn counted(self) -> String {
        let Self { ok, failed, cancelled, .. } = self;
        let all = ok + failed + cancelled;
        let each = [(ok, "ok"), (failed, "failed"), (cancelled, "cancelled")];
        let each: Vec<_> = each
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        let s = if all == 1 { "" } else { "s" };
        format!("{all} task{s}: {}", each.join(", "))
    }
}

/// What happened to a session or inside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Its run is over.
    Ended {
        /// How.
        exit: Exit,
        /// How long it took, if anybody knows.
        elapsed_ms: Option<u64>,
        /// Somebody asked for this end.
        asked: bool,
        /// The last line it wrote.
        last_line: Option<String>,
    },
    /// Its policy does not start it again any more.
    GaveUp {
        /// Starts in a row that did not help.
        attempts: u32,
        /// The last line it wrote.
        last_line: Option<String>,
    },
    /// A task inside it, that is only heard of, ended.
    TaskEnded {
        /// What the task was, for people.
        label: String,
        /// How it ended.
        outcome: Outcome,
        /// How long it took.
        elapsed_ms: u64,
        /// What came of it.
        summary: Option<String>,
    },
    /// All tasks of it have ended.
    TasksEnded(Batch),
    /// The agent has answered.
    TurnEnded {
        /// How long it worked, if that is known.
        elapsed_ms: Option<u64>,
        /// Why the turn ended, if something went wrong.
        failed: Option<String>,
    },
    /// The agent waits for a person.
    NeedsInput {
        /// What it asks.
        question: String,
    },
}

impl What {
    /// What kind of notice this gives.
    pub fn kind(&self) -> NoticeKind {
        match self {
            Self::Ended { exit, .. } if exit.is_success() => NoticeKind::Finished,
            Self::Ended { exit: Exit::Lost(Lost::Reboot), .. } => NoticeKind::Interrupted,
            Self::TasksEnded(Batch { failed: 0, .. }) => NoticeKind::Finished,
            Self::TaskEnded { outcome: Outcome::Ok | Outcome::Cancelled, .. } => {
                NoticeKind::Finished
            }
            Self::Ended { .. }
            | Self::GaveUp { .. }
            | Self::TasksEnded(_)
            | Self::TaskEnded { outcome: Outcome::Failed, .. }
            | Self::TurnEnded { failed: Some(_), .. } => NoticeKind::Failed,
            Self::TurnEnded { failed: None, .. } => NoticeKind::TurnEnded,
            Self::NeedsInput { .. } => NoticeKind::NeedsInput,
        }
    }

    /// Somebody put an end to it.
    pub fn was_asked_for(&self) -> bool {
        match self {
            Self::Ended { asked, .. } => *asked,
            Self::TaskEnded { outcome, .. } => *outcome == Outcome::Cancelled,
            Self::TasksEnded(Batch { ok, failed, .. }) => *ok == 0 && *failed == 0,
            Self::GaveUp { .. } | Self::TurnEnded { .. } | Self::NeedsInput { .. } => false,
        }
    }

    /// How long it took, if anybody knows.
    pub fn elapsed_ms(&self) -> Option<u64> {
        match self {
            Self::Ended { elapsed_ms, .. } | Self::TurnEnded { elapsed_ms, .. } => *elapsed_ms,
            Self::TaskEnded { elapsed_ms, .. } | Self::TasksEnded(Batch { elapsed_ms, .. }) => {
                Some(*elapsed_ms)
            }
            Self::GaveUp { .. } | Self::NeedsInput { .. } => None,
        }
    }
}

/// What happened, in words: about the session of this name, in this directory.
pub fn worded(name: &str, cwd: &str, what: &What) -> Notice {
    let kind = what.kind();
    let title = title(&printable(name), what);
    let mut body = printable(cwd);
    if let Some(line) = detail(what).map(printable).filter(|line| !line.trim().is_empty()) {
        body.push('\n');
        body.push_str(&clipped(line.trim(), LINE_COLUMNS));
    }
    Notice { kind, title, body, failed: kind == NoticeKind::Failed }
}

fn title(name: &str, what: &What) -> String {
    let took = what.elapsed_ms().map(|ms| format!(" · {}", elapsed(ms))).unwrap_or_default();
    match what {
        What::Ended { exit, .. } if exit.is_success() => format!("✔ {name} finished{took}"),
        What::Ended { exit: Exit::Lost(Lost::Reboot), .. } => {
            format!("! {name} was interrupted by a reboot · resumable")
        }
        What::GaveUp { attempts, .. } => {
            format!("✘ {name} is not started again: it ended after each of {attempts} restarts")
        }
        What::Ended { exit, .. } => format!("✘ {name} failed ({}){took}", exit.reason()),
        What::TaskEnded { label, outcome, .. } => {
            let label = clipped(&printable(label), LINE_COLUMNS);
            match outcome {
                Outcome::Ok => format!("✔ {name}: {label} finished{took}"),
                Outcome::Failed => format!("✘ {name}: {label} failed{took}"),
                Outcome::Cancelled => format!("✔ {name}: {label} was cancelled{took}"),
            }
        }
        What::TasksEnded(batch) => {
            let mark = if batch.failed == 0 { '✔' } else { '✘' };
            format!("{mark} {name} · {}{took}", batch.counted())
        }
        What::TurnEnded { failed: None, .. } => format!("◆ {name} has answered{took}"),
        What::TurnEnded { failed: Some(_), .. } => format!("✘ {name} stopped working{took}"),
        What::NeedsInput { .. } => format!("? {name} needs you"),
    }
}

fn detail(what: &What) -> Option<&str> {
    match what {
        What::Ended { last_line: text, .. }
        | What::GaveUp { last_line: text, .. }
        | What::TaskEnded { summary: text, .. }
        | What::TurnEnded { failed: text, .. } => text.as_deref(),
        What::NeedsInput { question } => Some(question),
        What::TasksEnded(_) => None,
    }
}

/// Many notices in one. `named` has the session's name with each.
pub fn summary(named: &[(&str, &Notice)]) -> Notice {
    let count = |kind| named.iter().filter(|(_, notice)| notice.kind == kind).count();
    let counts = [
        (count(NoticeKind::Finished), "more finished"),
        (count(NoticeKind::Failed), "failed"),
        (count(NoticeKind::Interrupted), "interrupted by a reboot"),
        (count(NoticeKind::NeedsInput), "need you"),
        (count(NoticeKind::TurnEnded), "have answered"),
    ];
    let parts: Vec<_> = counts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| match (count, word) {
            (1, "need you") => "1 needs you".to_owned(),
            (1, "have answered") => "1 has answered".to_owned(),
            (count, word) => format!("{count} {word}"),
        })
        .collect();
    let mut by_weight: Vec<_> = named.iter().collect();
    by_weight.sort_by_key(|(_, notice)| mark(notice).is_empty());
    let mut body: Vec<_> = by_weight
        .into_iter()
        .take(SUMMARY_NAMES)
        .map(|(name, notice)| format!("{}{}", mark(notice), printable(name)))
        .collect();
    if named.len() > SUMMARY_NAMES {
        body.push(format!("and {} more", named.len() - SUMMARY_NAMES));
    }
    Notice {
        kind: NoticeKind::Summary,
        title: parts.join(" · "),
        body: clipped(&body.join(", "), LINE_COLUMNS),
        failed: named.iter().any(|(_, notice)| notice.failed),
    }
}

/// What stands before a name in a summary, if the session needs more than to be known of.
/// Those are named first.
fn mark(notice: &Notice) -> &'static str {
    match notice.kind {
        _ if notice.failed => "✘ ",
        NoticeKind::NeedsInput => "? ",
        NoticeKind::Interrupted => "! ",
        NoticeKind::Finished
        | NoticeKind::Failed
        | NoticeKind::TurnEnded
        | NoticeKind::Summary
        | NoticeKind::Test => "",
    }
}

/// Text that a server which understands markup shows as it is.
pub fn markup_escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(exit: Exit, elapsed_ms: u64) -> What {
        let last_line = Some("3 passed, <b>0</b> failed & done".into());
        What::Ended { exit, elapsed_ms: Some(elapsed_ms), asked: false, last_line }
    }

    #[test]
    fn a_success_and_a_failure_read_like_this() {
        let notice = worded("flaky-test", "/src/app", &ended(Exit::Code(0), 10_925_000));
        assert_eq!(notice.title, "✔ flaky-test finished · 3h 2m 5s");
        assert_eq!(notice.body, "/src/app\n3 passed, <b>0</b> failed & done");
        assert_eq!(markup_escaped("<b>&"), "&lt;b&gt;&amp;");
        let failed = worded("flaky-test", "/src/app", &ended(Exit::Code(2), 41_000));
        assert_eq!(failed.title, "✘ flaky-test failed (exit 2) · 41s");
        assert_eq!(failed.urgency(), Urgency::Critical);
    }

    #[test]
    fn questions_turns_and_tasks_read_like_this() {
        let title = |what: What| worded("fix", "/src", &what).title;
        let question = What::NeedsInput { question: "Delete it?".into() };
        assert_eq!(worded("fix", "/src", &question).body, "/src\nDelete it?");
        assert_eq!(title(question), "? fix needs you");
        let turn = |failed| What::TurnEnded { elapsed_ms: Some(200_000), failed };
        assert_eq!(title(turn(None)), "◆ fix has answered · 3m 20s");
        assert_eq!(title(turn(Some("limit".into()))), "✘ fix stopped working · 3m 20s");
        let task = |outcome| What::TaskEnded {
            label: "docs".into(),
            outcome,
            elapsed_ms: 45_000,
            summary: None,
        };
        assert_eq!(title(task(Outcome::Ok)), "✔ fix: docs finished · 45s");
        assert_eq!(title(task(Outcome::Failed)), "✘ fix: docs failed · 45s");
    }

    #[test]
    fn tasks_that_are_told_together_are_counted() {
        let told = |ok, failed, cancelled| {
            let batch = Batch { ok, failed, cancelled, elapsed_ms: 200_000 };
            worded("fix", "/src", &What::TasksEnded(batch))
        };
        assert_eq!(told(4, 1, 0).title, "✘ fix · 5 tasks: 4 ok, 1 failed · 3m 20s");
        assert_eq!(told(4, 1, 0).kind, NoticeKind::Failed);
        assert_eq!(told(1, 0, 0).title, "✔ fix · 1 task: 1 ok · 3m 20s");
        assert_eq!(told(2, 0, 1).title, "✔ fix · 3 tasks: 2 ok, 1 cancelled · 3m 20s");
        let ended = What::TasksEnded(Batch { cancelled: 2, ..Batch::default() });
        assert!(ended.was_asked_for());
    }

    #[test]
    fn an_unknown_time_is_not_said() {
        let lost = What::Ended {
            exit: Exit::Lost(Lost::Holder),
            elapsed_ms: None,
            asked: false,
            last_line: None,
        };
        assert!(!worded("x", "/", &lost).title.contains('·'));
    }

    #[test]
    fn control_characters_do_not_reach_a_person() {
        let what = What::Ended {
            exit: Exit::Code(1),
            elapsed_ms: Some(1),
            asked: false,
            last_line: Some("\x07x".into()),
        };
        let notice = worded("a\x1b[31m", "/\u{9b}", &what);
        assert!(!notice.title.chars().any(char::is_control));
        assert!(!notice.body.replace('\n', "").chars().any(char::is_control));
    }

    #[test]
    fn a_summary_counts_each_kind_and_names_some() {
        let ok = worded("a", "/", &ended(Exit::Code(0), 1));
        let bad = worded("a", "/", &ended(Exit::Code(1), 1));
        let mut named = vec![("ok", &ok); 7];
        named.push(("bad\x1b", &bad));
        let told = summary(&named);
        assert_eq!(told.title, "7 more finished · 1 failed");
        assert!(told.failed && !told.body.chars().any(char::is_control));
        assert!(told.body.starts_with("✘ bad") && told.body.contains(", ok, "), "{told:?}");
        named.push(("ninth", &ok));
        assert!(summary(&named).body.ends_with("and 1 more"));
        let asks = worded("a", "/", &What::NeedsInput { question: "?".into() });
        let told = summary(&[("fine", &ok), ("x", &asks), ("y", &bad)]);
        assert_eq!(told.title, "1 more finished · 1 failed · 1 needs you");
        assert_eq!(told.body, "? x, ✘ y, fine");
    }

    #[test]
    fn words_lead_back_to_their_kind() {
        for kind in NoticeKind::CHOICE {
            assert_eq!(NoticeKind::of_word(kind.word()), Some(kind));
        }
        assert_eq!(NoticeKind::of_word("else"), None);
    }
}
