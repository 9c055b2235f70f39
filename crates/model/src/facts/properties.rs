//! What holds for any order of inputs.

use proptest::prelude::*;

use super::tests::{reading, stamp};
use super::*;

const AGENT: bool = true;

/// An input and how long after the one before it comes.
type Step = (Input, Duration);

fn any_turn() -> impl Strategy<Value = Option<Turn>> {
    prop_oneof![Just(None), Just(Some(Turn::Working)), Just(Some(Turn::Idle))]
}

fn any_reading() -> impl Strategy<Value = Reading> {
    let source = prop_oneof![Just(Source::Osc), Just(Source::Title), Just(Source::Screen)];
    (source, any_turn(), any::<bool>())
        .prop_map(|(source, turn, asks)| reading(source, turn, asks.then_some("?")))
}

fn any_report() -> impl Strategy<Value = Report> {
    let background = 0..2u32;
    prop_oneof![
        "[ab]".prop_map(|id| Report::Conversation { id }),
        Just(Report::TurnBegan),
        background.prop_map(|background| Report::TurnEnded { background, failed: None }),
        Just(Report::TurnEnded { background: 0, failed: Some("no".into()) }),
        "[xy]".prop_map(|text| Report::NeedsInput { text }),
        Just(Report::Answered),
        "[pq]".prop_map(|ext| Report::TaskBegan { ext, label: "l".into(), model: None }),
        "[pq]".prop_map(|ext| Report::TaskEnded { ext, outcome: Outcome::Ok, summary: None }),
        Just(Report::Ended),
    ]
}

fn any_reported() -> impl Strategy<Value = Input> {
    ("[st]", 1..3u64, 1..40u64, prop::collection::vec(any_report(), 1..3)).prop_map(
        |(source, generation, sequence, reports)| {
            let stamp = Stamp { generation, ..stamp(&source, sequence) };
            Input::Reported { stamp, reports }
        },
    )
}

fn any_look() -> impl Strategy<Value = Input> {
    (prop::collection::vec(any_reading(), 0..4), 0..3u32, 0..3u32).prop_map(
        |(readings, bells, messages)| {
            Input::Looked(Seen { readings, bells, messages, message: "m".into() })
        },
    )
}

fn any_input() -> impl Strategy<Value = Input> {
    prop_oneof![
        6 => any_look(),
        6 => any_reported(),
        2 => Just(Input::Wrote),
        1 => Just(Input::Typed),
        2 => Just(Input::Woke),
        1 => Just(Input::Ended),
        1 => any::<bool>().prop_map(|agent| Input::Began { agent, kept: None }),
    ]
}

fn any_pause() -> impl Strategy<Value = Duration> {
    prop_oneof![0..300u64, 0..1200u64, 0..9000u64].prop_map(Duration::from_millis)
}

fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((any_input(), any_pause()), 0..60)
}

/// For what looks at every millisecond of them.
fn few_steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((any_input(), any_pause()), 0..12)
}

fn wall(now: Duration) -> i64 {
    i64::try_from(now.as_millis()).unwrap()
}

/// Feeds the steps, waking the machine when it asks for it. `between` sees every change
/// with its time and what caused it.
fn run(steps: &[Step], mut between: impl FnMut(&mut Facts, &Input, &[Change], Duration)) -> Facts {
    let mut facts = Facts::default();
    let mut now = Duration::ZERO;
    let mut one = |facts: &mut Facts, input: &Input, now| {
        let changes = facts.apply(input.clone(), now, wall(now));
        between(facts, input, &changes, now);
    };
    one(&mut facts, &Input::Began { agent: AGENT, kept: None }, now);
    for (input, pause) in steps {
        let until = now + *pause;
        while let Some(at) = facts.wake_at().filter(|at| *at < until) {
            assert!(at > now, "it asks to be woken in the past");
            now = at;
            one(&mut facts, &Input::Woke, now);
        }
        now = until;
        one(&mut facts, input, now);
    }
    facts
}

proptest! {
    /// What is announced is what is true, and nothing is announced twice.
    #[test]
    fn changes_tell_the_whole_story(steps in any_steps()) {
        let mut turn = Turn::Unknown;
        let mut why: Option<String> = None;
        run(&steps, |facts, _, changes, _| {
            for change in changes {
                match change {
                    Change::TurnChanged(new) => {
                        assert_ne!(*new, turn);
                        turn = *new;
                    }
                    Change::AttentionRaised { why: new } => why = Some(new.clone()),
                    Change::AttentionReworded { why: new } => {
                        assert!(why.replace(new.clone()).is_some());
                    }
                    Change::AttentionCleared => assert!(why.take().is_some()),
                    Change::Conversation { .. }
                    | Change::Kept
                    | Change::TaskBegan { .. }
                    | Change::TaskEnded { .. }
                    | Change::TasksOver { .. } => {}
                }
            }
            assert_eq!(facts.turn(), turn);
            assert_eq!(facts.attention().map(|a| a.why), why);
        });
    }

    /// Invariant 1.
    #[test]
    fn the_end_ends_everything(steps in any_steps()) {
        let mut facts = run(&steps, |_, _, _, _| {});
        let later = Duration::from_secs(3600);
        facts.apply(Input::Ended, later, 0);
        prop_assert_eq!(facts.turn(), Turn::Unknown);
        prop_assert_eq!(facts.attention(), None);
        prop_assert_eq!(facts.wake_at(), None);
        for (input, _) in steps.iter().filter(|(i, _)| !matches!(i, Input::Began { .. })) {
            prop_assert_eq!(facts.apply(input.clone(), later, 0), vec![]);
        }
    }

    /// A daemon that is replaced at any instant goes on as if it had not been.
    #[test]
    fn a_restart_changes_nothing(steps in any_steps()) {
        let mut kept = Vec::new();
        let stayed = run(&steps, |_, _, changes, _| kept.extend_from_slice(changes));
        let mut stored = Vec::new();
        let restarted = run(&steps, |facts, _, changes, _| {
            stored.extend_from_slice(changes);
            *facts = serde_json::from_str(&serde_json::to_string(facts).unwrap()).unwrap();
        });
        prop_assert_eq!(kept, stored);
        prop_assert_eq!(stayed, restarted);
    }

    /// Waking it more often than it asked for changes nothing: time alone decides.
    #[test]
    fn it_asks_to_be_woken_whenever_time_decides(steps in few_steps()) {
        let mut asked = Vec::new();
        run(&steps, |_, _, changes, now| {
            asked.extend(changes.iter().cloned().map(|change| (now, change)));
        });
        let mut often = Vec::new();
        let mut facts = Facts::default();
        let mut now = Duration::ZERO;
        let mut one = |input: Input, now: Duration, often: &mut Vec<_>| {
            let changes = facts.apply(input, now, wall(now));
            often.extend(changes.into_iter().map(|change| (now, change)));
        };
        one(Input::Began { agent: AGENT, kept: None }, now, &mut often);
        for (input, pause) in &steps {
            let until = now + *pause;
            while now < until {
                one(Input::Woke, now, &mut often);
                now += Duration::from_millis(1);
            }
            one(input.clone(), now, &mut often);
        }
        prop_assert_eq!(asked, often);
    }

    /// Invariant 6: without hooks, each time that a turn is shown to be over nothing else
    /// was seen for as long as that takes, and so with each question that comes or goes.
    #[test]
    fn nothing_flaps(looks in prop::collection::vec((any_look(), any_pause()), 0..60)) {
        let mut works = Duration::ZERO;
        let (mut asks, mut asks_not) = (Duration::ZERO, Duration::ZERO);
        let (mut idle, mut raised) = (None, None);
        run(&looks, |facts, input, changes, now| {
            if matches!(input, Input::Looked(_)) {
                let best = facts.claims.iter().find_map(|claim| claim.turn.as_ref());
                if best.is_some_and(|held| held.value == Turn::Working) {
                    works = now;
                }
                let is_asked = facts.claims.iter().any(|claim| claim.asks.is_some());
                *if is_asked { &mut asks } else { &mut asks_not } = now;
            }
            for change in changes {
                match change {
                    Change::TurnChanged(Turn::Idle) => {
                        assert!(now >= works + CONFIRM_IDLE);
                        let last = idle.replace(now);
                        assert!(last.is_none_or(|last| now >= last + CONFIRM_IDLE));
                    }
                    Change::AttentionRaised { why } if why == "?" => {
                        assert!(now >= asks_not + CONFIRM_QUESTION);
                        let last = raised.replace(now);
                        assert!(last.is_none_or(|last| now >= last + CONFIRM_QUESTION * 2));
                    }
                    Change::AttentionCleared => assert!(now >= asks + CONFIRM_QUESTION),
                    _ => {}
                }
            }
        });
    }

    /// Invariant 3: reports in any order, some of them twice, leave what those leave that
    /// were in order when they came.
    #[test]
    fn only_reports_in_order_count(
        reports in prop::collection::vec(any_reported(), 0..40),
    ) {
        let mut all = Facts::default();
        let mut survivors = Facts::default();
        let mut order = Order::default();
        for facts in [&mut all, &mut survivors] {
            facts.apply(Input::Began { agent: AGENT, kept: None }, Duration::ZERO, 0);
        }
        let mut heard = (Vec::new(), Vec::new());
        for input in reports {
            heard.0.extend(all.apply(input.clone(), Duration::ZERO, 0));
            if let Some(rest) = order.rest(input.clone()) {
                heard.1.extend(survivors.apply(rest, Duration::ZERO, 0));
            }
            // At once again: a repeated one changes nothing.
            let before = all.clone();
            prop_assert_eq!(all.apply(input, Duration::ZERO, 0), vec![]);
            prop_assert_eq!(&all, &before);
        }
        prop_assert_eq!(heard.0, heard.1);
        prop_assert_eq!(all.turn(), survivors.turn());
        prop_assert_eq!(all.attention(), survivors.attention());
    }
}

/// What of a list of reports is in order, told in another way than the machine does.
#[derive(Default)]
struct Order {
    came: Vec<(Stamp, Option<String>)>,
}

impl Order {
    /// What is left of it.
    fn rest(&mut self, input: Input) -> Option<Input> {
        let Input::Reported { stamp, reports } = input else { return None };
        let of_life: Vec<_> = self
            .came
            .iter()
            .filter(|(came, _)| {
                (&came.source, came.generation) == (&stamp.source, stamp.generation)
            })
            .cloned()
            .collect();
        let subject = |report: &Report| match report {
            Report::TaskBegan { ext, .. } | Report::TaskEnded { ext, .. } => Some(ext.clone()),
            _ => None,
        };
        let reports: Vec<Report> = reports
            .into_iter()
            .filter(|report| !of_life.contains(&(stamp.clone(), subject(report))))
            .filter(|report| {
                of_life.iter().all(|(came, about)| *about != subject(report) || *came < stamp)
            })
            .collect();
        self.came.extend(reports.iter().map(|report| (stamp.clone(), subject(report))));
        Some(Input::Reported { stamp, reports })
    }
}
