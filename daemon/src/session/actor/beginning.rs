//! What an actor knows when its life begins.

use std::time::Duration;

use app_model::session::{Effect, Session};
use app_model::{Exit, Phase, RunNumber};

use super::{Begin, By};
use crate::session::live::Live;

pub(super) fn beginning(begin: &Begin) -> (Session, Live, Vec<Effect>) {
    match begin {
        Begin::First => not_yet(RunNumber::FIRST, None),
        Begin::Next { run, last, .. } => not_yet(*run, *last),
        Begin::Adopt(live) => {
            let take_over = match live.started_at_ms {
                Some(_) => Session::adopted,
                None => Session::newborn,
            };
            let (session, at_once) = take_over(live.run, live.stop_asked, Duration::ZERO);
            let phase = phase_of(&session);
            (session, Live::unknown(live.run, phase), at_once)
        }
    }
}

pub(super) fn by(begin: &Begin) -> By {
    match begin {
        Begin::First | Begin::Adopt(_) => By::Person,
        Begin::Next { by, .. } => *by,
    }
}

/// Whether it was put to sleep when the last daemon died.
pub(super) fn falls_asleep(begin: &Begin) -> bool {
    matches!(begin, Begin::Adopt(live) if live.sleep_asked)
}

fn not_yet(run: RunNumber, last: Option<Exit>) -> (Session, Live, Vec<Effect>) {
    (Session::down(run, last), Live::unknown(run, Phase::Starting), vec![])
}

pub(super) fn phase_of(session: &Session) -> Phase {
    use app_model::session::State;
    match session.state() {
        State::Down { last } => last.map_or(Phase::Ended, Phase::after),
        State::Starting { .. } => Phase::Starting,
        State::Up { .. } => Phase::Running,
        State::Stopping { .. } => Phase::Stopping,
    }
}
