//! Why something is believed of a session: every fact that is not seen directly names what
//! it rests on.

use serde::{Deserialize, Serialize};

/// Where evidence comes from. The order is the order of trust, strongest first: what an
/// agent says of itself counts for more than what its screen looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The program's process: it ended, or a new one began.
    Process,
    /// A hook of the agent.
    Hook,
    /// A sequence for its terminal that tells a state: OSC 7501, 9;4, 133.
    Osc,
    /// The title of its terminal.
    Title,
    /// What its screen shows.
    Screen,
    /// That it writes, or does not.
    Activity,
    /// A setting, or what somebody has asked for.
    Policy,
}

/// What a fact rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Where it comes from.
    pub source: Source,
    /// Which hook, which rule with which text; printable, one line.
    pub detail: String,
    /// Since when, milliseconds since the Unix epoch.
    pub since_ms: i64,
}
