//! The person's settings, as values. `app-settings` reads them from `config.toml`.
//!
//! # Invariants
//!
//! 1. Every setting has a default, and an absent file is all defaults.

use std::collections::BTreeMap;

use crate::notice::NoticeKind;
use crate::retention::Retention;

/// All settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The table `[notify]`.
    pub notify: Notify,
    /// The table `[tasks]`.
    pub tasks: Tasks,
    /// The table `[retention]`.
    pub retention: Retention,
    /// The table `[idle]`.
    pub idle: Idle,
}

/// What becomes of agents that wait and that nobody uses. The table `[idle]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Idle {
    /// One that has waited for so long is put to sleep; none ever is for that without this.
    pub after_ms: Option<u64>,
    /// When memory is short, the one that has waited longest is.
    pub under_pressure: bool,
}

impl Default for Idle {
    fn default() -> Self {
        Self { after_ms: None, under_pressure: true }
    }
}

impl Idle {
    /// The least that [`Self::after_ms`] may be: an agent may be slow to write down what was
    /// said.
    pub const LEAST_AFTER_MS: u64 = 1_000;
}

/// Limits of tasks. The table `[tasks]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tasks {
    /// Live tasks that one session may have.
    pub max_live: u32,
}

impl Tasks {
    /// The most that [`Self::max_live`] may be: a list shows no more.
    pub const MOST_LIVE: u32 = 1_000;
}

impl Default for Tasks {
    fn default() -> Self {
        Self { max_live: 64 }
    }
}

/// How a person is told. The table `[notify]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notify {
    /// A success that took less is not told.
    pub min_duration_ms: u64,
    /// Channels, in the order in which they are tried.
    pub channels: Vec<Channel>,
    /// What becomes of the ends of tasks.
    pub rollup: Rollup,
    /// When notices are listed only.
    pub quiet_hours: Option<QuietHours>,
    /// Notices are listed only, always.
    pub mute: bool,
    /// The kinds that are told.
    pub on: Vec<NoticeKind>,
    /// What opens a session in a new terminal; `{id}` stands for the session.
    pub attach_command: Option<String>,
    /// The channel `command`.
    pub command: Option<CommandChannel>,
    /// The channel `webhook`.
    pub webhook: Option<Webhook>,
    /// What is different for the sessions of one agent's profile.
    pub agents: BTreeMap<String, Overrides>,
}

impl Default for Notify {
    fn default() -> Self {
        Self {
            min_duration_ms: 10_000,
            channels: vec![Channel::Desktop],
            rollup: Rollup::Each,
            quiet_hours: None,
            mute: false,
            on: NoticeKind::CHOICE.to_vec(),
            attach_command: None,
            command: None,
            webhook: None,
            agents: BTreeMap::new(),
        }
    }
}

impl Notify {
    /// The settings for sessions of this profile.
    pub fn for_agent(&self, agent: Option<&str>) -> Self {
        let mut settings = self.clone();
        let Some(over) = agent.and_then(|agent| self.agents.get(agent)) else { return settings };
        let over = over.clone();
        settings.min_duration_ms = over.min_duration_ms.unwrap_or(settings.min_duration_ms);
        settings.channels = over.channels.unwrap_or(settings.channels);
        settings.rollup = over.rollup.unwrap_or(settings.rollup);
        settings.quiet_hours = over.quiet_hours.or(settings.quiet_hours);
        settings.mute = over.mute.unwrap_or(settings.mute);
        settings.on = over.on.unwrap_or(settings.on);
        settings
    }
}

/// What one agent's profile has otherwise. The tables `[notify.agents.NAME]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// See [`Notify::min_duration_ms`].
    pub min_duration_ms: Option<u64>,
    /// See [`Notify::channels`].
    pub channels: Option<Vec<Channel>>,
    /// See [`Notify::rollup`].
    pub rollup: Option<Rollup>,
    /// See [`Notify::quiet_hours`].
    pub quiet_hours: Option<QuietHours>,
    /// See [`Notify::mute`].
    pub mute: Option<bool>,
    /// See [`Notify::on`].
    pub on: Option<Vec<NoticeKind>>,
}

/// A way to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    /// The desktop's own notifications.
    Desktop,
    /// A program of the person's.
    Command,
    /// A server, over HTTP.
    Webhook,
    /// The terminals that are attached to another session.
    Terminal,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Desktop, Self::Command, Self::Webhook, Self::Terminal];

    /// The word in the settings, in `--json` and in the registry.
    pub fn word(self) -> &'static str {
        match self {
            Self::Desktop => "desktop",
            Self::Command => "command",
            Self::Webhook => "webhook",
            Self::Terminal => "terminal",
        }
    }

    /// The channel with this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.word() == word)
    }
}

/// What becomes of the ends of tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rollup {
    /// Each is told.
    Each,
    /// All together are, once none of the session's tasks is live.
    Parent,
}

/// A program that is run for each notice. The table `[notify.command]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandChannel {
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// How long it may take.
    pub timeout_ms: u64,
}

/// A server that is posted to. The table `[notify.webhook]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Where.
    pub url: String,
    /// How long each attempt may take.
    pub timeout_ms: u64,
    /// Attempts after the first.
    pub retries: u32,
}

/// A time of every day, in minutes since midnight: from the first to before the last,
/// over midnight if the last is the earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    /// Its first minute.
    pub from: u16,
    /// The minute after its last.
    pub to: u16,
}

impl QuietHours {
    /// Whether a minute of the day is within.
    pub fn contains(self, minute: u16) -> bool {
        if self.from <= self.to {
            (self.from..self.to).contains(&minute)
        } else {
            minute >= self.from || minute < self.to
        }
    }
}

/// Not a time of the day as it has to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write `22:00-07:00`")]
pub struct NoHours;

impl std::str::FromStr for QuietHours {
    type Err = NoHours;

    fn from_str(text: &str) -> Result<Self, NoHours> {
        let (from, to) = text.split_once('-').ok_or(NoHours)?;
        Ok(Self { from: minute(from)?, to: minute(to)? })
    }
}

fn minute(text: &str) -> Result<u16, NoHours> {
    let (hour, minute) = text.trim().split_once(':').ok_or(NoHours)?;
    let number = |text: &str, below: u16| {
        let digits = text.len() <= 2 && text.chars().all(|c| c.is_ascii_digit());
        text.parse::<u16>().ok().filter(|&number| digits && number < below).ok_or(NoHours)
    };
    Ok(number(hour, 24)? * 60 + number(minute, 60)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_go_over_midnight() {
        let night: QuietHours = "22:00-07:00".parse().unwrap();
        for (minute, quiet) in [(1319, false), (1320, true), (0, true), (419, true), (420, false)] {
            assert_eq!(night.contains(minute), quiet, "{minute}");
        }
        let lunch: QuietHours = "12:00-13:30".parse().unwrap();
        assert!(lunch.contains(12 * 60) && !lunch.contains(13 * 60 + 30));
        for bad in ["", "22", "22:00", "24:00-07:00", "22:60-7:00", "-1:00-2:00", "+1:00-2:00"] {
            assert_eq!(bad.parse::<QuietHours>(), Err(NoHours), "{bad:?}");
        }
    }

    #[test]
    fn a_profile_overrides_what_it_names_and_nothing_else() {
        let mut settings = Notify::default();
        let over = Overrides { mute: Some(true), ..Overrides::default() };
        settings.agents.insert("claude".into(), over);
        let claude = settings.for_agent(Some("claude"));
        assert!(claude.mute && claude.channels == settings.channels);
        assert!(!settings.for_agent(Some("codex")).mute && !settings.for_agent(None).mute);
    }
}
