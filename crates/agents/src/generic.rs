//! What any program may tell of its state in ways that are not its own: a state that it names
//! (OSC 7501), progress (OSC 9;4), a shell's prompt (OSC 133).

use app_model::Turn;
use app_model::evidence::Source;
use app_model::look::Look;
use app_model::reading::Reading;

use crate::rule::line;

/// The reading of a look at any program, if it tells something.
pub fn readings(look: &Look) -> Vec<Reading> {
    state(look).or_else(|| prompt(look)).or_else(|| progress(look)).into_iter().collect()
}

fn reading(rule: &str, text: &str, turn: Option<Turn>, attention: Option<&str>) -> Reading {
    Reading {
        source: Source::Osc,
        turn,
        attention: attention.map(str::to_owned),
        rule: rule.to_owned(),
        text: line(text),
        once: false,
    }
}

/// A state that is not known says nothing.
fn state(look: &Look) -> Option<Reading> {
    let (turn, attention) = match look.state.as_str() {
        "working" => (Some(Turn::Working), None),
        "idle" | "done" => (Some(Turn::Idle), None),
        "blocked" => (None, Some("it waits for a person")),
        "error" => (Some(Turn::Idle), Some("it says that something went wrong")),
        _ => return None,
    };
    Some(reading("state", &look.state, turn, attention))
}

/// Progress is not taken back by everyone who shows it: a prompt says that it is over.
fn prompt(look: &Look) -> Option<Reading> {
    match look.prompt? {
        true => Some(reading("prompt", "a prompt", Some(Turn::Idle), None)),
        false => Some(reading("prompt", "a command runs", Some(Turn::Working), None)),
    }
}

/// None is not idleness: most programs never show any.
fn progress(look: &Look) -> Option<Reading> {
    matches!(look.progress, 1 | 3)
        .then(|| reading("progress", "it shows progress", Some(Turn::Working), None))
}
