//! A profile as it is written.

use app_model::Turn;
use serde::Deserialize;
use toml::Spanned;

/// Most rules of a profile.
pub(crate) const MAX_RULES: usize = 64;

/// Most names by which an agent is recognised.
pub(crate) const MAX_NAMES: usize = 32;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Source {
    pub(crate) name: Spanned<String>,
    /// Base names of its programs, its scripts without what follows the dot, its modules.
    #[serde(default)]
    pub(crate) programs: Vec<String>,
    /// Names of the packages that it comes in.
    #[serde(default)]
    pub(crate) packages: Vec<String>,
    #[serde(default, rename = "rule")]
    pub(crate) rules: Vec<Spanned<RuleSource>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleSource {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) priority: u32,
    pub(crate) turn: Option<TurnSource>,
    pub(crate) attention: Option<String>,
    #[serde(default)]
    pub(crate) hold: bool,
    pub(crate) region: Spanned<String>,
    pub(crate) when: ConditionSource,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TurnSource {
    Working,
    Idle,
}

impl From<TurnSource> for Turn {
    fn from(turn: TurnSource) -> Self {
        match turn {
            TurnSource::Working => Self::Working,
            TurnSource::Idle => Self::Idle,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ConditionSource {
    pub(crate) contains: Vec<Spanned<String>>,
    pub(crate) regex: Vec<Spanned<String>>,
    pub(crate) line_regex: Vec<Spanned<String>>,
    pub(crate) all: Vec<Self>,
    pub(crate) any: Vec<Self>,
    pub(crate) not: Vec<Self>,
}
