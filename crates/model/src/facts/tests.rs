//! What is believed, input by input.

use super::*;

/// One session, a clock that the test moves, and what followed from the last input.
pub(super) struct Rig {
    pub(super) facts: Facts,
    pub(super) now: Duration,
    sequence: u64,
    pub(super) seen: Seen,
    pub(super) last: Vec<Change>,
}

pub(super) fn reading(source: Source, turn: Option<Turn>, attention: Option<&str>) -> Reading {
    let attention = attention.map(str::to_owned);
    Reading { source, turn, attention, rule: "rule".into(), text: "seen".into(), once: false }
}

pub(super) fn stamp(source: &str, sequence: u64) -> Stamp {
    Stamp { source: source.to_owned(), generation: 1, sequence }
}

pub(super) fn needs(text: &str) -> Report {
    Report::NeedsInput { text: text.to_owned() }
}

pub(super) fn ended() -> Report {
    Report::TurnEnded { background: 0, failed: None }
}

pub(super) fn began(ext: &str) -> Report {
    Report::TaskBegan { ext: ext.to_owned(), label: ext.to_owned(), model: None }
}

pub(super) fn done(ext: &str) -> Report {
    Report::TaskEnded { ext: ext.to_owned(), outcome: Outcome::Ok, summary: None }
}

pub(super) fn named(id: &str) -> Report {
    Report::Conversation { id: id.to_owned() }
}

pub(super) fn title(turn: Turn) -> Reading {
    reading(Source::Title, Some(turn), None)
}

pub(super) fn raised(why: &str) -> Change {
    Change::AttentionRaised { why: why.to_owned() }
}

impl Rig {
    pub(super) fn new() -> Self {
        let facts = Facts::default();
        let now = Duration::from_secs(100);
        let mut rig = Self { facts, now, sequence: 0, seen: Seen::default(), last: Vec::new() };
        rig.put(Input::Began { agent: true, kept: None });
        rig
    }

    pub(super) fn put(&mut self, input: Input) -> &[Change] {
        let wall_ms = i64::try_from(self.now.as_millis()).unwrap();
        self.last = self.facts.apply(input, self.now, wall_ms);
        &self.last
    }

    /// The owner reports.
    pub(super) fn hook(&mut self, reports: impl IntoIterator<Item = Report>) -> &[Change] {
        self.sequence += 1;
        let stamp = stamp("claude", self.sequence);
        self.put(Input::Reported { stamp, reports: reports.into_iter().collect() })
    }

    pub(super) fn from(
        &mut self,
        source: &str,
        reports: impl IntoIterator<Item = Report>,
    ) -> &[Change] {
        self.sequence += 1;
        let stamp = stamp(source, self.sequence);
        self.put(Input::Reported { stamp, reports: reports.into_iter().collect() })
    }

    pub(super) fn look(&mut self, readings: impl IntoIterator<Item = Reading>) -> &[Change] {
        self.seen.readings = readings.into_iter().collect();
        self.put(Input::Looked(self.seen.clone()))
    }

    /// Lets time pass as the daemon does: it wakes the machine when that asked to be.
    pub(super) fn pass(&mut self, time: Duration) -> Vec<Change> {
        let until = self.now + time;
        let mut all = Vec::new();
        while let Some(at) = self.facts.wake_at().filter(|at| *at <= until) {
            assert!(at > self.now, "it asks to be woken in the past");
            self.now = at;
            all.extend_from_slice(self.put(Input::Woke));
        }
        self.now = until;
        all
    }

    pub(super) fn turn(&self) -> Turn {
        self.facts.turn()
    }

    pub(super) fn needed(&self) -> Option<String> {
        self.facts.attention().map(|attention| attention.why)
    }
}

pub(super) const MS: Duration = Duration::from_millis(1);
pub(super) const SECOND: Duration = Duration::from_secs(1);

#[test]
fn without_evidence_the_turn_is_unknown_however_long_it_is_quiet() {
    let mut rig = Rig::new();
    rig.put(Input::Wrote);
    assert_eq!(rig.pass(SECOND * 1000), []);
    assert_eq!(rig.turn(), Turn::Unknown);
    assert_eq!(rig.facts.wake_at(), None);
}

#[test]
fn work_shows_at_once_and_idleness_when_it_has_lasted() {
    let mut rig = Rig::new();
    assert_eq!(rig.look([title(Turn::Working)]), [Change::TurnChanged(Turn::Working)]);
    assert_eq!(rig.look([title(Turn::Idle)]), []);
    assert_eq!(rig.pass(CONFIRM_IDLE - MS), []);
    assert_eq!(rig.turn(), Turn::Working);
    assert_eq!(rig.pass(MS), [Change::TurnChanged(Turn::Idle)]);
}

#[test]
fn a_short_glance_of_idleness_is_not_shown() {
    let mut rig = Rig::new();
    rig.look([title(Turn::Working)]);
    for _ in 0..10 {
        rig.look([title(Turn::Idle)]);
        assert_eq!(rig.pass(CONFIRM_IDLE - MS), []);
        assert_eq!(rig.look([title(Turn::Working)]), []);
    }
    assert_eq!(rig.facts.wake_at(), None);
}

#[test]
fn a_stronger_source_wins_and_the_weaker_one_is_overruled() {
    let mut rig = Rig::new();
    rig.look([title(Turn::Working), reading(Source::Screen, Some(Turn::Idle), None)]);
    rig.pass(SECOND * 60);
    assert_eq!(rig.turn(), Turn::Working);
    let why = rig.facts.why();
    assert_eq!((why[0].name, why[0].value.as_str()), ("turn", "working"));
    assert_eq!(why[0].evidence.as_ref().unwrap().source, Source::Title);
    let overruled: Vec<Source> = why[0].overruled.iter().map(|e| e.source).collect();
    assert_eq!(overruled, [Source::Screen]);
}

#[test]
fn a_hook_says_when_a_turn_begins_and_ends() {
    let mut rig = Rig::new();
    rig.look([title(Turn::Idle)]);
    rig.pass(SECOND);
    assert_eq!(rig.hook([Report::TurnBegan]), [Change::TurnChanged(Turn::Working)]);
    assert_eq!(rig.hook([ended()]), [Change::TurnChanged(Turn::Idle)]);
    assert_eq!(rig.facts.why()[0].evidence.as_ref().unwrap().source, Source::Hook);
}

#[test]
fn an_interrupted_turn_ends_though_no_hook_says_so() {
    let mut rig = Rig::new();
    rig.look([title(Turn::Idle)]);
    rig.hook([Report::TurnBegan]);
    rig.pass(SECOND);
    rig.look([title(Turn::Working)]);
    rig.pass(SECOND * 60);
    // Escape.
    rig.put(Input::Typed);
    rig.put(Input::Wrote);
    rig.look([title(Turn::Idle)]);
    assert_eq!(rig.pass(CONFIRM_IDLE - MS), []);
    assert_eq!(rig.pass(MS), [Change::TurnChanged(Turn::Idle)]);
    // The next turn counts again.
    assert_eq!(rig.hook([Report::TurnBegan]), [Change::TurnChanged(Turn::Working)]);
}

#[test]
fn as_long_as_it_writes_a_turn_is_not_interrupted() {
    let mut rig = Rig::new();
    rig.hook([Report::TurnBegan]);
    rig.look([title(Turn::Idle)]);
    for _ in 0..20 {
        rig.put(Input::Wrote);
        assert_eq!(rig.pass(OUTDATED - MS), []);
    }
    assert_eq!(rig.pass(MS), [Change::TurnChanged(Turn::Idle)]);
}

#[test]
fn an_old_look_does_not_contradict_a_new_report() {
    let mut rig = Rig::new();
    rig.look([title(Turn::Idle)]);
    rig.pass(SECOND * 100);
    rig.hook([Report::TurnBegan]);
    assert_eq!(rig.pass(SECOND * 100), []);
    assert_eq!(rig.turn(), Turn::Working);
}

#[test]
fn a_turn_that_goes_on_without_a_report_shows_when_the_title_says_so_for_long_enough() {
    let mut rig = Rig::new();
    rig.hook([Report::TurnBegan]);
    rig.look([title(Turn::Working)]);
    rig.hook([ended()]);
    rig.look([title(Turn::Working)]);
    assert_eq!(rig.pass(OUTDATED - MS), []);
    assert_eq!(rig.pass(MS), [Change::TurnChanged(Turn::Working)]);
}

#[test]
fn work_in_the_background_keeps_the_turn() {
    let mut rig = Rig::new();
    rig.hook([Report::TurnBegan]);
    rig.look([title(Turn::Idle)]);
    assert_eq!(rig.hook([Report::TurnEnded { background: 2, failed: None }]), []);
    rig.look([title(Turn::Idle)]);
    assert_eq!(rig.pass(SECOND * 60), []);
    let why = rig.facts.why().remove(0);
    assert_eq!(why.value, "working");
    assert_eq!(why.evidence.unwrap().detail, "claude: 2 background tasks");
    assert_eq!(rig.hook([ended()]), [Change::TurnChanged(Turn::Idle)]);
}

#[test]
fn tasks_never_change_the_turn() {
    let mut rig = Rig::new();
    let [Change::TaskBegan { ext, source, .. }] = rig.hook([began("a")]) else { panic!() };
    assert_eq!((ext.as_str(), source.as_str()), ("a", "claude"));
    assert_eq!(rig.turn(), Turn::Unknown);
    rig.hook([named("c"), Report::TurnBegan]);
    assert!(matches!(rig.hook([done("a")]), [Change::TaskEnded { .. }]));
    assert_eq!(rig.turn(), Turn::Working);
}

#[test]
fn work_that_begins_after_a_turn_was_seen_to_end_shows_without_a_report() {
    let mut rig = Rig::new();
    rig.hook([Report::TurnBegan, ended()]);
    rig.look([title(Turn::Idle)]);
    rig.look([title(Turn::Working)]);
    assert_eq!(rig.pass(CONFIRM_IDLE - MS), []);
    assert_eq!(rig.pass(MS), [Change::TurnChanged(Turn::Working)]);
}

#[test]
fn an_error_that_the_agent_names_is_the_end_of_the_turn_and_calls() {
    let error = || reading(Source::Osc, Some(Turn::Idle), Some("something went wrong"));
    let both = [Change::TurnChanged(Turn::Idle), raised("something went wrong")];
    for hooks in [false, true] {
        let mut rig = Rig::new();
        if hooks {
            rig.hook([Report::TurnBegan]);
        }
        rig.pass(MS);
        rig.look([reading(Source::Osc, Some(Turn::Working), None)]);
        rig.look([error()]);
        assert_eq!(rig.pass(CONFIRM_IDLE), both);
        assert_eq!(rig.pass(SECOND * 60), []);
    }
}

#[test]
fn an_agent_that_names_its_own_state_is_believed_when_its_hooks_miss_the_end() {
    let idle = || [reading(Source::Osc, Some(Turn::Idle), None)];
    let mut rig = Rig::new();
    rig.hook([Report::TurnBegan]);
    rig.put(Input::Wrote);
    rig.look(idle());
    assert_eq!(rig.pass(CONFIRM_IDLE - MS), []);
    assert_eq!(rig.pass(MS), [Change::TurnChanged(Turn::Idle)]);
    // At the end of a turn it may still run hooks.
    rig.hook([Report::TurnBegan, ended()]);
    rig.look([reading(Source::Osc, Some(Turn::Working), None)]);
    assert_eq!(rig.pass(OUTDATED - MS), []);
    rig.look(idle());
    assert_eq!(rig.pass(SECOND * 60), []);
}

#[test]
fn a_turn_that_failed_calls_a_person_until_one_types_or_the_next_begins() {
    let failed = || Report::TurnEnded { background: 0, failed: Some("rate limit".into()) };
    let mut rig = Rig::new();
    rig.hook([Report::TurnBegan]);
    assert_eq!(rig.hook([failed()]), [Change::TurnChanged(Turn::Idle), raised("rate limit")]);
    assert_eq!(rig.put(Input::Typed), [Change::AttentionCleared]);
    assert_eq!(rig.hook([failed()]), [raised("rate limit")]);
    assert!(rig.hook([Report::TurnBegan]).contains(&Change::AttentionCleared));
}

#[test]
fn bells_and_messages_of_an_agent_without_hooks_call_a_person() {
    let mut rig = Rig::new();
    rig.seen = Seen { messages: 1, message: "all\x07done".into(), bells: 1, ..Seen::default() };
    rig.look([]);
    assert_eq!(rig.pass(SECOND), [raised("all\u{fffd}done")]);
    assert_eq!(rig.look([]), []);
    assert_eq!(rig.put(Input::Typed), [Change::AttentionCleared]);
    // A bell right after a key is the answer to the key.
    rig.seen.bells = 2;
    assert_eq!(rig.look([]), []);
    rig.pass(ECHO);
    rig.seen.bells = 3;
    rig.look([]);
    assert_eq!(rig.pass(SECOND), [raised("the bell rang")]);
    rig.put(Input::Typed);
    // A message that a rule knows as harmless calls nobody.
    rig.seen.messages = 2;
    rig.look([Reading { once: true, ..title(Turn::Idle) }]);
    assert_eq!(rig.pass(SECOND), []);
    // With hooks they say nothing new.
    rig.hook([Report::TurnBegan]);
    rig.pass(SECOND * 10);
    rig.seen.bells = 4;
    rig.seen.messages = 3;
    rig.look([]);
    assert_eq!(rig.pass(SECOND), []);
}

#[test]
fn bells_of_other_programs_mean_nothing() {
    let mut rig = Rig::new();
    rig.put(Input::Began { agent: false, kept: None });
    rig.seen = Seen { messages: 1, message: "done".into(), bells: 1, ..Seen::default() };
    assert_eq!(rig.look([]), []);
    for _ in 0..10 {
        assert_eq!(rig.put(Input::Wrote), []);
        assert_eq!(rig.pass(SECOND), []);
    }
}

#[test]
fn an_agent_of_which_only_output_is_known_works_while_it_writes() {
    let mut rig = Rig::new();
    rig.put(Input::Wrote);
    assert_eq!(rig.pass(ACTIVE), []);
    assert_eq!(rig.put(Input::Wrote), [Change::TurnChanged(Turn::Working)]);
    assert_eq!(rig.pass(QUIET + CONFIRM_IDLE), [Change::TurnChanged(Turn::Unknown)]);
    // The echo of keys is no work.
    for _ in 0..100 {
        rig.put(Input::Typed);
        assert_eq!(rig.put(Input::Wrote), []);
        rig.pass(SECOND / 10);
    }
}

#[test]
fn a_program_that_hides_its_state_keeps_it() {
    let mut rig = Rig::new();
    rig.look([reading(Source::Screen, Some(Turn::Working), None)]);
    rig.look([reading(Source::Screen, None, None)]);
    assert_eq!(rig.pass(SECOND * 60), []);
    rig.look([]);
    assert_eq!(rig.pass(SECOND), [Change::TurnChanged(Turn::Unknown)]);
}

#[test]
fn the_end_of_the_process_ends_everything() {
    let mut rig = Rig::new();
    rig.hook([began("a"), Report::TurnBegan, needs("Run it?")]);
    rig.look([title(Turn::Working)]);
    let all = [
        Change::TasksOver { source: None },
        Change::TurnChanged(Turn::Unknown),
        Change::AttentionCleared,
    ];
    assert_eq!(rig.put(Input::Ended), all);
    assert_eq!(rig.hook([Report::TurnBegan]), []);
    assert_eq!(rig.look([title(Turn::Working)]), []);
    assert_eq!((rig.turn(), rig.facts.wake_at()), (Turn::Unknown, None));
}

#[test]
fn a_clock_that_began_anew_delays_nothing_for_long() {
    let mut rig = Rig::new();
    rig.now = SECOND * 100_000;
    rig.look([title(Turn::Working)]);
    rig.look([title(Turn::Idle)]);
    rig.now = SECOND;
    rig.put(Input::Woke);
    assert_eq!(rig.pass(CONFIRM_IDLE), [Change::TurnChanged(Turn::Idle)]);
}

#[test]
fn an_older_state_with_fewer_fields_is_understood() {
    let facts: Facts = serde_json::from_str("{\"running\":true}").unwrap();
    assert_eq!(facts.turn(), Turn::Unknown);
    assert_eq!(serde_json::from_str::<Facts>("{}").unwrap(), Facts::default());
}
