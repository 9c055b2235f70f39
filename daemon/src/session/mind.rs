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
use app_model::conversation::going_on;
use app_model::facts::{Change, Fact, Facts, Input, Kept, Seen};
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
    /// Since when the turn is the one it is, as far as this daemon has seen it.
    turn_since: Moment,
    /// When somebody last looked at it or typed, or this daemon began to.
    used: Moment,
    /// What its session runs.
    argv: Vec<OsText>,
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
            turn_since: now(),
            used: now(),
            argv: Vec::new(),
        }
    }

    /// A run is there: one that has just begun, or with `before` one that an earlier daemon
    /// knew. With `goes_on` it goes on with that conversation if its agent can.
    pub(super) fn meet(
        &mut self,
        agent: Option<&str>,
        argv: Vec<OsText>,
        before: Option<&str>,
        goes_on: Option<String>,
    ) -> Vec<Change> {
        self.argv = argv;
        let profile = match agent {
            Some(name) => self.profiles.named(name),
            None => self.profiles.of_argv(&self.argv),
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
            None => {
                let agent = self.agent.is_some();
                let kept = self.agent.clone().zip(goes_on).map(|(agent, id)| Kept { agent, id });
                self.apply(Input::Began { agent, kept })
            }
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
            self.used();
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

    /// Somebody looks at it, or types.
    pub(super) fn used(&mut self) {
        self.used = now();
    }

    /// When somebody last did.
    pub(super) fn used_at(&self) -> Moment {
        self.used
    }

    /// Whose turn it is.
    pub(super) fn turn(&self) -> Turn {
        self.facts.turn()
    }

    /// Since when.
    pub(super) fn turn_since(&self) -> Moment {
        self.turn_since
    }

    /// Whether a person should look.
    pub(super) fn needs_person(&self) -> bool {
        self.facts.attention().is_some()
    }

    /// The conversation that the next run goes on with: its agent has kept it, and it is known
    /// how to ask for it.
    pub(super) fn goes_on(&self) -> Option<&str> {
        let kept = self.facts.kept().filter(|kept| self.agent.as_deref() == Some(&kept.agent))?;
        going_on(Some(&kept.agent), &self.argv, &kept.id).map(|_| kept.id.as_str())
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
            goes_on: self.goes_on().map(ToOwned::to_owned),
            state: serde_json::to_string(&self.facts).unwrap_or_default(),
        }
    }

    fn profile(&self) -> Option<&Profile> {
        self.profiles.named(self.agent.as_deref()?)
    }

    fn apply(&mut self, input: Input) -> Vec<Change> {
        let changes = self.facts.apply(input, now(), clock::wall_ms());
        for change in &changes {
            match change {
                Change::Conversation { id, .. } => self.conversation = Some(id.clone()),
                Change::TurnChanged(_) => self.turn_since = now(),
                _ => {}
            }
        }
        changes
    }
}

/// The clock that goes on while the machine sleeps and no daemon runs.
fn now() -> Moment {
    Moment::from_millis(clock::boot_ms())
}
