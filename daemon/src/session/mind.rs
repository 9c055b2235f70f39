//! What is believed of a session's agent, kept by the session's actor.
//!
//! [`app_model::facts`] decides; the profile of the agent says what its terminal means.
//! Here both are put together, and what is to be remembered is put into words.
//!
//! # Invariants
//!
//! 1. A mind is for one run: it goes with the actor, and the registry forgets by itself.
//! 2. What was believed outlives the daemon: it is taken up where the last one left it,
//!    on a clock that counts suspend.

use std::sync::Arc;

use app_agents::{Profile, Profiles, generic_readings};
use app_model::facts::{Change, Fact, Facts, Input, Seen};
use app_model::look::Sight;
use app_model::notice::What;
use app_model::report::{Report, Stamp};
use app_model::session::Moment;
use app_model::{OsText, Turn};
use app_registry::Facts as Written;
use app_sys::clock;

/// One session's mind.
#[derive(Debug)]
pub(super) struct Mind {
    facts: Facts,
    profiles: Arc<Profiles>,
    agent: Option<String>,
    conversation: Option<String>,
    /// When the program last wrote and a person last typed, as the holder told it.
    wrote_at_ms: i64,
    typed_at_ms: i64,
    /// Since when its agent has been working, as far as this daemon has seen it.
    turn: Worked,
}

/// The turn that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Worked {
    /// None is.
    No,
    /// One is, since before this daemon looked.
    Before,
    /// One is, since then.
    Since(Moment),
}

impl Mind {
    /// Knows nothing of any run yet.
    pub(super) fn new(profiles: Arc<Profiles>) -> Self {
        Self {
            facts: Facts::default(),
            profiles,
            agent: None,
            conversation: None,
            wrote_at_ms: 0,
            typed_at_ms: 0,
            turn: Worked::No,
        }
    }

    /// A run is there: one that has just begun, or with `before` one that an earlier daemon
    /// knew.
    pub(super) fn meet(
        &mut self,
        agent: Option<&str>,
        argv: &[OsText],
        before: Option<&str>,
    ) -> Vec<Change> {
        let profile = match agent {
            Some(name) => self.profiles.named(name),
            None => self.profiles.of_argv(argv),
        };
        self.agent = profile.map(|profile| profile.name().to_owned());
        let kept = before.and_then(|state| serde_json::from_str(state).ok());
        match kept {
            Some(facts) => {
                self.facts = facts;
                if self.facts.turn() == Turn::Working {
                    self.turn = Worked::Before;
                }
                self.apply(Input::Woke)
            }
            None => self.apply(Input::Began { agent: self.agent.is_some() }),
        }
    }

    /// Whether its terminal is worth looking at.
    pub(super) fn wants_looks(&self) -> bool {
        self.agent.is_some()
    }

    /// The holder has looked at the terminal.
    pub(super) fn look(&mut self, sight: &Sight) -> Vec<Change> {
        let mut changes = Vec::new();
        if sight.last_typed_at_ms > self.typed_at_ms {
            self.typed_at_ms = sight.last_typed_at_ms;
            changes.extend(self.apply(Input::Typed));
        }
        if sight.last_output_at_ms > self.wrote_at_ms {
            self.wrote_at_ms = sight.last_output_at_ms;
            changes.extend(self.apply(Input::Wrote));
        }
        let look = &sight.look;
        let readings = match self.profile() {
            Some(profile) => profile.read(look),
            None => generic_readings(look),
        };
        let (bells, messages, message) = (look.bells, look.messages, look.message.clone());
        changes.extend(self.apply(Input::Looked(Seen { readings, bells, messages, message })));
        changes
    }

    /// Somebody inside it has reported. An agent that was not recognized says so itself.
    pub(super) fn hear(&mut self, stamp: &Stamp, reports: Vec<Report>) -> Vec<Change> {
        if self.agent.is_none() {
            let profile = self.profiles.named(&stamp.source);
            self.agent = profile.map(|profile| profile.name().to_owned());
        }
        self.apply(Input::Reported { stamp: stamp.clone(), reports })
    }

    /// The time has come that was asked for.
    pub(super) fn wake(&mut self) -> Vec<Change> {
        self.apply(Input::Woke)
    }

    /// The turn is another one now. If that is the end of one that its agent worked, it is
    /// worth telling, with how long it took if that is known.
    pub(super) fn turned(&mut self, turn: Turn) -> Option<What> {
        let next = if turn == Turn::Working { Worked::Since(now()) } else { Worked::No };
        let elapsed_ms = match (std::mem::replace(&mut self.turn, next), turn) {
            (Worked::Before, Turn::Idle) => None,
            (Worked::Since(since), Turn::Idle) => {
                u64::try_from(now().saturating_sub(since).as_millis()).ok()
            }
            (Worked::No | Worked::Before | Worked::Since(_), _) => return None,
        };
        Some(What::TurnEnded { elapsed_ms, failed: None })
    }

    /// When it wants to be woken, as milliseconds from now.
    pub(super) fn wake_in(&self) -> Option<std::time::Duration> {
        Some(self.facts.wake_at()?.saturating_sub(now()))
    }

    /// What is believed, and why.
    pub(super) fn why(&self) -> Vec<Fact> {
        self.facts.why()
    }

    /// All of it, to be written down.
    pub(super) fn written(&self) -> Written {
        Written {
            turn: self.facts.turn(),
            attention: self.facts.attention(),
            conversation: self.conversation.clone(),
            state: serde_json::to_string(&self.facts).unwrap_or_default(),
        }
    }

    fn profile(&self) -> Option<&Profile> {
        self.profiles.named(self.agent.as_deref()?)
    }

    fn apply(&mut self, input: Input) -> Vec<Change> {
        let changes = self.facts.apply(input, now(), clock::wall_ms());
        for change in &changes {
            if let Change::Conversation { id, .. } = change {
                self.conversation = Some(id.clone());
            }
        }
        changes
    }
}

/// The clock that goes on while the machine sleeps and no daemon runs.
fn now() -> Moment {
    Moment::from_millis(clock::boot_ms())
}
